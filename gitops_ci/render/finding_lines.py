"""Findings and messages as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gitops_ci.model.finding import Finding
from gitops_ci.render import finding_groups, outline, words
from gitops_ci.render.lines import EMPTY, Line, line, span
from gitops_ci.render.untrusted import block, cut

_MESSAGE_LINES = 40
_PLACES = 5
_WAIVED = 10
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
            span(f"  {group.rule}{_also(group.findings)}", "dim"),
        )
        yield from (line(f"  {place}") for place in where[:_PLACES])
        if len(where) > _PLACES:
            yield line(span(f"  and {len(where) - _PLACES:,} more places", "dim"))
        if stacks := outline.stacks(group.findings):
            yield line(span(f"  in {words.some(stacks, _PLACES)}", "dim"))
        if group.help:
            yield from message(f"→ {group.help}")


def settled(found: Iterable[Finding]) -> Iterator[Line]:
    """In one line how many findings this change neither brings nor has to mend."""
    states = Counter(finding.state for finding in found if finding.state == "fixed" or finding.waived_by is None)
    said = [f"{words.several(states['existing'], 'finding')} from before this change"] if states["existing"] else []
    said += [f"{states['fixed']:,} fixed by it ✓"] if states["fixed"] else []
    if said:
        yield EMPTY
        yield line(span(", ".join(said), "dim"))


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
