"""The tables of Argo CD's and Flux's own objects: what fits, what was meant, and what only a newer version may have."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_ci.kinds.kubernetes.schemas import fields, misfits

APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
SPEC = "spec:\n  project: default\n  destination: {name: a}\n"
KUSTOMIZATION = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web}
spec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: fleet}}
"""


def told(text: str) -> list[tuple[str, bool]]:
    value = yaml.safe_load(text)
    return [(each.said, each.doubtful) for each in fields.misfits(value, value["apiVersion"], value["kind"])]


def changed(text: str, old: str, new: str) -> list[tuple[str, bool]]:
    assert old in text
    return told(text.replace(old, new))


@pytest.mark.parametrize("name", ["argocd", "flux"])
def test_every_type_of_a_table_is_one(name: str) -> None:
    table = fields.read(Path(fields.__file__).with_name(f"{name}.fields").read_text("utf-8"))
    used = {field.type for each in table.types.values() for field in each.values()} | set(table.words.values())
    known = {*fields.SCALARS, "any", *table.types, *table.words}
    assert {each for each in used if "|" not in each and each.strip("[]{}") not in known} == set()
    assert all(each in table.types for each in table.kinds.values())
    named = {each.strip("[]{}") for each in used}
    assert {each for each in table.types if not each.startswith("kind ")} <= named


def test_what_fits() -> None:
    assert told(APPLICATION + SPEC) == told(KUSTOMIZATION) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("  syncPolciy: {}\n", [("spec.syncPolciy is no field that there is: did you mean `syncPolicy`?", False)]),
        ("  newest: {}\n", [("spec.newest is no field that there is", True)]),
        ("  syncPolicy: {automated: true}\n", [("spec.syncPolicy.automated is true or false, and has to be a mapping", False)]),
        ("  source: {repoURL: a, helm: {valueFiles: a}}\n", [("spec.source.helm.valueFiles is a text, and has to be a list", False)]),
        ("  source: {repoURL: a, kustomize: {replicas: [{name: a, count: [1]}]}}\n",
         [("spec.source.kustomize.replicas[0].count is a list, and has to be a whole number or a text", False)]),
        ("  ignoreDifferences: [{group: apps}]\n", [("spec.ignoreDifferences[0].kind is missing", False)]),
        ("  revisionHistoryLimit: '3'\n", [("spec.revisionHistoryLimit is a text, and has to be a whole number", False)]),
        ("  revisionHistoryLimit: true\n", [("spec.revisionHistoryLimit is true or false, and has to be a whole number", False)]),
        ("  revisionHistoryLimit: 3.0\n  source: null\n", []),
        ("  revisionHistoryLimit: ${LIMIT}\n  ${MORE}: 1\n", []),
    ],
)  # fmt: skip
def test_what_does_not_fit_an_application(more: str, expected: list[tuple[str, bool]]) -> None:
    assert told(APPLICATION + SPEC + more) == expected


def test_what_is_missing_since_it_is_misspelt_is_told_once() -> None:
    [found] = changed(APPLICATION + SPEC, "destination:", "destinaton:")
    assert found[0].endswith("did you mean `destination`?")


def test_words_and_durations_of_flux() -> None:
    meant = "spec.sourceRef.kind has to be one of OCIRepository, GitRepository, Bucket, ExternalArtifact"
    assert changed(KUSTOMIZATION, "GitRepository", "Gitrepository") == [
        (f"{meant}: did you mean `GitRepository`?", False)
    ]
    assert changed(KUSTOMIZATION, "GitRepository", "Else") == [(meant, True)]
    assert changed(KUSTOMIZATION, "10m", "1d") == [("spec.interval has to be a duration, such as 10m or 1h30m", False)]
    assert changed(KUSTOMIZATION, "prune: true, ", "") == [("spec.prune is missing", False)]


def test_words_that_others_may_add_are_told_where_they_are_misspelt() -> None:
    alert = """apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: {name: a}
spec: {providerRef: {name: a}, eventSources: [{kind: FluxInstance, name: "*"}]}
"""
    assert told(alert) == []
    [(said, doubtful)] = changed(alert, "FluxInstance", "HelmRelase")
    assert (said.endswith("did you mean `HelmRelease`?"), doubtful) == (True, False)


def test_generators_are_held_against_the_table_at_any_depth() -> None:
    inner = {"matrix": {"generators": [{"merge": {"mergeKeys": ["a"], "generators": [{"git": {"repoURL": "a"}}]}}]}}
    template = {"metadata": {}, "spec": {"project": "a", "destination": {}}}
    value: dict[str, Any] = {"metadata": {}, "spec": {"generators": [inner], "template": template}}
    [found] = fields.misfits(value, "argoproj.io/v1alpha1", "ApplicationSet")
    place = "spec.generators[0].matrix.generators[0].merge.generators[0].git.revision"
    assert misfits.shown(found.place) == place


def test_other_kinds_and_versions_are_not_in_a_table() -> None:
    assert not fields.knows("argoproj.io/v1alpha1", "Rollout")
    assert not fields.knows("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization")
    assert fields.misfits({"spec": 1}, "v1", "Service") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("containrs", "containers"), ("externalname", "externalName"), ("other", ""), ("c" * 1000, "")],
)
def test_which_name_is_meant(name: str, expected: str) -> None:
    assert misfits.meant(name, ["containers", "externalName", "volumes"]) == expected


def test_a_hostile_object_takes_no_time() -> None:
    started = time.process_time()
    value = {"metadata": {}, "spec": {f"syncPolcy{number:06}": 1 for number in range(20_000)}}
    assert len(fields.misfits(value, "argoproj.io/v1alpha1", "Application")) <= 500
    assert time.process_time() - started < 5


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: argoproj.io
  names: {kind: AppProject}
  versions:
    - name: v1alpha1
      served: true
      schema:
        openAPIV3Schema:
          properties:
            spec:
              required: [roles]
              properties:
                roles: {type: array, items: {type: string}}
                newest: {type: string}
"""


def test_a_published_crd_is_compared_with_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).parents[5] / "tools" / "compare_fields.py"
    spec = importlib.util.spec_from_file_location("compare_fields", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    (tmp_path / "crd.yaml").write_text(CRD)
    assert tool.main([str(tmp_path / "crd.yaml")]) == 1
    told = capsys.readouterr().out.splitlines()
    at = "argoproj.io/v1alpha1 AppProject.spec"
    assert f"{at}.newest: only the CRD has it" in told
    assert f"{at}.sourceRepos: only the table has it" in told
    assert f"{at}.roles: required True in the CRD" in told
    assert f"{at}.roles[: Role in the table, text in the CRD" in told
