"""`gitops-ci report`: merges reports of several jobs into one, judges what they claim, and renders it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from gitops_ci.commands import assembly, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import UsageError
from gitops_ci.gate import merging, policies, verdict
from gitops_ci.model import finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import EXIT_CODES
from gitops_ci.render import report_json

_SAME = ("base", "base_ref", "head", "planned", "config_digest", "pull_request", "repository", "tool")
"""What reports of one change have in common."""


class Named(NamedTuple):
    """A report and what to call it."""

    name: str
    report: Report


def run(options: Options, outside: Outside) -> int:
    """Prints one rendering of the merged reports, and writes all of them where `--out` is given."""
    report = of(options, outside)
    part = report.part or Part()
    environments = part.environments or tuple(dict.fromkeys(stack.environment for stack in report.stacks))
    if options.out is not None:
        links, category = assembly.links(outside), output.category(options)
        directory = outside.cwd / options.out
        output.write_report(report, directory, links, environments=environments, detail=part.detail, category=category)
    output.show_report(report, options, outside, environments=environments, detail=part.detail)
    return EXIT_CODES[report.verdict.decision] if report.verdict is not None else 0


def of(options: Options, outside: Outside) -> Report:
    """The reports that the command line names, merged; raises UsageError for what cannot be read."""
    return merged(named(options, outside))


def named(options: Options, outside: Outside) -> list[Named]:
    """The reports that the command line names; raises UsageError for what cannot be read."""
    return [Named(str(path), read(outside.cwd / path)) for path in options.reports]


def read(path: Path) -> Report:
    """A report, or the one that a directory holds; raises UsageError where there is none that can be read."""
    file = path / "report.json" if path.is_dir() else path
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}", hint="give report.json, or the directory that holds it"
        ) from None
    try:
        return report_json.decode(content)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", hint=error.hint) from None


def merged(reports: Sequence[Named]) -> Report:
    """One report of many, with the verdict that follows from all; a single one that has a verdict stays as it is.

    Raises UsageError for reports of different changes, and where one stack is planned in two of them.
    """
    first = reports[0].report
    if len(reports) == 1 and (first.verdict is not None or first.part is None):
        return first
    _refuse_others(reports)
    _refuse_twice(reports)
    part = _part(reports)
    stacks = {stack.id: stack for each in reports for stack in each.report.stacks}
    plans = _known_upstream(plan for each in reports for plan in each.report.plans)
    findings = finding.ordered(found for each in reports for found in each.report.findings)
    whole = tuple(stacks[name] for name in sorted(stacks))
    runs = policies.merged(run for each in reports for run in each.report.policies)
    claimed = merging.Claimed(stacks=whole, plans=plans, findings=findings, policies=runs)
    return msgspec.structs.replace(
        first,
        run=max((each.report.run for each in reports), key=lambda run: run.attempt if run else 0, default=None),
        started_at=min(each.report.started_at for each in reports),
        seconds=max(each.report.seconds for each in reports),
        stacks=whole,
        plans=plans,
        findings=findings,
        policies=runs,
        verdict=merging.decided(part, claimed),
        part=part,
    )


def _refuse_others(reports: Sequence[Named]) -> None:
    """Names the reports that are not of the change that most are of, and what differs."""
    for field in _SAME:
        values = {each.name: _shown(getattr(each.report, field)) for each in reports}
        usual = Counter(values.values()).most_common(1)[0][0]
        others = {name: value for name, value in values.items() if value != usual}
        if others:
            told = "".join(f"\n  {name}: {field} {value}" for name, value in list(others.items())[:10])
            more = f"\n  and {len(others) - 10} more" if len(others) > 10 else ""
            raise UsageError(
                f"the reports are of different changes: {field} is {usual} in most of them, but not in{told}{more}",
                hint="they are stale: plan those again, and give the reports of one change",
            )


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else f"{text[:200]}… ({hashlib.sha256(text.encode()).hexdigest()[:12]})"


def _refuse_twice(reports: Iterable[Named]) -> None:
    seen: dict[str, str] = {}
    for each in reports:
        for plan in each.report.plans:
            if plan.stack in seen:
                raise UsageError(
                    f"{plan.stack} is planned in two of the reports: {seen[plan.stack]} and {each.name}",
                    hint="give each report once, all of one run",
                )
            seen[plan.stack] = each.name


def _part(reports: Sequence[Named]) -> Part:
    """What the reports say of the whole; raises UsageError where they do not agree what the change affects."""
    parts: list[Part] = []
    for each in reports:
        if each.report.part is None:
            message = f"{each.name} does not say what the whole change affects: it cannot be merged"
            raise UsageError(message, hint="plan it again with this gitops-ci")
        parts.append(msgspec.structs.replace(each.report.part, reasons=()))
        if parts[-1] != parts[0]:
            message = f"{reports[0].name} and {each.name} do not agree which stacks the change affects"
            raise UsageError(message, hint="plan all shards with the same options (--all, --config)")
    reasons = [reason for each in reports if each.report.part for reason in each.report.part.reasons]
    return msgspec.structs.replace(parts[0], reasons=verdict.ordered(reasons))


def _known_upstream(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """The plans in order of their stacks; none waits for one that another report has found to change nothing."""
    found = sorted(plans, key=lambda plan: plan.stack)
    still = {plan.stack for plan in found if plan.status == "unchanged"}
    return tuple(
        msgspec.structs.replace(plan, upstream=tuple(each for each in plan.upstream if each not in still))
        if still.intersection(plan.upstream)
        else plan
        for plan in found
    )
