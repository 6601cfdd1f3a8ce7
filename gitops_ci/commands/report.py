"""`gitops-ci report`: merges reports of several jobs into one and renders it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from gitops_ci.commands import assembly, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import UsageError
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import EXIT_CODES
from gitops_ci.render import markdown, report_json, terminal

_SAME = ("base", "head", "planned", "config_digest", "pull_request", "repository")


def run(options: Options, outside: Outside) -> int:
    """Prints one rendering of the merged reports, and writes all of them where `--out` is given."""
    report = merged([_read(outside.cwd / path) for path in options.reports])
    environments = tuple(dict.fromkeys(stack.environment for stack in report.stacks))
    links = assembly.links(outside)
    if options.out is not None:
        output.write_report(report, outside.cwd / options.out, links, environments=environments)
    match options.format:
        case "json":
            outside.stdout.write(report_json.encode(report).decode())
        case "markdown":
            outside.stdout.write(markdown.comment(report, links, environments=environments))
        case _:
            output.show(terminal.report_lines(report, environments=environments), outside)
    return EXIT_CODES[report.verdict.decision] if report.verdict is not None else 0


def _read(path: Path) -> Report:
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


def merged(reports: list[Report]) -> Report:
    """One report of many. Refuses reports of different changes, and two plans of one stack; the verdict is dropped."""
    first = reports[0]
    if len(reports) == 1:
        return first
    for other in reports[1:]:
        for field in _SAME:
            if getattr(other, field) != getattr(first, field):
                raise UsageError(
                    f"the reports differ in {field}: they are of different changes", hint="give the reports of one run"
                )
    plans = [plan for report in reports for plan in report.plans]
    twice = [stack for stack, count in Counter(plan.stack for plan in plans).items() if count > 1]
    if twice:
        raise UsageError(f"{twice[0]} is planned in two of the reports", hint="give each report once")
    stacks = {stack.id: stack for report in reports for stack in report.stacks}
    findings = {
        (finding.fingerprint, finding.line, finding.state): finding for report in reports for finding in report.findings
    }
    return msgspec.structs.replace(
        first,
        started_at=min(report.started_at for report in reports),
        seconds=max(report.seconds for report in reports),
        stacks=tuple(stacks[name] for name in sorted(stacks)),
        plans=tuple(sorted(plans, key=lambda plan: plan.stack)),
        findings=tuple(findings.values()),
        verdict=None,
    )
