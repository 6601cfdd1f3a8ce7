"""`gitops-ci gate`: the verdict from the reports of all jobs, the repository, and the pull request's live state."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from gitops_ci.commands import asked, assembly, connecting, deciding, inspection, judging, output, planning, policing
from gitops_ci.commands import change as changes
from gitops_ci.commands.change import Change
from gitops_ci.commands.judging import Judge
from gitops_ci.commands.options import Options, Outside
from gitops_ci.discover import inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import GitopsError, ToolError
from gitops_ci.gate import claims, entering, record, rules, verdict, wanted
from gitops_ci.gate.case import Case
from gitops_ci.gate.record import Told
from gitops_ci.github.event import Event
from gitops_ci.kinds import catalog
from gitops_ci.model import plan as plans
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.pull_request import Unreadable
from gitops_ci.model.report import Part, Report
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import EXIT_CODES, Verdict, VerdictReason
from gitops_ci.system import promoted

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def run(options: Options, outside: Outside) -> int:
    """Judges, writes the report with the verdict where `--out` says, and gives the verdict's exit code.

    Nothing is sent: `publish` does that with the report that this one writes.
    """
    event = asked.event(options, outside)
    if event.closed:
        output.say(f"pull request #{event.pull_request} is closed: nothing is written", outside)
        return 0
    report, told = judged(asked.given(event, options, outside), event, options, outside)
    part = report.part or Part()
    environments = part.environments or tuple(dict.fromkeys(stack.environment for stack in report.stacks))
    if options.out is not None:
        links, directory = assembly.links(outside), outside.cwd / options.out
        output.write_report(report, directory, links, environments=environments, detail=part.detail)
        _record(report, told, directory)
    output.show_report(report, options, outside, environments=environments, detail=part.detail)
    return EXIT_CODES[report.verdict.decision] if report.verdict is not None else 0


def _record(report: Report, told: Told, directory: Path) -> None:
    """Adds the verdict's line to the record in a directory, which follows the line before it where there is one."""
    from gitops_ci.render import record_json, report_json

    path = directory / "record.jsonl"
    lines = path.read_bytes() if path.is_file() else b""
    before = lines.splitlines()[-1] if lines else None
    whole = msgspec.structs.replace(told, document=report_json.encode(report))
    output.write(path, lines + record_json.line(record.of(report, whole), before))


def judged(report: Report, event: Event, options: Options, outside: Outside) -> tuple[Report, Told]:
    """The report with the gate's verdict, and what it came of, for the record.

    What keeps the gate from judging leaves it undecided, and is told.
    """
    about = claims.Asked(event.head, event.pull_request, options.needs, event.base_ref)
    claimed = claims.judged(report, about)
    mine = msgspec.structs.replace(options, head=options.head or event.head)
    try:
        live = _live(event, outside)
        with changes.opened(mine, outside, needs_base=True, merge_of=live) as change:
            return of(claimed, change, event, mine, outside)
    except GitopsError as error:
        return _not_judged(claimed, error), Told(at=datetime.datetime.now(datetime.UTC), document=b"")
    except Exception as error:  # a bug in one rule must not leave an older verdict, or the reports' own, in place
        message = f"a bug in gitops-ci: {type(error).__name__} at {planning.place(error)}"
        return _not_judged(claimed, ToolError(message, hint="please report it")), Told(
            at=datetime.datetime.now(datetime.UTC), document=b""
        )


def _live(event: Event, outside: Outside) -> Event | None:
    """A pull request's ends as they are: what is judged is the merge that would be made now. None for all else."""
    if event.pull_request is None:
        return None
    api = connecting.connection(outside)
    if api is None:
        return event if event.base is not None else None
    now = connecting.as_it_is_now(api, event.pull_request)
    return msgspec.structs.replace(now, head=event.head, fork=event.fork)  # a head that is not the newest is told


