"""The manual's examples are what they say they are."""

from __future__ import annotations

import datetime
from pathlib import Path

from gitops_ci.discover import snapshot
from gitops_ci.policy.waivers import comments, file

DOCS = Path(__file__).parents[4] / "docs"


def example(page: str, language: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8").partition(f"```{language}\n")[2].partition("```")[0]


def test_the_file_of_the_manual_is_valid() -> None:
    read = file.read(snapshot.of({"w.yml": example("waivers.md", "yaml")}), "w.yml", datetime.date(2026, 11, 25))
    assert len(read.entries) == 2


def test_the_expired_one_of_the_rules_is_expired() -> None:
    read = file.read(snapshot.of({"w.yml": example("rules/policy.md", "yaml")}), "w.yml", datetime.date(2026, 2, 1))
    assert [each.entry.expired(datetime.date(2026, 2, 1)) for each in read.entries] == [True]
    assert not read.entries[0].entry.expired(datetime.date(2026, 1, 31))


def test_the_comment_of_the_manual_counts() -> None:
    [comment] = comments.of(example("waivers.md", "hcl").encode(), "main.tf")
    assert not comment.problem
    assert (comment.head, comment.target) == (1, 2)
