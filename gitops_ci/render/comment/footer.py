"""The last line: what was planned, against what, with what, and what was left out to fit."""

from __future__ import annotations

from gitops_ci.render import outline, words
from gitops_ci.render.comment.page import Page
from gitops_ci.render.links import anchor
from gitops_ci.render.untrusted import code, cut, text

ROOM = 1_500
"""What the footer needs at most, without its links."""

_ENGINES = 6


def footer(page: Page, left_out: dict[str, int]) -> str:
    """The footer line."""
    report = page.report
    parts = list(filter(None, [_planned(page)]))
    engines = dict.fromkeys(plan.engine for plan in report.plans if plan.engine)
    named = [f"{text(cut(each.name, 40))} {text(cut(each.version, 40))} ({each.source})" for each in engines]
    parts += [words.some(named, _ENGINES)] if named else []
    if report.planned.tree:
        parts += filter(None, [outline.reach(report, page.rows), words.duration(report.seconds)])
    parts += [anchor(name, url) for name, url in (("run", page.links.run), ("full report", page.links.report)) if url]
    parts.append(f"gitops-ci {text(cut(report.tool.version, 40))}")
    said = ", ".join(words.several(count, noun) for noun, count in left_out.items() if count)
    parts += [f"**left out to fit: {said}**"] if said else ["nothing left out"] if report.planned.tree else []
    return f"<sub>{' · '.join(parts)}</sub>"


def _planned(page: Page) -> str:
    planned, base, head = page.report.planned, page.report.base, page.report.head
    if not planned.tree:  # nobody has looked at anything
        return f"About {_commit(page, head)}" if head else ""
    if planned.commit is None and head is not None and base is not None:
        return f"Judged {_commit(page, head)} merged into {_commit(page, base)}"
    what = _commit(page, planned.commit) if planned.commit else f"the work tree {code(planned.tree[:7])}"
    done = "Checked" if outline.is_about_policies(page.report) else "Planned"
    return f"{done} {what} on {_commit(page, base)}" if base else f"{done} {what}"


def _commit(page: Page, commit: str) -> str:
    return anchor(code(commit[:7]), page.links.revision(commit))
