"""Which element of a list is which: nothing is lost, little is told, and marks follow their elements."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.plans import attributes, pairing
from gitops_ci.kinds.terraform.plans.attributes import Sides
from gitops_ci.kinds.terraform.plans.masking import Masking
from gitops_ci.model.plan import Attribute

Json = Any


def never(_: int) -> bool:
    return False


def rule(port: int, **more: Json) -> dict[str, Json]:
    return {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [f"10.{port % 256}.0.0/16"], **more}


def told(before: Json, after: Json, **more: Json) -> dict[str, Attribute]:
    found = attributes.of(Sides(before={"x": before}, after={"x": after}, **more), Masking())
    assert len({each.path for each in found}) == len(found), "a path names one place"
    return {each.path: each for each in found}


@pytest.mark.parametrize("at", [0, 25, 50])
def test_a_rule_added_to_fifty_is_one_element(at: int) -> None:
    before = [rule(port) for port in range(1, 51)]
    found = told(before, [*before[:at], rule(8080), *before[at:]])
    assert {path.partition("]")[0] for path in found} == {f"x[+{at}"}
    assert found[f"x[+{at}].from_port"] == Attribute(path=f"x[+{at}].from_port", after=8080)


def test_a_rule_removed_from_fifty_is_one_element() -> None:
    before = [rule(port) for port in range(50)]
    found = told(before, before[:20] + before[21:])
    assert {path.partition("]")[0] for path in found} == {"x[-20"}
    assert found["x[-20].cidr_blocks[0]"].before == "10.20.0.0/16"


def test_a_changed_object_shows_its_changed_attributes_wherever_it_went() -> None:
    before = [rule(port, description="old") for port in range(50)]
    after = [*before[:7], *before[8:], rule(7, description="new")]
    assert told(before, after) == {
        "x[7→49].description": Attribute(path="x[7→49].description", before="old", after="new")
    }
    in_place = [*before[:7], rule(7, description="new"), *before[8:]]
    assert set(told(before, in_place)) == {"x[7].description"}
    after_a_new_one = [rule(99), *in_place]
    assert {"x[8].description", "x[+0].from_port"} <= set(told(before, after_a_new_one))


def test_the_name_decides_before_likeness() -> None:
    before = [{"name": "a", "image": "one", "cpu": 1}, {"name": "b", "image": "two", "cpu": 2}]
    after = [{"name": "b", "image": "one", "cpu": 1}, {"name": "c", "image": "two", "cpu": 2}]
    expected = {"x[-0].name", "x[-0].image", "x[-0].cpu", "x[0].image", "x[0].cpu"}
    assert set(told(before, after)) == expected | {"x[+1].name", "x[+1].image", "x[+1].cpu"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["a", "b"], ["a", "c"], {"x[1]": ("b", "c")}),
        (["a", "c"], ["a", "b", "c"], {"x[+1]": (None, "b")}),
        (["a", "b", "c"], ["a", "c"], {"x[-1]": ("b", None)}),
        (["a", "b"], ["b", "a"], {"x[0→1]": ("a", "a")}),
        (["a", "a"], ["a"], {"x[-1]": ("a", None)}),
        ([1], [True], {"x[0]": (1, True)}),
        ([1, 2], [2, 3], {"x[-0]": (1, None), "x[+1]": (None, 3)}),
        ([], ["a"], {"x[+0]": (None, "a")}),
        (None, ["a"], {"x[0]": (None, "a")}),
        (["a"], None, {"x[0]": ("a", None)}),
        (["a", None], ["a"], {"x[-1]": (None, None)}),
        ([["a"]], [["a", "b"]], {"x[0][+1]": (None, "b")}),
    ],
)
def test_the_words_for_elements(before: Json, after: Json, expected: dict[str, tuple[Json, Json]]) -> None:
    assert {path: (each.before, each.after) for path, each in told(before, after).items()} == expected


def test_an_unknown_element_equals_nothing() -> None:
    found = told(["a", None], ["a", None], unknown={"x": [False, True]})
    assert {path: each.unknown for path, each in found.items()} == {"x[1]": True}


def test_what_forces_a_replacement_is_found_by_the_index_of_either_side() -> None:
    before, after = [rule(1), rule(2)], [rule(0), rule(1), rule(2, description="new")]
    found = told(before, after, forcing=(("x", 1, "description"),))
    assert [path for path, each in found.items() if each.forces_replacement] == ["x[2].description"]
    assert all(each.forces_replacement for each in told(before, after, forcing=(("x",),)).values())


_ELEMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "v"]), inner, max_size=3)
    ),
    max_leaves=4,
)
_LISTS = st.lists(_ELEMENTS, max_size=8)


@given(_LISTS, _LISTS)
def test_nothing_is_lost_and_nothing_is_told_twice(before: list[Json], after: list[Json]) -> None:
    pairs = pairing.pairs(before, after, never)
    gone = [pair.before for pair in pairs if pair.before is not None]
    come = [pair.after for pair in pairs if pair.after is not None]
    assert len(gone) == len(set(gone))
    assert len(come) == len(set(come))
    untold = [value for index, value in enumerate(before) if index not in gone]
    still = [value for index, value in enumerate(after) if index not in come]
    assert json.dumps(untold, sort_keys=True) == json.dumps(still, sort_keys=True), (
        "what is not told is the same, in the same order"
    )
    for pair in pairs:
        if pair.equal:
            assert pair.moved
            assert pairing.same(before[pair.before or 0], after[pair.after or 0])


@given(_LISTS, _LISTS)
def test_lists_that_differ_are_told_and_equal_ones_are_not(before: list[Json], after: list[Json]) -> None:
    assert pairing.pairs(before, before, never) == []
    if json.dumps(before) != json.dumps(after):
        assert pairing.pairs(before, after, never)


SECRET = "hunter2-"


@given(st.data())
def test_marks_follow_their_elements(data: st.DataObject) -> None:
    """Marks are by the index of their own side: whatever is paired with what, what is marked is never told."""
    sides, marks = [], []
    for side in ("before", "after"):
        elements, marked = [], []
        for number in data.draw(st.lists(st.integers(0, 9), max_size=8)):
            secret = data.draw(st.booleans())
            elements.append({"name": f"n{number}", "v": f"{SECRET}{number}" if secret else number, "w": [number]})
            marked.append({"v": True} if secret else {})
        sides.append(elements)
        marks.append({"x": marked})
        assert side
    found = told(*sides, before_sensitive=marks[0], after_sensitive=marks[1])
    assert SECRET not in repr(found)
    for path, each in found.items():
        if path.endswith("].v") and not each.sensitive:
            assert not isinstance(each.before, str)
            assert not isinstance(each.after, str)


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_a_changed_secret_of_a_named_element_is_told_at_its_element(
    order: list[int], changed: set[int], marked: set[int]
) -> None:
    before = [{"name": f"n{number}", "v": f"{SECRET}{number}"} for number in range(8)]
    after = [
        {"name": f"n{number}", "v": f"{SECRET}new-{number}" if number in changed else f"{SECRET}{number}"}
        for number in order
    ]
    found = told(
        before,
        after,
        before_sensitive={"x": [{"v": True} if number in marked else {} for number in range(8)]},
        after_sensitive={"x": [{"v": True} if number in marked else {} for number in order]},
    )
    for number in changed:
        [path] = [path for path in found if path.endswith(f"{order.index(number)}].v")]
        assert found[path].sensitive == (number in marked)
    assert not any(f"{SECRET}{number}'" in repr(found) for number in marked)


@pytest.mark.parametrize("shape", ["same names", "no names", "texts", "all new", "shuffled"])
def test_ten_thousand_elements_take_no_time(shape: str) -> None:
    numbers = list(range(10_000))
    before: list[Json] = [rule(port, description="old") for port in numbers]
    after: list[Json] = [rule(port, description="new") for port in numbers]
    match shape:
        case "same names":
            before, after = (
                [{**each, "name": str(index)} for index, each in enumerate(side)] for side in (before, after)
            )
        case "texts":
            before, after = [f"a{port}" for port in numbers], [f"b{port}" for port in numbers]
        case "all new":
            after = [{"other": port} for port in numbers]
        case "shuffled":
            after = random.Random(1).sample(before, len(before))
        case _:
            pass
    started = time.process_time()
    found = pairing.pairs(before, after, never)
    assert time.process_time() - started < 5
    assert len(found) >= 9_000
