"""The rule family *expected*: what git says is affected against what the reports claim (trust.md, rule 8)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import expected, verdict
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Part, Planned
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason
from tests.unit.gate.scenes import DNS, NETWORK, Scene, pull

FINE = Plan(stack=NETWORK, status="changed")
FAILED = Plan(stack=NETWORK, status="failed", reason=Problem(code="plan-failed", message="no"))
ERROR = finding.make("terraform/x", "error", "is wrong", help="mend it", stack=NETWORK)
BOTH = {
    "environments/production/terraform/network/more.tf": "",
    "environments/staging/terraform/dns/more.tf": "",
}
CONFIG = "environments: [{name: staging}, {name: production}]"
OPEN = PolicyRun(name="rego", problems=(Problem(code="timeout", message="too slow"),))


def told(scene: Scene) -> Verdict:
    return verdict.of(expected.reasons(scene.case()), plans=(), judges_pull_request=True)


def reported(*plans: Plan, **report: Any) -> Scene:
    return Scene(plans=plans, report=report)


def honest(*reasons: VerdictReason, **given: Any) -> Part:
    return Part(reasons=reasons, expected=(NETWORK,), **given)


SAYS_SO = VerdictReason(rule="checks/plan-failed", decision="blocked", message="no", remedy="", stack=NETWORK)


@pytest.mark.parametrize(
    ("scene", "decision", "rules"),
    [
        # all is there and well
        (reported(FINE), "pass", []),
        (Scene(changed={"README.md": "other"}), "pass", []),  # nothing is expected
        (Scene(changed=BOTH), "pass", []),
        # expected, and not there: whatever the report says is affected
        (reported(), "undecided", ["checks/plan-missing"]),
        (reported(stacks=(), part=Part()), "undecided", ["checks/plan-missing"]),  # the report keeps quiet about it
        (Scene(changed=BOTH, plans=(FINE,)), "undecided", ["checks/plan-missing"]),
        # the whole report is of another change
        (Scene(changed={"README.md": "other"}, plans=(FINE,)), "blocked", ["checks/plan-foreign"]),
        (reported(FINE, Plan(stack=DNS, status="unchanged")), "blocked", ["checks/plan-foreign"]),
        (reported(FINE, Plan(stack="made/up", status="unchanged")), "blocked", ["checks/plan-foreign"]),
        # a plan of base as it was: not affected any more
        (
            Scene(planned_on={"environments/staging/terraform/dns/main.tf": ""}, plans=(FINE, Plan(stack=DNS, status="unchanged"))),
            "undecided",
            ["checks/report-stale"],
        ),
        (Scene(planned_on=None, plans=(FINE, Plan(stack=DNS, status="unchanged"))), "undecided", ["checks/report-stale"]),
        # contradictions
        (reported(FINE, FINE), "blocked", ["checks/plan-contradictory"]),
        (reported(FAILED, part=honest(SAYS_SO)), "blocked", ["checks/plan-failed"]),
        (reported(FAILED), "blocked", ["checks/plan-failed", "checks/report-contradictory"]),  # its reasons keep it back
        (reported(FINE, findings=(ERROR,)), "blocked", ["checks/report-contradictory", "terraform/x"]),
        (reported(FINE, policies=(OPEN,)), "blocked", ["checks/policy-unanswered", "checks/report-contradictory"]),
        # what the report objects to itself stays
        (reported(FINE, part=honest(SAYS_SO)), "blocked", ["checks/plan-failed"]),
        # another tree, configuration, branch
        (reported(FINE, planned=Planned(commit=None, tree="e" * 40)), "undecided", ["checks/report-stale"]),
        (reported(FINE, config_digest="e" * 64), "undecided", ["checks/report-stale"]),
        (Scene(config=CONFIG, report={"config_digest": "e" * 64}), "undecided", ["checks/report-stale"]),
        (Scene(config=CONFIG), "pass", []),
        (reported(FINE, base_ref="develop"), "undecided", ["checks/report-stale"]),
        (Scene(pull_requests=(pull(base_ref="develop"),)), "undecided", ["checks/report-stale"]),
        (Scene(pull_requests=()), "pass", []),
        # a base that moved makes another tree; whether that matters is *freshness*
        (Scene(planned_on={"README.md": "other"}, report={"planned": Planned(commit=None, tree="e" * 40)}), "pass", []),
    ],
)  # fmt: skip
def test_scenarios(scene: Scene, decision: Decision, rules: list[str]) -> None:
    found = told(scene)
    assert (found.decision, sorted({reason.rule for reason in found.reasons})) == (decision, rules)


def test_what_the_reports_say_of_a_missing_plan_is_not_told_twice() -> None:
    missing = VerdictReason(rule="checks/plan-missing", decision="undecided", message="x", remedy="", stack=NETWORK)
    scene = reported(verdict=Verdict(decision="undecided", reasons=(missing,)))
    assert list(expected.reasons(scene.case())) == []


def test_a_configuration_that_was_tried_on_a_work_tree_does_not_count() -> None:
    other = Scene(config=CONFIG, report={"config_digest": Scene().case().report.config_digest})
    (reason,) = told(other).reasons
    assert reason.message == "the reports were made by another configuration than gitops-ci.yml of the base branch"


PLANS = st.lists(
    st.sampled_from([FINE, FAILED, Plan(stack=DNS, status="unchanged"), Plan(stack=NETWORK, status="skipped")]),
    max_size=3,
)
ORDER = ("blocked", "undecided", "pass")
CASE = Scene(changed=BOTH).case()


def decided(plans: list[Plan], findings: list[Finding]) -> int:
    """How good a verdict is that follows from a report with these."""
    report = msgspec.structs.replace(CASE.report, plans=tuple(plans), findings=tuple(findings))
    case = msgspec.structs.replace(CASE, report=report)
    return ORDER.index(verdict.of(expected.reasons(case), plans=(), judges_pull_request=True).decision)


@given(plans=PLANS)
def test_an_error_more_never_helps(plans: list[Plan]) -> None:
    assert decided(plans, [ERROR]) <= decided(plans, [])


@given(plans=st.permutations([FINE, Plan(stack=DNS, status="unchanged")]), drop=st.integers(0, 1))
def test_a_report_less_never_passes(plans: list[Plan], drop: int) -> None:
    assert ORDER[decided(plans, [])] == "pass"
    assert ORDER[decided(plans[:drop] + plans[drop + 1 :], [])] == "undecided"


@given(plans=PLANS, drop=st.integers(0, 2))
def test_a_plan_less_never_turns_into_a_pass(plans: list[Plan], drop: int) -> None:
    if ORDER[decided(plans, [])] != "pass":
        fewer = plans[:drop] + plans[drop + 1 :]
        complete = sorted(plan.stack for plan in fewer) == [NETWORK, DNS] and FAILED not in fewer
        assert complete or ORDER[decided(fewer, [])] != "pass"
