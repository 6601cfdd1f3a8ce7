"""Findings and messages as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gitops_ci.model.finding import Finding
from gitops_ci.render import finding_groups, outline
from gitops_ci.render.lines import EMPTY, Line, line, span
from gitops_ci.render.untrusted import block, cut

_MESSAGE_LINES = 40
_PLACES = 5
_SETTLED = ("from before this change", "accepted", "fixed by it ✓")
_FEW = 40
"""Groups up to which findings are told one by one."""


def findings(found: Sequence[Finding]) -> Iterator[Line]:
    """Each thing that rules say, where, and what to do about it; many of them by rule."""
    for group in finding_groups.of(found, _FEW):
        where = list(dict.fromkeys(_where(finding) for finding in group.findings))
        yield EMPTY
        yield line(
            span(outline.MARKS[group.severity], group.severity),
            " ",
            span(shortened(group.said), "title"),
            span(f"  {group.rule}", "dim"),
        )
        yield from (line(f"  {place}") for place in where[:_PLACES])
        if len(where) > _PLACES:
            yield line(span(f"  and {len(where) - _PLACES:,} more places", "dim"))
        if group.help:
            yield from message(f"→ {group.help}")


def settled(found: Iterable[Finding]) -> Iterator[Line]:
    """In one line how many findings need nothing now: from before, accepted and fixed ones."""
    counts: Counter[str] = Counter()
    for finding in found:
        if finding.state == "fixed":
            counts["fixed by it ✓"] += 1
        elif finding.waived_by is not None:
            counts["accepted"] += 1
        elif finding.state == "existing":
            counts["from before this change"] += 1
    said = [f"{counts[word]:,} {word}" for word in _SETTLED if counts[word]]
    if said:
        yield EMPTY
        yield line(span(f"findings that need nothing now: {', '.join(said)}", "dim"))


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
