"""Objects that no API server takes: what they made stays, so a plan fails in place of telling deletes, and one finding says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes.discovery import refusing, survey
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end, findings
from tests.unit.kinds.kubernetes.planning.test_stacks import never
from tests.unit.kinds.kubernetes.rules import ends as rules

AT = "environments/production/kubernetes/shop"
ID = "production/kubernetes/shop"
SET = f"""apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: apps}}
spec:
  generators:
    - list: {{elements: [{{name: shop}}]}}
  template:
    metadata: {{name: '{{{{name}}}}'}}
    spec: {{project: default, destination: {{name: a, namespace: web}}, source: {{repoURL: '{URL}', path: {AT}}}}}
"""


def files(text: str) -> Files:
    return {"argo/a.yaml": text, "argo/b.yaml": application("other", "other"), "other/a.yaml": DEPLOYMENT, f"{AT}/a.yaml": DEPLOYMENT}  # fmt: skip


def plan(base: str, head: str, place: Path) -> Plan:
    one, other = end(files(base)), end(files(head))
    return kubernetes.plan(one.stacks[ID], one, other, Tools(place, never))


@pytest.mark.parametrize(
    ("text", "old", "new", "where"),
    [
        (SET, "  template:", "  templte:", "ApplicationSet apps, which made it"),
        (SET, "generators:", "genrators:", "ApplicationSet apps, which made it"),
        (application("shop", AT), "destination:", "destinaton:", "Application shop"),
        (application("shop", AT), "source:", "sorce:", "Application shop"),
    ],
)
def test_what_is_refused_removes_nothing(text: str, old: str, new: str, where: str, tmp_path: Path) -> None:
    found = plan(text, text.replace(old, new), tmp_path)
    assert (found.status, found.changes) == ("failed", ())
    assert found.reason is not None
    assert found.reason.code == "invalid"
    assert found.reason.message.startswith(f"{where}: no API server takes it, so what it deployed stays as it is: ")
    assert found.reason.message.endswith(f"did you mean `{old.strip(' :')}`?")


@pytest.mark.parametrize(
    ("text", "old", "new"), [(SET, "  template:", "  templte:"), (application("shop", AT), "source:", "sorce:")]
)
def test_the_change_that_mends_it_is_planned(text: str, old: str, new: str, tmp_path: Path) -> None:
    base, head = end(files(text.replace(old, new))), end(files(text))
    found = kubernetes.plan(head.stacks[ID], base, head, Tools(tmp_path, never))
    assert (found.status, [each.action for each in found.changes if each.action != "create"]) == ("changed", [])


def test_a_set_that_asks_a_cluster_now_removes_nothing(tmp_path: Path) -> None:
    head = SET.replace("list: {elements: [{name: shop}]}", "clusters: {}")
    found = plan(SET, head, tmp_path)
    assert (found.status, found.changes) == ("failed", ())


def test_a_set_that_is_refused_is_a_stack_that_fails() -> None:
    seen = end(files(SET.replace("  template:", "  templte:")))
    assert "shared/kubernetes/apps" in seen.stacks


def test_what_is_only_new_to_us_is_not_refused(tmp_path: Path) -> None:
    head = application("shop", AT, more="  somethingNew: {}\n")
    assert plan(application("shop", AT), head, tmp_path).status == "unchanged"


@pytest.mark.parametrize(("spec", "refused"), [("{revisionHistoryLimit: 3}", False), ("{sorce: {}}", True)])
def test_a_patch_is_not_whole_and_looked_at_as_it_is_rendered(spec: str, *, refused: bool, tmp_path: Path) -> None:
    patch = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: shop}}\nspec: {spec}\n"
    more = {"argo/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n", "argo/p.yaml": patch}
    snapshot = end({**files(application("shop", AT)), **more}).snapshot
    found = refusing.of(survey.of(snapshot, DEFAULT).objects, snapshot)
    assert bool(found) == refused


@pytest.mark.parametrize("old", ["  template:", "generators:", "    metadata:"])
def test_a_misspelt_name_is_one_finding(old: str) -> None:
    text = SET.replace(old, f"{old[:-3]}{old[-2]}{old[-3]}{old[-1]}")
    found = rules.inspected({f"{rules.AT}/set.yaml": text})
    assert [each.rule for each in findings(files(text)) if each.path == "argo/a.yaml"] == []
    assert [(each.rule, each.severity) for each in found] == [("kubernetes/unknown-field", "error")]
