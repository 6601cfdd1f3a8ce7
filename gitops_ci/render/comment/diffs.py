"""Changes of one stack as a foldable diff that fits its room, and the sharing of room between stacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from gitops_ci.model.plan import Change
from gitops_ci.render import difference, outline, words
from gitops_ci.render.comment.page import Page, Section, folded, units
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import cut, fence, visible

_LEAST = 800
"""Below this room not even one object would fit."""
_FAIR = 3_000
"""What a stack may take at least, however many others wait."""
_FRAME = 700
"""What a diff needs beside its lines: tags, fences, and what is left out."""
_SORTS = 6
_TYPE = 60


class Part(Struct, frozen=True):
    """Changes under one title; without `attributes` each is one line."""

    changes: Sequence[Change]
    title: str = ""
    attributes: bool = True


class Diff(Struct, frozen=True):
    """What a stack's diff tells: an HTML summary, a line above the rest, changes part by part, and what is counted."""

    summary: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    first: str = ""


Make = Callable[[Told], Diff | None]


def section(page: Page, room: int, stacks: Iterable[Told], make: Make, nouns: tuple[str, str]) -> Section:
    """A diff for each of the stacks that `make` has one for, most important first.

    `nouns` name what is left out: a whole diff, and an object that is missing in one that is there.
    """
    parts: list[str] = []
    stacks_left, objects_left = 0, 0
    waiting = [diff for each in sorted(stacks, key=_weight) if (diff := make(each))]
    for index, diff in enumerate(waiting):
        share = max(_FAIR, room // min(4, len(waiting) - index))
        written, left = _written(page, diff, min(room, share) - 2) if room > _LEAST else ("", 0)
        if written:
            parts.append(written)
            objects_left += left
            room -= units(written) + 2
        else:
            stacks_left += 1
    return Section("\n\n".join(parts), ((nouns[0], stacks_left), (nouns[1], objects_left)))


def _weight(each: Told) -> int:
    return outline.weight(each.row)


def _written(page: Page, diff: Diff, room: int) -> tuple[str, int]:
    """The folded diff within `room`, and how many changes are not in it; empty if not one fits."""
    changes = [change for part in diff.parts for change in part.changes]
    lines: list[str] = [f"# {visible(diff.first)}", ""] if diff.first else []
    ends: list[int] = []
    left = room - units(diff.summary) - sum(units(note) + 3 for note in (diff.first, *diff.notes)) - _FRAME
    for drawn in _objects(diff, attributes=page.detail == "full"):
        left -= sum(units(line) + 1 for line in drawn)
        if left < 0:
            break
        lines += drawn
        ends.append(len(lines))
    while ends or not changes:
        missing = changes[len(ends) :]
        notes = [_left_out(missing)] if missing else []
        body = [*lines[: ends[-1] if ends else 0], *(f"# {visible(note)}" for note in (*notes, *diff.notes))]
        written = folded(diff.summary, fence("\n".join(body), "diff"))
        if units(written) <= room:
            return written, len(missing)
        if not ends:
            break
        ends = ends[: len(ends) // 2]  # escaping made it longer than it was counted
    return "", 0


def _left_out(missing: Sequence[Change]) -> str:
    """How many changes are missing, and what most of them are."""
    sorts = Counter((change.action, change.type) for change in missing)
    named = [
        f"{words.several(count, action)} of {cut(kind, _TYPE)}" for (action, kind), count in sorts.most_common(_SORTS)
    ]
    return f"{words.several(len(missing), 'more change')} left out to fit: {words.some(named, _SORTS, of=len(sorts))}"


def _objects(diff: Diff, *, attributes: bool) -> Iterator[list[str]]:
    """The lines of each change, the first of a part with the part's title; an empty line where one has several."""
    before = 0
    for part in diff.parts:
        for index, change in enumerate(part.changes):
            title = [f"# {part.title}"] if part.title and index == 0 else []
            lines = difference.change(change, attributes=attributes and part.attributes)
            gap = [""] if before and (title or before > 1 or len(lines) > 1) else []
            before = len(lines)
            yield [*gap, *title, *(f"{line.sign} {visible(line.text)}" for line in lines)]
