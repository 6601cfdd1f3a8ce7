"""Which dates of commits can be believed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.system import promoted
from gitops_ci.system.git import Repository

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Line:
    """A branch whose commits say that they are some hours old, the newest first."""

    def __init__(self, hours: list[int]) -> None:
        self.hours = hours

    def first_parents(self, tip: str, paths: Iterable[str], *, most: int) -> list[tuple[str, int]]:
        return [(str(each), int(NOW.timestamp()) - each * 3600) for each in self.hours]


def hours(*told: int) -> list[float]:
    line = cast("Repository", Line(list(told)))
    return [(NOW - step.at) / timedelta(hours=1) for step in promoted.steps(line, "tip", (), NOW)]


def test_dates_are_believed_where_they_can_be_true() -> None:
    assert hours(1, 2, 3) == [1, 2, 3]
    assert hours(1, 900, 3) == [1, 3, 3]
    assert hours(-900, 3) == [0, 3]
    assert hours(1, -900, 3) == [1, 1, 3]
    assert hours() == []


@given(st.lists(st.integers(-10, 10), max_size=8))
def test_no_commit_is_older_than_the_one_before_it_nor_than_it_says(told: list[int]) -> None:
    found = hours(*told)
    assert found == sorted(found)
    assert all(age >= 0 for age in found)
    assert all(age <= said for age, said in zip(found, told, strict=True) if said >= 0)
