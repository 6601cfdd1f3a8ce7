"""What is deployed from elsewhere, and which of it a change alters."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import DEFAULT, Config
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes.objects import Identity, Object, Rendered
from gitops_ci.kinds.kubernetes.planning import remote
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import URL, end

HOLDER = "production/kubernetes/apps"
FILE = "environments/production/kubernetes/apps/a.yaml"
ASKED = msgspec.structs.replace(
    DEFAULT,
    kinds=msgspec.structs.replace(
        DEFAULT.kinds, kubernetes=msgspec.structs.replace(DEFAULT.kinds.kubernetes, remote="undecided")
    ),
)
OURS = msgspec.structs.replace(
    DEFAULT,
    kinds=msgspec.structs.replace(
        DEFAULT.kinds, kubernetes=msgspec.structs.replace(DEFAULT.kinds.kubernetes, repositories=(URL,))
    ),
)
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: ingress, namespace: argocd}}
spec:
  project: default
  destination: {{name: production, namespace: ingress}}
  source: {{{source}}}
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: web}}
spec: {{{spec}}}
---
"""
SOURCE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: {kind}
metadata: {{name: web, namespace: web}}
spec: {{{spec}}}
---
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: given, namespace: web}}\ndata: {{values: '{}'}}\n"
BY_CHART = (
    "interval: {}, chart: {{spec: {{chart: podinfo, version: '{}', sourceRef: {{kind: HelmRepository, name: web}}}}}}"
)
BY_REFERENCE = "chartRef: {kind: OCIRepository, name: web}"
OCI = SOURCE.format(kind="OCIRepository", spec="url: oci://ghcr.io/acme/charts/app-template, ref: {tag: '%s'}")


def plan(base: str, head: str, tmp_path: Path, config: Config = DEFAULT) -> Plan:
    before, after = (end({FILE: each}, config=config) for each in (base, head))
    return kubernetes.plan(after.stacks[HOLDER], before, after, Tools(tmp_path, lambda _: ""))


def told(base: str, head: str, tmp_path: Path) -> list[tuple[str, str]]:
    return [(each.what, each.sort) for each in plan(base, head, tmp_path).unseen]


def chart(version: str) -> str:
    source = f"repoURL: https://charts.example.com, chart: ingress-nginx, targetRevision: '{version}'"
    return APPLICATION.format(source=source)


def test_another_version_of_an_applications_chart_is_told_with_its_place(tmp_path: Path) -> None:
    (found,) = plan(chart("4.11.0"), chart("5.0.0"), tmp_path).unseen
    assert (found.what, found.sort, found.path, found.line) == ("ingress-nginx 5.0.0", "chart", FILE, 1)
    assert found.why == "the chart is not in this repository"


def test_what_does_not_change_and_what_goes_is_not_told(tmp_path: Path) -> None:
    other = CONFIG_MAP.format("a")
    assert not told(f"{chart('1')}---\n{other}", f"{chart('1')}---\n{CONFIG_MAP.format('b')}", tmp_path)
    assert not told(f"{chart('1')}---\n{other}", other, tmp_path)


def test_a_new_application_and_its_values_are_told(tmp_path: Path) -> None:
    other = CONFIG_MAP.format("a")
    assert told(other, f"{other}---\n{chart('1.0')}", tmp_path) == [("ingress-nginx 1.0", "chart")]
    given = chart("1.0").replace("targetRevision: '1.0'", "targetRevision: '1.0', helm: {values: 'a: 1'}")
    assert told(chart("1.0"), given, tmp_path) == [("ingress-nginx 1.0", "chart")]


def test_another_repository_is_told_and_this_one_has_a_plan_of_its_own(tmp_path: Path) -> None:
    config = msgspec.convert({"kinds": {"kubernetes": {"repositories": [URL]}}}, Config)
    elsewhere = APPLICATION.format(source="repoURL: https://github.com/acme/other, path: web, targetRevision: %s")
    found = plan(elsewhere % "v1", elsewhere % "v2", tmp_path, config).unseen
    assert [(each.what, each.sort) for each in found] == [("github.com/acme/other at v2", "source")]
    ours = APPLICATION.format(source=f"repoURL: {URL}, path: web, targetRevision: %s")
    assert not plan(ours % "main", ours % "HEAD", tmp_path, config).unseen


def test_a_release_is_told_for_its_chart_and_not_for_how_often_it_is_reconciled(tmp_path: Path) -> None:
    one, later, other = (
        RELEASE.format(spec=BY_CHART.format(*each)) for each in (("1m", "1"), ("2m", "1"), ("1m", "2"))
    )
    assert not told(one, later, tmp_path)
    assert told(one, other, tmp_path) == [("podinfo 2", "chart")]


