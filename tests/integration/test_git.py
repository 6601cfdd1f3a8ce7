"""The repository through git plumbing: what is read is what is there, and nothing is touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.errors import UsageError
from gitops_ci.system.git import Repository
from tests.integration.repositories import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")


@pytest.fixture
def opened(scratch: Scratch, tmp_path: Path) -> Iterator[Repository]:
    repository = open_at(scratch.path, tmp_path)
    yield repository
    repository.close()


def open_at(path: Path, tmp_path: Path, *, exact: bool = False) -> Repository:
    place = tmp_path / "scratch"
    place.mkdir(exist_ok=True)
    return Repository(path, exact=exact, environ=os.environ, scratch=place)


def test_a_commit_is_read_without_a_checkout(scratch: Scratch, opened: Repository) -> None:
    first = scratch.commit({"a.txt": "one", "d/b.txt": b"\x00\xff"})
    scratch.commit({"a.txt": "two"})
    snapshot = opened.at(first)
    assert snapshot.read("a.txt") == b"one"
    assert snapshot.read("d/b.txt") == b"\x00\xff"
    assert snapshot.read("missing") is None
    assert snapshot.commit == first


def test_the_work_tree_counts_untracked_files_and_not_ignored_ones(scratch: Scratch, opened: Repository) -> None:
    head = scratch.commit({"a.txt": "one", ".gitignore": "ignored\n"})
    scratch.write({"a.txt": "two", "new.txt": "new", "ignored": "x"})
    before = (scratch.git("status", "--porcelain"), sorted(scratch.path.rglob(".git/objects/??/*")))
    snapshot = opened.work_tree_snapshot()
    assert snapshot.commit is None
    assert changed_paths(opened.at(head), snapshot) == ("a.txt", "new.txt")
    assert snapshot.read("new.txt") == b"new"
    assert (scratch.git("status", "--porcelain"), sorted(scratch.path.rglob(".git/objects/??/*"))) == before


def test_a_clean_work_tree_is_its_commit(scratch: Scratch, opened: Repository) -> None:
    head = scratch.commit({"a.txt": "one"})
    assert opened.work_tree_snapshot().commit == head


def test_the_output_directory_is_no_part_of_the_work_tree(scratch: Scratch, opened: Repository) -> None:
    scratch.commit({"a.txt": "one"})
    scratch.write({"out/report.json": "{}"})
    assert "out/report.json" not in opened.work_tree_snapshot(exclude=scratch.path / "out")


def test_a_folder_can_be_the_whole(scratch: Scratch, tmp_path: Path) -> None:
    first = scratch.commit({"top.txt": "x", "infra/a.tf": "1"})
    scratch.commit({"top.txt": "y", "infra/a.tf": "2"})
    repository = open_at(scratch.path / "infra", tmp_path, exact=True)
    assert list(repository.work_tree_snapshot().entries) == ["a.tf"]
    assert repository.at(first).read("a.tf") == b"1"
    repository.close()
    whole = open_at(scratch.path / "infra", tmp_path)
    assert set(whole.work_tree_snapshot().entries) == {"top.txt", "infra/a.tf"}
    whole.close()


@pytest.mark.parametrize(
    "name", ["a b", 'quo"te', "new\nline", "ta\tb", "`tick`", "@team", "<!--", "::error::x", "-dash", "ü", "名"]
)
def test_any_name_is_read(scratch: Scratch, opened: Repository, name: str) -> None:
    head = scratch.commit({f"d/{name}": "content"})
    assert opened.at(head).read(f"d/{name}") == b"content"


def test_a_name_that_is_not_utf8_is_read(scratch: Scratch, opened: Repository) -> None:
    Path(os.fsdecode(os.fsencode(scratch.path) + b"/\xff.txt")).write_bytes(b"x")
    head = scratch.commit()
    assert opened.at(head).read("\udcff.txt") == b"x"


def test_large_files_are_not_held(scratch: Scratch, opened: Repository) -> None:
    head = scratch.commit({"large": b"x" * 2_000_000, "small": "s"})
    snapshot = opened.at(head)
    assert snapshot.read_many(["large", "small"], limit=1_000_000) == {"small": b"s"}
    assert snapshot.read("small") == b"s"


def test_many_objects_in_one_exchange(scratch: Scratch, opened: Repository) -> None:
    head = scratch.commit({f"f/{number}": str(number) * 100 for number in range(3_000)})
    snapshot = opened.at(head)
    contents = snapshot.read_many(snapshot.entries)
    assert len(contents) == 3_000
    assert contents["f/2999"] == b"2999" * 100


def test_no_repository_is_said(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(UsageError, match="is not a git repository"):
        open_at(tmp_path / "plain", tmp_path)
    with pytest.raises(UsageError, match="is not a directory"):
        open_at(tmp_path / "nowhere", tmp_path)


def test_an_unknown_revision_is_said(scratch: Scratch, opened: Repository) -> None:
    scratch.commit({"a": "1"})
    with pytest.raises(UsageError, match="--base 'nope' is not a commit"):
        opened.require_commit("nope", "--base")
    with pytest.raises(UsageError, match="is not a commit"):
        opened.require_commit("--all", "--base")


def test_a_shallow_clone_says_fetch_depth(scratch: Scratch, tmp_path: Path) -> None:
    first = scratch.commit({"a": "1"})
    scratch.commit({"a": "2"})
    clone = tmp_path / "shallow"
    scratch.git("clone", "--quiet", "--depth=1", f"file://{scratch.path}", str(clone))
    repository = open_at(clone, tmp_path)
    with pytest.raises(UsageError, match="fetch-depth: 0"):
        repository.require_commit(first, "--base")
    repository.close()


def test_the_default_base_is_where_the_branch_left(scratch: Scratch, opened: Repository) -> None:
    fork = scratch.commit({"a": "1"})
    scratch.git("checkout", "--quiet", "-b", "topic")
    tip = scratch.commit({"a": "2"})
    scratch.git("checkout", "--quiet", "main")
    scratch.commit({"b": "3"})
    assert opened.default_base(tip) == fork


def test_an_empty_repository_has_a_work_tree(scratch: Scratch, opened: Repository) -> None:
    scratch.write({"a": "1"})
    snapshot = opened.work_tree_snapshot()
    assert snapshot.commit is None
    assert list(snapshot.entries) == ["a"]
    assert opened.commit("HEAD") is None
