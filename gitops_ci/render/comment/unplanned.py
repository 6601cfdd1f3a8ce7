"""Stacks of which nobody knows what would happen: why, where, and in the engine's own words."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.plan import BLOCKING_CODES, Problem
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit
from gitops_ci.render.links import place
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import code, cut, fence, text

_MOST = 15
_LINES = 24
_WIDTH = 240
_NO_PLAN = Problem(code="missing", message="")


def section(page: Page, room: int) -> Section:
    """A paragraph and a fence for each reason; stacks with the same one share it."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in page.rows:
        if row.unplanned:
            reason = _reason(row)
            groups.setdefault((reason.code, reason.message, reason.path, reason.line), []).append(row)
    fitted = fit(_parts(page, list(groups.values())), len(groups), room, _MOST)
    left = sum(len(group) for group in list(groups.values())[len(fitted.pieces) :])
    return Section("\n\n".join(fitted.pieces), (("unplanned stack", left),))


def _reason(row: Row) -> Problem:
    return row.plan.reason if row.plan and row.plan.reason else _NO_PLAN


def _parts(page: Page, groups: list[list[Row]]) -> Iterator[str]:
    for group in groups:
        reason = _reason(group[0])
        names = words.some([f"**{text(cut(row.id, 160))}**" for row in group], 5)
        status = group[0].plan.status if group[0].plan else "missing"
        wrong = (
            "the change cannot be planned as it is"
            if reason.code in BLOCKING_CODES
            else "we could not find out what it would do"
        )
        what = {"failed": "✗ The plan failed", "skipped": "Not planned", "missing": "No plan"}[status]
        where = f" at {place(page.links, reason.path, reason.line)}" if reason.path else ""
        head = f"{names}: {what} ({code(cut(reason.code, 60))}){where}; {wrong}."
        yield f"{head}\n\n{fence(_shortened(reason.message))}" if reason.message.strip() else head


def _shortened(message: str) -> str:
    lines = message.strip("\n").split("\n")
    shown = [cut(line, _WIDTH) for line in lines[:_LINES]]
    rest = len(lines) - len(shown)
    return "\n".join([*shown, f"… {words.several(rest, 'more line')}"] if rest else shown)
