"""The order of plans: producers first, no circle waits for itself, whatever the order of the edges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory, order, snapshot
from gitops_ci.discover.inventory import Dependency, Found, Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import Stack


class Kind:
    """Finds what it is told."""

    def __init__(self, found: Found) -> None:
        self.found = found

    def find(self, snapshot: Snapshot, config: object) -> Found:
        return self.found


def stack(name: str) -> Stack:
    return stacks.make(environment="e", kind="terraform", name=name, path=name)


def taken(names: str, *edges: tuple[str, str]) -> Inventory:
    """One stack a letter; an edge says that the first reads the state of the second."""
    found = Found(
        stacks=tuple(map(stack, names)),
        dependencies=tuple(Dependency(id_of(a), id_of(b), f"{a}/main.tf", 3) for a, b in edges),
    )
    return inventory.take(snapshot.of({}), DEFAULT, {"terraform": Kind(found)})


def id_of(name: str) -> str:
    return stack(name).id


def test_only_stacks_of_the_run_are_waited_for() -> None:
    edges = order.between(None, taken("abc", ("a", "b"), ("b", "c")))
    assert order.waits([id_of("a"), id_of("c")], edges) == {id_of("a"): frozenset(), id_of("c"): frozenset()}
    assert order.waits(map(id_of, "abc"), edges)[id_of("a")] == {id_of("b")}


def test_a_removed_stack_waits_as_base_has_it_and_head_decides_for_all_others() -> None:
    edges = order.between(taken("abx", ("x", "a"), ("b", "a")), taken("ab"))
    assert edges == {id_of("x"): {id_of("a")}}


def test_a_circle_is_cut_and_said_once() -> None:
    found = taken("abcd", ("a", "b"), ("b", "a"), ("c", "a"), ("d", "d"))
    waits = order.waits(map(id_of, "abcd"), order.between(None, found))
    assert waits == {id_of("a"): set(), id_of("b"): set(), id_of("c"): {id_of("a")}, id_of("d"): set()}
    [told] = [each for each in found.findings if each.rule == "terraform/state-circle"]
    assert (told.severity, told.path, told.line, told.stack) == ("warning", "a/main.tf", 3, id_of("a"))
    assert f"{id_of('a')}, {id_of('b')} read each other's state" in told.message


def test_without_circles_nothing_is_said() -> None:
    assert [each for each in taken("abc", ("a", "b"), ("b", "c"), ("a", "c")).findings if "circle" in each.rule] == []


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=30), st.randoms())
def test_every_stack_gets_its_turn_in_an_order_that_does_not_depend_on_that_of_the_edges(
    edges: list[tuple[str, str]], chance: object
) -> None:
    found = order.between(None, taken("abcdefgh", *edges))
    waits = order.waits(map(id_of, "abcdefgh"), found)
    done: set[str] = set()
    while len(done) < 8:
        ready = {each for each in waits if waits[each] <= done} - done
        assert ready, "nobody can begin"
        done |= ready
    assert all(waits[each] <= found.get(each, frozenset()) for each in waits)
    assert order.waits(map(id_of, "hgfedcba"), order.between(None, taken("abcdefgh", *reversed(edges)))) == waits
