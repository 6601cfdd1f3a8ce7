"""Many plans at once: in their order, at most so many at a time, none lost by an interrupt or a time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from gitops_ci.commands import planning
from gitops_ci.commands.change import Change
from gitops_ci.commands.planning import Limits
from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory, snapshot
from gitops_ci.discover.inventory import Dependency, Found, Inventory
from gitops_ci.github.event import Event
from gitops_ci.kinds import catalog
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model import stack as stacks
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan, Problem, Status
from gitops_ci.model.stack import AffectedStack, Stack
from gitops_ci.render.progress import Silent
from gitops_ci.system.process import Stop


class Kind:
    """A kind whose plans are made by a function of the stack's name."""

    RUNS_CODE = True

    def __init__(self, act: Callable[[str], Status] = lambda _: "changed") -> None:
        self.act = act
        self.dependencies: tuple[Dependency, ...] = ()
        self.log: list[str] = []
        self.now = self.most = 0
        self.lock = threading.Lock()

    def find(self, snapshot: object, config: object) -> Found:
        return Found(dependencies=self.dependencies)

    def plan(self, stack: Stack, base: object, head: object, tools: object) -> Plan:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.log.append(f"+{stack.name}")
        status = self.act(stack.name)
        with self.lock:
            self.now -= 1
            self.log.append(f"-{stack.name}")
        return Plan(stack=stack.id, status=status)

    def check(self, stack: Stack, plan: Plan, base: object, head: object) -> tuple[Finding, ...]:
        return ()

    def inspect(self, stack: Stack, inventory: object) -> tuple[Finding, ...]:
        return ()


def affected(name: str) -> AffectedStack:
    found = stacks.make(environment="e", kind="terraform", name=name, path=name)
    fields: dict[str, Any] = {field: getattr(found, field) for field in found.__struct_fields__}
    return AffectedStack(**fields, change="modified", certainty="direct")


def id_of(name: str) -> str:
    return affected(name).id


def change(kind: Kind, *edges: tuple[str, str], fork: bool = False) -> Change:
    kind.dependencies = tuple(Dependency(id_of(a), id_of(b), "main.tf", 1) for a, b in edges)
    head: Inventory = inventory.take(snapshot.of({}), DEFAULT, {"terraform": kind})
    return Change(
        repository=cast("Any", None),
        event=Event(fork=fork),
        config=DEFAULT,
        config_digest="",
        base_commit=None,
        base=None,
        head=head,
        head_commit=None,
    )


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Plan]]:
    def plan(kind: Kind, names: str, *edges: tuple[str, str], **more: Any) -> dict[str, Plan]:
        monkeypatch.setattr(catalog, "ALL", {"terraform": kind})
        subject = change(kind, *edges, fork=more.pop("fork", False))
        chosen = [affected(name) for name in names]
        expected = [affected(name) for name in more.pop("expected", names)]
        limits = Limits(more.pop("jobs", 4), more.pop("seconds", None))
        stop = more.pop("stop", None) or Stop()
        found = planning.plans(
            chosen, subject, cast("Tools", None), limits=limits, progress=more.pop("progress", Silent()), stop=stop
        )
        assert [each.stack for each in found] == [stack.id for stack in chosen]
        return {each.stack.rpartition("/")[2]: each for each in planning.marked(found, subject, expected)}

    return plan


Planned = Callable[..., dict[str, Plan]]


def code(plan: Plan) -> str | None:
    return plan.reason.code if plan.reason is not None else None


def test_a_stack_comes_after_those_whose_state_it_reads(planned: Planned) -> None:
    kind = Kind()
    planned(kind, "abcd", ("a", "b"), ("b", "c"), ("a", "d"))
    assert kind.log.index("+b") > kind.log.index("-c")
    assert kind.log.index("+a") > max(kind.log.index("-b"), kind.log.index("-d"))


def test_what_waits_for_nothing_runs_at_the_same_time_and_never_more_than_asked(planned: Planned) -> None:
    barrier = threading.Barrier(3)

    def together(_: str) -> Status:
        barrier.wait(timeout=10)
        return "changed"

    kind = Kind(together)
    planned(kind, "abcdef", jobs=3)
    assert kind.most == 3


