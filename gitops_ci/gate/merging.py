"""The verdict of several reports: what each one claims, and what none of them says.

Reports are claims (trust.md, rule 8): this holds as far as the jobs that wrote them are believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from gitops_ci.gate import policies, verdict
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Part
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason
from gitops_ci.policy import rule_ids


class Claimed(Struct, frozen=True, kw_only=True):
    """What the reports of one change say together."""

    stacks: tuple[AffectedStack, ...]
    plans: tuple[Plan, ...]
    findings: tuple[Finding, ...]
    policies: tuple[PolicyRun, ...] = ()


_PLAN_RULES = ("checks/plan-failed", "checks/plan-skipped")


def decided(part: Part, claimed: Claimed) -> Verdict:
    """What follows from everything that the reports claim, and from the stacks that no report has a plan of."""
    known = {stack.id for stack in claimed.stacks}
    found = [*part.reasons, *_missing(part, claimed.plans), *_foreign(claimed.plans, known)]
    found += kept_back(part.reasons, claimed)
    return verdict.of(found, plans=claimed.plans, judges_pull_request=False)


def _missing(part: Part, plans: Iterable[Plan]) -> Iterator[VerdictReason]:
    planned = {plan.stack for plan in plans}
    for stack in part.expected:
        if stack not in planned:
            remedy = "plan it, and give its report as well"
            yield _reason("checks/plan-missing", "undecided", "no report has a plan of this stack", remedy, stack)


def _foreign(plans: Iterable[Plan], known: set[str]) -> Iterator[VerdictReason]:
    for plan in plans:
        if plan.stack not in known:
            message, remedy = "has a plan, but no report says why", "give the reports of this change only"
            yield _reason("checks/plan-foreign", "blocked", message, remedy, plan.stack)


def kept_back(reasons: Iterable[VerdictReason], claimed: Claimed) -> Iterator[VerdictReason]:
    """Why a report is not believed: what its own plans, findings and checkers say, and its reasons do not.

    Or it has a finding that is called as only the reasons of a verdict are.
    """
    said = {(reason.rule, reason.stack) for reason in reasons}
    for run in claimed.policies:
        if run.problems and not any(rule == policies.UNANSWERED for rule, _ in said):
            yield _untrue(f"{run.name} gave no answer", None)
    for plan in claimed.plans:
        if plan.status in ("failed", "skipped") and not any((rule, plan.stack) in said for rule in _PLAN_RULES):
            yield _untrue(f"its plan {plan.status}", plan.stack)
    for finding in claimed.findings:
        if finding.blocks and (finding.rule, finding.stack) not in said:
            yield _untrue(f"it breaks {finding.rule}", finding.stack)
    for rule in sorted({finding.rule for finding in claimed.findings if rule_ids.is_of_the_verdict(finding.rule)}):
        yield _contradictory(f"it has a finding {rule}, and no finding is called so: the verdict says that", None)


def _untrue(what: str, stack: str | None) -> VerdictReason:
    return _contradictory(f"{what}, which the report's reasons leave out", stack)


def _contradictory(message: str, stack: str | None) -> VerdictReason:
    return _reason("checks/report-contradictory", "blocked", message, "run it again, and give its own report", stack)


def _reason(rule: str, decision: Decision, message: str, remedy: str, stack: str | None) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy, stack=stack)
