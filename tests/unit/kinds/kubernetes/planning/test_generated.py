"""Applications that a set makes, as Changes of the stack that has the set."""

from __future__ import annotations

import pytest

from gitops_ci.config import Config
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph
from gitops_ci.kinds.kubernetes.objects import Object, Rendered
from gitops_ci.kinds.kubernetes.planning import generated
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.model.plan import Change

SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: {name}, namespace: argocd}}
spec:
  generators: [{{list: {{elements: [{elements}]}}}}]
{more}  template:
    metadata: {{name: '{{{{name}}}}'}}
    spec:
      project: default
      source: {{repoURL: https://elsewhere.example.com/x, path: x, targetRevision: '{{{{at}}}}'}}
      destination: {{server: https://kubernetes.default.svc, namespace: x}}
"""
PRESERVED = "  syncPolicy: {preserveResourcesOnDeletion: true}\n"


def ends(*applications: tuple[str, str], name: str = "all", more: str = "") -> tuple[Inventory, Rendered]:
    elements = ", ".join(f"{{name: {each}, at: {at}}}" for each, at in applications)
    text = SET.format(name=name, elements=elements, more=more)
    (found,) = reading.of_file(text.encode(), "k8s/set.yaml", "")
    assert isinstance(found, Object)
    snapshot = snapshots.of({"k8s/set.yaml": text})
    return Inventory(snapshot=snapshot, config=Config(), stacks={}, graph=Graph(())), Rendered(objects=(found,))


def between(base: tuple[Inventory, Rendered], head: tuple[Inventory, Rendered]) -> list[Change]:
    return list(generated.between(base[0], head[0], (base[1], head[1])))


def test_what_a_set_adds_changes_and_removes_is_told() -> None:
    base, head = ends(("a", "v1"), ("b", "v1")), ends(("a", "v2"), ("c", "v1"))
    found = between(base, head)
    assert [(each.action, each.address, each.path) for each in found] == [
        ("update", "argoproj.io/Application argocd/a", "k8s/set.yaml"),
        ("delete", "argoproj.io/Application argocd/b", "k8s/set.yaml"),
        ("create", "argoproj.io/Application argocd/c", "k8s/set.yaml"),
    ]
    assert "differs in spec.source.targetRevision" in (found[0].reason or "")
    assert found[1].destructive
    assert "what it deployed goes with it" in (found[1].reason or "")


@pytest.mark.parametrize(("more", "action", "destructive"), [("", "delete", True), (PRESERVED, "forget", False)])
def test_a_removal_is_destructive_unless_resources_are_preserved(more: str, action: str, destructive: bool) -> None:
    (found,) = between(ends(("a", "v1"), ("b", "v1"), more=more), ends(("a", "v1"), more=more))
    assert (found.action, found.destructive) == (action, destructive)


def test_sets_of_other_stacks_are_told_there() -> None:
    base, head = ends(("a", "v1")), ends(("a", "v2"))
    assert list(generated.between(base[0], head[0], (Rendered(), Rendered()))) == []
    assert list(generated.between(None, head[0], (base[1], head[1]))) == []
