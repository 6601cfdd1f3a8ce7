"""`gitops-ci policy run`: every policy asked about files and given plans; no engine plans anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gitops_ci.commands import assembly, judging, output, policing
from gitops_ci.commands import change as changes
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import UsageError
from gitops_ci.gate import checks, policies, verdict
from gitops_ci.gate.merging import Claimed
from gitops_ci.model.report import Report
from gitops_ci.model.stack import Stack
from gitops_ci.model.verdict import EXIT_CODES


def run(options: Options, outside: Outside) -> int:
    """Checks what changed, what affected stacks are made of, and the plans of `--plan`; returns the verdict's code."""
    clock = assembly.Clock()
    with changes.opened(options, outside, needs_base=not options.everything) as change:
        judge = judging.prepared(change, options, clock)
        expected = changes.expected(change, options)
        stacks = changes.selected(change, options, expected)
        plans = _given(options.plans, stacks, outside.cwd)
        scope = policing.scope(change, stacks, options, expected=expected, plans=plans)
        policed = policing.step(scope, outside, change.repository.root)
        findings = judge.final(
            (*change.warnings, *policed.findings),
            owners=scope.owners,
            looked_at=judging.looked_at(options, scope, policed.runs),
        )
        reasons = (
            *checks.reasons((), (), findings, change.config),
            *policies.unanswered(policed.runs, change.config),
        )
        report = assembly.report(
            change,
            outside,
            clock,
            found=Claimed(stacks=(), plans=(), findings=findings, policies=policed.runs),
            verdict=verdict.of(reasons, plans=(), judges_pull_request=True),
        )
        _told(report, options, outside, change)
        return EXIT_CODES[report.verdict.decision] if report.verdict is not None else 0


def _given(given: Iterable[str], stacks: Iterable[Stack], cwd: Path) -> dict[str, Path]:
    """The plan documents of `--plan ID=FILE`; raises UsageError for a stack that is not affected, or no file."""
    known = {stack.id for stack in stacks}
    found: dict[str, Path] = {}
    for each in given:
        id, equals, name = each.partition("=")
        if not equals or id not in known:
            hint = "give ID=FILE with the id of an affected stack, or ask for the stack with --stack ID as well"
            raise UsageError(f"--plan {each!r} names no stack that is looked at", hint=hint)
        found[id] = cwd / name
        if not found[id].is_file():
            raise UsageError(f"--plan {each!r}: there is no such file", hint="write it with `terraform show -json`")
    return found


def _told(report: Report, options: Options, outside: Outside, change: Change) -> None:
    environments = assembly.environment_order(change)
    written: tuple[str, ...] = ()
    if options.out is not None:
        directory = output.directory(options, outside, change.repository.git_directory)
        output.prepare(directory, change.repository.root)
        links, category = assembly.links(outside), output.category(options)
        paths = output.write_report(report, directory, links, environments=environments, category=category)
        written = tuple(map(str, paths))
    output.show_report(report, options, outside, environments=environments, written=written)
