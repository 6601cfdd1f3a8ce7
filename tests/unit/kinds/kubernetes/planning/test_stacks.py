"""The plan of a stack out of what its two ends render to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.planning import stacks
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Source, Unrendered
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Plan
from gitops_ci.model.stack import Stack
from tests.unit.kinds.kubernetes.bed import STACK, Tools, inventory
from tests.unit.kinds.kubernetes.ends import application, end

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  a: '{}'\n"
MANIFESTS = Manifests(path="web", files=("web/a.yaml",))
REMOTE = Unrendered(what="the chart redis 1.0", why="it is of another registry", path="app.yaml", line=7)
MORE_REMOTE = Unrendered(what="the chart redis 2.0", why="it is of another registry", path="app.yaml", line=7)


def never(args: Sequence[str]) -> str:
    raise AssertionError(args)


class Ends:
    """Both ends of a change, and what each one deploys."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
        self._deployments: dict[int, Deployment] = {}
        self._place = place
        self.tools = Tools(place, never)
        monkeypatch.setattr("gitops_ci.kinds.kubernetes.discovery.deployments.of", self._of)

    def _of(self, stack: Stack, at: Inventory) -> Deployment:
        assert stack is STACK
        return self._deployments[id(at)]

    def end(
        self,
        text: str | None,
        *sources: Source,
        prune: bool | None = True,
        cascade: bool | None = True,
        cluster: str = "",
        by: str = "",
        revisions: tuple[tuple[str, str], ...] = (),
    ) -> Inventory:
        found = inventory({"web/a.yaml": text} if text is not None else {})
        sources = (MANIFESTS, *sources) if text is not None else sources
        self._deployments[id(found)] = Deployment(
            sources=sources,
            namespace="shop",
            prune=prune,
            cascade=cascade,
            cluster=cluster,
            path="app.yaml",
            by=by,
            revisions=revisions,
        )
        return found

    def plan(self, base: Inventory | None, head: Inventory | None) -> Plan:
        return stacks.plan(STACK, base, head, self.tools)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ends:
    return Ends(monkeypatch, tmp_path)


def actions(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, change.address) for change in plan.changes]


def test_what_differs_is_the_plan(ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1)), ends.end(ONE.format("a", 2)))
    assert (plan.stack, plan.status, plan.reason, plan.engine) == (STACK.id, "changed", None, None)
    assert actions(plan) == [("update", "ConfigMap shop/a")]
    assert plan.summary.update == 1
    assert (plan.changes[0].path, plan.changes[0].line) == ("web/a.yaml", 1)


def test_the_same_at_both_ends_is_unchanged(ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1)), ends.end(f"# a comment\n{ONE.format('a', 1)}"))
    assert (plan.status, plan.changes, plan.reason) == ("unchanged", (), None)


def test_a_new_stack_is_created(ends: Ends) -> None:
    assert actions(ends.plan(None, ends.end(ONE.format("a", 1)))) == [("create", "ConfigMap shop/a")]


@pytest.mark.parametrize(("cascade", "action"), [(True, "delete"), (False, "forget"), (None, "delete")])
def test_a_removed_stack_takes_all_with_it_or_leaves_it(cascade: bool | None, action: str, ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1), prune=False, cascade=cascade), None)
    assert actions(plan) == [(action, "ConfigMap shop/a")]
    assert plan.changes[0].destructive is (action == "delete")


def test_who_prunes_is_asked_at_head(ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1), prune=True), ends.end("", prune=False))
    assert actions(plan) == [("forget", "ConfigMap shop/a")]


def test_a_stack_that_goes_to_another_cluster_leaves_all_behind(ends: Ends) -> None:
    base, head = ends.end(ONE.format("a", 1), cluster="old"), ends.end(ONE.format("a", 1), cluster="new")
    plan = ends.plan(base, head)
    assert actions(plan) == [("forget", "ConfigMap shop/a"), ("create", "ConfigMap shop/a")]
    assert plan.changes[0].reason == "left behind: the stack goes from cluster old to new"
    assert ends.plan(base, ends.end(ONE.format("a", 1))).changes == ()


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("https://kubernetes.default.svc", "in-cluster"),
        ("https://kubernetes.default.svc", "https://KUBERNETES.default.svc:443/"),
        ("https://kubernetes.default.svc", "production"),
        ("production", "https://10.0.0.1:6443"),
    ],
)
def test_another_word_for_what_may_be_the_same_cluster_hides_no_deletion(was: str, is_now: str, ends: Ends) -> None:
    two = "---\n".join(ONE.format(name, 1) for name in "ab")
    plan = ends.plan(ends.end(two, cluster=was), ends.end(ONE.format("a", 1), cluster=is_now))
    assert ("delete", "ConfigMap shop/b") in actions(plan)
    assert [each.address for each in plan.changes if each.destructive] == ["ConfigMap shop/b"]


