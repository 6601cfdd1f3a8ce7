"""The same change in several environments is told once, and of nearly the same one only what differs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import msgspec
from msgspec import Struct, structs

from gitops_ci.model.plan import Change, Plan
from gitops_ci.render import words
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import cut

_HIDDEN = {"path": None, "line": None}
_WORD = re.compile(rb"[0-9A-Za-z]")


class Told(Struct, frozen=True):
    """A row whose changes are told for `others`, too; not `exact` where values differ in the environments' names.

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
    """What a row's plan says, as digests; the environment's own name counts for nothing in the neutral ones."""

    row: Row
    exact: bytes
    neutral: bytes
    objects: dict[bytes, tuple[bytes, int]]
    """Which object, by action and address → what happens to it, and the change's identity."""


def of(shown: Sequence[Row]) -> tuple[Told, ...]:
    """Rows with changes, in order, where those that change alike in several environments are one."""
    namesakes: dict[object, list[Row]] = defaultdict(list)
    for row in shown:
        if row.changed and row.plan:
            plan = row.plan
            alike = (row.label, plan.status, plan.summary, len(plan.changes), len(plan.outputs))
            namesakes[alike].append(row)
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
            groups[content.neutral].append(content)
    earlier: list[_Content] = []
    for first, *others in groups.values():
        like, same = _likeness(first, earlier)
        exact = all(each.exact == first.exact for each in others)
        yield Told(first.row, tuple(each.row for each in others), exact, like, same)
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
    neutral = _Neutral(row.environment)
    objects: dict[bytes, tuple[bytes, int]] = {}
    exact, same = blake2b(digest_size=16), blake2b(digest_size=16)
    for change in (*plan.changes, *plan.outputs):
        written = _written(structs.replace(change, **_HIDDEN))
        digest = blake2b(neutral(written), digest_size=16).digest()
        exact.update(blake2b(written, digest_size=16).digest())
        same.update(digest)
        objects[neutral(_written((change.action, change.address, change.deposed)))] = digest, id(change)
    rest = _written((plan.drift, plan.checks, plan.pending, plan.upstream))
    exact.update(rest)
    same.update(neutral(rest))
    return _Content(row, exact.digest(), same.digest(), objects)


class _Neutral:
    """Takes an environment's name, as a word of its own, out of what is written."""

    def __init__(self, environment: str) -> None:
        name = environment.encode("utf-8", "surrogatepass")
        self._name = re.compile(re.escape(name) + rb"(?![0-9A-Za-z])") if name else None

    def __call__(self, written: bytes) -> bytes:
        return self._name.sub(_unless_in_a_word, written) if self._name else written


def _unless_in_a_word(found: re.Match[bytes]) -> bytes:
    return found[0] if _WORD.match(found.string[found.start() - 1 : found.start()]) else b"\0"


def _written(content: object) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (ValueError, TypeError, OverflowError, RecursionError):  # half a surrogate pair, or no JSON at all
        return repr(content).encode("utf-8", "surrogatepass")