def test_the_source_and_the_values_of_a_release_decide_as_well(tmp_path: Path) -> None:
    release = RELEASE.format(spec=BY_REFERENCE)
    assert told(release + OCI % "1", release + OCI % "2", tmp_path) == [("app-template 2", "chart")]
    with_values = RELEASE.format(spec=f"{BY_CHART.format('1m', '1')}, valuesFrom: [{{kind: ConfigMap, name: given}}]")
    base, head = (with_values + CONFIG_MAP.format(each) for each in ("a: 1", "a: 2"))
    assert told(base, head, tmp_path) == [("podinfo 1", "chart")]


def test_a_source_alone_is_told_where_it_changes_and_not_where_it_comes(tmp_path: Path) -> None:
    other = CONFIG_MAP.format("a")
    assert told(OCI % "1" + other, OCI % "2" + other, tmp_path) == [("app-template 2", "chart")]
    assert not told(other, OCI % "1" + other, tmp_path)


def test_what_a_set_of_the_flux_operator_makes_is_told(tmp_path: Path) -> None:
    text = (
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: web, namespace: web}}\n"
        "spec: {{resources: [{{kind: OCIRepository, spec: {{ref: {{tag: '{}'}}}}}}]}}\n---\n"
    )
    other = OCI % "1"
    [found] = plan(text.format(1) + other, text.format(2) + other, tmp_path).unseen
    assert (found.what, found.why) == ("ResourceSet web", "its objects are made in the cluster")
    assert not told(text.format(1) + other, text.format(1) + other, tmp_path)


def test_what_a_set_makes_is_told(tmp_path: Path) -> None:
    text = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all, namespace: argocd}}
spec:
  generators: [{{list: {{elements: [{{env: one}}, {{env: two}}]}}}}]
  template:
    metadata: {{name: 'redis-{{{{env}}}}'}}
    spec:
      project: default
      source: {{repoURL: https://charts.example.com, chart: redis, targetRevision: '{}'}}
      destination: {{server: https://kubernetes.default.svc, namespace: '{{{{env}}}}'}}
"""
    assert told(text.format("1"), text.format("2"), tmp_path) == [("redis 2", "chart")]


@pytest.mark.parametrize(("config", "status"), [(DEFAULT, "changed"), (ASKED, "failed")])
def test_the_configuration_can_have_it_undecided(config: Config, status: str, tmp_path: Path) -> None:
    found = plan(chart("1"), chart("2"), tmp_path, config)
    assert found.status == status
    assert (found.reason is not None and found.reason.code == "remote") == (status == "failed")


KINDS = [
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("source.toolkit.fluxcd.io", "OCIRepository"),
    ("source.toolkit.fluxcd.io", "HelmRepository"),
    ("source.toolkit.fluxcd.io", "GitRepository"),
    ("helm.cattle.io", "HelmChart"),
    ("fluxcd.controlplane.io", "ResourceSet"),
]
KEYS = st.sampled_from(
    ["chart", "spec", "sourceRef", "chartRef", "kind", "name", "url", "ref", "tag", "valuesFrom", "source", "sources"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["HelmRepository", "web", "a b", "oci://x/y/", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), VALUES, VALUES)
def test_no_object_is_a_traceback(kind: tuple[str, str], one: object, other: object) -> None:
    def rendered(spec: object) -> Rendered:
        value = {"apiVersion": f"{kind[0]}/v1", "kind": kind[1], "metadata": {"name": "x"}, "spec": spec}
        return Rendered(objects=(Object(identity=Identity(*kind, "web", "x"), api_version="v1", value=value),))

    empty = end({})
    for base in (empty, None):
        found = remote.altered(base, empty, (rendered(one), rendered(other)))
        assert all(len(each.what) <= 200 for each in found)


def test_a_helm_chart_that_takes_a_chart_from_here_is_not_told(tmp_path: Path) -> None:
    chart = SOURCE.format(kind="HelmChart", spec="chart: ./charts/%s, sourceRef: {kind: GitRepository, name: web}")
    ours = SOURCE.format(kind="GitRepository", spec=f"url: '{URL}'")
    release = RELEASE.format(spec="chartRef: {kind: HelmChart, name: web}")
    charts = {f"charts/{name}/Chart.yaml": f"name: {name}\n" for name in ("one", "two")}
    for other in (release, ""):
        before, after = (end({FILE: other + chart % name + ours, **charts}, config=OURS) for name in ("one", "two"))
        assert kubernetes.plan(after.stacks[HOLDER], before, after, Tools(tmp_path, lambda _: "")).unseen == ()
    theirs = SOURCE.format(kind="GitRepository", spec="url: https://example.com/theirs")
    assert told(chart % "one" + theirs, chart % "two" + theirs, tmp_path) == [("./charts/two", "chart")]
