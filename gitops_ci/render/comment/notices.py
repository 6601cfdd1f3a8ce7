"""What to know before trusting a plan: checks that fail or cannot be decided yet, and state that is about to change."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.plan import Check
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import code, cut, text

_MOST = 30
_FRAME = 140
_NAMES = 3
_PROBLEMS = 3
_VERBS = {"fail": "failed", "error": "could not be evaluated"}

Groups = dict[object, list[Row]]
"""Rows of which the same is to be said."""


def checks(page: Page, room: int) -> Section:
    """A warning for each check that does not hold, and for those that only an apply can tell."""
    failing: Groups = {}
    unknown: Groups = {}
    for row in page.rows:
        for check in row.plan.checks if row.plan else ():
            if check.status in _VERBS:
                failing.setdefault(check, []).append(row)
        if (
            waiting := tuple(check.address for check in row.plan.checks if check.status == "unknown")
            if row.plan
            else ()
        ):
            unknown.setdefault(waiting, []).append(row)
    fitted = fit(_check_lines(failing, unknown), len(failing) + len(unknown), room - _FRAME, _MOST)
    return Section(_alert("WARNING", fitted.pieces), (("check", fitted.left_out),))


def _check_lines(failing: Groups, unknown: Groups) -> Iterator[str]:
    for check, rows in failing.items():
        if isinstance(check, Check):
            problems = [text(cut(" ".join(problem.split()), 300)) for problem in check.problems]
            said = f": {'; '.join(problems[:_PROBLEMS])}" if problems else ""
            more = f" (and {len(problems) - _PROBLEMS:,} more)" if len(problems) > _PROBLEMS else ""
            yield f"> - {_names(rows)}: {code(cut(check.address, 200))} {_VERBS[check.status]}{said}{more}"
    for waiting, rows in unknown.items():
        if isinstance(waiting, tuple):
            named = words.some([code(cut(address, 100)) for address in waiting[:_NAMES]], _NAMES, of=len(waiting))
            yield f"> - {_names(rows)}: {words.several(len(waiting), 'check')} known after apply only: {named}"


def upstream(page: Page, room: int) -> Section:
    """A note for stacks that were planned against state that this change will alter."""
    groups: Groups = {}
    for row in page.rows:
        if row.plan and row.plan.upstream:
            groups.setdefault(row.plan.upstream, []).append(row)
    fitted = fit(_upstream_lines(groups), len(groups), room - _FRAME, _MOST)
    return Section(_alert("NOTE", fitted.pieces), (("note", fitted.left_out),))


def _upstream_lines(groups: Groups) -> Iterator[str]:
    for sources, rows in groups.items():
        if isinstance(sources, tuple):
            named = words.some([text(cut(stack, 120)) for stack in sources[:_NAMES]], _NAMES, of=len(sources))
            was = "was" if len(rows) == 1 else "were"
            yield (
                f"> - {_names(rows)} {was} planned against state that this pull request will change ({named}); "
                "once that is applied, more may change."
            )


def _names(rows: list[Row]) -> str:
    return words.some([f"**{text(cut(row.id, 160))}**" for row in rows[:_NAMES]], _NAMES, of=len(rows))


def _alert(kind: str, lines: tuple[str, ...]) -> str:
    return "\n".join((f"> [!{kind}]", *lines)) if lines else ""
