"""Items of two ends as Changes: which is which, what differs, and whether a protection goes away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from gitops_ci.kinds.security import protections
from gitops_ci.kinds.security.items import Item
from gitops_ci.kinds.terraform.plans import attributes, pairing
from gitops_ci.kinds.terraform.plans.attributes import Sides
from gitops_ci.kinds.terraform.plans.masking import Masking, TooDeep
from gitops_ci.model.plan import Action, Attribute, Change
from gitops_ci.policy import secrets

_LONGEST = 160
_ONE_PLACE = "moved, so it may be deployed by something else, or by nothing"


def between(base: Iterable[Item], head: Iterable[Item]) -> tuple[Change, ...]:
    """What becomes of each, in order of address; nothing of those that only lie elsewhere in the same folder."""
    pairs = list(_pairs(list(base), list(head)))
    found = [change for before, after in _reunited(pairs) if (change := _change(before, after)) is not None]
    return tuple(sorted(_told_apart(found), key=lambda change: (change.address, change.path or "", change.line or 0)))


_Pair = tuple[Item | None, Item | None]


def _pairs(base: list[Item], head: list[Item]) -> Iterator[_Pair]:
    """Each with what it was. Of several with one identity equal ones belong together, then those of one file."""
    groups: dict[tuple[str, ...], tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for side, items in enumerate((base, head)):
        for item in items:
            groups[item.key][side].append(item)
    for before, after in groups.values():
        yield from _matched(before, after)


def _matched(before: list[Item], after: list[Item]) -> Iterator[_Pair]:
    if len(before) == len(after) == 1:
        yield before[0], after[0]
        return
    left = dict.fromkeys(range(len(after)))
    waiting = list(before)
    for likeness in (_whole, _content, _file):
        known: dict[object, list[int]] = defaultdict(list)
        for index in reversed(left):
            known[likeness(after[index])].append(index)
        still: list[Item] = []
        for item in waiting:
            same = known[likeness(item)]
            if same:
                index = same.pop()
                del left[index]
                yield item, after[index]
            else:
                still.append(item)
        waiting = still
    yield from ((item, None) for item in waiting)
    yield from ((None, after[index]) for index in left)


def _whole(item: Item) -> object:
    return item.path, repr(item.content)


def _content(item: Item) -> object:
    return repr(item.content)


def _file(item: Item) -> object:
    return item.path


def _reunited(pairs: Sequence[_Pair]) -> Iterator[_Pair]:
    """A file of another name that holds the same is the same file, moved."""
    gone = {_content(before): before for before, after in pairs if before and not after and _is_file(before)}
    was = {
        id(after): gone.pop(_content(after), None)
        for before, after in pairs
        if after and not before and _is_file(after)
    }
    taken = {id(before) for before in was.values() if before is not None}
    for before, after in pairs:
        if after is not None or id(before) not in taken:
            yield before or was.get(id(after)), after


def _is_file(item: Item) -> bool:
    return item.type == "file"


def _change(before: Item | None, after: Item | None) -> Change | None:
    item = after or before
    assert item is not None
    if before is not None and after is not None and pairing.same(before.content, after.content):
        return _moved(before, after)
    reasons = protections.lost(before, after)
    action: Action = "create" if before is None else "delete" if after is None else "update"
    told = _attributes(before, after)
    if action == "update" and not told and not reasons:
        return None
    return Change(
        address=secrets.masked(item.address),
        previous_address=secrets.masked(before.address) if before and before.address != item.address else None,
        type=item.type,
        action=action,
        reason=_listed(reasons) or protections.unclear(before, after),
        path=item.path,
        line=item.line,
        destructive=bool(reasons) or (action == "delete" and item.kept),
        attributes=tuple(told),
    )


def _listed(reasons: Sequence[str]) -> str:
    """The first two reasons, without secrets, each as long as a sentence is."""
    shown = [secrets.masked(each) for each in reasons[:2]]
    more = f" (and {len(reasons) - 2} more)" if len(reasons) > 2 else ""
    return "; ".join(each if len(each) <= _LONGEST else f"{each[: _LONGEST - 1]}…" for each in shown) + more


def _moved(before: Item, after: Item) -> Change | None:
    if before.place == after.place and (not _is_file(after) or before.path == after.path):
        return None
    was, now = before.address, after.address
    if was == now:
        was, now = f"{was} in {before.place or 'the root'}", f"{now} in {after.place or 'the root'}"
    reason = None if _is_file(after) else _ONE_PLACE
    return Change(
        address=secrets.masked(now),
        previous_address=secrets.masked(was),
        type=after.type,
        action="move",
        reason=reason,
        path=after.path,
        line=after.line,
    )


def _attributes(before: Item | None, after: Item | None) -> list[Attribute]:
    sides = Sides(
        before=before.content if before else None,
        after=after.content if after else None,
        before_sensitive=before.marks if before else None,
        after_sensitive=after.marks if after else None,
    )
    try:
        told = attributes.of(sides, Masking())
    except TooDeep:
        return [Attribute(path="content", sensitive=True)]
    means_the_same = before is not None and after is not None and _is_same(before.meaning, after.meaning)
    return [structs.replace(each, cosmetic=True) for each in told] if means_the_same else told


def _is_same(one: object, other: object) -> bool:
    return one is not None and one == other


def _told_apart(found: list[Change]) -> Iterator[Change]:
    """Several of one address each with the file that it lies in."""
    count: dict[str, int] = defaultdict(int)
    for change in found:
        count[change.address] += 1
    for change in found:
        if count[change.address] > 1:
            yield structs.replace(change, address=f"{change.address} ({change.path})")
        else:
            yield change