def test_circles_are_planned_and_marked(planned: Planned) -> None:
    found = planned(Kind(), "abc", ("a", "b"), ("b", "a"), ("c", "c"))
    assert {name: plan.upstream for name, plan in found.items()} == {"a": (id_of("b"),), "b": (id_of("a"),), "c": ()}


@pytest.mark.parametrize(
    ("status", "marked"), [("changed", True), ("failed", True), ("skipped", True), ("unchanged", False)]
)
def test_upstream_is_what_changes_or_is_not_known(planned: Planned, status: Status, marked: bool) -> None:
    found = planned(Kind(lambda name: status if name == "b" else "changed"), "ab", ("a", "b"))
    assert found["a"].status == "changed", "a failed producer does not keep its consumers from being planned"
    assert found["a"].upstream == ((id_of("b"),) if marked else ())
    assert found["b"].upstream == ()


def test_a_producer_that_is_planned_elsewhere_counts_and_one_that_nobody_changes_does_not(planned: Planned) -> None:
    assert planned(Kind(), "a", ("a", "b"), expected="ab")["a"].upstream == (id_of("b"),)
    assert planned(Kind(), "a", ("a", "b"))["a"].upstream == ()


def test_an_interrupt_loses_nothing(planned: Planned) -> None:
    stop = Stop()

    def interrupt(name: str) -> Status:
        if name == "a":
            stop.set()
        return "changed"

    found = planned(Kind(interrupt), "abcd", ("b", "a"), ("c", "b"), jobs=1, stop=stop)
    assert found["a"].status == "changed"
    assert {code(found[name]) for name in "bc"} == {"interrupted"}


def test_a_keyboard_interrupt_stops_what_runs(planned: Planned) -> None:
    class Pressing(Silent):
        """Presses Ctrl-C as the first plan ends, in the main thread as Python does it."""

        def finished(self, plan: Plan) -> None:
            import _thread

            if plan.status == "changed":
                _thread.interrupt_main()
                time.sleep(0.2)

    found = planned(Kind(), "abcdefgh", *zip("bcdefgh", "abcdefg", strict=True), jobs=2, progress=Pressing())
    assert found["a"].status == "changed"
    assert code(found["h"]) == "interrupted"


def test_the_time_limit_ends_the_run_and_is_no_interrupt(planned: Planned) -> None:
    stop = Stop()

    def slow(name: str) -> Status:
        while name == "b" and not stop.is_set():
            time.sleep(0.01)
        return "changed"

    found = planned(Kind(slow), "abc", ("c", "b"), seconds=1.0, stop=stop)
    assert found["a"].status == "changed"
    assert code(found["c"]) == "timeout"
    assert stop.is_set()


def test_what_an_engine_calls_interrupted_is_late_once_the_limit_has_passed(planned: Planned) -> None:
    stop = Stop()

    class Ended(Kind):
        def plan(self, stack: Stack, base: object, head: object, tools: object) -> Plan:
            while not stop.is_set():
                time.sleep(0.01)
            return Plan(stack=stack.id, status="failed", reason=Problem(code="interrupted", message="x"))

    assert code(planned(Ended(), "a", seconds=0.1, stop=stop)["a"]) == "timeout"


def test_a_forks_plans_run_nothing(planned: Planned) -> None:
    kind = Kind()
    assert {code(plan) for plan in planned(kind, "ab", fork=True).values()} == {"fork"}
    assert kind.log == []


def test_a_fork_is_planned_where_nothing_of_it_runs(planned: Planned) -> None:
    kind = Kind()
    kind.RUNS_CODE = False
    assert code(planned(kind, "a", fork=True)["a"]) is None


def test_a_bug_in_one_plan_keeps_the_others(planned: Planned) -> None:
    def broken(name: str) -> Status:
        if name == "b":
            raise ValueError("a secret")
        return "changed"

    found = planned(Kind(broken), "abc", ("c", "b"))
    assert code(found["b"]) == "internal-error"
    assert "secret" not in str(found["b"].reason)
    assert found["c"].upstream == (id_of("b"),)


def test_many_stacks_in_a_chain_and_none(planned: Planned) -> None:
    assert planned(Kind(), "") == {}
