"""The same change in several environments is told once, and of nearly the same one only what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise

import msgspec
from msgspec import Struct, structs

from gitops_ci.model.plan import Change, Plan
from gitops_ci.render import words
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import cut

_MOST_COMPARED = 5_000
"""Changes of a stack up to which it is compared with its namesakes."""
_HIDDEN = {"path": None, "line": None}


class Told(Struct, frozen=True):
    """A row whose changes are told for `others`, too; not `exact` where the environments' names are in what they say.

    `like` is an earlier namesake with the same set of changes and outputs; then `same_as_like` are the ones (by
    identity) that happen there as well and need not be told again.
    """

    row: Row
    others: tuple[Row, ...] = ()
    exact: bool = True
    like: Row | None = None
    same_as_like: frozenset[int] = frozenset()

    def same(self) -> str:
        """Where else the same happens, as plain words; empty for nowhere else."""
        if not self.others:
            return ""
        names = ", ".join(dict.fromkeys(other.environment for other in self.others))
        return f"same in {names}" + ("" if self.exact else ", but for the environment's name")

    def elsewhere(self) -> str:
        """How many changes are not told, and where they are; empty for none."""
        if self.like is None:
            return ""
        return f"{words.several(len(self.same_as_like), 'more change')} as in {cut(self.like.id, 160)}"

    def new(self, changes: Sequence[Change]) -> list[Change]:
        """Those of the changes that are not told already."""
        return [change for change in changes if id(change) not in self.same_as_like]


class _Content(Struct, frozen=True):
    """What a row's plan says but for its environment's own name, as digests; whether that name was in it anywhere.

    `objects`: by action and address, what happens to it, and the change's identity.
    """

    row: Row
    digest: bytes
    named: bool
    objects: dict[bytes, tuple[bytes, int]]


def of(shown: Sequence[Row]) -> tuple[Told, ...]:
    """Rows with changes, in order, where those that change alike in several environments are one."""
    namesakes: dict[object, list[Row]] = defaultdict(list)
    for row in shown:
        if row.changed and row.plan:
            plan = row.plan
            size = len(plan.changes) + len(plan.outputs)
            alike = (row.label, plan.status, plan.summary, size)
            namesakes[alike if size <= _MOST_COMPARED else id(row)].append(row)
    firsts: dict[int, Told] = {}
    for several in namesakes.values():
        for each in _alike(several):
            firsts[id(each.row)] = each
    return tuple(firsts[id(row)] for row in shown if id(row) in firsts)


def _alike(several: list[Row]) -> Iterator[Told]:
    """Namesakes that change as many things; those that differ only in their environments' names are told together."""
    if len(several) == 1:
        yield Told(several[0])
        return
    groups: dict[bytes, list[_Content]] = defaultdict(list)
    for row in several:
        if row.plan:
            content = _content(row, row.plan)
            groups[content.digest].append(content)
    earlier: list[_Content] = []
    for first, *others in groups.values():
        like, same = _likeness(first, earlier)
        yield Told(first.row, tuple(each.row for each in others), not first.named, like, same)
        earlier.append(first)


def _likeness(content: _Content, earlier: list[_Content]) -> tuple[Row | None, frozenset[int]]:
    """The first row that does something to the same objects, and the changes that are the same there; at least half."""
    for other in earlier:
        if other.objects.keys() == content.objects.keys():
            same = [what[1] for key, what in content.objects.items() if what[0] == other.objects[key][0]]
            if len(same) * 2 >= len(content.objects) and same:
                return other.row, frozenset(same)
    return None, frozenset()


def _content(row: Row, plan: Plan) -> _Content:
    name = row.environment.encode("utf-8", "surrogatepass")
    whole = sha256()
    named = False
    objects: dict[bytes, tuple[bytes, int]] = {}
    for change in (*plan.changes, *plan.outputs):
        written = _written(structs.replace(change, **_HIDDEN))
        neutral = _without(name, written)
        named = named or neutral is not written
        digest = sha256(neutral).digest()
        whole.update(digest)
        objects[_without(name, _written((change.action, change.address, change.deposed)))] = digest, id(change)
    rest = _written((plan.drift, plan.checks, plan.pending, plan.upstream))
    neutral = _without(name, rest)
    whole.update(neutral)
    return _Content(row, whole.digest(), named or neutral is not rest, objects)


def _without(name: bytes, written: bytes) -> bytes:
    """What is written with a mark for each `name` that stands as a word of its own; the same object where none does."""
    pieces = written.split(name) if name else []
    if len(pieces) < 2:
        return written
    found = [pieces[0]]
    marked = False
    for left, right in pairwise(pieces):
        word = not (left[-1:].isalnum() or right[:1].isalnum())
        found += (b"\0" if word else name, right)
        marked = marked or word
    return b"".join(found) if marked else written


def _written(content: object) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (ValueError, TypeError, OverflowError, RecursionError):  # half a surrogate pair, or no JSON at all
        return repr(content).encode("utf-8", "surrogatepass")
