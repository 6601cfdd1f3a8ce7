"""Which element of a list before is which element after: equal ones, then those of the same name, then the most alike.

A plan's JSON does not say which lists are sets, so both are aligned in the same way: what is equal and in order is the
same element; an object that is left is the same as one with an equal identity, else as the one that shares most
attributes with it; anything else that is left is the same where it stands at the same index. Work is bounded:
n log n for n elements, and at most `_COMPARED` comparisons of objects.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import JsonValue

IDENTITIES = (
    "id", "arn", "key", "name", "Id", "Name", "Key", "Sid", "sid", "rule_id", "rule_number", "rule_no", "priority",
    "device_name", "domain_name",
)  # fmt: skip
"""Attributes that tell the elements of a list apart, where each element has another value; the first that does so."""

_COMPARED = 20_000


class Pair(Struct, frozen=True, gc=False):
    """An element by its index before and after; None where there is none. `moved`: it changed places with others.

    `equal` elements that did not move are left out.
    """

    before: int | None
    after: int | None
    equal: bool = False
    moved: bool = False

    @property
    def label(self) -> str:
        """How a path names the element: `[2]` after, `[+2]` added, `[-2]` removed, `[1→3]` moved."""
        if self.before is None:
            return f"[+{self.after}]"
        if self.after is None:
            return f"[-{self.before}]"
        return f"[{self.before}→{self.after}]" if self.moved and self.before != self.after else f"[{self.after}]"


def pairs(before: Sequence[JsonValue], after: Sequence[JsonValue], is_open: Callable[[int], bool]) -> list[Pair]:
    """The elements that are not the same on both sides, in the order of display.

    `is_open(index)` says of an element after that something in it is unknown, so that it equals nothing.
    """
    start, end = _ends(before, after, is_open)
    removed = dict.fromkeys(range(start, len(before) - end))
    added = dict.fromkeys(range(start, len(after) - end))
    found: list[Pair] = []
    for match in (_equal, _identified, _alike, _in_place):
        for one, other in match(_Left(before, after, tuple(removed), tuple(added), is_open)):
            found.append(Pair(one, other, match is _equal))
            del removed[one], added[other]
        if not removed or not added:
            break
    found = [*_told(found), *(Pair(one, None) for one in removed), *(Pair(None, other) for other in added)]
    return sorted(found, key=_position)


class _Left(Struct, frozen=True):
    """What has no partner yet, as indexes."""

    before: Sequence[JsonValue]
    after: Sequence[JsonValue]
    removed: tuple[int, ...]
    added: tuple[int, ...]
    is_open: Callable[[int], bool]


def _position(pair: Pair) -> tuple[int, bool]:
    at = pair.before if pair.after is None else pair.after
    return at or 0, pair.after is not None


def _ends(before: Sequence[JsonValue], after: Sequence[JsonValue], is_open: Callable[[int], bool]) -> tuple[int, int]:
    """How many elements at the start and at the end are the same."""
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and same(before[start], after[start]) and not is_open(start):
        start += 1
    end = 0
    while end < shorter - start and same(before[-1 - end], after[-1 - end]) and not is_open(len(after) - 1 - end):
        end += 1
    return start, end


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two JSON values are the same; Python's own `==` does not tell `true` from 1."""
    if one != other:
        return False
    if isinstance(one, str) or one is None:
        return True
    return key(one) == key(other)


def key(value: JsonValue) -> bytes:
    """The same bytes for the same JSON value and for no other."""
    return msgspec.json.encode(value, order="deterministic")


def _equal(left: _Left) -> Iterator[tuple[int, int]]:
    """The n-th of several equal elements before is the n-th of them after."""
    seen: Counter[bytes] = Counter()
    places: dict[tuple[bytes, int], int] = {}
    for index in left.removed:
        content = key(left.before[index])
        places[content, seen[content]] = index
        seen[content] += 1
    seen.clear()
    for index in left.added:
        if not left.is_open(index):
            content = key(left.after[index])
            if (place := places.get((content, seen[content]))) is not None:
                yield place, index
            seen[content] += 1


def _identified(left: _Left) -> Iterator[tuple[int, int]]:
    """Objects with an equal identity; the first attribute counts that is another one in each element of either side."""
    for name in IDENTITIES:
        sides = [_by_identity(left.before, left.removed, name), _by_identity(left.after, left.added, name)]
        shared = [(index, sides[1][value]) for value, index in sides[0].items() if value in sides[1]]
        if shared:
            yield from shared
            return


def _by_identity(values: Sequence[JsonValue], indexes: tuple[int, ...], name: str) -> dict[bytes, int]:
    """Index by identity; empty where the attribute is none."""
    found: dict[bytes, int] = {}
    for index in indexes:
        value = values[index]
        identity = value.get(name) if isinstance(value, dict) else None
        if identity is None or identity == "" or isinstance(identity, dict | list):
            return {}
        found[key(identity)] = index
    return found if len(found) == len(indexes) else {}


def _alike(left: _Left) -> Iterator[tuple[int, int]]:
    """Objects that share at least half of their attributes, the most alike first."""
    ones = {index: parts for index in left.removed if (parts := _parts(left.before[index]))}
    others = {index: parts for index in left.added if (parts := _parts(left.after[index]))}
    if len(ones) * len(others) > _COMPARED:
        return
    scores = sorted(
        (-len(mine & theirs), abs(one - other), one, other)
        for one, mine in ones.items()
        for other, theirs in others.items()
        if 2 * len(mine & theirs) >= min(len(mine), len(theirs))
    )
    for _, _, one, other in scores:
        if one in ones and other in others:
            del ones[one], others[other]
            yield one, other


def _parts(value: JsonValue) -> frozenset[bytes]:
    if not isinstance(value, dict):
        return frozenset()
    return frozenset(key([name, inner]) for name, inner in value.items() if inner not in (None, "", [], {}, False))


def _in_place(left: _Left) -> Iterator[tuple[int, int]]:
    """Whatever stands at the same index."""
    others = set(left.added)
    yield from ((index, index) for index in left.removed if index in others)


def _told(found: list[Pair]) -> Iterator[Pair]:
    """Pairs that differ, and those outside of the longest run that keeps its order: they have moved."""
    found.sort(key=lambda pair: pair.before or 0)
    kept = _in_order([pair.after or 0 for pair in found])
    for index, pair in enumerate(found):
        if index not in kept:
            yield msgspec.structs.replace(pair, moved=True)
        elif not pair.equal:
            yield pair


def _in_order(places: list[int]) -> set[int]:
    """The indexes of a longest increasing run (https://en.wikipedia.org/wiki/Longest_increasing_subsequence)."""
    ends: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for index, place in enumerate(places):
        at = bisect_left(ends, place)
        back.append(last[at - 1] if at else -1)
        if at == len(ends):
            ends.append(place)
            last.append(index)
        else:
            ends[at], last[at] = place, index
    kept: set[int] = set()
    index = last[-1] if last else -1
    while index >= 0:
        kept.add(index)
        index = back[index]
    return kept
