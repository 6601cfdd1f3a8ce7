"""Findings beside those of base: new, existing, fixed."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.policy import comparison


def found(name: str, line: int = 1) -> Finding:
    return findings.make("layout/x", "error", name, help="", path="a.tf", line=line)


def states(base: list[Finding], head: list[Finding]) -> list[tuple[str, str]]:
    return [(each.message, each.state) for each in comparison.against(base, head)]


def test_what_head_adds_is_new_and_what_it_lacks_is_fixed() -> None:
    base, head = [found("kept"), found("mended")], [found("kept"), found("added")]
    assert states(base, head) == [("kept", "existing"), ("added", "new"), ("mended", "fixed")]


def test_a_line_that_moves_is_the_same_finding() -> None:
    assert states([found("a", 1)], [found("a", 90)]) == [("a", "existing")]
    assert comparison.against([found("a", 1)], [found("a", 90)])[0].line == 90


def test_another_of_the_same_is_new() -> None:
    assert states([found("a", 1)], [found("a", 1), found("a", 2)]) == [("a", "existing"), ("a", "new")]


def test_one_less_of_the_same_is_fixed_once() -> None:
    assert states([found("a", 1), found("a", 2)], [found("a", 2)]) == [("a", "existing"), ("a", "fixed")]


def test_without_a_base_everything_is_new() -> None:
    assert states([], [found("a"), found("a")]) == [("a", "new"), ("a", "new")]


_NAMES = st.lists(st.sampled_from("abc"), max_size=8)


@given(_NAMES, _NAMES)
def test_the_numbers_add_up(base: list[str], head: list[str]) -> None:
    told = Counter(states([found(name) for name in base], [found(name) for name in head]))
    before, after = Counter(base), Counter(head)
    for name in "abc":
        assert told[name, "existing"] == min(before[name], after[name])
        assert told[name, "new"] == max(0, after[name] - before[name])
        assert told[name, "fixed"] == max(0, before[name] - after[name])


def at(path: str, message: str = "m") -> Finding:
    return findings.make("layout/x", "error", message, help="", path=path)


def moved_states(base: list[Finding], head: list[Finding], moved: dict[str, str]) -> list[tuple[str | None, str]]:
    told = comparison.followed(comparison.against(base, head), moved)
    return sorted((each.path, each.state) for each in told)


def test_a_file_with_another_name_takes_its_findings_along() -> None:
    moved = {"a/new.tf": "a/old.tf"}
    assert moved_states([at("a/old.tf")], [at("a/new.tf")], moved) == [("a/new.tf", "existing")]
    assert moved_states([at("a/old.tf")], [at("a/new.tf"), at("a/new.tf")], moved) == [
        ("a/new.tf", "existing"),
        ("a/new.tf", "new"),
    ]
    assert moved_states([at("a/old.tf")], [at("a/new.tf", "other")], moved) == [
        ("a/new.tf", "new"),
        ("a/old.tf", "fixed"),
    ]
    assert moved_states([], [at("a/new.tf")], moved) == [("a/new.tf", "new")]


def test_only_the_same_content_in_the_same_folder_is_a_move() -> None:
    base = snapshot.of({"a/old.tf": "x", "a/kept.tf": "y", "b/other.tf": "z"})
    assert comparison.moves(base, snapshot.of({"a/new.tf": "x", "a/kept.tf": "y", "b/other.tf": "z"})) == {
        "a/new.tf": "a/old.tf"
    }
    altered = snapshot.of({"a/new.tf": "x2", "c/new.tf": "x", "a/kept.tf": "y", "a/copy.tf": "y", "b/other.tf": "z"})
    assert comparison.moves(base, altered) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("aws_security_group.sg1: open to the world", "aws_security_group.sg2: open to the world"),
        ("logs2023 is public", "logs2024 is public"),
        ("bucket[0] is public", "bucket[1] is public"),
        ("Pod web-1 is privileged", "Pod web-2 is privileged"),
        ("image nginx:1.25 is old", "image nginx:1.26 is old"),
        ("10.0.0.0/8 may reach it", "0.0.0.0/0 may reach it"),
        ("a.example.com:22 is open", "a.example.com:3389 is open"),
        ('server["3"] is public', 'server["4"] is public'),
    ],
)
def test_a_number_in_a_name_tells_which_thing_is_meant(before: str, after: str) -> None:
    assert states([found(before)], [found(after)]) == [(after, "new"), (before, "fixed")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3 files are too large", "4 files are too large"),
        ("1,000 of them", "2,001 of them"),
        ("it has 3.", "it has 4."),
    ],
)
def test_a_count_that_grows_is_the_same_problem(before: str, after: str) -> None:
    assert states([found(before)], [found(after)]) == [(after, "existing")]


def test_what_it_is_about_is_part_of_it() -> None:
    one, other = (
        findings.about(findings.make("layout/x", "error", "is public", help="", path="a.tf"), address)
        for address in "ab"
    )
    assert [each.state for each in comparison.against([one], [other])] == ["new", "fixed"]


def test_nothing_is_fixed_where_head_cannot_be_read() -> None:
    """A syntax error hides what is wrong in a file, and moves what is told of a root to another one of its files."""

    def at(path: str, name: str) -> Finding:
        return findings.make("layout/x", "warning", name, help="", path=path)

    base = [at("a/dns.tf", "no lock file"), at("a/dns.tf", "hidden"), at("b/main.tf", "mended")]
    head = [at("a/outputs.tf", "no lock file"), at("a/outputs.tf", "added")]
    told = comparison.unseen(comparison.against(base, head), {"a"})
    assert [(each.message, each.path, each.state) for each in told] == [
        ("no lock file", "a/outputs.tf", "existing"),
        ("added", "a/outputs.tf", "new"),
        ("hidden", "a/dns.tf", "existing"),
        ("mended", "b/main.tf", "fixed"),
    ]
    rendered = msgspec.structs.replace(at("b/a.yaml", "hidden"), stack="a/kubernetes/web")
    [told_of_a_stack] = comparison.unseen(comparison.against([rendered], []), (), {"a/kubernetes/web"})
    assert told_of_a_stack.state == "existing"
