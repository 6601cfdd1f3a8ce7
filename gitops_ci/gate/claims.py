"""The rule family *claims*: reports of something else or that are none, failed jobs, one head of several changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from gitops_ci.errors import UsageError
from gitops_ci.gate import verdict
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason

_FINE = ("success", "skipped")
"""Results of a job that are no reason by themselves: what a skipped one left out is missing from the reports."""


class Asked(Struct, frozen=True):
    """What a verdict is asked about: commit, pull request and the branch it goes to, and how the jobs before ended.

    `others` are other pull requests with this head (`#8 to lax`), for which its status would have to do, too.
    `needs` is what `toJSON(needs)` gives, or the results of it alone (https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context).
    """

    commit: str | None
    pull_request: int | None
    needs: str | None = None
    base_ref: str | None = None
    others: tuple[str, ...] = ()


class _Job(Struct):
    result: str


def judged(report: Report, asked: Asked) -> Report:
    """The report with the verdict that is left of it: of another commit or without all its jobs it does not pass."""
    before = report.verdict or Verdict(decision="undecided")
    found = (*_stale(report, asked), *_jobs(asked.needs), *_unclear(asked.others))
    told = verdict.of((*before.reasons, *found), plans=report.plans, judges_pull_request=True)
    whole = msgspec.structs.replace(told, left_out=before.left_out, lifted=before.lifted)
    if before.decision == "undecided" and told.decision == "pass":
        whole = msgspec.structs.replace(whole, decision="undecided")
    head = report.head if asked.commit is None else asked.commit
    number = report.pull_request if asked.commit is None else asked.pull_request
    return msgspec.structs.replace(report, verdict=whole, head=head, pull_request=number)


def none(blank: Report) -> Report:
    """A report that says that there is none."""
    reason = VerdictReason(
        rule="checks/report-missing",
        decision="undecided",
        message="no job wrote a report",
        remedy="look at the jobs of this run: one failed before it could plan anything",
    )
    return msgspec.structs.replace(blank, verdict=Verdict(decision="undecided", reasons=(reason,)))


def refused(blank: Report, rule: str, message: str, remedy: str) -> Report:
    """A report that says that those that were given cannot be read, or contradict each other."""
    reason = VerdictReason(rule=rule, decision="blocked", message=message, remedy=remedy)
    return msgspec.structs.replace(blank, verdict=Verdict(decision="blocked", reasons=(reason,)))


def _stale(report: Report, asked: Asked) -> Iterator[VerdictReason]:
    other = report.pull_request is not None and report.pull_request != asked.pull_request
    if asked.commit is not None and (report.head != asked.commit or other):
        yield VerdictReason(
            rule="checks/report-stale",
            decision="undecided",
            message=f"the reports are of {(report.head or 'a work tree')[:7]}, and asked is about {asked.commit[:7]}",
            remedy="plan this commit, and give its reports",
        )
    else:
        yield from retargeted(report, asked.base_ref)


def retargeted(report: Report, base_ref: str | None) -> Iterator[VerdictReason]:
    """A pull request that goes to another branch than it did when it was planned."""
    if None not in (report.base_ref, base_ref) and report.base_ref != base_ref:
        yield VerdictReason(
            rule="checks/report-stale",
            decision="undecided",
            message=f"the reports are of a change to {report.base_ref}, and it goes to {base_ref} now",
            remedy="plan it again, and give its reports",
        )


def _jobs(needs: str | None) -> Iterator[VerdictReason]:
    """A job that failed, or was cancelled, whatever the others say."""
    for name, job in _decoded(needs).items():
        if job.result not in _FINE:
            yield VerdictReason(
                rule="checks/job-failed",
                decision="undecided",
                message=f"the job {name} ended with {job.result}",
                remedy="look at its log, and run it again",
            )


def _unclear(others: tuple[str, ...]) -> Iterator[VerdictReason]:
    """One commit has one status: it cannot be a pass for one branch and not for the other.

    Whoever opens a second pull request with a commit chooses the branch that judges it, and its configuration.
    """
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield VerdictReason(
            rule="checks/pull-request-unclear",
            decision="undecided",
            message=f"the same head has {', '.join(others[:5])}{more}, and one status has to do for all",
            remedy="close all but one, and close and open that one again, or give each a commit of its own",
        )


def _decoded(needs: str | None) -> Mapping[str, _Job]:
    if not needs:
        return {}
    try:
        return msgspec.json.decode(needs, type=dict[str, _Job])
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise UsageError(f"--needs does not say how jobs ended: {error}") from None
