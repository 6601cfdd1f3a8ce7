"""Merged reports: the same as one run, whatever the order; nothing missing, twice, stale or kept back passes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.commands.report import Named, merged
from gitops_ci.config import Config, Environment
from gitops_ci.errors import UsageError
from gitops_ci.gate import checks, verdict
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity
from gitops_ci.model.plan import Change, Plan, Problem, Status, summarise
from gitops_ci.model.report import Part, Planned, Report, Tool
from gitops_ci.model.stack import AffectedStack, stack_id

CONFIG = Config(environments=(Environment(name="production"), Environment(name="sandbox", enforcement="warn")))


def affected(name: str) -> AffectedStack:
    environment = "sandbox" if name.startswith("s") else "production"
    return AffectedStack(
        id=stack_id(environment, "terraform", name),
        environment=environment,
        kind="terraform",
        name=name,
        path=name,
        change="modified",
        certainty="direct",
    )


def report(
    expected: Sequence[AffectedStack],
    stacks: Sequence[AffectedStack],
    plans: Sequence[Plan],
    findings: Sequence[Finding],
    **fields: Any,
) -> Report:
    """A report as `plan` writes it, or `run` where all that is expected was planned."""
    chosen = sorted(stacks, key=lambda stack: stack.id)
    ids = {stack.id for stack in chosen}
    ours = sorted((plan for plan in plans if plan.stack in ids), key=lambda plan: plan.stack)
    found = finding.ordered(each for each in findings if each.stack is None or each.stack in ids)
    unchanged = {plan.stack for plan in ours if plan.status == "unchanged"}
    ours = [
        msgspec.structs.replace(plan, upstream=tuple(each for each in plan.upstream if each not in unchanged))
        for plan in ours
    ]
    reasons = verdict.ordered(checks.reasons(chosen, ours, found, CONFIG))
    values: dict[str, Any] = {
        "tool": Tool("1.0.0"),
        "base": "b" * 40,
        "head": "a" * 40,
        "planned": Planned(commit="a" * 40, tree="c" * 40),
        "config_digest": "d",
        "started_at": "2026-05-04T10:00:00Z",
        "seconds": 1.0,
        "stacks_total": len(expected),
        "stacks": tuple(chosen),
        "plans": tuple(ours),
        "findings": found,
        "part": Part(expected=tuple(stack.id for stack in expected), reasons=reasons, environments=("production",)),
    }
    return Report(**(values | fields))


def whole(expected: Sequence[AffectedStack], plans: Sequence[Plan], findings: Sequence[Finding]) -> Report:
    one = report(expected, expected, plans, findings)
    assert one.part is not None
    told = verdict.of(one.part.reasons, plans=one.plans, judges_pull_request=False)
    return msgspec.structs.replace(one, verdict=told)


names = st.lists(st.sampled_from(["p1", "p2", "p3", "p4", "s1", "s2", "s3"]), unique=True, min_size=1)
codes = st.sampled_from(["plan-failed", "timeout", "unreachable", "not-allowed"])


@st.composite
def results(draw: st.DrawFn) -> tuple[list[AffectedStack], list[Plan], list[Finding]]:
    stacks = [affected(name) for name in sorted(draw(names))]
    stacks.sort(key=lambda stack: stack.id)
    plans, findings = [], []
    for stack in stacks:
        status: Status = draw(st.sampled_from(("changed", "unchanged", "failed", "skipped")))
        reason = Problem(code=draw(codes), message="why") if status in ("failed", "skipped") else None
        changes = (Change(address="a.b", type="a", action="delete", destructive=True),) if status == "changed" else ()
        upstream = draw(st.lists(st.sampled_from([each.id for each in stacks]), unique=True).map(sorted).map(tuple))
        plans.append(
            Plan(
                stack=stack.id,
                status=status,
                reason=reason,
                changes=changes,
                summary=summarise(changes),
                upstream=upstream,
            )
        )
    for number in range(draw(st.integers(0, 4))):
        owner = draw(st.sampled_from([None, *(stack.id for stack in stacks)]))
        severity: Severity = draw(st.sampled_from(("error", "warning")))
        state = draw(st.sampled_from(["new", "existing"]))
        made = finding.make("x/y", severity, f"found {'abcd'[number]}", help="h", path="a.tf", line=number, stack=owner)
        findings.append(msgspec.structs.replace(made, state=state))
    return stacks, plans, findings


@given(results(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_shards_in_any_order_are_one_run(
    found: tuple[list[AffectedStack], list[Plan], list[Finding]], count: int, chance: random.Random
) -> None:
    stacks, plans, findings = found
    groups: list[list[AffectedStack]] = [[] for _ in range(count)]
    for stack in stacks:
        chance.choice(groups).append(stack)
    reports = [Named(f"{n}", report(stacks, group, plans, findings)) for n, group in enumerate(groups) if group]
    chance.shuffle(reports)
    expected = whole(stacks, plans, findings)
    assert merged(reports) == expected
    if len(reports) > 2:
        first = Named("first", msgspec.structs.replace(merged(reports[:2]), verdict=None))
        assert merged([first, *reports[2:]]) == expected


A, B = affected("p1"), affected("p2")
FINE = [Plan(stack=A.id, status="changed"), Plan(stack=B.id, status="unchanged")]


def shards(**fields: Any) -> list[Named]:
    one, other = (report([A, B], [stack], FINE, ()) for stack in (A, B))
    return [Named("one.json", one), Named("other.json", msgspec.structs.replace(other, **fields))]


def test_a_missing_shard_is_undecided_and_names_its_stacks() -> None:
    found = merged(shards()[:1]).verdict
    assert found is not None
    assert found.decision == "undecided"
    assert [(each.rule, each.stack) for each in found.reasons] == [("checks/plan-missing", B.id)]


def test_a_report_given_twice_is_refused_and_both_are_named() -> None:
    one, other = shards()
    with pytest.raises(UsageError, match=rf"{A.id} is planned in two of the reports: one\.json and again\.json"):
        merged([one, other, Named("again.json", one.report)])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("head", "e" * 40),
        ("base", "e" * 40),
        ("planned", Planned(commit=None, tree="e" * 40)),
        ("config_digest", "other"),
        ("pull_request", 8),
        ("repository", "mallory/infra"),
        ("tool", Tool("0.9.0")),
        ("repository", "x" * 100_000),
    ],
)
def test_a_stale_report_is_refused_and_named(field: str, value: Any) -> None:
    one, other = shards()
    third = affected("p3")
    more = Named("third.json", report([A, B], [third], [Plan(stack=third.id, status="unchanged")], ()))
    stale = Named("stale.json", msgspec.structs.replace(one.report, **{field: value}))
    for reports in ([stale, other, more], [other, stale, more], [more, other, stale]):
        with pytest.raises(UsageError, match=rf"different changes: {field} is .*\n  stale\.json: {field} "):
            merged(reports)


def test_reports_that_disagree_about_the_change_are_refused() -> None:
    one, other = shards()
    assert other.report.part is not None
    part = msgspec.structs.replace(other.report.part, expected=(A.id,))
    with pytest.raises(UsageError, match="do not agree which stacks"):
        merged([one, Named("other.json", msgspec.structs.replace(other.report, part=part))])


def test_a_report_that_says_nothing_of_the_whole_is_not_merged() -> None:
    with pytest.raises(UsageError, match=r"other\.json does not say"):
        merged(shards(part=None))


def test_a_report_of_a_run_stays_as_it_is() -> None:
    run = whole([A, B], FINE, ())
    assert merged([Named("x", run)]) is run
    old = msgspec.structs.replace(run, part=None, verdict=None)
    assert merged([Named("x", old)]) is old


def test_a_report_that_keeps_a_failure_back_is_blocked() -> None:
    failed = [Plan(stack=A.id, status="failed", reason=Problem(code="timeout", message="x"))]
    error = finding.make("x/y", "error", "wrong", help="h", stack=A.id)
    honest = report([A], [A], failed, [error])
    assert honest.part is not None
    for rule in ("checks/plan-failed", "x/y"):
        reasons = tuple(reason for reason in honest.part.reasons if reason.rule != rule)
        told = msgspec.structs.replace(honest, part=msgspec.structs.replace(honest.part, reasons=reasons))
        found = merged([Named("x", told)]).verdict
        assert found is not None
        assert (found.decision, found.reasons[0].rule) != ("pass", "")
        assert "checks/report-contradictory" in {reason.rule for reason in found.reasons}
        assert found.decision == "blocked"


def test_a_plan_of_a_stack_that_no_report_speaks_of_is_blocked() -> None:
    foreign = (FINE[0], Plan(stack="x/terraform/y", status="unchanged"))
    told = msgspec.structs.replace(report([A], [A], FINE, ()), plans=foreign)
    found = merged([Named("x", told)]).verdict
    assert found is not None
    assert found.decision == "blocked"
    assert ("checks/plan-foreign", "x/terraform/y") in {(each.rule, each.stack) for each in found.reasons}


def test_a_producer_of_another_shard_that_changes_nothing_is_no_upstream() -> None:
    plans = [Plan(stack=A.id, status="changed", upstream=(B.id,)), Plan(stack=B.id, status="unchanged")]
    reports = [Named(stack.name, report([A, B], [stack], plans, ())) for stack in (A, B)]
    assert reports[0].report.plans[0].upstream == (B.id,)
    assert merged(reports).plans[0].upstream == ()
