"""The gate's verdict: what the reports say, what git says is expected of them, and every rule family's reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from gitops_ci.gate import left_out, verdict
from gitops_ci.gate.case import Case
from gitops_ci.model import finding
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason

Family = Callable[[Case], Iterator[VerdictReason]]

OF_THE_CHANGE: tuple[Family, ...] = (left_out.reasons,)
"""Families that need git and the reports alone."""

OF_THE_PULL_REQUEST: tuple[Family, ...] = ()
"""Families that need to know who wrote, reviewed and labelled it: for a push, or without a token, they are left out."""


def judged(case: Case) -> Report:
    """The report with the verdict that follows from everything: reasons of the reports stay, none is taken away."""
    before = case.report.verdict or Verdict(decision="undecided")
    families = OF_THE_CHANGE + (OF_THE_PULL_REQUEST if case.pull_requests else ())
    found = [reason for family in families for reason in family(case)]
    told = verdict.of((*before.reasons, *found), plans=case.report.plans, judges_pull_request=bool(case.pull_requests))
    if told.decision == "pass" and before.decision != "pass":
        told = msgspec.structs.replace(told, decision=before.decision)
    shown = finding.ordered((*case.report.findings, *left_out.findings(case)))
    return msgspec.structs.replace(case.report, findings=shown, verdict=told)
