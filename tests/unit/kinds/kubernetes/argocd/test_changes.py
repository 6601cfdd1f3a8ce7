"""Applications that a change adds, changes and removes, and what goes with them."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.argocd import changes
from gitops_ci.kinds.kubernetes.argocd.changes import ApplicationChange
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end

APPS: Files = {f"apps/{name}/a.yaml": DEPLOYMENT for name in ("web", "db", "new")}


def between(base: Files, head: Files) -> list[ApplicationChange]:
    return list(changes.between(end({**APPS, **base}), end({**APPS, **head})))


def sets(*names: str, policy: str = "", generator: str = "list") -> str:
    elements = "".join(f"      - {{name: {name}}}\n" for name in names)
    return f"""apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all, namespace: argocd}}
spec:
{policy}  generators:
  - {generator}:
      elements:
{elements}  template:
    metadata: {{name: '{{{{name}}}}'}}
    spec:
      project: default
      source: {{repoURL: '{URL}', path: 'apps/{{{{name}}}}'}}
      destination: {{name: in-cluster}}
"""


def test_nothing_changes() -> None:
    assert between({"set.yaml": sets("web")}, {"set.yaml": sets("web")}) == []


def test_a_set_that_makes_another_one_and_one_less() -> None:
    removed, added = between({"set.yaml": sets("web", "db")}, {"set.yaml": sets("web", "new")})
    assert (removed.name, removed.action, removed.destructive, removed.stack) == (
        "db", "delete", True, "shared/kubernetes/db",
    )  # fmt: skip
    assert (added.name, added.action, added.destructive, added.generator) == ("new", "create", False, "all")


def test_a_set_that_preserves_or_never_removes() -> None:
    for policy in ("preserveResourcesOnDeletion: true", "applicationsSync: create-update"):
        written = f"  syncPolicy: {{{policy}}}\n"
        [removed] = between({"set.yaml": sets("web", "db", policy=written)}, {"set.yaml": sets("web", policy=written)})
        assert (removed.action, removed.destructive) == ("delete", False)


def test_a_whole_set_that_goes_away() -> None:
    written = "  syncPolicy: {applicationsSync: create-only}\n"
    [removed] = between({"set.yaml": sets("web", policy=written)}, {})
    assert removed.destructive is True


def test_a_set_that_cannot_be_rendered_any_more_removes_nothing() -> None:
    assert between({"set.yaml": sets("web")}, {"set.yaml": sets("web", generator="plugin")}) == []


def test_a_written_one() -> None:
    [removed] = between({"app.yaml": application("web", "apps/web")}, {})
    assert (removed.destructive, removed.path, removed.line) == (False, "app.yaml", 1)
    [removed] = between({"app.yaml": application("web", "apps/web", finalizer=True)}, {})
    assert removed.destructive is True


def test_what_differs_is_told_by_its_place() -> None:
    [changed] = between({"app.yaml": application("web", "apps/web")}, {"app.yaml": application("web", "apps/db")})
    assert (changed.action, changed.differs) == ("update", ("spec.source.path",))
