"""CODEOWNERS by GitHub's rules; the examples are those of its documentation, and what it does not take."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config_gate import Approvers
from gitops_ci.discover import snapshot
from gitops_ci.gate import codeowners
from gitops_ci.gate.codeowners import Codeowners, Owners


def read(text: str | bytes, path: str = "CODEOWNERS") -> Codeowners:
    return codeowners.read(snapshot.of({path: text}))


def users(text: str, path: str) -> tuple[str, ...] | None:
    """The users who own a path; None where no line is about it."""
    file = read(text)
    assert file.problems == ()
    owners = file.of(path)
    return None if owners is None else owners.approvers.users


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "README.md", True),
        ("*", "a/b/c.tf", True),
        ("*.js", "app.js", True),
        ("*.js", "a/b/app.js", True),
        ("*.js", "a/app.jsx", False),
        ("*.js", "folder.js/x", True),
        ("/*", "README.md", True),
        ("/*", "a/README.md", False),
        ("/build/logs/", "build/logs/a/b", True),
        ("/build/logs/", "x/build/logs/a", False),
        ("/build/logs/", "build/logs", False),
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("docs/*", "x/docs/a.md", False),
        ("apps/", "apps/a", True),
        ("apps/", "x/apps/a/b", True),
        ("apps/", "apps", False),
        ("/docs/", "docs/a/b", True),
        ("/docs/", "docs2/a", False),
        ("docs/api", "docs/api/a", True),
        ("docs/api", "x/docs/api", False),
        ("/scripts", "scripts", True),
        ("/scripts", "scripts/a", True),
        ("**/logs", "build/logs/a", True),
        ("**/logs", "logs", True),
        ("**/logs", "logs2", False),
        ("/a/**/b", "a/b", True),
        ("/a/**/b", "a/x/y/b/z", True),
        ("/a/**/b", "x/a/b", False),
        ("/a/**/b/*", "a/b/x", True),
        ("/a/**/b/*", "a/x/b/b/y", True),
        ("/a/**/b/*", "a/b/x/y", False),
        ("/a/**", "a/x", True),
        ("/a/**", "a", False),
        ("**", "a/b", True),
        ("**/**", "a", True),
        ("**/", "a", False),
        ("**/", "a/b", True),
        ("apps/*/main.tf", "apps/x/main.tf", True),
        ("apps/*/main.tf", "apps/x/y/main.tf", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("/environments/*/terraform/", "environments/production/terraform/network/main.tf", True),
        ("with\\ space/", "with space/a", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("A", "a", False),
        ("a#b", "a#b", True),
        ("{a}", "{a}", True),
    ],
)
def test_a_pattern(pattern: str, path: str, matches: bool) -> None:
    assert users(f"{pattern} @bob", path) == (("bob",) if matches else None)


def test_the_last_line_that_matches_counts_and_one_without_owners_takes_them_away() -> None:
    text = "* @one\n/apps/ @two @three\n/apps/github\n"
    assert users(text, "README.md") == ("one",)
    assert users(text, "apps/a") == ("two", "three")
    assert read(text).of("apps/github/a") == Owners()


def test_owners_are_accounts_teams_and_addresses() -> None:
    owners = read("*.tf\t@Bob  @acme/SRE.team it@acme.example @octo_acme # and a comment @nobody\r\n").of("a.tf")
    assert owners == Owners(Approvers(users=("Bob", "octo_acme"), teams=("acme/SRE.team",)), ("it@acme.example",))


def test_comments_and_empty_lines_are_nothing() -> None:
    assert read("\n# * @one\n   \n  # x\n").lines == ()
    assert read(b"\xef\xbb\xbf* @one\n").of("a") == Owners(Approvers(users=("one",)))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("!a @bob", "begins with !"),
        ("\\#a @bob", "cannot begin with #"),
        ("[ab].tf @bob", "no range"),
        ("[Section]", "no range"),
        ("a/***/b @bob", "*** is no pattern"),
        ("/ @bob", "/ matches nothing"),
        ("a//b @bob", "empty parts"),
        ("../a @bob", "empty parts"),
        ("*a*b*c* @bob", "at most 3"),
        ("*.tf bob", "expected owners"),
        ("*.tf @bob @", "expected owners"),
        ("*.tf @acme/a/b", "expected owners"),
        ("*.tf @bob,@carol", "expected owners"),
        ("a\\", "expected a pattern"),
    ],
)
def test_what_github_does_not_take_is_said(line: str, problem: str) -> None:
    ((number, said),) = read(f"# first\n{line}\n* @one\n").problems
    assert number == 2
    assert problem in said


def test_the_first_place_is_the_one() -> None:
    files = {path: f"* @in{index}\n" for index, path in enumerate(codeowners.PLACES)}
    for index, path in enumerate(codeowners.PLACES):
        found = codeowners.read(snapshot.of(files))
        assert (found.path, found.of("a")) == (path, Owners(Approvers(users=(f"in{index}",))))
        del files[path]
    assert codeowners.read(snapshot.of(files)) == Codeowners()


def test_a_file_that_github_does_not_load_is_a_problem() -> None:
    large = read(b"#" * (codeowners.MAX_BYTES + 1))
    assert (large.path, large.lines) == ("CODEOWNERS", ())
    assert "3 MB" in large.problems[0][1]
    linked = codeowners.read(snapshot.of({"a": "* @bob"}, links={"CODEOWNERS": "a"}))
    assert linked.problems == ((0, "is a link"),)


@given(st.binary(max_size=200))
def test_anything_is_read(content: bytes) -> None:
    file = read(content)
    file.of("a/b")
    assert all(said for _, said in file.problems)


SEGMENTS = st.sampled_from(["a", "b", "*", "**", "a*", "?", "*.b"])


@given(
    st.lists(SEGMENTS, min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "ab", "x.b"]), min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_a_pattern_means_what_an_expression_of_it_means(
    pattern: list[str], path: list[str], anchored: bool, folder: bool
) -> None:
    """Against the plain translation: every choice of how many folders `**` spans is tried."""
    text = "/" * anchored + "/".join(pattern) + "/" * folder
    file = read(f"{text} @bob")
    if not file.problems:
        assert (file.of("/".join(path)) is not None) == any(_means(text, path))


def _means(text: str, path: list[str]) -> list[bool]:
    import fnmatch

    parts = text.strip("/").split("/")
    every = set(parts) == {"**"}
    below = text.endswith("/") or (parts[-1] == "**" and not every)
    parts = parts[:-1] if parts[-1] == "**" and not every else parts
    lone = parts[-1] == "*" and not text.endswith("/") and "/" in text and text.strip("/").split("/")[-1] == "*"
    starts = [parts] if "/" in text[:-1] else [["**", *parts]]

    def fits(parts: list[str], path: list[str]) -> list[list[str]]:
        """What is left of the path for each way to match."""
        if not parts:
            return [path]
        if parts[0] == "**":
            return [left for skip in range(len(path) + 1) for left in fits(parts[1:], path[skip:])]
        if path and fnmatch.fnmatchcase(path[0], parts[0]):
            return fits(parts[1:], path[1:])
        return []

    found = [left for start in starts for left in fits(start, path)]
    return [(not lone or not left) and (not below or 0 < len(left) < len(path)) for left in found]


def test_many_folders_take_a_moment() -> None:
    file = read("/**/a/**/a/**/a/**/b @bob\n*a*a*b @carol\n" * 50)
    began = time.process_time()
    assert file.of("/".join(["a"] * 2_000)) is None
    assert file.of("a" * 255) is None
    assert time.process_time() - began < 2
