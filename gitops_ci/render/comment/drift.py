"""What differs from the last apply: what the plan builds on in full, the rest by name; and what base would change."""

from __future__ import annotations

from gitops_ci.render import outline, words
from gitops_ci.render.comment import diffs
from gitops_ci.render.comment.diffs import Diff, Part
from gitops_ci.render.comment.page import Page, Section
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import cut, text


def section(page: Page, room: int) -> Section:
    """Each stack's drift, folded."""
    return diffs.section(page, room, page.told, _drift, ("drift diff", "drifted object"))


def pending(page: Page, room: int) -> Section:
    """What each stack's base would change as well, folded: it waits for an apply, whatever this change does."""
    unchanged = [Told(row) for row in page.rows if not row.changed]
    return diffs.section(page, room, [*page.told, *unchanged], _pending, ("pending diff", "pending change"))


def _drift(each: Told) -> Diff | None:
    plan = each.row.plan
    if plan is None or not plan.drift:
        return None
    relevant, others = outline.drift(plan)
    said = [f"{len(relevant):,} that the plan builds on"] if relevant else []
    said += [f"{len(others):,} that it does not build on"] if others else []
    summary = f"{_name(each)} · changed outside of the repository: {', '.join(said)}"
    return Diff(summary, (Part(relevant, outline.RELEVANT), Part(others, outline.IRRELEVANT, attributes=False)))


def _pending(each: Told) -> Diff | None:
    plan = each.row.plan
    if plan is None or not plan.pending:
        return None
    count = words.several(len(plan.pending), "change")
    return Diff(f"{_name(each)} · pending before this pull request: {count}", (Part(plan.pending),))


def _name(each: Told) -> str:
    same = f" ({text(cut(each.same(), 200))})" if each.others else ""
    return f"<b>{text(cut(each.row.id, 200))}</b>{same}"
