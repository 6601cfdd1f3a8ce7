"""Snapshots: listing, links, submodules, and what differs between two."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.snapshot import SUBMODULE, Entry, Snapshot, changed_paths, join


def test_files_and_directories_are_listed() -> None:
    tree = snapshots.of({"a": "", "b/c": "", "b/d/e/f": ""})
    assert tree.children == {"": ("a",), "b": ("c",), "b/d/e": ("f",)}
    assert tree.directories == {"": ("b",), "b": ("d",), "b/d": ("e",), "b/d/e": ()}
    assert [tree.is_directory(path) for path in ("", "b", "b/d", "a", "b/c", "x")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), max_size=12))
def test_every_directory_above_a_file_is_listed(paths: list[list[str]]) -> None:
    tree = snapshots.of({"/".join(parts) + "/file": "" for parts in paths})
    expected = {""} | {"/".join(parts[:depth]) for parts in paths for depth in range(1, len(parts) + 1)}
    assert set(tree.directories) == expected
    for directory in expected - {""}:
        parent, _, name = directory.rpartition("/")
        assert tree.directories[parent].count(name) == 1


def test_contents_are_read_with_a_limit() -> None:
    tree = snapshots.of({"a": "12345", "b": "12345", "c": "1"})
    assert tree.read("a") == b"12345"
    assert tree.read("a", limit=4) is None
    assert tree.read("missing") is None
    assert tree.read_many(["a", "b", "c", "missing"], limit=5) == {"a": b"12345", "b": b"12345", "c": b"1"}


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("real/x", "real/x"),
        ("link/x", "real/x"),
        ("deep/link/x", "real/x"),
        ("chain/x", "real/x"),
        ("link/../y", "y"),
        ("./link//x", "real/x"),
        ("missing/x", "missing/x"),
        ("", ""),
        ("../x", None),
        ("out/x", None),
        ("absolute/x", None),
        ("loop/x", None),
    ],
)
def test_links_are_followed_inside_the_tree(path: str, resolved: str | None) -> None:
    links = {"link": "real", "deep/link": "../real", "chain": "deep/link", "out": "../elsewhere", "absolute": "/etc"}
    tree = snapshots.of({"real/x": ""}, links={**links, "loop": "pool", "pool": "loop"})
    assert tree.resolve(path) == resolved


def test_the_links_on_a_way_are_told() -> None:
    tree = snapshots.of({"real/x": ""}, links={"deep/link": "../real", "chain": "deep/link"})
    assert tree.links_on("chain/x") == ("chain", "deep/link")
    assert tree.links_on("real/x") == ()


def test_a_submodule_has_no_content_here() -> None:
    tree = Snapshot(
        commit=None, tree="", entries={"vendor/mod": Entry(SUBMODULE, "0" * 40)}, blobs=snapshots.of({})._blobs
    )
    assert tree.in_submodule("vendor/mod/vpc")
    assert not tree.in_submodule("vendor")
    assert tree.read("vendor/mod") is None


def test_what_differs_is_content_kind_and_existence() -> None:
    base = snapshots.of({"same": "1", "edited": "1", "gone": "1", "old/name": "moved", "kind": "target"})
    head = snapshots.of({"same": "1", "edited": "2", "new": "1", "new/name": "moved"}, links={"kind": "target"})
    assert changed_paths(base, head) == ("edited", "gone", "kind", "new", "new/name", "old/name")
    assert changed_paths(base, base) == ()


@pytest.mark.parametrize(
    ("directory", "relative", "joined"),
    [
        ("a/b", "../c", "a/c"),
        ("a/b", "./c/.", "a/b/c"),
        ("a", "..", ""),
        ("", ".", ""),
        ("", "a", "a"),
        ("a", "../..", None),
        ("a", "../../b", None),
        ("a", "/etc", None),
        ("a", "../..foo", "..foo"),
    ],
)
def test_relative_paths_stay_inside(directory: str, relative: str, joined: str | None) -> None:
    assert join(directory, relative) == joined


@given(st.text("./ab", max_size=12), st.text("./ab", max_size=12))
def test_a_joined_path_is_normal_or_none(directory: str, relative: str) -> None:
    joined = join(directory.strip("/"), relative)
    assert (
        joined is None or joined == "" or (posixpath.normpath(joined) == joined and not joined.startswith(("/", "../")))
    )
