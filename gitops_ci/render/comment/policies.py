"""The policy step: loudly what a checker left open, and folded which checkers were asked about what, and found."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.render import checkers, words
from gitops_ci.render.checkers import NAMES, Checked
from gitops_ci.render.comment.page import Page, Section, fit, folded, row, table
from gitops_ci.render.links import place
from gitops_ci.render.untrusted import cut, text

_FRAME = 400
_MOST = 20
_WIDTH = 300


def problems(page: Page, room: int) -> Section:
    """A warning for each question that a checker left open, where the verdict's reasons do not tell it."""
    found = checkers.unsaid(page.report)
    fitted = fit((_problem(page, run, problem) for run, problem in found), len(found), room - _FRAME, _MOST)
    lines = [*fitted.pieces]
    if fitted.left_out:
        lines.append(f"> - {words.several(fitted.left_out, 'more question')} without an answer")
    block = "\n".join(("> [!WARNING]", *lines)) if lines else ""
    return Section(block, (("unanswered policy", fitted.left_out),))


def _problem(page: Page, run: PolicyRun, problem: Problem) -> str:
    where = f" ({place(page.links, problem.path, problem.line)})" if problem.path else ""
    message = text(cut(problem.message.partition("\n")[0], _WIDTH))
    return f"> - **{NAMES[run.name]} gave no answer**: {message}{where}"


def section(page: Page, room: int) -> Section:
    """A row for each checker; nothing where none was asked."""
    asked = checkers.of(page.report)
    if not asked or room < _FRAME:
        return Section("", (("checker", len(asked)),))
    fitted = fit(map(_row, asked), len(asked), room - _FRAME, _MOST)
    counts = ", ".join(_summary(asked))
    took = words.duration(sum(each.run.seconds for each in asked))
    summary = f"<b>{words.several(len(asked), 'policy checker')}</b> · {counts} · {took}"
    body = table(("Checker", "Engine", "Rules", "Inputs", "Findings", "Time"), "llrrlr", fitted.pieces)
    return Section(folded(summary, body), (("checker", fitted.left_out),))


def _summary(asked: tuple[Checked, ...]) -> Iterator[str]:
    open_ = sum(len(each.run.problems) for each in asked)
    if open_:
        yield f"{words.several(open_, 'question')} without an answer"
    new = sum(each.new for each in asked)
    yield f"{new:,} new" if new else "nothing new"
    fixed = sum(each.fixed for each in asked)
    if fixed:
        yield f"{fixed:,} fixed ✓"


def _row(each: Checked) -> str:
    run = each.run
    left = f"**? {words.several(len(run.problems), 'question')} without an answer**" if run.problems else ""
    return row(
        NAMES[run.name],
        text(cut(each.engine, 120)),
        f"{run.policies:,}" if run.policies else "",
        f"{run.inputs:,}",
        " · ".join(filter(None, (left, each.found))) or ("none" if run.inputs else "nothing to ask about"),
        words.duration(run.seconds),
    )
