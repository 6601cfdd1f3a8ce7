"""What changes where: the table of stacks, production first, never zero-filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Action
from gitops_ci.render import effects, outline, words
from gitops_ci.render.comment.page import Page, Section, row, table, units
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import cut, text

_MOST = 100
_FRAME, _WIDTH = 500, 200
_COLUMNS: tuple[Action, ...] = ("create", "update", "replace", "delete")
_REST: tuple[Action, ...] = ("import", "move", "forget")
_ALIKE, _NAMES = 3, 5
"""So many that fail for one reason take one row; names of the others in it."""
_STATUS = {"failed": " · **✗ plan failed**", "skipped": " · **not planned**"}


def section(page: Page, room: int) -> Section:
    """The table. What is the same as in an environment above, and what does not change, takes one row each."""
    copies = {id(other): each.row for each in page.told for other in each.others} | _failing_alike(page.rows)
    single = [each for each in page.rows if id(each) not in copies and each.notable]
    environments = outline.by_environment(page.rows)
    kept, left_out = _kept(single, room - _FRAME - min(room // 2, _FRAME * len(environments)))
    body: list[str] = []
    for environment, members in environments.items():
        block = _environment(environment, members, kept, copies)
        length = sum(units(line) + 1 for line in block)
        fits = length < room - _FRAME
        room -= length if fits else 0
        body += block if fits else []
        left_out += 0 if fits else sum(id(each) in kept for each in members) or 1
    body += [_elsewhere(page)] if body and outline.elsewhere(page.report.findings, page.rows) else []
    header = ("Stack", "＋", "～", "±", "－", "Findings", "Time")
    parts = [table(header, "lrrrrlr", body) if body else "", _unread(page) if page.rows else ""]
    return Section("\n\n".join(filter(None, parts)), (("row", left_out),))


def _elsewhere(page: Page) -> str:
    """The findings of no row, so that nobody takes a table without marks for one without errors."""
    return row("of no single stack", *[""] * 4, _marks(outline.elsewhere(page.report.findings, page.rows)), "")


def _marks(findings: Iterable[Finding]) -> str:
    found = outline.severities(findings)
    return " ".join(f"{outline.MARKS[severity]} {count:,}" for severity, count in found.items())


def _unread(page: Page) -> str:
    """The changed files that are part of nothing in the table."""
    named = effects.unread(page.report)
    files = words.several(page.report.unread.count, "changed file")
    return f"<sub>{files} that no stack reads: {text(cut(named, _WIDTH))}</sub>" if named else ""


def _kept(single: Sequence[Row], room: int) -> tuple[dict[int, str], int]:
    """The lines of the rows that are shown, most important first, by the row's identity."""
    kept: dict[int, str] = {}
    for each in sorted(single, key=outline.weight):
        line = _line(text(cut(each.label, 120)) + _state(each), [each])
        room -= units(line) + 1
        if room < 0 or len(kept) == _MOST:
            break
        kept[id(each)] = line
    return kept, len(single) - len(kept)


def _environment(environment: str, members: list[Row], kept: dict[int, str], copies: dict[int, Row]) -> list[str]:
    name = f"**{text(cut(environment, 80)) or '—'}**"
    same = [each for each in members if id(each) in copies and copies[id(each)].environment != environment]
    silent = [each for each in members if id(each) not in copies and not each.notable]
    twins: dict[int, list[Row]] = {}
    for each in members:
        if id(each) in copies and copies[id(each)].environment == environment:
            twins.setdefault(id(copies[id(each)]), []).append(each)
    shown = []
    for each in members:
        shown += [kept[id(each)]] if id(each) in kept else []
        shown += [_line(_like(each, twins[id(each)]), twins[id(each)])] if id(each) in twins else []
    known = {*kept, *copies, *map(id, silent)}
    more = [each for each in members if id(each) not in known]
    if same and not shown and not more and not silent:
        return [_line(f"{name} · {_as_above(same, copies)}", same)]
    lines = [row(name, *[""] * 6), *shown]
    if more:
        lines.append(_line(f"{words.several(len(more), 'more stack')}", more))
    if same:
        lines.append(_line(_as_above(same, copies), same))
    if silent:
        names = words.some([text(cut(each.label, 60)) for each in silent], 6)
        lines.append(_line(f"no change: {names}", silent))
    return lines


def _failing_alike(rows: Sequence[Row]) -> dict[int, Row]:
    """The rows of which no more is known than of another one of their environment: many that fail for one reason."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for each in rows:
        if each.unplanned and not each.changed and each.plan is not None and each.plan.reason is not None:
            groups.setdefault((each.environment, each.plan.status, each.plan.reason), []).append(each)
    return {id(other): group[0] for group in groups.values() if len(group) >= _ALIKE for other in group[1:]}


def _like(first: Row, twins: list[Row]) -> str:
    """How many more are like a row, and the first names."""
    beside = f"{first.label.rpartition('/')[0]}/"
    names = words.some([text(cut(each.label.removeprefix(beside), 60)) for each in twins], _NAMES)
    return f"{words.several(len(twins), 'more stack')} like {text(cut(first.label, 120))}: {names}"


def _as_above(same: list[Row], copies: dict[int, Row]) -> str:
    names = list(dict.fromkeys(copies[id(each)].environment for each in same))
    return f"{words.several(len(same), 'stack')} as in {words.both([text(cut(name, 80)) for name in names])}"


def _state(each: Row) -> str:
    if each.plan is None:
        return " · **no plan**"
    if each.plan.status in _STATUS:
        return _STATUS[each.plan.status]
    return "" if each.changed else " · no change"


def _line(name: str, members: Sequence[Row]) -> str:
    counts = outline.totals(members)
    extra = list(filter(None, [effects.said(members, _REST)]))
    drift = outline.drifted(members)
    extra += [f"{drift:,} drifted"] if drift else []
    extra += _waiting(members)
    numbers = [f"{counts[action]:,}" if action in counts else "" for action in _COLUMNS]
    numbers = [f"**{number}**" if number and index > 1 else number for index, number in enumerate(numbers)]
    marks = _marks(finding for each in members for finding in each.findings)
    seconds = sum(each.plan.seconds for each in members if each.plan)
    return row(
        f"{name}{' · ' if extra else ''}{', '.join(extra)}", *numbers, marks, words.duration(seconds) if seconds else ""
    )


def _waiting(members: Sequence[Row]) -> list[str]:
    """Checks that do not hold, and changes that base would make as well."""
    plans = [each.plan for each in members if each.plan]
    failing = sum(check.status in outline.FAILED for plan in plans for check in plan.checks)
    pending = sum(len(plan.pending) for plan in plans)
    said = [f"**{words.several(failing, 'failed check')}**"] if failing else []
    return [*said, f"{pending:,} pending"] if pending else said
