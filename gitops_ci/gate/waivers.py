"""The rule family *waivers*: what a change asks for needs an owner who agrees, and what ended does not count."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct, structs

from gitops_ci.config_gate import Approvers
from gitops_ci.discover import naming
from gitops_ci.gate import approvals, checks, codeowners, owners, quorum, waiver_requests
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted, Outcome
from gitops_ci.gate.waiver_requests import Request
from gitops_ci.model.finding import Finding
from gitops_ci.model.verdict import VerdictReason
from gitops_ci.policy import notices, severity

RULE = "gate/waiver-unapproved"
_EXPIRED = "policy/waiver-expired"


class Need(Struct, frozen=True, kw_only=True):
    """Requests of which one and the same people have to approve, in one environment's folders."""

    environment: str
    approvers: Approvers
    requests: tuple[Request, ...]


def reasons(case: Case) -> Iterator[VerdictReason]:
    """What is asked for without anybody's approval, and what is no longer accepted."""
    yield from _ended(case)
    for need in needs(case) if case.pull_requests else ():
        for pull_request in case.pull_requests:
            subject = approvals.subject(RULE, (), pull_request, case)
            noun = "a waiver is" if len(need.requests) == 1 else f"{len(need.requests):,} waivers are"
            places = quorum.some(f"{each.rule} in {each.path}:{each.line}" for each in need.requests)
            about = structs.replace(
                subject, what=f"{subject.what}{noun} asked for ({places}): ", who=quorum.who(need.approvers)
            )
            count = quorum.of(pull_request, need.approvers, 1)
            yield from checks.weighed(quorum.reasons(count, about), need.environment, case.config)


def applied(told: Iterable[VerdictReason], case: Case) -> Outcome:
    """The reasons without the findings that an approved request accepts; and every waiver that is used, with its owner.

    A request that an owner approves at this head counts at once: that is what merging it first would come to.
    """
    granted = tuple(_granted(case))
    findings = dict.fromkeys(each for each in (*case.report.findings, *case.findings) if each.blocks)
    accepted = {
        _said(checks.of_finding(found)): _accepted(found, request, by, case)
        for found in findings
        for request, by in granted[::-1]
        if request.covers(found)
    }
    every = tuple(told)
    left = tuple(each for each in every if _said(each) not in accepted)
    lifted = (accepted[said] for said in dict.fromkeys(map(_said, every)) if said in accepted)
    return Outcome(left, (*used(case), *lifted))


def _said(reason: VerdictReason) -> tuple[str, str, str | None, str]:
    """What makes two reasons the same: a finding's help may have been added since."""
    return reason.rule, reason.message, reason.stack, reason.decision


def used(case: Case) -> Iterator[Lifted]:
    """The waivers that base has, and without which something would block."""
    for found in case.report.findings:
        waiver = found.waived_by
        if waiver is not None and found.severity == "error" and found.state == "new" and not _is_over(found, case):
            yield Lifted(
                rule=found.rule,
                how="waiver",
                what=f"{checks.of_finding(found).message} ({waiver.what})",
                by=(waiver.owner,),
                where=found.stack or checks.environment_of(found, case.config),
                why=waiver.reason,
                until=waiver.until,
            )


def needs(case: Case) -> tuple[Need, ...]:
    """Who has to approve what is asked for: the owners of the file by base, else whom its environment names."""
    file = codeowners.read(case.base.snapshot)

    @cache
    def asked(path: str) -> tuple[str, Approvers]:
        environment = naming.environment_of_path(path, case.config)
        owned = owners.of_path(path, file)
        return environment, owned if owned.named else approvals.approvers(environment, None, case.config)

    found: dict[tuple[str, Approvers], list[Request]] = {}
    for request in waiver_requests.of(case):
        found.setdefault(asked(request.path), []).append(request)
    return tuple(
        Need(environment=environment, approvers=approvers, requests=tuple(each))
        for (environment, approvers), each in found.items()
    )


def _granted(case: Case) -> Iterator[tuple[Request, tuple[str, ...]]]:
    """The requests that were approved, and by whom: in every pull request of a merge queue's group."""
    for need in needs(case) if case.pull_requests else ():
        counts = [quorum.of(each, need.approvers, 1) for each in case.pull_requests]
        if all(count.decision == "pass" for count in counts):
            by = tuple(sorted({login for count in counts for login in count.given}))
            yield from ((request, by) for request in need.requests if not _has_ended(request.until, case))


def _accepted(found: Finding, request: Request, by: tuple[str, ...], case: Case) -> Lifted:
    single = case.pull_requests[0] if len(case.pull_requests) == 1 else None
    return Lifted(
        rule=found.rule,
        how="review",
        what=f"{checks.of_finding(found).message} ({request.path}:{request.line})",
        by=by,
        where=found.stack or checks.environment_of(found, case.config),
        why=request.why,
        until=request.until,
        pull_request=single.number if single is not None else None,
        commit=single.head if single is not None else None,
    )


def _ended(case: Case) -> Iterator[VerdictReason]:
    """What ended, also since the reports were written: waivers of head, and findings that one of base covered."""
    told = {(each.path, each.line) for each in case.report.findings if each.rule == _EXPIRED}
    head = waiver_requests.waivers(case.head.snapshot, case)
    late = notices.expired(head, case.now.date()) if head is not None else ()
    found = [each for each in severity.applied(late, case.config, {}) if (each.path, each.line) not in told]
    for each in case.report.findings:
        if each.waived_by is not None and _is_over(each, case):
            help = f"its waiver ended on {each.waived_by.until}; {each.help}"
            found.append(structs.replace(each, waived_by=None, help=help))
    yield from checks.reasons((), (), found, case.config)


def _is_over(found: Finding, case: Case) -> bool:
    return found.waived_by is not None and _has_ended(found.waived_by.until, case)


def _has_ended(until: str | None, case: Case) -> bool:
    """Whether a last day is over; what is no day was never agreed on."""
    if until is None:
        return False
    try:
        return datetime.date.fromisoformat(until) < case.now.date()
    except ValueError:
        return True