@pytest.mark.parametrize(("cascade", "action"), [(True, "delete"), (False, "forget")])
@pytest.mark.parametrize("by", ["", "Application other"])
def test_where_what_deploys_a_stack_goes_all_goes_with_it(cascade: bool, action: str, by: str, ends: Ends) -> None:
    """The directory of an Application that is removed is a stack all the same, and would be `no change`."""
    base = ends.end(ONE.format("a", 1), by="Application web", cascade=cascade)
    plan = ends.plan(base, ends.end(ONE.format("a", 1), by=by))
    assert actions(plan) == [(action, "ConfigMap shop/a"), *([("create", "ConfigMap shop/a")] if by else [])]


@pytest.mark.parametrize("revision", [("example.com/r", "other"), ("evil.example/r", "main"), ("evil.example/r", "")])
def test_another_revision_is_not_what_is_rendered(revision: tuple[str, str], ends: Ends) -> None:
    text, by = ONE.format("a", 1), "Application web"
    base = ends.end(text, by=by, revisions=(("example.com/r", "main"),))
    assert ends.plan(base, ends.end(text, by=by, revisions=(("example.com/r", "main"),))).status == "unchanged"
    plan = ends.plan(base, ends.end(text, by=by, revisions=(revision,)))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "not-rendered")
    assert " at ".join(filter(None, revision)) in plan.reason.message


@pytest.mark.parametrize(("was", "is_now"), [("", "main"), ("main", ""), ("", "")])
def test_a_revision_of_its_own_is_rendered_as_it_is_there(was: str, is_now: str, ends: Ends) -> None:
    text, by, address = ONE.format("a", 1), "Application web", "example.com/r"
    base = ends.end(text, by=by, revisions=((address, was),))
    assert ends.plan(base, ends.end(text, by=by, revisions=((address, is_now),))).status == "unchanged"


def test_a_gap_fails_the_plan_and_keeps_the_rest(ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1), REMOTE), ends.end(ONE.format("a", 2), REMOTE))
    assert plan.status == "failed"
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == ("not-rendered", "app.yaml", 7)
    assert plan.reason.message == "not rendered: the chart redis 1.0: it is of another registry"
    assert actions(plan) == [("update", "ConfigMap shop/a")]


def test_what_a_gap_may_hide_is_taken_for_neither_new_nor_gone(ends: Ends) -> None:
    whole, part = ONE.format("a", 1), ends.end(ONE.format("b", 1), REMOTE)
    assert actions(ends.plan(ends.end(whole), part)) == [("create", "ConfigMap shop/b")]
    plan = ends.plan(ends.end(f"{ONE.format('b', 1)}---\nkind: Pod\n"), ends.end(whole))
    assert (plan.status, actions(plan)) == ("changed", [("delete", "ConfigMap shop/b")])
    assert plan.reason is not None
    assert plan.reason.code == "base-unplanned"
    assert "(1 objects)" in plan.reason.message


def test_what_base_deploys_unseen_never_goes_unseen(ends: Ends) -> None:
    """A remote base that a change takes away: all that it brought may be deleted."""
    plan = ends.plan(ends.end(ONE.format("a", 1), REMOTE), ends.end(ONE.format("a", 1)))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "not-rendered", 7)


def test_a_gap_that_both_ends_have_hides_nothing(ends: Ends) -> None:
    base, head = ends.end(ONE.format("a", 1), REMOTE), ends.end(ONE.format("b", 1), REMOTE)
    assert actions(ends.plan(base, head)) == [("delete", "ConfigMap shop/a"), ("create", "ConfigMap shop/b")]
    base, head = ends.end(ONE.format("a", 1), REMOTE), ends.end(ONE.format("b", 1), MORE_REMOTE)
    assert actions(ends.plan(base, head)) == []


