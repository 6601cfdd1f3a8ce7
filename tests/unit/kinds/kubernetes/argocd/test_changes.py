"""Applications that a change adds, changes and removes, and what goes with them."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.argocd import announcing, changes
from gitops_ci.kinds.kubernetes.argocd.changes import ApplicationChange
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end

APPS: Files = {f"apps/{name}/a.yaml": DEPLOYMENT for name in ("web", "db", "new")}


def between(base: Files, head: Files) -> list[ApplicationChange]:
    return list(changes.between(end({**APPS, **base}), end({**APPS, **head})))


def said(change: ApplicationChange) -> tuple[str, str, bool]:
    """Its name, what becomes of it, and whether what it deployed goes with it."""
    application = change.after or change.before
    assert application is not None
    action = "delete" if change.after is None else "create" if change.before is None else "update"
    return application.name, action, change.destructive


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
    assert (said(removed), removed.stack) == (("db", "delete", True), "shared/kubernetes/db")
    assert (said(added), added.stack) == (("new", "create", False), "shared/kubernetes/new")


def test_a_set_that_preserves_or_never_removes() -> None:
    for policy in ("preserveResourcesOnDeletion: true", "applicationsSync: create-update"):
        written = f"  syncPolicy: {{{policy}}}\n"
        [removed] = between({"set.yaml": sets("web", "db", policy=written)}, {"set.yaml": sets("web", policy=written)})
        assert said(removed) == ("db", "delete", False)


def test_a_whole_set_that_goes_away() -> None:
    written = "  syncPolicy: {applicationsSync: create-only}\n"
    [removed] = between({"set.yaml": sets("web", policy=written)}, {})
    assert said(removed) == ("web", "delete", True)


def test_a_set_that_cannot_be_rendered_any_more_removes_nothing() -> None:
    assert between({"set.yaml": sets("web")}, {"set.yaml": sets("web", generator="plugin")}) == []


def test_a_written_one() -> None:
    [removed] = between({"app.yaml": application("web", "apps/web")}, {})
    assert said(removed) == ("web", "delete", False)
    [removed] = between({"app.yaml": application("web", "apps/web", finalizer=True)}, {})
    assert said(removed) == ("web", "delete", True)


def told(base: Files, head: Files) -> dict[str, list[tuple[str, str, bool]]]:
    found = changes.told_with(end({**APPS, **base}), end({**APPS, **head}))
    return {stack: list(map(said, each)) for stack, each in found.items()}


def test_whose_plan_tells_of_it() -> None:
    """What it deploys; or the stack of the set, where that is of another repository; or nobody, where it is an object."""
    one, other = sets("web", "db"), sets("web", "new")
    assert told({"set.yaml": one}, {"set.yaml": other}) == {
        "shared/kubernetes/db": [("db", "delete", True)],
        "shared/kubernetes/new": [("new", "create", False)],
    }
    ours = application("ours", "apps/web")
    foreign = [each.replace(URL, "https://example.org/other").replace("apps/", "charts/") for each in (one, other)]
    found = told({"argo/set.yaml": foreign[0], "argo/a.yaml": ours}, {"argo/set.yaml": foreign[1], "argo/a.yaml": ours})
    assert found == {"shared/kubernetes/argo": [("db", "delete", True), ("new", "create", False)]}
    assert told({"argo/a.yaml": ours}, {"argo/a.yaml": application("ours", "apps/db")}) == {}
    beside: Files = {"argo/kustomization.yaml": ""}
    found = told({**beside, "argo/a.yaml": ours}, {**beside, "argo/a.yaml": application("ours", "apps/db")})
    assert found == {"shared/kubernetes/ours": [("ours", "update", False)]}


PLAN = Plan(stack="shared/kubernetes/db", status="unchanged")


def announced(base: Files, head: Files) -> Plan:
    ends = [end({**APPS, **files}) for files in (base, head)]
    stack = next(each.stacks["shared/kubernetes/db"] for each in ends if "shared/kubernetes/db" in each.stacks)
    return announcing.announced(PLAN, stack, *ends)


def test_a_plan_tells_of_its_application() -> None:
    gone = announced({"set.yaml": sets("db")}, {"set.yaml": sets("web")})
    [change] = gone.changes
    assert (change.address, change.action, change.destructive) == ("argoproj.io/Application argocd/db", "delete", True)
    assert (change.reason, change.path, gone.status, gone.summary.delete) == (
        "everything that it deployed is deleted with it", "set.yaml", "changed", 1,
    )  # fmt: skip
    kept = "  syncPolicy: {preserveResourcesOnDeletion: true}\n"
    [change] = announced({"set.yaml": sets("db", policy=kept)}, {"set.yaml": sets("web", policy=kept)}).changes
    assert (change.destructive, change.reason) == (False, "what it deployed is left behind")
    assert announced({"set.yaml": sets("db")}, {"set.yaml": sets("db", "web")}) is PLAN
    assert announcing.announced(PLAN, end({**APPS, "set.yaml": sets("db")}).stacks[PLAN.stack], None, end(APPS)) is PLAN
