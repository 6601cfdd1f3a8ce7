"""What to do before this can be merged, why, and who can; and what was not judged here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.model.verdict import VerdictReason
from gitops_ci.render import words
from gitops_ci.render.comment.heading import deciding
from gitops_ci.render.comment.page import Page, Section, fit, row, table
from gitops_ci.render.links import anchor
from gitops_ci.render.untrusted import code, cut, text

_MOST = 20
_ALIKE = 3
_PAGE = re.compile(r"\(docs/([\w/.-]+\.md(?:#[\w-]+)?)\)", re.ASCII)
_WIDTH = 400
_FRAME = 300
_MOST_NOTES = 10


def section(page: Page, room: int) -> Section:
    """The table of remedies, then what could not be judged."""
    tasks = _tasks(deciding(page.report))
    fitted = fit(_lines(page, tasks), len(tasks), room * 2 // 3 - _FRAME, _MOST)
    parts = []
    if fitted.pieces:
        parts.append(table(("To merge", "Because", "Who can"), "lll", fitted.pieces))
    notes, untold = _notes(page, room // 6 - _FRAME)
    not_judged, unsaid = _not_judged(page, room // 6 - _FRAME)
    parts += [each for each in (notes, not_judged) if each]
    return Section("\n\n".join(parts), (("reason", fitted.left_out + unsaid), ("note", untold)))


def _tasks(reasons: tuple[VerdictReason, ...]) -> list[list[VerdictReason]]:
    """Reasons that ask for the same, together: one row for fifty stacks that miss the same engine.

    Where one remedy has many messages they are one row as well (each names another folder). Where that leaves more than
    a table can hold, all that one rule says is one row.
    """
    groups: dict[tuple[str, ...], list[VerdictReason]] = {}
    remedies: dict[tuple[str, ...], set[str]] = {}
    rules: dict[str, list[VerdictReason]] = {}
    for reason in reasons:
        remedies.setdefault((reason.rule, reason.remedy, reason.who), set()).add(reason.message)
    for reason in reasons:
        key = (reason.rule, reason.remedy, reason.who)
        groups.setdefault((*key, reason.message) if len(remedies[key]) <= _ALIKE else key, []).append(reason)
        rules.setdefault(reason.rule, []).append(reason)
    return list((groups if len(groups) <= _MOST else rules).values())


def _lines(page: Page, tasks: list[list[VerdictReason]]) -> Iterator[str]:
    undecided = page.report.verdict is not None and page.report.verdict.decision == "blocked"
    for task in tasks:
        first = task[0]
        stacks = [text(cut(each, 120)) for each in dict.fromkeys(reason.stack for reason in task) if each]
        others = len({reason.message for reason in task}) - 1
        more = f" (and {others:,} more)" if others else ""
        where = f" ({words.some(stacks, 3)})" if stacks else ""
        mark = "undecided: " if undecided and first.decision == "undecided" else ""
        why = anchor("why", page.links.rule(first.rule))
        rule = f" · {why}" if why != "why" else f" · {code(cut(first.rule, 80))}" if first.rule else ""
        remedy = _linked(page, first.remedy) or "—"
        who = text(cut(first.who, 200)) or "anyone who can push"
        yield row(f"**{remedy}**", f"{mark}{text(cut(first.message, _WIDTH))}{more}{where}{rule}", who)


def _linked(page: Page, remedy: str) -> str:
    """A remedy with its page of the manual as a link, where it names one."""
    said = text(cut(remedy, _WIDTH))
    found = _PAGE.search(remedy)
    if found is None or page.links.docs is None or text(found[0]) not in said:
        return said
    return said.replace(text(found[0]), f"({anchor('how', page.links.docs + found[1])})")


def _notes(page: Page, room: int) -> tuple[str, int]:
    """What holds nothing up and is good to know, each with its rule."""
    verdict = page.report.verdict
    notes = [reason for reason in verdict.reasons if reason.is_told] if verdict is not None else []
    lines = (f"> - {_note(page, each)}" for each in notes)
    fitted = fit(lines, len(notes), room, _MOST_NOTES)
    return "\n".join(("> [!NOTE]", *fitted.pieces)) if fitted.pieces else "", fitted.left_out


def _note(page: Page, reason: VerdictReason) -> str:
    where = f"{text(cut(reason.stack, 120))}: " if reason.stack else ""
    told = f"{where}{text(cut(reason.message, _WIDTH))}: {_linked(page, reason.remedy)}"
    why = anchor("why", page.links.rule(reason.rule))
    return f"{told} · {why}" if why != "why" else told


def _not_judged(page: Page, room: int) -> tuple[str, int]:
    verdict = page.report.verdict
    if verdict is None or not verdict.left_out:
        return "", 0
    lines = (f"- {text(cut(line, _WIDTH))}" for line in verdict.left_out)
    fitted = fit(lines, len(verdict.left_out), room, _MOST)
    return "\n".join(("Not judged here:", "", *fitted.pieces)) if fitted.pieces else "", fitted.left_out
