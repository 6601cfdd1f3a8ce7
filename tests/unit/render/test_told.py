"""What is told once, and what differs between environments."""

from __future__ import annotations

from msgspec import structs

from gitops_ci.model.plan import Change, Check, Plan
from gitops_ci.render import outline, told
from gitops_ci.render.told import Told
from tests.unit.render.example import machines, network, planned, report, update


def tell(*plans: Plan) -> list[Told]:
    return list(told.of(outline.rows(report(*plans), ("production", "staging"))))


def pair(*plans: Plan) -> list[tuple[str, str]]:
    return [(each.row.id, each.same()) for each in tell(*plans)]


def test_the_same_change_is_told_once() -> None:
    change = (update("x", size=(1, 2)),)
    assert pair(planned("staging/terraform/a", change), planned("production/terraform/a", change)) == [
        ("production/terraform/a", "same in staging")
    ]


def test_a_change_that_differs_in_the_environments_name_only_is_the_same_and_said_so() -> None:
    assert pair(
        planned("staging/terraform/a", network("staging")), planned("production/terraform/a", network("production"))
    ) == [("production/terraform/a", "same in staging, but for the environment's name")]


def test_production_in_staging_is_a_difference() -> None:
    plans = [planned(f"{name}/terraform/a", network("production")) for name in ("staging", "production")]
    assert len(tell(*plans)) == 2


def test_a_name_within_a_word_is_no_environment() -> None:
    plans = [planned(f"{name}/terraform/a", [update("x", s=("", f"{name}x"))]) for name in ("staging", "production")]
    assert len(tell(*plans)) == 2


def test_of_nearly_the_same_only_what_differs_is_told() -> None:
    first, second = tell(machines("production", "m6i.large"), machines("staging", "t3.medium"))
    assert first.like is None
    assert second.like is first.row
    assert second.row.plan is not None
    (differing,) = second.new((*second.row.plan.changes, *second.row.plan.outputs))
    assert (differing.address, differing.action) == ("aws_instance.fleet", "replace")
    assert second.elsewhere() == "8 more changes as in production/terraform/fleet"


def test_other_objects_or_other_actions_are_told_in_full() -> None:
    same = [update(f"x{number}", s=(1, 2)) for number in range(3)]
    others = (update("y", s=(1, 2)), structs.replace(update("x3", s=(1, 2)), action="replace"))
    for other in others:
        plans = (
            planned("production/terraform/a", [*same, update("x3", s=(1, 2))]),
            planned("staging/terraform/a", [*same, other]),
        )
        assert [each.like for each in tell(*plans)] == [None, None]


def test_where_most_differs_all_is_told() -> None:
    plans = [
        planned(
            f"{name}/terraform/a", [update("x", s=(1, 2)), update("y", s=(1, name[:2])), update("z", s=(1, name[:2]))]
        )
        for name in ("production", "staging")
    ]
    assert [each.like for each in tell(*plans)] == [None, None]


def test_a_failing_check_or_a_drift_of_one_environment_is_a_difference() -> None:
    change = (update("x", s=(1, 2)),)
    check = Check(address="check.a", status="fail")
    for fields in ({"checks": (check,)}, {"drift": change}, {"pending": change}, {"upstream": ("a/terraform/b",)}):
        plans = planned("production/terraform/a", change), planned("staging/terraform/a", change, **fields)
        first, second = tell(*plans)
        assert not first.others
        assert second.like is first.row
        assert second.new(change) == []


def test_two_objects_of_one_address_are_never_taken_for_one() -> None:
    twice = [Change(address="x", type="x", action="delete", deposed=key) for key in ("a", "b")]
    plans = planned("production/terraform/a", twice), planned("staging/terraform/a", [twice[0], twice[0]])
    assert [each.like for each in tell(*plans)] == [None, None]


def test_a_huge_plan_is_not_compared() -> None:
    changes = [update(f"x{number}") for number in range(5_001)]
    assert len(tell(*(planned(f"{name}/terraform/a", changes) for name in ("production", "staging")))) == 2


def alike(names: str, environment: str = "production", action: str = "update") -> list[Plan]:
    changes = {name: structs.replace(update(f"Service web/{name}", size=(1, 2)), action=action) for name in names}
    return [planned(f"{environment}/kubernetes/{name}", (change,)) for name, change in changes.items()]


def test_the_same_change_of_many_stacks_of_one_environment_is_told_once() -> None:
    same = [planned(f"production/kubernetes/{name}", (update("x", size=(1, 2)),)) for name in "abcd"]
    assert pair(*same) == [("production/kubernetes/a", "same in 3 more")]
    assert pair(*alike("abcd")) == [("production/kubernetes/a", "same in 3 more, but for the stack's name")]
    other = planned("production/kubernetes/e", (update("Service web/other", size=(1, 2)),))
    assert len(tell(*alike("abcd"), other)) == 2


def test_two_alike_and_what_loses_something_are_told_stack_by_stack() -> None:
    assert len(tell(*alike("ab"))) == 2
    assert len(tell(*alike("abcd", action="delete"))) == 4


def test_many_alike_in_two_environments_are_told_once() -> None:
    (found,) = tell(*alike("abc"), *alike("abc", "staging"))
    assert found.same() == "same in 2 more and in staging, but for the stack's name"
    assert len(found.others) == 5
    assert len(found.twins) == 2
