"""What commits added and took away again, read from real git and told by the whole step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_ci.policy.scope import History
from gitops_ci.system import history
from gitops_ci.system.git import Repository
from tests.integration.repositories import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")


def added(scratch: Scratch, tmp_path: Path, base: str, head: str, *, at: str = "") -> History:
    place = tmp_path / "scratch"
    place.mkdir(exist_ok=True)
    repository = Repository(scratch.path / at, exact=True, environ=os.environ, scratch=place)
    try:
        return history.added(repository, base, head)
    finally:
        repository.close()


def places(found: History) -> list[tuple[str, str]]:
    return [(each.commit, each.path) for each in found.contents]


def test_each_content_is_told_with_the_commit_that_brought_it(scratch: Scratch, tmp_path: Path) -> None:
    base = scratch.commit({"a.txt": "1", "keep.txt": "k"})
    first = scratch.commit({"a.txt": "secret", "d/b.txt": "b"})
    second = scratch.commit({"a.txt": "2"})
    third = scratch.commit({"c.txt": "secret"})  # the same content again
    found = added(scratch, tmp_path, base, third)
    assert places(found) == [(first, "a.txt"), (first, "d/b.txt"), (second, "a.txt")]
    assert found.problem is None
    assert scratch.git("cat-file", "blob", found.contents[0].oid) == "secret"


def test_nothing_of_base_and_nothing_new_is_nothing(scratch: Scratch, tmp_path: Path) -> None:
    base = scratch.commit({"a.txt": "1"})
    assert added(scratch, tmp_path, base, base) == History()
    assert added(scratch, tmp_path, base, scratch.commit(message="empty")) == History()


def test_what_a_merge_brings_by_itself_is_the_merges(scratch: Scratch, tmp_path: Path) -> None:
    base = scratch.commit({"a.txt": "1"})
    scratch.git("switch", "--quiet", "--create", "side")
    side = scratch.commit({"side.txt": "s"})
    scratch.git("switch", "--quiet", "main")
    main = scratch.commit({"main.txt": "m"})
    scratch.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    merge = scratch.commit({"evil.txt": "secret"})
    scratch.git("rm", "--quiet", "evil.txt")
    head = scratch.commit()
    assert set(places(added(scratch, tmp_path, base, head))) == {
        (side, "side.txt"),
        (main, "main.txt"),
        (merge, "evil.txt"),
    }
    assert set(places(added(scratch, tmp_path, main, head))) == {(side, "side.txt"), (merge, "evil.txt")}


@pytest.mark.parametrize("name", ["a b", 'quo"te', "new\nline", "ta\tb", "ü", " blob 0 x"])
def test_any_name(scratch: Scratch, tmp_path: Path, name: str) -> None:
    base = scratch.commit({"a.txt": "1"})
    head = scratch.commit({f"d/{name}": "x"})
    ((commit, path),) = places(added(scratch, tmp_path, base, head))
    assert (commit, path) == (head, f"d/{name}".partition("\n")[0])


def test_only_what_lies_in_the_folder_that_is_looked_at(scratch: Scratch, tmp_path: Path) -> None:
    base = scratch.commit({"infra/a.txt": "1", "b.txt": "1"})
    head = scratch.commit({"infra/a.txt": "2", "b.txt": "2", "infrastructure/c.txt": "3"})
    assert places(added(scratch, tmp_path, base, head, at="infra")) == [(head, "a.txt")]


def test_a_history_that_is_too_long_says_so(scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = scratch.commit({"a.txt": "1"})
    head = [scratch.commit({"a.txt": f"x{number}"}) for number in range(4)][-1]
    monkeypatch.setattr(history, "MOST_COMMITS", 3)
    found = added(scratch, tmp_path, base, head)
    assert "too many commits" in (found.problem or "")
    monkeypatch.setattr(history, "MOST_COMMITS", 4)
    assert added(scratch, tmp_path, base, head).problem is None


def test_a_clone_that_lacks_commits_says_so(scratch: Scratch, tmp_path: Path) -> None:
    base = scratch.commit({"a.txt": "1"})
    head = [scratch.commit({"a.txt": f"x{number}"}) for number in range(4)][-1]
    scratch.git("tag", "base", base)
    shallow = Scratch(tmp_path / "shallow")
    shallow.git("fetch", "--quiet", "--depth=2", f"file://{scratch.path}", "main")
    shallow.git("fetch", "--quiet", "--depth=1", f"file://{scratch.path}", "base")
    assert "fetch-depth: 0" in (added(shallow, tmp_path, base, head).problem or "")
    assert "fetch-depth: 0" in (added(scratch, tmp_path, "1" * 40, head).problem or "")
