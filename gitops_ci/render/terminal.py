"""Reports, layouts and affected stacks as lines for a terminal: the same order as the comment, the verdict last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from gitops_ci.model.finding import Finding
from gitops_ci.model.report import Report
from gitops_ci.model.stack import SHARED, AffectedStack, ChangeOfStack, Stack
from gitops_ci.model.verdict import VerdictReason
from gitops_ci.render import checker_lines, effects, finding_lines, outline, stack_lines, words
from gitops_ci.render.comment.heading import deciding, effect, nothing
from gitops_ci.render.finding_lines import shortened
from gitops_ci.render.lines import EMPTY, Line, Style, line, plain, span, tree, write
from gitops_ci.render.outline import Row
from gitops_ci.render.signed import Limits

_MOST_REASONS = 3
_BESIDE = 100
"""Characters of names that are read on one line."""


_CHANGES: dict[ChangeOfStack, tuple[str, Style]] = {
    "added": ("+", "create"),
    "modified": ("~", "update"),
    "removed": ("-", "delete"),
    "unmodified": (" ", "dim"),
}


def report_lines(
    report: Report,
    *,
    environments: Sequence[str] = (),
    width: int = 100,
    detail: Literal["full", "summary"] = "full",
    written: Sequence[str] = (),
) -> list[Line]:
    """Stacks with their changes, findings, the verdict, and where things were written. `width` cuts long values."""
    shown = outline.rows(report, environments)
    lines = stack_lines.stacks(
        shown, Limits(width=max(20, width - 40), text=max(20, width - 14)), attributes=detail == "full"
    )
    lines += finding_lines.findings(outline.new(report.findings))
    lines += finding_lines.waived(report.findings)
    lines += finding_lines.settled(report.findings)
    lines += checker_lines.policies(report)
    lines += _verdict(report, shown)
    lines += [line(span("  wrote ", "dim"), path) for path in written]
    return lines


def layout_lines(
    findings: Sequence[Finding], stacks: Sequence[Stack], *, environments: Sequence[str] = ()
) -> list[Line]:
    """What was found where, what is wrong with it, and a line that sums up."""
    lines: list[Line] = []
    for environment, members in _by_environment(stacks, environments).items():
        kinds: dict[str, list[str]] = {}
        for stack in members:
            kinds.setdefault(stack.kind, []).append(stack.name + (f"@{stack.instance}" if stack.instance else ""))
        lines.append(line(span(environment, "title")))
        lines += tree([_names(kind, sorted(names)) for kind, names in sorted(kinds.items())])
    found = outline.new(findings)
    lines += finding_lines.findings(found)
    lines += finding_lines.waived(findings)
    counts = words.counts(outline.severities(found))
    style: Style = "blocked" if any(finding.severity == "error" for finding in found) else "pass"
    return [
        *lines,
        EMPTY,
        line(span(f"{words.several(len(stacks), 'stack')}, {counts or 'nothing to object to'}", style)),
    ]


def _names(kind: str, names: Sequence[str]) -> tuple[Line, Sequence[Line]]:
    """The stacks of a kind beside it, or one a line below it where they are many."""
    beside = ", ".join(names)
    if len(beside) <= _BESIDE:
        return line(f"{kind:<11} ", beside), ()
    return line(f"{kind:<11} ", span(words.several(len(names), "stack"), "dim")), [line(name) for name in names]


def affected_lines(stacks: Sequence[AffectedStack], *, environments: Sequence[str] = ()) -> list[Line]:
    """The affected stacks, each with what reaches it and how."""
    lines: list[Line] = []
    for environment, members in _by_environment(stacks, environments).items():
        lines.append(line(span(environment, "title")))
        lines += tree(
            [(_affected(stack), list(_reasons(stack))) for stack in members if isinstance(stack, AffectedStack)]
        )
    later = sum(stack.certainty == "downstream" for stack in stacks)
    total = f"{words.several(len(stacks) - later, 'stack')} affected" if len(stacks) > later else "no stack is affected"
    total += f", {later:,} may be downstream" if later else ""
    return [*lines, *([EMPTY] if lines else []), line(span(total, "title"))]


def _by_environment(stacks: Iterable[Stack], environments: Sequence[str]) -> dict[str, list[Stack]]:
    order = {name: index for index, name in enumerate(environments)} | {SHARED: len(environments) + 1}
    groups: dict[str, list[Stack]] = {}
    for stack in sorted(
        stacks, key=lambda each: (order.get(each.environment, len(environments)), each.environment, each.id)
    ):
        groups.setdefault(stack.environment, []).append(stack)
    return groups


def _affected(stack: AffectedStack) -> Line:
    sign, style = _CHANGES[stack.change]
    if stack.certainty == "downstream":
        how = "may be affected downstream"
        return line(span("·", "dim"), f" {stack.id.partition('/')[2]}", span(f"  {how}", "dim"))
    how = "unchanged, asked for" if stack.change == "unmodified" else f"{stack.change}, {stack.certainty}"
    return line(span(sign, style), f" {stack.id.partition('/')[2]}", span(f"  {how}", "dim"))


def _reasons(stack: AffectedStack) -> Iterator[Line]:
    """Those of the stack's own files first: among many they explain the most."""
    own = f"{stack.path}/" if stack.path else ""
    reasons = sorted(stack.reasons, key=lambda reason: not reason.path.startswith(own))
    for reason in reasons[:_MOST_REASONS]:
        yield line(span(" → ".join((reason.path, *reason.via)), "dim"))
    if len(stack.reasons) > _MOST_REASONS:
        yield line(span(f"and {len(stack.reasons) - _MOST_REASONS:,} more", "dim"))


