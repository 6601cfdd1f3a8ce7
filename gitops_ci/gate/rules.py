"""The gate's verdict: what the reports say, what git says is expected of them, and every rule family's reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, structs

from gitops_ci.gate import (
    approvals,
    destroy,
    expected,
    freeze,
    freshness,
    left_out,
    loosening,
    ordering,
    overrides,
    owners,
    policies,
    promotion,
    verdict,
    waivers,
)
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.model import finding
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason

Family = Callable[[Case], Iterator[VerdictReason]]

OF_THE_CHANGE: Mapping[str, Family] = {
    "expected": expected.reasons,
    "freshness": freshness.reasons,
    "left-out": left_out.reasons,
    "policies": policies.unasked,
    "waivers": waivers.reasons,
}
"""Families that need git and the reports alone."""

OF_THE_PULL_REQUEST: Mapping[str, Family] = {
    "approvals": approvals.reasons,
    "owners": owners.reasons,
    "destroy": destroy.reasons,
    "loosening": loosening.reasons,
    "promotion": promotion.reasons,
    "freeze": freeze.reasons,
    "ordering": ordering.reasons,
}
"""Families that need to know who wrote, reviewed and labelled it: for a push, or without a token, they are left out."""

_AGREED: tuple[Callable[[Case], Iterator[Lifted]], ...] = (
    approvals.lifted,
    owners.lifted,
    destroy.lifted,
    loosening.lifted,
    promotion.lifted,
)


class Judged(Struct, frozen=True, kw_only=True):
    """A report with the gate's verdict, and which families were asked."""

    report: Report
    rules: tuple[str, ...]


def judged(case: Case) -> Judged:
    """The verdict that follows from everything. Reasons of the reports stay, but for what somebody lifts who may."""
    before = case.report.verdict or Verdict(decision="undecided")
    families = {**OF_THE_CHANGE, **(OF_THE_PULL_REQUEST if case.pull_requests else {})}
    found = [reason for family in families.values() for reason in family(case)]
    accepted = waivers.applied((*before.reasons, *found), case)
    outcome = overrides.applied(accepted.reasons, case)
    agreed = tuple(each for family in _AGREED for each in family(case)) if case.pull_requests else ()
    told = verdict.of(outcome.reasons, plans=case.report.plans, judges_pull_request=bool(case.pull_requests))
    if before.decision != "pass" and all(each.decision != before.decision for each in before.reasons):
        told = verdict.at_least(before.decision, told)  # reports that do not say why
    shown = finding.ordered((*case.report.findings, *left_out.findings(case)))
    told = structs.replace(told, lifted=(*agreed, *accepted.lifted, *outcome.lifted))
    return Judged(
        report=loosening.shown(structs.replace(case.report, findings=shown, verdict=told), loosening.sides(case)),
        rules=tuple(families),
    )
