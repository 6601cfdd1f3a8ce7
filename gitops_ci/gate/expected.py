"""The rule family *expected*: the stacks that git says are affected, against what the reports claim (trust.md, rule 8).

Nothing that a report says of itself is taken for granted: which stacks there are is found out anew, what its findings
and plans mean is judged anew, and its own reasons can only add to that.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gitops_ci import config as configuration
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate import checks, claims, freshness, merging, policies
from gitops_ci.gate.case import Case
from gitops_ci.model.report import Part
from gitops_ci.model.verdict import VerdictReason

_STALE = "checks/report-stale"
_OF_SETS = ("checks/plan-missing", "checks/plan-foreign")
_AGAIN = "plan it again, and give its reports"


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why the reports together do not show that everything that is affected was planned and is well."""
    report = case.report
    moved = freshness.moved(case)
    said = {(each.rule, each.stack) for each in report.verdict.reasons} if report.verdict is not None else set()
    for reason in checks.reasons(case.stacks, report.plans, report.findings, case.config):
        if reason.rule in _OF_SETS and (reason.rule, reason.stack) in said:
            continue  # the reports themselves show it, in other words
        yield _outdated(reason) if moved and reason.rule == "checks/plan-foreign" else reason
    yield from policies.unanswered(report.policies, case.config)
    yield from _own(case)
    yield from _of_something_else(case, moved=moved)


def _outdated(reason: VerdictReason) -> VerdictReason:
    """A plan of a stack that was affected before the branch moved: that is nobody's fault."""
    message = "has a plan, but this change does not affect it any more"
    return msgspec.structs.replace(reason, rule=_STALE, decision="undecided", message=message, remedy=_AGAIN)


def _own(case: Case) -> Iterator[VerdictReason]:
    """What the reports object to themselves, and what they keep back although their own content says it."""
    part = case.report.part or Part()
    claimed = merging.Claimed(
        stacks=case.stacks, plans=case.report.plans, findings=case.report.findings, policies=case.report.policies
    )
    yield from part.reasons
    yield from merging.kept_back(part.reasons, claimed)


def _of_something_else(case: Case, *, moved: bool) -> Iterator[VerdictReason]:
    """Reports of another tree, or by another configuration, than what would be merged and what decides."""
    report, planned_on = case.report, case.planned_on
    if not report.planned.tree:
        return  # there is none: that is told already
    for pull_request in case.pull_requests:
        yield from claims.retargeted(report, pull_request.base_ref)
    if not moved and report.planned.tree != case.head.snapshot.tree:
        said = (
            f"the reports are of the tree {report.planned.tree[:7]}, and {case.head.snapshot.tree[:7]} would be merged"
        )
        yield _stale(said)
    if planned_on is not None and report.config_digest != _digest(planned_on, case.config_path):
        yield _stale(f"the reports were made by another configuration than {case.config_path} of the base branch")


def _digest(snapshot: Snapshot, path: str) -> str:
    return configuration.digest(snapshot.read(path))


def _stale(message: str) -> VerdictReason:
    return VerdictReason(rule=_STALE, decision="undecided", message=message, remedy=_AGAIN)
