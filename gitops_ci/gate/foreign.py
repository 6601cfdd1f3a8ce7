"""What the reports of a run that is not ours add to a verdict of our own: findings and doubts, never a pass.

They are claims of whoever wrote the pull request (trust.md, rule 8). Nothing of them takes anything away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import msgspec
from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.gate import checks, merging, verdict
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason

MARK = "the fork's run says: "
MOST = 500
"""Findings that are taken over. An honest run finds what ours finds, and next to nothing beside it."""

_TEXT, _HELP, _LINES = 1_000, 500, 10_000_000
_RULE = re.compile(r"[A-Za-z0-9_-][\w.-]{0,60}/[\w./-]{1,100}", re.ASCII)
_UNNAMED = "claimed/finding"
_AGAIN = "run the pull request's workflow again, as it is on the base branch"


class Claim(Struct, frozen=True):
    """A report of the fork's run, and what to call it."""

    name: str
    report: Report


class Known(Struct, frozen=True, kw_only=True):
    """What we have found out ourselves: our report with its verdict, and what its words can be about.

    `paths` are the files at head, `expected` the ids of all stacks that the change affects.
    """

    report: Report
    config: Config
    paths: AbstractSet[str]
    expected: AbstractSet[str]


def judged(known: Known, claims: tuple[Claim, ...], problems: Iterable[str]) -> Report:
    """Our report with what the claims add to it; `problems` say what could not be read as a report at all."""
    own = known.report
    reasons = [_reason("checks/report-invalid", f"the fork's report is not valid: {each}") for each in problems]
    believed: list[Claim] = []
    for claim in claims:
        told = tuple(_foreign(claim, own))
        reasons += told
        believed += () if told else (claim,)
    reasons += _contradictions(known, believed)
    added = _added(known, believed)
    if len(added) > MOST:
        told_of = f"the fork's report has {len(added):,} findings that are not there, of which {MOST} are shown"
        reasons.append(_reason("checks/report-contradictory", told_of))
    shown = added[:MOST]
    before = own.verdict or Verdict(decision="undecided")
    every = (*before.reasons, *checks.reasons((), (), shown, known.config), *reasons)
    after = verdict.of(every, plans=own.plans, judges_pull_request=True)
    whole = msgspec.structs.replace(after, left_out=before.left_out)
    return msgspec.structs.replace(own, findings=finding.ordered((*own.findings, *shown)), verdict=whole)


def _foreign(claim: Claim, own: Report) -> Iterator[VerdictReason]:
    """A report of another commit, another pull request or another repository."""
    for name in ("head", "pull_request", "repository"):
        said, known = getattr(claim.report, name), getattr(own, name)
        if said != known:
            what = f"{name.replace('_', ' ')} {str(said)[:80]}, and {str(known)[:80]} was asked about"
            yield _reason("checks/report-foreign", f"the fork's report {claim.name[:80]} is of the {what}")


def _contradictions(known: Known, claims: list[Claim]) -> Iterator[VerdictReason]:
    """Reports that do not agree with themselves, with each other, or with what the change affects."""
    planned = Counter(plan.stack for claim in claims for plan in claim.report.plans)
    for stack, times in planned.items():
        if times > 1:
            yield _reason("checks/report-contradictory", f"the fork's reports have {times} plans of {stack[:200]}")
    for claim in claims:
        yield from _of_itself(claim.report)
        foreign = sorted({plan.stack for plan in claim.report.plans} - known.expected)
        if not foreign:
            continue
        message = f"the fork's report plans {foreign[0][:200]}, which this change does not affect"
        if claim.report.base == known.report.base:
            yield _reason("checks/plan-foreign", message)
        else:  # the branch that it goes to has moved since: that is nobody's fault
            yield _reason("checks/report-stale", f"{message} any more", "undecided")


def _of_itself(report: Report) -> Iterator[VerdictReason]:
    """What the report's own reasons leave out; told once, not for each of many."""
    said = ((report.part or Part()).reasons, (report.verdict or Verdict(decision="pass")).reasons)
    found = merging.Claimed(
        stacks=report.stacks, plans=report.plans, findings=report.findings, policies=report.policies
    )
    for reason in merging.kept_back([each for several in said for each in several], found):
        yield _reason("checks/report-contradictory", f"the fork's report contradicts itself: {reason.message[:300]}")
        return


def _added(known: Known, claims: list[Claim]) -> tuple[Finding, ...]:
    """The findings that we do not have, as far as they are about something that is there."""
    ours = {_identity(each) for each in known.report.findings}
    stacks = {stack.id for stack in known.report.stacks}
    claimed = (each for claim in claims for each in claim.report.findings if each.state != "fixed")
    new = (_taken(each, known.paths, stacks) for each in claimed if _identity(each) not in ours)
    return tuple(dict.fromkeys(new))


def _identity(found: Finding) -> tuple[object, ...]:
    return found.rule, found.path, found.line, found.stack, found.message


def _taken(claimed: Finding, paths: AbstractSet[str], stacks: AbstractSet[str]) -> Finding:
    """A claim as a finding of ours: marked, without a link and a waiver, and about what exists."""
    path = claimed.path if claimed.path in paths else None
    line = claimed.line if path is not None and claimed.line and 0 < claimed.line < _LINES else None
    return msgspec.structs.replace(
        finding.make(
            claimed.rule if _RULE.fullmatch(claimed.rule) else _UNNAMED,
            claimed.severity,
            MARK + claimed.message[:_TEXT],
            help=claimed.help[:_HELP],
            path=path,
            line=line,
            stack=claimed.stack if claimed.stack in stacks else None,
        ),
        source="claimed",
        state=claimed.state,
    )


def _reason(rule: str, message: str, decision: Decision = "blocked") -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=_AGAIN, who="a maintainer")