def _verdict(report: Report, shown: tuple[Row, ...]) -> Iterator[Line]:
    summary = effect(shown) if shown else nothing(report)
    since = f"since {report.base[:7]}" if report.base else ""
    of = " ".join(filter(None, (outline.reach(report, shown), since)))
    told = ", ".join(filter(None, (of, words.duration(report.seconds))))
    yield EMPTY
    if shown and (named := effects.unread(report)):
        files = words.several(report.unread.count, "changed file")
        yield line(span(f"  {files} that no stack reads: {shortened(named)}", "dim"))
    if report.verdict is None:
        yield line(span("Planned", "title"), f"  {summary}", span(f"  ({told})", "dim"))
        return
    mark, word = outline.VERDICTS[report.verdict.decision]
    yield line(span(f"{mark} {word}", report.verdict.decision), f"  {summary}", span(f"  ({told})", "dim"))
    yield from _reasons_to_merge(report)
    for note in (reason for reason in report.verdict.reasons if reason.is_told):
        yield line(span(f"  {shortened(note.message)}: {shortened(note.remedy)}", "dim"))
    for left_out in report.verdict.left_out:
        yield line(span(f"  not judged here: {shortened(left_out)}", "dim"))


def _reasons_to_merge(report: Report) -> Iterator[Line]:
    """What keeps it from being merged; what rules found stands above with what to do: a line for each rule."""
    found = {finding.rule for finding in report.findings}
    rules: dict[str, list[VerdictReason]] = {}
    for reason in deciding(report):
        rules.setdefault(reason.rule if reason.rule in found else repr(reason), []).append(reason)
    for several in rules.values():
        reason = several[0]
        style: Style = "error" if reason.decision == "blocked" else "warning"
        more = f" (and {len(several) - 1:,} more)" if len(several) > 1 else ""
        about = reason.rule if reason.rule in found else reason.stack or reason.rule
        mark = span("✗" if style == "error" else "?", style)
        yield line("  ", mark, f" {shortened(reason.message)}{more}", span(f"  {about}", "dim"))
        if reason.rule not in found:
            who = f" ({shortened(reason.who)})" if reason.who else ""
            yield line(span("    → ", "dim"), f"{shortened(reason.remedy)}{who}")


__all__ = ["affected_lines", "layout_lines", "plain", "report_lines", "write"]
