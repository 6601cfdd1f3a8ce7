"""`gitops-ci run` and `gitops-ci plan`: from a checkout to a report; `run` goes on to the verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from gitops_ci.commands import ahead, assembly, inspection, judging, output, planning, policing
from gitops_ci.commands import change as changes
from gitops_ci.commands.assembly import Clock
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.commands.planning import Limits
from gitops_ci.discover import affected
from gitops_ci.errors import INTERRUPTED, ConfigError, ToolError
from gitops_ci.gate import checks, policies, verdict
from gitops_ci.gate.merging import Claimed
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.report import Report
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import EXIT_CODES, Verdict, VerdictReason
from gitops_ci.render import progress
from gitops_ci.system import wall
from gitops_ci.system.process import Stop
from gitops_ci.system.tools import Toolbox

_WALLED = ("kubernetes", "database")
"""Kinds whose engines are kept from the files of the machine; Terraform's providers need some of them."""


def run(options: Options, outside: Outside) -> int:
    """Plans what is affected, checks it, writes and shows the report, and returns the verdict's exit code."""
    return _unless_unread(options, outside, judged=True)


def plan(options: Options, outside: Outside) -> int:
    """The same without a verdict: one report for `report` and `gate` to merge; the exit code says how it went."""
    return _unless_unread(options, outside, judged=False)


def _unless_unread(options: Options, outside: Outside, *, judged: bool) -> int:
    """The same; where the configuration that decides cannot be read a report says so, too, and the error goes on."""
    try:
        return _reported(options, outside, judged=judged)
    except ConfigError as error:
        from gitops_ci.commands import unread

        unread.write(error, options, outside)
        raise


def _reported(options: Options, outside: Outside, *, judged: bool) -> int:
    clock = assembly.Clock()
    with changes.opened(options, outside, needs_base=not options.everything) as change:
        directory = output.directory(options, outside, change.repository.git_directory)
        output.prepare(directory, change.repository.root)
        report, of_the_part = looked_at(change, options, outside, clock)
        decided = report.verdict if judged and report.verdict is not None else of_the_part
        report = report if judged else msgspec.structs.replace(report, verdict=None)
        return _told(report, options, outside, change, EXIT_CODES[decided.decision])


def looked_at(change: Change, options: Options, outside: Outside, clock: Clock) -> tuple[Report, Verdict]:
    """Plans, checks and judges; the report of all that, and the verdict about what was asked for, if that is a part."""
    with contextlib.ExitStack() as closing:
        return _looked_at(change, options, outside, clock, closing)


def _looked_at(
    change: Change, options: Options, outside: Outside, clock: Clock, closing: contextlib.ExitStack
) -> tuple[Report, Verdict]:
    """The same; what planned closes while the rest is looked at, and is waited for at `closing`."""
    judge = judging.prepared(change, options, clock)
    expected = changes.expected(change, options)
    stacks, plans, documents = _planned(options, outside, change, expected, closing)
    scope = policing.scope(change, stacks, options, expected=expected, plans=documents)
    policed = policing.step(scope, outside, change.repository.root, plans)
    findings = judge.final(
        (*_findings(stacks, plans, change, options), *policed.findings),
        owners=scope.owners,
        looked_at=judging.looked_at(options, scope, policed.runs, plans),
    )
    reasons = (
        *checks.reasons(stacks, plans, findings, change.config),
        *policies.unanswered(policed.runs, change.config),
    )
    whole = (*reasons, *_of_the_whole(change))
    report = assembly.report(
        change,
        outside,
        clock,
        found=Claimed(stacks=stacks, plans=plans, findings=findings, policies=policed.runs),
        verdict=verdict.of((*whole, *checks.not_asked(expected, stacks)), plans=plans, judges_pull_request=False),
        part=assembly.part(change, expected, whole),
        unread=() if change.base is None else affected.unread(change.base, change.head, expected),
    )
    return report, verdict.of(reasons, plans=plans, judges_pull_request=False)


def _findings(
    stacks: tuple[AffectedStack, ...], plans: tuple[Plan, ...], change: Change, options: Options
) -> tuple[Finding, ...]:
    """What all but the policies say; what only reads the state of an affected stack is told, and not planned."""
    downstream = affected.notices(changes.downstream(change, options), change.base, change.head)
    return (*inspection.findings(stacks, change, plans), *planning.checked(stacks, plans, change), *downstream)


def _of_the_whole(change: Change) -> Iterator[VerdictReason]:
    """Why the change cannot pass whichever of its stacks are planned."""
    if change.base is not None:
        yield from checks.unclaimed(affected.unclaimed(change.base, change.head, policing.folders(change)))


def _planned(
    options: Options,
    outside: Outside,
    change: Change,
    expected: tuple[AffectedStack, ...],
    closing: contextlib.ExitStack,
) -> tuple[tuple[AffectedStack, ...], tuple[Plan, ...], Mapping[str, Path]]:
    """The stacks that are asked for, their plans, and the engines' own documents of them by the stack's id."""
    stacks = changes.selected(change, options, expected)
    if not stacks:
        return (), (), {}
    for each in wall.missing() if any(stack.kind in _WALLED for stack in stacks) else ():
        output.say(f"engines run without a part of their wall (docs/runners.md): {each}", outside)
    ahead.load(stack.kind for stack in stacks)
    stop = Stop()
    tools = Toolbox(
        config=change.config,
        environ=outside.settings.environ,
        repository=change.repository.root,
        scratch=outside.scratch,
        stop=stop,
        timeout=options.timeout,
        stranger=change.event.fork,
    )
    closing.callback(tools.close)
    with _progress(outside, len(stacks)) as shown:
        limits = Limits(options.jobs, options.total_timeout)
        plans = planning.plans(stacks, change, tools, limits=limits, progress=shown, stop=stop)
    return stacks, planning.marked(plans, change, expected), tools.documents


def _progress(outside: Outside, total: int) -> progress.Progress:
    """A live list on a terminal that can show one, a line a plan elsewhere."""
    able = outside.settings.environ.get("TERM", "") not in ("", "dumb")
    return progress.of(outside.stderr, total=total, colour=able and outside.colour(outside.stderr))


def _told(report: Report, options: Options, outside: Outside, change: Change, code: int) -> int:
    """Writes and shows the report; what cannot be written is said after what could be shown."""
    environments = assembly.environment_order(change)
    directory = output.directory(options, outside, change.repository.git_directory)
    failure: ToolError | None = None
    written: tuple[str, ...] = ()
    detail = change.config.report.comment.detail
    try:
        links = assembly.links(outside)
        paths = output.write_report(
            report, directory, links, environments=environments, detail=detail, category=output.category(options)
        )
        written = tuple(map(str, paths))
    except ToolError as error:
        failure = error
    output.show_report(report, options, outside, environments=environments, detail=detail, written=written)
    if failure is not None:
        raise failure
    interrupted = any(plan.reason is not None and plan.reason.code == "interrupted" for plan in report.plans)
    return INTERRUPTED if interrupted else code
