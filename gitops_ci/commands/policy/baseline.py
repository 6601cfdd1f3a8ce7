"""`gitops-ci policy baseline`: writes what is found today, so that only what is new holds a change up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gitops_ci.commands import assembly, inspection, judging, output, policing
from gitops_ci.commands import change as changes
from gitops_ci.commands import report as reports
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import ConfigError, ToolError, UsageError
from gitops_ci.model.finding import Finding
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy import baseline as baselines
from gitops_ci.policy.baseline import Baseline


def run(options: Options, outside: Outside) -> int:
    """Writes the baseline over everything there is, or of the findings of given reports (plans are in those only)."""
    clock = assembly.Clock()
    options = msgspec.structs.replace(options, everything=True)
    with changes.opened(options, outside, needs_base=False) as change:
        path = _path(change, options, outside)
        if options.reports:
            findings = _reported(options, outside)
        else:
            judge = judging.without_baseline(change, clock)
            stacks = changes.expected(change, options)
            scope = policing.scope(change, stacks, options)
            policed = policing.step(scope, outside, change.repository.root)
            _require_answers(policed.runs)
            found = (*inspection.findings(stacks, change), *policed.findings)
            findings = judge.final(found, owners=scope.owners)
        written = baselines.of(findings)
        output.write(path, baselines.written(written))
        if options.format == "json":
            outside.stdout.write(baselines.written(written).decode())
        else:
            outside.stdout.write(_summary(_before(change), written, path) + _left_out(findings))
        return 0


def _path(change: Change, options: Options, outside: Outside) -> Path:
    """The file to write; raises UsageError where a link of the repository leads out of it."""
    if options.out is not None:
        return outside.cwd / options.out
    root = change.repository.work_tree
    path = root / change.config.policy.baseline
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{path} leads out of the repository through a link", hint="give another place with --out")
    return path


def _reported(options: Options, outside: Outside) -> tuple[Finding, ...]:
    found = [reports.read(outside.cwd / path) for path in options.reports]
    _require_answers(run for report in found for run in report.policies)
    return tuple(dict.fromkeys(finding for report in found for finding in report.findings))


def _require_answers(runs: Iterable[PolicyRun]) -> None:
    """Raises ToolError where a checker did not answer: what it would find was new the next time."""
    for each in runs:
        if each.problems:
            message = f"{each.name} gave no answer: {each.problems[0].message}"
            raise ToolError(
                message, hint="nothing was written: mend that first, or take its section out of gitops-ci.yml"
            )


def _before(change: Change) -> Baseline:
    """The baseline that is there; one that cannot be read is replaced like one that is not there."""
    try:
        return baselines.read(change.head.snapshot, change.config.policy.baseline)
    except ConfigError:
        return baselines.EMPTY


def _summary(before: Baseline, after: Baseline, path: Path) -> str:
    old, new = before.counts(), after.counts()
    changes = f"{(new - old).total():,} added, {(old - new).total():,} taken out"
    noun = "finding" if new.total() == 1 else "findings"
    return f"wrote {path}: {new.total():,} {noun} ({changes})\n"


def _left_out(findings: Iterable[Finding]) -> str:
    """What is there and never in a baseline; empty where there is none."""
    count = sum(each.source == "secrets" and each.state != "fixed" and each.waived_by is None for each in findings)
    noun = "1 secret is" if count == 1 else f"{count:,} secrets are"
    return f"{noun} not in it: no baseline holds secrets\n" if count else ""
