"""Stacks, their plans and changes as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gitops_ci.model.plan import COUNTED, Change, Plan
from gitops_ci.render import difference, outline, told, words
from gitops_ci.render.finding_lines import message
from gitops_ci.render.lines import Line, Span, Style, line, span, tree
from gitops_ci.render.outline import Row
from gitops_ci.render.signed import Limits, Signed
from gitops_ci.render.told import Told

_MOST_CHANGES = 1_000
"""Changes of a stack that are listed; a terminal with more is not read."""
_MOST_DETAILED = 300
"""Changes whose attributes are listed."""

_MOST_CHECKS = 50
_MOST_PROBLEMS = 5
_MARGIN = 9
"""Columns that an object's line has more than a text's: it is not indented."""
_FAILING = {"fail": "⚠ check failed:", "error": "⚠ check could not be evaluated:"}
_SIGN_STYLES: dict[str, Style] = {
    "+": "create", "~": "update", "±": "replace", "-": "delete", "#": "dim", "↓": "create", "→": "update", "↑": "delete"
}  # fmt: skip


def stacks(shown: Sequence[Row], limits: Limits, *, attributes: bool) -> list[Line]:
    """The tree of stacks by environment with their changes; `attributes` False leaves their values out."""
    first = {id(each.row): each for each in told.of(shown)}
    copies = {id(other): each for each in first.values() for other in each.others}
    column = min(48, max((len(row.label) for row in shown), default=0))
    lines: list[Line] = []
    drawn = 0
    for environment, members in outline.by_environment(shown).items():
        children: list[tuple[Line, Iterable[Line]]] = []
        for row in members:
            below = [*_problem(row), *(_notices(row.plan) if row.plan else ())]
            if id(row) in first and row.plan and drawn < _MOST_CHANGES:
                detailed = attributes and drawn < _MOST_DETAILED
                drawn += len(row.plan.changes)
                below += _changes(first[id(row)], row.plan, limits, attributes=detailed)
            elif id(row) in first:
                below.append(line(span("changes are in the report", "dim")))
            if row.plan and row.plan.pending and id(row) not in copies:
                below.append(line(span("pending before this change, not its doing", "dim")))
                below += _objects(row.plan.pending, limits, attributes=False)
            same = _as(copies[id(row)], row) if id(row) in copies else ""
            children.append((_row(row, column, same), below))
        lines += [line(span(environment, "title")), *tree(children)]
    return lines


def _as(told_with: Told, row: Row) -> str:
    """Where what happens to a row is told."""
    first = told_with.row
    return f"as {first.label}" if first.environment == row.environment else f"as in {first.environment}"


def _row(row: Row, column: int, same: str) -> Line:
    parts: list[Span] = [span(f"{row.label:<{column}}", "title")]
    if row.unplanned:
        status = row.plan.status if row.plan else "no plan"
        failed = status == "failed"
        parts.append(span("  ✗ plan failed" if failed else f"  ⚠ {status}", "error" if failed else "undecided"))
    parts += counts(row.plan) if row.plan else []
    if row.plan and not row.unplanned and not row.changed:
        parts.append(span("  no change", "dim"))
    parts += [span(f"  {same}", "dim")] if same else []
    for severity, count in outline.severities(row.findings).items():
        parts.append(span(f"  {outline.MARKS[severity]} {count:,}", severity))
    if row.plan and row.plan.seconds:
        parts.append(span(f"  {words.duration(row.plan.seconds)}", "dim"))
    return line(*parts)


def counts(plan: Plan) -> list[Span]:
    """A plan's counts as `+2 ~1 -1`, each in its colour; nothing for zero."""
    found = ((outline.SIGNS[action], plan.summary.of(action)) for action in COUNTED)
    spans = [span(f" {sign}{count:,}", _SIGN_STYLES.get(sign, "plain")) for sign, count in found if count]
    return [span(" "), *spans] if spans else []


def _problem(row: Row) -> Iterator[Line]:
    reason = row.plan.reason if row.plan else None
    if reason is None:
        return
    where = f"{reason.path}:{reason.line}" if reason.path and reason.line else reason.path or ""
    yield line(span(f"{where}  " if where else ""), span(reason.code, "dim"))
    yield from message(reason.message)


def _changes(each: Told, plan: Plan, limits: Limits, *, attributes: bool) -> Iterator[Line]:
    objects, formatting, reads = outline.shown(plan)
    if partial := outline.partial(plan):
        yield line(span(partial, "warning"))
    yield from (line(span(notice, "dim")) for notice in (each.same(), each.elsewhere()) if notice)
    yield from _objects(each.new(objects), limits, attributes=attributes)
    yield from (line(span(notice, "dim")) for notice in outline.counted(each.new(formatting), each.new(reads)))
    relevant, others = outline.drift(plan)
    for title, changes, full in (
        ("outputs", each.new(plan.outputs), True),
        (outline.RELEVANT, relevant, True),
        (outline.IRRELEVANT, others, False),
    ):
        if changes:
            yield line(span(title, "dim"))
            yield from _objects(changes, limits, attributes=attributes and full)


def _notices(plan: Plan) -> Iterator[Line]:
    """What to know before trusting a plan."""
    if plan.upstream:
        yield line(
            span(f"planned against state that this change will alter: {words.some([*plan.upstream], 5)}", "warning")
        )
    states = Counter(check.status for check in plan.checks)
    failing = [check for check in plan.checks if check.status in _FAILING]
    for check in failing[:_MOST_CHECKS]:
        yield line(span(f"{_FAILING[check.status]} ", "warning"), check.address)
        for problem in check.problems[:_MOST_PROBLEMS]:
            yield from message(problem)
    if len(failing) > _MOST_CHECKS:
        yield line(span(f"{len(failing) - _MOST_CHECKS:,} more checks failed", "warning"))
    said = [f"{words.several(states['pass'], 'check')} passed"] if states["pass"] else []
    said += [f"{words.several(states['unknown'], 'check')} known after apply only"] if states["unknown"] else []
    if said:
        yield line(span(", ".join(said), "dim"))


def _objects(changes: Sequence[Change], limits: Limits, *, attributes: bool) -> Iterator[Line]:
    for index, change in enumerate(changes[:_MOST_CHANGES]):
        for each in difference.change(change, limits, attributes=attributes and index < _MOST_DETAILED):
            yield from _attribute(each) if each.deep else _object(each, limits)
        if change.generated_config:
            count = change.generated_config.strip().count("\n") + 1
            yield line(span(f"#   {words.several(count, 'line')} of generated configuration: in the report", "dim"))
    if len(changes) > _MOST_CHANGES:
        yield line(span(f"{len(changes) - _MOST_CHANGES:,} more changes are in the report", "dim"))


def _object(each: Signed, limits: Limits) -> Iterator[Line]:
    """An object's line, or two where it is too long for one."""
    style = _SIGN_STYLES.get(each.sign, "plain")
    named: Style = style if each.sign in "±-" else "title"
    name, mark, note = each.text.partition("  # ")
    if len(each.text) > limits.text + _MARGIN and mark:
        yield line(span(each.sign, style), span(f" {name}", named))
        yield line(span(f"#   {note}", style if each.sign in "±-" else "dim"))
    else:
        yield line(
            span(each.sign, style), span(f" {name}", named), span(mark + note, style if named == style else "plain")
        )


def _attribute(each: Signed) -> Iterator[Line]:
    style: Style = "removed" if each.sign == "-" else _SIGN_STYLES.get(each.sign, "plain")
    yield line(span(each.sign, style), span(f" {each.text}", style))
