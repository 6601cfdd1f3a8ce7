"""What rules found: new findings with their fix, then in one line those accepted, already there, or gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.render import finding_groups, outline, words
from gitops_ci.render.comment.page import Page, Section, fit, folded, row, table
from gitops_ci.render.finding_groups import Group
from gitops_ci.render.links import anchor, place
from gitops_ci.render.outline import MARKS
from gitops_ci.render.untrusted import code, cut, text

_MOST = 50
_FEW = 25
"""Rows up to which findings are told one by one."""
_PLACES = 4
_WIDTH = 500
_FRAME = 400


def section(page: Page, room: int) -> Section:
    """New findings, one row for each thing that is said, however many places it is said about; many of them by rule."""
    found = outline.new(page.report.findings)
    groups = finding_groups.of(found, _FEW)
    fitted = fit(_lines(page, groups), len(groups), room - _FRAME, _MOST)
    if not fitted.pieces:
        return Section("", (("finding", len(found)),))
    counts = outline.severities(found)
    said = ", ".join(words.several(count, severity) for severity, count in counts.items())
    body = table(("", "Finding", "Where", "Fix"), "llll", fitted.pieces)
    left = sum(len(group.findings) for group in groups[len(fitted.pieces) :])
    written = folded(f"<b>{words.several(len(found), 'finding')}</b> · {said}", body, opened="error" in counts)
    return Section(written, (("finding", left),))


def _lines(page: Page, groups: list[Group]) -> Iterator[str]:
    for group in groups:
        rule = anchor(code(cut(group.rule, 100)), page.links.rule(group.rule, group.findings[0].url))
        also = words.some([code(cut(each, 100)) for each in outline.also(group.findings)], _PLACES)
        rule += f", also {also}" if also else ""
        where = words.some(list(dict.fromkeys(_where(page, finding) for finding in group.findings)), _PLACES)
        stacks = [code(cut(each, 120)) for each in outline.stacks(group.findings)]
        where += f" in {words.some(stacks, _PLACES)}" if stacks else ""
        said = cut(group.said, _WIDTH)
        yield row(MARKS[group.severity], f"{text(said)} · {rule}", where, text(cut(group.help, _WIDTH)))


def _where(page: Page, finding: Finding) -> str:
    return place(page.links, finding.path, finding.line, fallback=cut(finding.stack or "", 160))


def settled(page: Page, room: int) -> Section:
    """Findings that need nothing now: waived ones with who, why and until when; existing and fixed ones by rule."""
    waived = outline.waived(page.report.findings)
    before = [finding for finding in page.report.findings if finding.state == "existing" and not finding.waived_by]
    fixed = sum(finding.state == "fixed" for finding in page.report.findings)
    said = [f"{words.several(len(before), 'finding')} from before this change"] if before else []
    said += [f"{len(waived):,} waived"] if waived else []
    said += [f"{fixed:,} fixed by it ✓"] if fixed else []
    if not said:
        return Section()
    if room < _FRAME:
        return Section("", (("finding", len(before) + len(waived)),))
    parts, left = _settled_parts(page, before, waived, room - _FRAME)
    summary = ", ".join(said)
    return Section(folded(summary, parts) if parts else summary, (("finding", left),))


def _settled_parts(
    page: Page, before: list[Finding], waived: list[tuple[Finding, Waiver]], room: int
) -> tuple[str, int]:
    rules = Counter(finding.rule for finding in before).most_common()
    lines = fit((f"- {code(cut(rule, 100))}: {count:,}" for rule, count in rules), len(rules), room // 2, _MOST)
    accepted = fit(
        (_accepted(page, finding, waiver) for finding, waiver in waived),
        len(waived),
        room // 2,
        _MOST,
    )
    parts = ["\n".join(lines.pieces)] if lines.pieces else []
    parts += (
        [table(("Waived", "Where", "Accepted by", "Because", "Until"), "lllll", accepted.pieces)]
        if accepted.pieces
        else []
    )
    left = sum(count for _, count in rules[len(lines.pieces) :]) + accepted.left_out
    return "\n\n".join(parts), left


def _accepted(page: Page, finding: Finding, waiver: Waiver) -> str:
    cells = (text(cut(waiver.owner, 100)), text(cut(waiver.reason, 200)), text(cut(waiver.until or "", 30)) or "no end")
    return row(code(cut(finding.rule, 100)), _where(page, finding), *cells)
