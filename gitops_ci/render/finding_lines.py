"""Findings and messages as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_ci.model.finding import Finding
from gitops_ci.render import outline
from gitops_ci.render.lines import EMPTY, Line, line, span
from gitops_ci.render.untrusted import block, cut

_MESSAGE_LINES = 40
_PLACES = 5
_WAIVED = 10


def findings(found: Sequence[Finding]) -> Iterator[Line]:
    """Each thing that rules say, where, and what to do about it."""
    for group in outline.places(found):
        first = group[0]
        where = list(dict.fromkeys(_where(finding) for finding in group))
        yield EMPTY
        yield line(
            span(outline.MARKS[first.severity], first.severity),
            " ",
            span(shortened(first.message), "title"),
            span(f"  {first.rule}{_also(group)}", "dim"),
        )
        yield from (line(f"  {place}") for place in where[:_PLACES])
        if len(where) > _PLACES:
            yield line(span(f"  and {len(where) - _PLACES:,} more places", "dim"))
        if first.help:
            yield from message(f"→ {first.help}")


def _also(group: Sequence[Finding]) -> str:
    others = outline.also(group)
    return f" (also {', '.join(others)})" if others else ""


def waived(found: Sequence[Finding]) -> Iterator[Line]:
    """Who accepted what, where, why and until when; the first of many."""
    accepted = outline.waived(found)
    if not accepted:
        return
    yield EMPTY
    yield line(span(f"{len(accepted):,} waived", "title"))
    for finding, waiver in accepted[:_WAIVED]:
        until = f" until {waiver.until}" if waiver.until else ""
        said = f"{shortened(waiver.owner)}{until}: {shortened(waiver.reason)}"
        yield line(f"  {finding.rule}  {_where(finding)}  ", span(f"{said} ({waiver.what})", "dim"))
    if len(accepted) > _WAIVED:
        yield line(span(f"  and {len(accepted) - _WAIVED:,} more", "dim"))


def _where(finding: Finding) -> str:
    numbers = [f"{number}" for number in (finding.line, finding.column) if number]
    return ":".join([finding.path, *numbers]) if finding.path else finding.stack or "the repository"


def message(text: str) -> Iterator[Line]:
    """Text of several lines, indented; the first lines only where there are many."""
    lines = block(text.strip()).split("\n")
    for each in lines[:_MESSAGE_LINES]:
        yield line("  ", shortened(each))
    if len(lines) > _MESSAGE_LINES:
        yield line(span(f"  … {len(lines) - _MESSAGE_LINES:,} more lines", "dim"))


def shortened(text: str, width: int = 400) -> str:
    """Text in about `width` characters; what was cut is said."""
    return text if len(text) <= width else f"{cut(text, width)} ({len(text):,} characters)"