def of(report: Report, change: Change, event: Event, options: Options, outside: Outside) -> tuple[Report, Told]:
    """The verdict of every rule on what the reports of an opened change say together."""
    whole = _with_people(case(report, change, options), event, outside)
    take = partial(inventory.take, config=change.config, kinds=catalog.ALL)
    whole = msgspec.structs.replace(whole, promoted=promoted.of(whole, change.repository, take))
    found = rules.judged(whole)
    return found.report, Told(at=whole.now, document=b"", case=whole, rules=found.rules)


def _with_people(case: Case, event: Event, outside: Outside) -> Case:
    """The case with the pull request as it is now, or all of a merge queue's group; nobody for a push."""
    api = connecting.connection(outside)
    if api is None or (event.pull_request is None and event.queue_ref is None):
        return case
    from gitops_ci.github import merge_queue, pull_request_state

    asked = wanted.of(case)
    if event.pull_request is not None:
        return msgspec.structs.replace(case, pull_requests=(pull_request_state.state(api, event.pull_request, asked),))
    group = merge_queue.group(api, event, asked)
    if isinstance(group, Unreadable):
        hint = (
            f"the token needs {group.permission}" if group.permission else "put the pull request into the queue again"
        )
        raise ToolError(group.what, hint=hint)
    return msgspec.structs.replace(case, pull_requests=group)


def case(report: Report, change: Change, options: Options) -> Case:
    """Everything that the rules look at; the clock is read here."""
    clock = assembly.Clock()
    stacks = changes.expected(change, options)
    judge = judging.prepared(change, options, clock)
    return Case(
        config=entering.config(change.config, change.event.base_ref or report.base_ref),
        config_path=deciding.place(options),
        base=change.base or change.head,
        head=change.head,
        stacks=stacks,
        report=report,
        now=datetime.datetime.fromisoformat(clock.started_at),
        findings=_found(stacks, report, change, judge),
        planned_on=_planned_on(report, change),
        proposed=change.proposed,
    )


def _found(stacks: tuple[AffectedStack, ...], report: Report, change: Change, judge: Judge) -> tuple[Finding, ...]:
    """What everything finds that only reads: layout and the kinds' static rules, plans' own rules, secrets.

    What Kubernetes' stacks render to is known to the jobs that planned them alone, so that is left to their reports.
    """
    readable = [stack for stack in stacks if stack.kind != "kubernetes"]
    scope = policing.scope(change, stacks, Options(), expected=stacks)
    found = (
        *inspection.findings(readable, change),
        *planning.checked(stacks, _each(stacks, report), change),
        *policing.secrets(scope),
    )
    return judge.final(found, owners=scope.owners)


def _each(stacks: Iterable[AffectedStack], report: Report) -> Iterator[Plan]:
    """A plan of each stack: what the reports claim of it, else that nothing is known."""
    claimed = {plan.stack: plan for plan in report.plans}
    for stack in stacks:
        yield claimed.get(stack.id) or plans.problem(stack.id, "skipped", "missing", "no report has a plan of it")


def _planned_on(report: Report, change: Change) -> Snapshot | None:
    """The base that the reports were made against, where git has it as a commit of the branch."""
    base, repository = change.base, change.repository
    if report.base is None or base is None or not _COMMIT.fullmatch(report.base):
        return None
    if report.base == change.base_commit:
        return base.snapshot
    commit = repository.commit(report.base)
    if commit is None or change.base_commit is None or not repository.is_ancestor(commit, change.base_commit):
        return None  # the branch never was like that
    return repository.at(commit, near=base.snapshot)


def _not_judged(report: Report, error: GitopsError) -> Report:
    before = report.verdict or Verdict(decision="undecided")
    reason = VerdictReason(
        rule="checks/not-judged",
        decision="undecided",
        message=f"the gate could not judge it: {error.message}",
        remedy=error.hint or "run the job again",
    )
    told = verdict.of((*before.reasons, reason), plans=report.plans, judges_pull_request=True)
    whole = ("what the gate asks of the pull request: it could not judge it",)
    return msgspec.structs.replace(report, verdict=msgspec.structs.replace(told, left_out=whole))
