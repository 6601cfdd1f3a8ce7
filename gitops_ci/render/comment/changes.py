"""Each stack's changes as a foldable diff, stacks and objects that lose something first."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.plan import Change, Plan
from gitops_ci.render import difference, outline, words
from gitops_ci.render.comment.page import Page, Section, folded, units
from gitops_ci.render.outline import Told
from gitops_ci.render.untrusted import cut, fence, text, visible

_LEAST = 400
"""Below this room not even one object would fit."""
_FAIR = 3_000
"""What a stack may take at least, however many others wait."""
_FRAME = 250


def section(page: Page, room: int) -> Section:
    """The diffs; objects that do not fit are counted in their place and in the footer."""
    waiting = sorted(page.told, key=lambda each: outline.weight(each.row))
    parts: list[str] = []
    stacks_left, changes_left = 0, 0
    for index, each in enumerate(waiting):
        share = max(_FAIR, room // min(4, len(waiting) - index))
        written, left = _stack(page, each, min(room, share) - 2) if room > _LEAST else ("", 0)
        if written:
            parts.append(written)
            changes_left += left
            room -= units(written) + 2
        else:
            stacks_left += 1
    return Section("\n\n".join(parts), (("stack diff", stacks_left), ("change", changes_left)))


def _stack(page: Page, each: Told, room: int) -> tuple[str, int]:
    """One stack's folded diff within `room` and how many changes are not in it; empty if not one fits."""
    plan = each.row.plan
    if plan is None:
        return "", 0
    summary = _summary(each, plan)
    objects = list(_objects(plan))
    lines: list[str] = []
    ends: list[int] = []
    left = room - units(summary) - _FRAME
    for title, change in objects:
        drawn = [f"# {title}"] if title else []
        drawn += _drawn(change, attributes=page.detail == "full")
        left -= sum(units(line) + 1 for line in drawn)
        if left < 0:
            break
        lines += drawn
        ends.append(len(lines))
    while ends:
        missing = len(objects) - len(ends)
        note = [f"# {words.several(missing, 'more change')} left out to fit"] if missing else []
        note += [f"# and {words.several(reads, 'step')} that alter nothing"] if (reads := outline.reads(plan)) else []
        written = folded(summary, fence("\n".join(lines[: ends[-1]] + note), "diff"))
        if units(written) <= room:
            return written, missing
        ends = ends[: len(ends) // 2]  # escaping made it longer than it was counted
    return "", 0


def _drawn(change: Change, *, attributes: bool) -> Iterator[str]:
    for line in difference.change(change, attributes=attributes):
        yield f"{line.sign} {visible(line.text)}"


def _objects(plan: Plan) -> Iterator[tuple[str, Change]]:
    """Changes, those that lose something first; then outputs and drift, the first of each with a title."""
    yield from (("", change) for change in outline.objects(plan))
    for title, changes in (("Outputs", plan.outputs), ("Drift: changed outside of the repository", plan.drift)):
        yield from ((title if index == 0 else "", change) for index, change in enumerate(changes))


def _summary(each: Told, plan: Plan) -> str:
    counts = words.counts(outline.totals([each.row]))
    extra = [counts] if counts else []
    extra += [words.several(len(plan.outputs), "output")] if plan.outputs else []
    extra += [f"{len(plan.drift):,} drifted"] if plan.drift else []
    extra += ["partial: the plan failed"] if plan.status == "failed" else []
    same = each.same()
    said = [", ".join(extra) or "reads only", *([text(cut(same, 200))] if same else [])]
    return f"<b>{text(cut(each.row.id, 200))}</b> · {' · '.join(said)}"