def test_a_removed_stack_of_which_base_is_not_known_fails(ends: Ends) -> None:
    plan = ends.plan(ends.end(ONE.format("a", 1), REMOTE), None)
    assert (plan.status, actions(plan)) == ("failed", [("delete", "ConfigMap shop/a")])


def test_what_can_be_mended_is_told_first(ends: Ends) -> None:
    plan = ends.plan(None, ends.end("kind: Pod\n", REMOTE))
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == ("invalid", "web/a.yaml", 1)
    assert plan.reason.message.split("\n") == [
        "no Kubernetes object: apiVersion is missing",
        "the chart redis 1.0: it is of another registry",
    ]


def test_what_base_has_wrong_just_the_same_is_not_this_changes_fault(ends: Ends) -> None:
    plan = ends.plan(ends.end("kind: Pod\n"), ends.end("kind: Pod\n---\n" + ONE.format("a", 1)))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "wrong-at-base")
    assert plan.reason.message.startswith("wrong at base as well: ")
    plan = ends.plan(ends.end("kind: Pod\n"), ends.end("kind: Pod\napiVersion: v1\n"))
    assert plan.reason is not None
    assert plan.reason.code == "invalid"


def test_many_gaps_are_counted(ends: Ends) -> None:
    several = [Unrendered(what=f"chart {number}", why="elsewhere", path="a") for number in range(9)]
    plan = ends.plan(None, ends.end(None, *several))
    assert plan.reason is not None
    assert plan.reason.message.endswith("chart 4: elsewhere\n(and 4 more)")


def test_noise_is_counted(ends: Ends) -> None:
    text = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {}\n  labels: {{helm.sh/chart: web-{}}}\n"
    base, head = ("---\n".join(text.format(name, version) for name in "ab") for version in (1, 2))
    plan = ends.plan(ends.end(base), ends.end(head))
    assert (plan.status, plan.changes) == ("unchanged", ())
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.message) == ("folded", "2 objects differ only in chart labels")


@pytest.mark.parametrize(
    ("source", "name"), [(Kustomization(path="web"), "kustomize"), (Chart(path="web", release="r"), "helm")]
)
def test_the_engine_is_named_even_where_it_fails(source: Source, name: str, ends: Ends) -> None:
    ends.tools = Tools(ends._place, lambda _: Ended(1, b"", b"no", "exited"))
    plan = ends.plan(None, ends.end(None, source))
    assert plan.engine is not None
    assert (plan.status, plan.engine.name) == ("failed", name)


def test_what_an_application_deployed_before_it_had_another_path_goes(tmp_path: Path) -> None:
    synced = "  syncPolicy: {automated: {prune: true}}\n"
    files = {
        "apps/a.yaml": application("web", "production/web", more=synced),
        "production/web/a.yaml": ONE.format("a", 1),
    }
    moved = {
        **files,
        "apps/a.yaml": application("web", "production/web2", more=synced),
        "production/web2/a.yaml": ONE.format("b", 1),
    }
    base, head = end(files), end(moved)
    plan = stacks.plan(base.stacks["production/kubernetes/web"], base, head, Tools(tmp_path, never))
    assert [(each.action, each.destructive) for each in plan.changes] == [("delete", True), ("create", False)]


def test_an_application_of_the_same_name_in_another_file_is_another_one(tmp_path: Path) -> None:
    """Two clusters with an Argo CD each: one loses its Application, and with it what that deployed."""
    kept = application("web", "production/eu", more="  syncPolicy: {automated: {prune: false}}\n")
    files = {
        "clusters/eu/a.yaml": kept,
        "clusters/us/a.yaml": application("web", "production/us", finalizer=True),
        "production/eu/a.yaml": ONE.format("a", 1),
        "production/us/a.yaml": ONE.format("a", 1),
    }
    base, head = end(files), end({path: text for path, text in files.items() if path != "clusters/us/a.yaml"})
    [gone] = [each for each in base.stacks.values() if each.path == "production/us"]
    plan = stacks.plan(gone, base, head, Tools(tmp_path, never))
    assert [(each.action, each.destructive) for each in plan.changes] == [("delete", True)]
