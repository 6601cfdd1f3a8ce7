"""Revisions that files of a repository name: what git has of that name, and nothing that git could be talked into."""

from __future__ import annotations

from gitops_ci.system.git import Repository
from gitops_ci.system.revisions import Revisions
from tests.integration.repositories import Scratch


def test_tags_branches_of_origin_and_commits(scratch: Scratch, opened: Repository) -> None:
    first = scratch.commit({"a.txt": "one"})
    scratch.git("tag", "v1.0.0")
    scratch.git("tag", "-a", "-m", "m", "annotated/1")
    head = opened.at(scratch.commit({"a.txt": "two"}))
    scratch.git("update-ref", "refs/remotes/origin/dev", first)
    revisions = Revisions(opened)
    for name in (first, "refs/tags/v1.0.0", "refs/tags/annotated/1", "refs/remotes/origin/dev"):
        found = revisions(name, head)
        assert found is not None
        assert (found.commit, found.read("a.txt")) == (first, b"one")
    assert revisions("refs/tags/v1.0.1", head) is None


def test_nothing_else_can_be_named(scratch: Scratch, opened: Repository) -> None:
    first = scratch.commit({"a.txt": "one"})
    head = opened.at(scratch.commit({"a.txt": "two"}))
    scratch.git("tag", "v1")
    scratch.git("update-ref", "refs/remotes/origin/dev", first)
    revisions = Revisions(opened)
    blob = head.entries["a.txt"].oid
    for name in (
        "HEAD",
        "HEAD~1",
        "refs/tags/v1~1",
        "refs/tags/v1^",
        "refs/tags/v1^{tree}",
        "refs/tags/v1:a.txt",
        "refs/tags/../heads/master",
        "refs/remotes/origin/dev@{0}",
        "refs/heads/master",
        "v1",
        first[:10],
        ":/one",
        "--all",
        "--output=x",
        "refs/tags/-x",
        "refs/tags/v1\nrefs/tags/v1",
        f"{first}^",
        blob,
        head.tree,
        "",
    ):
        assert revisions(name, head) is None, name


def test_a_great_many_are_not_listed(scratch: Scratch, opened: Repository) -> None:
    commits = [scratch.commit({"a.txt": str(number)}) for number in range(22)]
    head = opened.at(commits[-1])
    revisions = Revisions(opened)
    found = [revisions(each, head) for each in commits]
    assert sum(each is not None for each in found) == 20
    assert revisions(commits[0], head) is found[0]
