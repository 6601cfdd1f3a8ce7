"""Texts compared by lines: what is shown is right, what is not is counted, whatever the texts are."""

from __future__ import annotations

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.render import documents, hunks
from gitops_ci.render.signed import Limits

texts = st.lists(st.sampled_from(("", "a", "b", "  c", "{", "}", "- d: 1", "e: 2")) | st.text(max_size=3), max_size=40)
ALL = Limits(text=10_000, lines=10_000)


def drawn(before: str, after: str, limits: Limits = ALL) -> list[str]:
    lines = hunks.compared(before.split("\n"), after.split("\n"), limits)
    return [f"{line.sign} {line.text}" for line in lines]


@given(texts, texts)
def test_the_signs_make_one_text_of_the_other(before: list[str], after: list[str]) -> None:
    """Removed and added lines are those of the texts, in order; the rest stays, shown or counted."""
    lines = hunks.compared(before, after, ALL)
    hidden = sum(int(line.text[1:].split()[0]) for line in lines if line.sign == "#")
    for sign, text in (("-", before), ("+", after)):
        kept = iter(text)
        assert all(line.text in kept for line in lines if line.sign == sign)
        assert sum(line.sign in (sign, " ") for line in lines) + hidden == len(text)


@given(texts, texts, st.integers(1, 12))
def test_what_is_cut_is_counted(before: list[str], after: list[str], most: int) -> None:
    lines = hunks.compared(before, after, Limits(lines=most))
    missing = int(lines[-1].text.split()[0]) if lines and lines[-1].text.endswith("not shown") else 0
    changed = sum(line.sign in ("-", "+") for line in hunks.compared(before, after, ALL))
    assert sum(line.sign in ("-", "+") for line in lines) + missing == changed
    assert len(lines) <= most + 12


def test_changes_far_apart_are_shown_both() -> None:
    before = "\n".join(f"line {number}" for number in range(500))
    after = before.replace("line 10\n", "line ten\n").replace("line 400\n", "line 400\nmore\n")
    shown = drawn(before, after)
    assert [line for line in shown if line[0] in "+-"] == ["- line 10", "+ line ten", "+ more"]
    assert "# (386 unchanged lines)" in shown
    assert len(shown) == 14


def test_a_large_block_shows_some_of_both_sides() -> None:
    shown = drawn("\n".join("ab" * 50), "\n".join("cd" * 50), Limits(lines=10))
    assert [line[0] for line in shown] == ["-"] * 5 + ["+"] * 5 + ["#"]
    assert shown[-1] == "# 190 more lines not shown"


def test_the_keys_above_a_change_are_named() -> None:
    statement = {
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Effect": "Allow",
        "Principal": "*",
        "Resource": "*",
        "Sid": "x",
    }
    before = {"Statement": [statement, statement | {"Sid": "y"}], "Version": "2012-10-17"}
    after = {**before, "Statement": [statement, statement | {"Sid": "z"}]}
    old, new = (documents.of(json.dumps(side)).lines for side in (before, after))
    assert [line.text for line in hunks.compared(old, new) if line.sign == "#"] == [
        "(18 unchanged lines) in Statement[1]",
        "(2 unchanged lines)",
    ]


def test_the_keys_of_yaml_are_named() -> None:
    ports = "".join(f"        - port: {number}\n" for number in range(4))
    text = f"spec:\n  containers:\n    - name: a\n    - name: b\n      ports:\n{ports}      args:\n        - x\n        - y\n        - z"
    shown = drawn(text, text.replace("- z", "- w"))
    assert shown[0] == "# (10 unchanged lines) in spec.containers[1].args"


def test_a_long_line_is_cut_where_it_differs() -> None:
    shown = drawn("a" * 500 + "old", "a" * 500 + "new", Limits(text=40))
    assert shown == [f"- …{'a' * 10}old (503 characters)", f"+ …{'a' * 10}new (503 characters)"]


def test_a_hundred_thousand_lines_are_compared_in_no_time() -> None:
    """Lines that come again and again have no landmark, and matching all of them would take hours."""
    before, after = list("ab" * 25_000), list("abc" * 16_000)
    start = time.process_time()
    hunks.compared(before, after)
    hunks.compared([f"{number}" for number in range(50_000)], [f"{number}" for number in range(50_000, 0, -1)])
    assert time.process_time() - start < 5
