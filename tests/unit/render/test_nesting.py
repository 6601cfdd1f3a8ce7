"""Paths that begin alike as blocks; no attribute is lost, whatever its path is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.model.plan import Attribute
from gitops_ci.render import nesting
from gitops_ci.render.nesting import Block
from tests.unit.render.hostile import paths


def shape(*names: str) -> list[object]:
    return [plain(entry) for entry in nesting.nested([Attribute(path=name) for name in names])]


def plain(entry: Attribute | Block) -> object:
    return {entry.path: [plain(inner) for inner in entry.entries]} if isinstance(entry, Block) else entry.path


def test_paths_have_parts() -> None:
    assert nesting.parts('rule[0]["a.b"].c') == ["rule", "[0]", '["a.b"]', ".c"]


def test_one_block_for_what_begins_alike() -> None:
    assert shape("a", "rule[0].from", "rule[0].to", "rule[0].cidrs[0]", "b") == [
        "a",
        {"rule[0]": ["from", "to", "cidrs[0]"]},
        "b",
    ]


def test_no_block_for_two_short_ones_and_one_for_two_long_ones() -> None:
    assert shape("tags.a", "tags.b") == ["tags.a", "tags.b"]
    assert shape("spec.template.spec.containers.a", "spec.template.spec.containers.b") == [
        {"spec.template.spec.containers": ["a", "b"]}
    ]


def test_an_attribute_may_stand_above_others() -> None:
    assert shape("tags", "tags.a", "tags.b", "tags.c") == ["tags", {"tags": ["a", "b", "c"]}]


@given(st.lists(paths, max_size=12))
def test_every_attribute_is_there_once(names: list[str]) -> None:
    attributes = [Attribute(path=name, after=index) for index, name in enumerate(names)]
    found = list(Block("", nesting.nested(attributes)).attributes())
    assert sorted(each.after for each in found) == list(range(len(names)))
    assert all(names[each.after].endswith(each.path) for each in found)


@given(paths)
def test_parts_are_the_whole_path(path: str) -> None:
    assert "".join(nesting.parts(path)) == path


def test_the_sign_says_which_side_has_an_element() -> None:
    assert shape("a[-1].b", "c[+2]", "d[1→3].e") == ["a[1].b", "c[2]", "d[1→3].e"]
