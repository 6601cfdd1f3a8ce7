"""What `doctor` has found as lines for a terminal: what is wrong, what could not be looked at, and a sum."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_ci.model.finding import Finding
from gitops_ci.model.pull_request import Unreadable
from gitops_ci.render import finding_lines, outline, words
from gitops_ci.render.lines import EMPTY, Line, Style, line, span


def lines(findings: Sequence[Finding], unread: Sequence[Unreadable], left_out: Sequence[str]) -> list[Line]:
    """Never says that all is well where something was not looked at."""
    found = outline.new(findings)
    told = [*finding_lines.findings(found), *finding_lines.waived(findings)]
    told += [EMPTY] if unread or left_out else []
    for each in unread:
        told.append(line(span("? ", "undecided"), f"not known: {each.what}"))
        if each.permission:
            told.append(line(span(f"  the token needs {each.permission}", "dim")))
    told += [line(span("? ", "undecided"), f"left out: {each}") for each in left_out]
    counts = words.counts(outline.severities(found))
    style: Style = "pass"
    if any(finding.severity == "error" for finding in found):
        style = "blocked"
    elif unread or left_out:
        style = "undecided"
    rest = f", {words.several(len(unread), 'thing')} not known" if unread else ""
    good = "nothing to object to" if not left_out else "nothing to object to in what was looked at"
    return [*told, EMPTY, line(span(f"{counts or good}{rest}", style))]
