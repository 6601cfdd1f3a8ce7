"""The policy step as lines for a terminal: one for each checker, and what each of them left open."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.report import Report
from gitops_ci.render import checkers, words
from gitops_ci.render.checkers import NAMES
from gitops_ci.render.finding_lines import shortened
from gitops_ci.render.lines import EMPTY, Line, line, span

_MOST = 20


def policies(report: Report) -> Iterator[Line]:
    """Which checkers were asked about what; nothing where none was."""
    asked = checkers.of(report)
    if not asked:
        return
    yield EMPTY
    column = max(len(NAMES[each.run.name]) for each in asked)
    for each in asked:
        said = [
            each.looked_at,
            each.found or ("nothing found" if each.run.inputs else ""),
            words.duration(each.run.seconds),
            each.engine,
        ]
        mark = span("? ", "undecided") if each.run.problems else span("· ", "dim")
        yield line(
            mark, span(f"{NAMES[each.run.name]:<{column}}", "title"), span(f"  {', '.join(filter(None, said))}", "dim")
        )
    unsaid = checkers.unsaid(report)
    for run, problem in unsaid[:_MOST]:
        place = (
            f"{problem.path}:{problem.line}: "
            if problem.path and problem.line
            else f"{problem.path or ''}: ".removeprefix(": ")
        )
        told = shortened(problem.message.partition("\n")[0])
        yield line(
            "  ", span("?", "undecided"), f" {place}", span(f"{NAMES[run.name]} gave no answer", "title"), f": {told}"
        )
    if len(unsaid) > _MOST:
        yield line(span(f"  and {words.several(len(unsaid) - _MOST, 'more question')} without an answer", "dim"))
