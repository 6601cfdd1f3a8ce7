"""The rule family *ordering*: who is told of whom, and that nobody is held up by a stranger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import ordering, verdict
from gitops_ci.model.pull_request import Neighbour, Person, Unreadable
from gitops_ci.model.verdict import VerdictReason
from tests.unit.gate.scenes import BEN, NETWORK, Scene, neighbour, pull

MINE = "environments/production/terraform/network/other.tf"
SHARED = "modules/vpc/main.tf"
ELSEWHERE = "environments/staging/terraform/dns/main.tf"
UNREAD = Unreadable(what="other pull requests", permission="pull-requests: read")
LARGE = Neighbour(number=3, author=BEN, head="c" * 40, paths=None)


def told(scene: Scene) -> list[VerdictReason]:
    return list(ordering.reasons(scene.case()))


def among(*others: Neighbour) -> Scene:
    return Scene(pull_requests=(pull(neighbours=others),))


@pytest.mark.parametrize(
    ("scene", "numbers"),
    [
        (among(), []),
        (among(neighbour(3, MINE)), [3]),
        (among(neighbour(3, SHARED)), [3]),  # reaches our stack through the module
        (among(neighbour(3, ELSEWHERE)), []),
        (among(neighbour(3, "README.md")), []),
        (among(neighbour(3)), []),
        (among(neighbour(9, MINE)), []),  # that one is the second, and is told of us
        (among(neighbour(5, MINE), neighbour(3, SHARED), neighbour(9, MINE)), [3, 5]),
        (among(LARGE), [3]),
        # a merge queue: its own are not told of each other
        (Scene(pull_requests=(pull(neighbours=(neighbour(8, MINE),)), pull(number=8, neighbours=(neighbour(7, MINE),)))), []),
        (Scene(pull_requests=(pull(neighbours=(neighbour(3, MINE),)), pull(number=8, neighbours=(neighbour(3, MINE),)))), [3]),
        # what cannot be read decides nothing
        (Scene(pull_requests=(pull(neighbours=UNREAD),)), []),
        (Scene(pull_requests=()), []),
    ],
)  # fmt: skip
def test_scenarios(scene: Scene, numbers: list[int]) -> None:
    found = told(scene)
    assert [int(reason.message.split(" ")[0][1:]) for reason in found] == numbers
    assert {(reason.rule, reason.decision) for reason in found} <= {("gate/ordering", "pass")}


def test_what_both_plan_is_named() -> None:
    (reason,) = told(among(neighbour(3, MINE)))
    assert reason.message == f"#3 is open, came first and changes {NETWORK} as well"
    (large,) = told(among(LARGE))
    assert large.message == "#3 is open, came first and changes so many files that it may plan the same"


def test_a_stack_that_both_add_is_told_as_well() -> None:
    added = {"environments/production/terraform/new/main.tf": 'terraform {\n  backend "s3" {}\n}\n'}
    (reason,) = told(Scene(changed=added, pull_requests=(pull(neighbours=(neighbour(3, *added),)),)))
    assert "production/terraform/new" in reason.message


def test_nothing_of_a_stranger_is_shown() -> None:
    stranger = Person("[click](https://evil.example)")
    (reason,) = told(among(neighbour(3, MINE, "<img src=x>", author=stranger)))
    assert "evil" not in repr(reason)
    assert "img" not in repr(reason)


def test_hundreds_of_them_are_told_of_a_few() -> None:
    many = [Neighbour(number=number, author=BEN, head="", paths=(MINE,)) for number in range(-300, 0)]
    assert len(told(among(*many))) == 20


@given(st.lists(st.builds(neighbour, st.integers(1, 20), st.sampled_from([MINE, SHARED, ELSEWHERE]))))
def test_no_number_of_pull_requests_holds_another_up(others: list[Neighbour]) -> None:
    assert verdict.of(told(among(*others)), plans=(), judges_pull_request=True).decision == "pass"
