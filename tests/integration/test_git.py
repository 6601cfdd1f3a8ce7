"""The repository through git plumbing: what is read is what is there, and nothing is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.system.git import Repository
from tests.integration.repositories import Scratch, open_at


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


def test_what_a_login_to_google_leaves_is_not_the_changes_and_what_is_committed_is(
    scratch: Scratch, opened: Repository
) -> None:
    committed = {"gha-creds-00.json": "of the change", "d/gha-creds-01.json": "a"}
    head = scratch.commit({"a.txt": "one", **committed})
    scratch.write({"gha-creds-0123456789abcdef.json": "{}", "gha-creds-00.json": "of the job"})
    snapshot = opened.work_tree_snapshot()
    assert snapshot.commit == head
    assert snapshot.read("gha-creds-00.json") == b"of the change"
    scratch.write({"d/gha-creds-02.json": "{}"})
    assert "d/gha-creds-02.json" in open_at(scratch.path, scratch.path.parent).work_tree_snapshot().entries


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


HOSTILE = {"diff.renames": "copies", "diff.ignoreSubmodules": "all", "diff.relative": "true", "diff.orderFile": "order"}


def test_a_commit_near_another_is_the_same_as_read_by_itself(scratch: Scratch, opened: Repository) -> None:
    first = scratch.commit({f"d{number % 7}/f{number}.tf": str(number) for number in range(50)} | {"order": "z*\n"})
    Path(scratch.path / "link").symlink_to("d1/f1.tf")
    scratch.git("mv", "d2/f2.tf", "a.tf")
    scratch.git("rm", "-rq", "d3")
    scratch.git("update-index", "--add", "--cacheinfo", f"160000,{first},d3")
    (scratch.path / "d4" / "f4.tf").chmod(0o755)
    scratch.write({"d5/f5.tf": "new", "d1-x": "", "d1.x": "", "\u00fc": "", "\ue000": "", "d1/new\nline": ""})
    Path(os.fsdecode(os.fsencode(scratch.path) + b"/\xff.tf")).write_bytes(b"x")
    scratch.git("add", "--all", ".", ":(exclude)d3")
    scratch.git("commit", "--quiet", "--message=other")
    second = scratch.git("rev-parse", "HEAD")
    for key, value in HOSTILE.items():
        scratch.git("config", key, value)
    for one, other in ((first, second), (second, first), (second, second)):
        alone, near = opened.at(other), opened.at(other, near=opened.at(one))
        assert (near.commit, near.tree) == (alone.commit, alone.tree)
        assert list(near.entries.items()) == list(alone.entries.items())
        assert near.children == alone.children
        assert near.directories == alone.directories
        assert near.symlinks == alone.symlinks
        before = opened.at(one)
        assert changed_paths(before, opened.at(other, near=before)) == changed_paths(before, alone)


def test_the_work_tree_near_a_commit_is_the_same_as_read_by_itself(scratch: Scratch, opened: Repository) -> None:
    head = scratch.commit({"a.tf": "1", "b.tf": "2", "c/d.tf": "3"})
    scratch.write({"a.tf": "other", "c/new.tf": "x"})
    (scratch.path / "b.tf").unlink()
    opened.begin_work_tree()
    base = opened.at(head)
    near = opened.work_tree_snapshot(near=base)
    assert list(near.entries.items()) == list(opened.work_tree_snapshot().entries.items())
    assert changed_paths(base, near) == ("a.tf", "b.tf", "c/new.tf")
    assert near.read("a.tf") == b"other"


@pytest.mark.parametrize("size", [0, 1, 65_000, 70_000, 300_000])
def test_contents_of_any_size_come_whole(scratch: Scratch, opened: Repository, size: int) -> None:
    files = {f"{number}": b"%d" % number + b"\nx\0" * (size // 3 if number % 50 == 0 else 1) for number in range(300)}
    snapshot = opened.at(scratch.commit(files))
    assert snapshot.read_many(files) == files
    small = {path: content for path, content in files.items() if len(content) <= 1000}
    assert snapshot.read_many(files, limit=1000) == small
    assert snapshot.read_many(["0", "1"], limit=1000) == {path: small[path] for path in ("0", "1") if path in small}


def test_a_missing_object_is_said(scratch: Scratch, opened: Repository) -> None:
    snapshot = opened.at(scratch.commit({f"{number}": str(number) for number in range(300)}))
    oid = snapshot.entries["7"].oid
    (scratch.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    for wanted in (["7"], list(snapshot.entries)):
        with pytest.raises(ToolError, match=f"{oid} is missing from this clone"):
            snapshot.read_many(wanted)


def test_a_merge_is_made_apart_from_the_repository(scratch: Scratch, opened: Repository) -> None:
    start = scratch.commit({"a.txt": "one\n", "b.txt": "one\n"})
    head = scratch.commit({"a.txt": "two\n"})
    scratch.git("switch", "--quiet", "--detach", start)
    base = scratch.commit({"b.txt": "three\n"})
    objects = scratch.git("count-objects")
    merged = opened.merge(base, head)
    assert opened.parents(merged) == (base, head)
    snapshot = opened.at(merged)
    assert (snapshot.read("a.txt"), snapshot.read("b.txt")) == (b"two\n", b"three\n")
    assert scratch.git("count-objects") == objects
    assert scratch.git("rev-parse", "HEAD") == base


def test_a_merge_that_conflicts_is_said(scratch: Scratch, opened: Repository) -> None:
    start = scratch.commit({"a.txt": "one\n"})
    head = scratch.commit({"a.txt": "two\n"})
    scratch.git("switch", "--quiet", "--detach", start)
    base = scratch.commit({"a.txt": "three\n"})
    with pytest.raises(ToolError, match="conflicts with the branch"):
        opened.merge(base, head)
