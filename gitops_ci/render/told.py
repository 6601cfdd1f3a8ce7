"""The same change in several environments or stacks is told once, and of nearly the same one only what differs."""

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
_ALIKE = 3
"""So many stacks that do the same are one; two are read as fast as told."""
_HIDDEN = {"path": None, "line": None}


class Told(Struct, frozen=True):
    """A row whose changes are told for `others`, too; not `exact` where the environments' names are in what they say.

    Others of the same environment are other stacks; `named`: their own names are in what they say.
    `like` is an earlier namesake with the same set of changes and outputs; then `same_as_like` are the ones (by
    identity) that happen there as well and need not be told again.
    """

    row: Row
    others: tuple[Row, ...] = ()
    exact: bool = True
    named: bool = False
    like: Row | None = None
    same_as_like: frozenset[int] = frozenset()

    def same(self) -> str:
        """Where else the same happens, as plain words; empty for nowhere else."""
        if not self.others:
            return ""
        twins = len(self.twins)
        names = dict.fromkeys(each.environment for each in self.others if each.environment != self.row.environment)
        where = [f"{twins:,} more"] if twins else []
        where += [", ".join(names)] if names else []
        but = ["the environment's name"] if not self.exact else []
        but += ["the stack's name"] if self.named else []
        return f"same in {' and in '.join(where)}" + (f", but for {words.both(but)}" if but else "")

    @property
    def twins(self) -> tuple[Row, ...]:
        """The others of the same environment."""
        return tuple(each for each in self.others if each.environment == self.row.environment)

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
    found = [firsts[id(row)] for row in shown if id(row) in firsts]
    return _twins(found)


def _twins(found: Sequence[Told]) -> tuple[Told, ...]:
    """Those that change alike in many stacks of one environment, as one, in order of the first.

    What loses something is told stack by stack. What others of another environment do alike goes with each.
    """
    like = {id(each.like) for each in found if each.like is not None}
    candidates: dict[object, list[Told]] = defaultdict(list)
    for each in found:
        plan = each.row.plan
        if plan is not None and not each.row.destroys and each.like is None and id(each.row) not in like:
            sizes = len(plan.changes), len(plan.outputs), plan.summary
            if sizes[0] <= _MOST_COMPARED:
                kind = each.row.label.partition("/")[0]
                candidates[each.row.environment, kind, plan.status, each.exact, sizes].append(each)
    firsts: dict[int, Told] = {}
    for several in candidates.values():
        for group in _named_alike(several) if len(several) >= _ALIKE else ():
            first, *others = group
            alike = (*first.others, *(row for each in others for row in (each.row, *each.others)))
            named = any(_neutral(each) != _whole(each) for each in group)
            firsts |= {id(each): first for each in others}
            firsts[id(first)] = structs.replace(first, others=alike, named=named)
    return tuple(firsts.get(id(each), each) for each in found if firsts.get(id(each), each).row is each.row)


def _named_alike(several: list[Told]) -> Iterator[list[Told]]:
    """Groups of those that differ in nothing but their stacks' own names."""
    groups: dict[bytes, list[Told]] = defaultdict(list)
    for each in several:
        groups[sha256(_neutral(each)).digest()].append(each)
    yield from (group for group in groups.values() if len(group) >= _ALIKE)


def _neutral(each: Told) -> bytes:
    return _without(each.row.label.rpartition("/")[2], _whole(each))


def _whole(each: Told) -> bytes:
    return b"" if each.row.plan is None else _written(_said(each.row.plan))


def _said(plan: Plan) -> object:
    """All that a plan says, wherever it says so."""
    changes = [structs.replace(change, **_HIDDEN) for change in (*plan.changes, *plan.outputs)]
    return changes, plan.drift, plan.checks, plan.pending, plan.upstream


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
        yield Told(first.row, tuple(each.row for each in others), not first.named, like=like, same_as_like=same)
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
    name = row.environment
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


def _without(word: str, written: bytes) -> bytes:
    """What is written with a mark for each `word` that stands by itself; the same object where none does."""
    name = word.encode("utf-8", "surrogatepass")
    pieces = written.split(name) if name else []
    if len(pieces) < 2:
        return written
    found = [pieces[0]]
    marked = False
    for left, right in pairwise(pieces):
        is_one = not (left[-1:].isalnum() or right[:1].isalnum())
        found += (b"\0" if is_one else name, right)
        marked = marked or is_one
    return b"".join(found) if marked else written


def _written(content: object) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (ValueError, TypeError, OverflowError, RecursionError):  # half a surrogate pair, or no JSON at all
        return repr(content).encode("utf-8", "surrogatepass")
