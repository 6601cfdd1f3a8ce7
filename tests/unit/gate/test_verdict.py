"""What a verdict says that nobody has looked at."""

from __future__ import annotations

import pytest

from gitops_ci.gate import verdict
from gitops_ci.model.plan import Plan, Unseen

WHY = "the chart is not in this repository"


def chart(what: str, path: str) -> Unseen:
    return Unseen(what=what, sort="chart", why=WHY, path=path, line=3)


@pytest.mark.parametrize("judges_pull_request", [True, False])
def test_what_is_not_in_the_repository_is_told_once_with_its_first_place(judges_pull_request: bool) -> None:
    plans = (
        Plan(stack="a/kubernetes/one", status="changed", unseen=(chart("redis 2", "one.yaml"),)),
        Plan(stack="b/kubernetes/one", status="changed", unseen=(chart("redis 2", "one.yaml"),)),
        Plan(stack="b/kubernetes/two", status="changed", unseen=(chart("redis 2", "two.yaml"), chart("x 1", "x.yaml"))),
    )
    told = verdict.of((), plans=plans, judges_pull_request=judges_pull_request)
    assert told.decision == "pass"
    assert told.left_out[:2] == (
        f"what redis 2 deploys: {WHY} (one.yaml:3 and 1 more)",
        f"what x 1 deploys: {WHY} (x.yaml:3)",
    )
    assert len(told.left_out) == (2 if judges_pull_request else 3)


def test_of_many_the_first_have_a_place_and_the_rest_a_name() -> None:
    plans = (
        Plan(stack="a/kubernetes/b", status="changed", unseen=tuple(chart(f"c{n} 1", "c.yaml") for n in range(15))),
    )
    told = verdict.of((), plans=plans, judges_pull_request=True).left_out
    assert len(told) == 4
    assert told[2] == f"what c2 1 deploys: {WHY} (c.yaml:3)"
    assert told[3].startswith("what c3 1, c4 1, ")
    assert told[3].endswith("c12 1 and 2 more deploy: not in this repository, either")


def test_one_more_has_its_place_as_well() -> None:
    plans = (Plan(stack="a/kubernetes/b", status="changed", unseen=tuple(chart(f"c{n}", "c.yaml") for n in range(4))),)
    told = verdict.of((), plans=plans, judges_pull_request=True).left_out
    assert told == tuple(f"what c{n} deploys: {WHY} (c.yaml:3)" for n in range(4))
