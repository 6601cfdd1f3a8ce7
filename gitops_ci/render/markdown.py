"""The pull-request comment: what a reviewer asks, in the order they ask it, always short enough to be posted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from msgspec import structs

from gitops_ci.model.report import Report
from gitops_ci.render import outline, told
from gitops_ci.render.comment import (
    agreed,
    caution,
    changes,
    drift,
    findings,
    footer,
    generated,
    graph,
    merge,
    notices,
    policies,
    schema,
    stacks,
    trials,
    unplanned,
)
from gitops_ci.render.comment.heading import heading, summary_line
from gitops_ci.render.comment.page import Page, Section, units
from gitops_ci.render.links import Links

DEFAULT = "default"
"""What the configuration at the repository's root is called in a comment's marker."""
LIMIT = 65_000
"""GitHub refuses more than 65,536 characters."""
LEAST = 1_000

_NO_LINKS = Links()

Build = Callable[[Page, int], Section]

_IMPORTANCE: tuple[tuple[Build, float], ...] = (
    (merge.section, 0.35),
    (caution.section, 0.35),
    (unplanned.section, 0.35),
    (policies.problems, 0.2),
    (notices.checks, 0.2),
    (stacks.section, 0.4),
    (findings.section, 0.35),
    (policies.section, 0.1),
    (notices.upstream, 0.1),
    (agreed.section, 0.1),
    (graph.section, 0.15),
    (changes.section, 0.8),
    (trials.section, 0.3),
    (schema.section, 0.6),
    (drift.section, 0.6),
    (generated.section, 0.6),
    (drift.pending, 0.6),
    (findings.settled, 1.0),
)
"""Sections by importance, each with its share of the room that is left when its turn comes."""

_ORDER: tuple[Build, ...] = (
    merge.section,
    caution.section,
    policies.problems,
    notices.checks,
    stacks.section,
    unplanned.section,
    notices.upstream,
    graph.section,
    changes.section,
    trials.section,
    schema.section,
    drift.section,
    generated.section,
    drift.pending,
    agreed.section,
    policies.section,
    findings.section,
    findings.settled,
)
"""Sections as they are read."""


def marker(name: str = DEFAULT) -> str:
    """The first line of a comment about one configuration: by it the comment is found again."""
    return f"<!-- gitops-ci:comment v1 config={name} -->"


def comment(
    report: Report,
    links: Links = _NO_LINKS,
    *,
    environments: tuple[str, ...] = (),
    detail: Literal["full", "summary"] = "full",
    limit: int = LIMIT,
    name: str = DEFAULT,
) -> str:
    """The comment in at most `limit` (1,000 or more) UTF-16 code units.

    `name` is the configuration's: a repository may have several, each with a comment of its own.
    `environments` are shown in this order, others after them, shared stacks last; `summary` leaves attributes out.
    """
    if limit < LEAST:
        raise ValueError(f"a comment needs {LEAST} characters, not {limit}")
    shown = outline.rows(report, environments)
    commit = links.commit or report.head or report.planned.commit
    page = Page(report, structs.replace(links, commit=commit), shown, told.of(shown), detail)
    top = f"{marker(name)}\n{heading(report, shown)}"
    plain_footer = footer.footer(page, {})
    sections = _sections(page, limit - units(top) - units(plain_footer) - footer.ROOM)
    left_out: Counter[str] = Counter()
    for section in sections.values():
        left_out.update(dict(section.left_out))
    body = [sections[build].text for build in _ORDER if sections[build].text]
    whole = "\n\n".join([top, *body, footer.footer(page, left_out)]) + "\n"
    return whole if units(whole) <= limit else _last_resort(page, limit, marker(name))


def _sections(page: Page, room: int) -> dict[Build, Section]:
    written: dict[Build, Section] = {}
    for build, share in _IMPORTANCE:
        section = build(page, max(0, int(room * share)))
        written[build] = section
        room -= units(section.text) + 2
    return written


def _last_resort(page: Page, limit: int, first: str) -> str:
    """The verdict alone, where even that is said at length."""
    mark, word = outline.VERDICTS[page.report.verdict.decision] if page.report.verdict else ("📋", "Planned")
    top = f"{first}\n{heading(page.report, page.rows)}"
    note = "\n\n<sub>**left out to fit: everything else**; see the report.</sub>\n"
    return f"{top}{note}" if units(top + note) <= limit else f"{first}\n### {mark} {word}{note}"


__all__ = ["LIMIT", "comment", "marker", "summary_line"]
