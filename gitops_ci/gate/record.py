"""The record of a verdict: who, what, why, which commits, rules and hashes, for an audit (docs/record.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec import Struct, structs

from gitops_ci.gate import bound
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.model.plan import Plan
from gitops_ci.model.pull_request import PullRequest, Unreadable
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.model.run import Run
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason
from gitops_ci.policy import secrets

SCHEMA: Final = "gitops-ci/record/1"


class Reviewed(Struct, frozen=True, kw_only=True):
    """A review: who, what they said, and the commit that they saw."""

    id: int
    by: str
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    commit: str


class Judged(Struct, frozen=True, kw_only=True):
    """A pull request as it was. `unread` is what of it the gate could not read."""

    number: int
    author: str
    fork: bool
    head: str
    base_ref: str
    base_tip: str
    labels: tuple[str, ...] = ()
    reviews: tuple[Reviewed, ...] = ()
    unread: tuple[Unreadable, ...] = ()


class Waived(Struct, frozen=True, kw_only=True):
    """A finding that somebody accepts."""

    rule: str
    path: str | None
    stack: str | None
    fingerprint: str
    by: Waiver


class Digest(Struct, frozen=True, kw_only=True):
    """A SHA-256 in hexadecimal digits, of what."""

    of: str
    sha256: str


class Record(Struct, frozen=True, kw_only=True):
    """One verdict. `previous` is the SHA-256 of the line before, None in the first.

    `pull_request` is the number that the reports have, `pull_requests` are those that could be read. `base` is the
    branch's tip that was judged against and `tree` what it would have become (None: nothing could be judged),
    `planned_on` what the reports were made on. `rules` are the families that were asked, `lifted` what would have held
    the change up and who let it pass. `report` is the SHA-256 of report.json as it was written, `plans` of each plan's
    JSON.
    """

    schema: Literal["gitops-ci/record/1"] = SCHEMA
    previous: str | None = None
    at: str
    tool: Tool
    repository: str | None
    run: Run | None
    pull_request: int | None
    pull_requests: tuple[Judged, ...]
    base: str | None
    tree: str | None
    planned_on: str | None
    head: str | None
    planned: Planned
    config_digest: str
    decision: Decision
    rules: tuple[str, ...]
    reasons: tuple[VerdictReason, ...]
    left_out: tuple[str, ...]
    lifted: tuple[Lifted, ...]
    waived: tuple[Waived, ...]
    report: str
    plans: tuple[Digest, ...]


class Told(Struct, frozen=True, kw_only=True):
    """What a verdict came of: when (UTC), the families that were asked, report.json as written.

    Without a case nothing could be judged.
    """

    at: datetime
    document: bytes
    case: Case | None = None
    rules: tuple[str, ...] = ()


def of(report: Report, told: Told) -> Record:
    """The record of the verdict that `report` has; words from the repository without their secrets."""
    case = told.case
    verdict = report.verdict or Verdict(decision="undecided")
    return Record(
        at=told.at.astimezone(UTC).isoformat(timespec="seconds"),
        tool=report.tool,
        repository=report.repository,
        run=report.run,
        pull_request=report.pull_request,
        pull_requests=tuple(map(_judged, case.pull_requests)) if case is not None else (),
        base=case.base.snapshot.commit if case is not None else None,
        tree=case.head.snapshot.tree if case is not None else None,
        planned_on=report.base,
        head=report.head,
        planned=report.planned,
        config_digest=report.config_digest,
        decision=verdict.decision,
        rules=told.rules,
        reasons=tuple(map(_without_secrets, verdict.reasons)),
        left_out=tuple(map(secrets.masked, verdict.left_out)),
        lifted=tuple(map(_lifted, verdict.lifted)),
        waived=tuple(_waived(report.findings)),
        report=_sha256(told.document),
        plans=tuple(map(_digest, sorted(report.plans, key=lambda plan: plan.stack))),
    )


def _judged(pull_request: PullRequest) -> Judged:
    asked = (pull_request.labels, pull_request.reviews, pull_request.commits, pull_request.pushers)
    about = (*pull_request.members.values(), *pull_request.rights.values())
    labels = () if isinstance(pull_request.labels, Unreadable) else pull_request.labels
    reviews = () if isinstance(pull_request.reviews, Unreadable) else pull_request.reviews
    return Judged(
        number=pull_request.number,
        author=pull_request.author.login,
        fork=pull_request.fork,
        head=pull_request.head,
        base_ref=pull_request.base_ref,
        base_tip=pull_request.base_tip,
        labels=tuple(sorted(each.name for each in labels)),
        reviews=tuple(Reviewed(id=each.id, by=each.by.login, state=each.state, commit=each.commit) for each in reviews),
        unread=tuple(dict.fromkeys(each for each in (*asked, *about) if isinstance(each, Unreadable))),
    )


def _without_secrets(reason: VerdictReason) -> VerdictReason:
    return structs.replace(reason, message=secrets.masked(reason.message), remedy=secrets.masked(reason.remedy))


def _lifted(lifted: Lifted) -> Lifted:
    return structs.replace(lifted, what=secrets.masked(lifted.what), why=secrets.masked(lifted.why))


def _waived(findings: Iterable[Finding]) -> Iterator[Waived]:
    for each in findings:
        if each.waived_by is not None:
            yield Waived(
                rule=each.rule, path=each.path, stack=each.stack, fingerprint=each.fingerprint, by=each.waived_by
            )


def _digest(plan: Plan) -> Digest:
    """The same for the same plan, however long it took."""
    return Digest(of=plan.stack, sha256=_sha256(bound.encoded(structs.replace(plan, seconds=0.0))))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
