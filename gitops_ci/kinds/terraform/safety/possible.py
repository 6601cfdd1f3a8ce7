"""What an expression may be: the texts that it can give, and collections of them, as far as all of them are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

ANCHOR = "\0"
"""Stands around a directory of the repository at the beginning of a path: what `path.module` is."""
HERE = f"{ANCHOR}.{ANCHOR}"
"""The directory in which the engine runs, as an absolute path."""
GIVEN = "\1"
"""Stands for what the job gives a variable of the root (`TF_VAR_x`): no pull request chooses it."""
SOME = "\2"
"""Stands for a number, a truth, a workspace, a file's name: never empty, and no `/` at its begin, nor `..` in it."""
JUDGED = "\3"
"""Stands for a path that is judged where another block is given it."""
DEFAULTED = "\4"
"""Stands for what the job may give in place of a default: by itself it is judged by the default."""
MARKS = (ANCHOR, GIVEN, SOME, JUDGED, DEFAULTED)
_MARK = re.compile("[\\1-\\4]")
MOST = 2000
"""More texts than these are taken for unknown: nobody lists so many, but a hostile file can multiply them."""
LONGEST = 4096
"""A longer text is taken for unknown: no path is so long."""


class Items(Struct, frozen=True):
    """A mapping, or a list or set (`is_list`): what is under each key or index, and what is under any other one."""

    by_key: Mapping[str, Possible]
    rest: Possible = ()
    is_list: bool = False


Possible = tuple["str | Items", ...] | None
"""Every alternative of a value; None where not all of them are known."""


def union(several: Iterable[Possible]) -> Possible:
    """Any of several."""
    found: dict[object, str | Items] = {}
    for each in several:
        if each is None:
            return None
        for one in each:
            found[one if isinstance(one, str) else id(one)] = one
    return tuple(found.values()) if len(found) <= MOST else None


def texts(value: Possible) -> frozenset[str] | None:
    """The texts that a value may be; None where it may be something else."""
    if value is None or any(isinstance(each, Items) for each in value):
        return None
    return frozenset(each for each in value if isinstance(each, str))


def is_marked(text: str) -> bool:
    """Whether a part of a text is known only when it is evaluated."""
    return any(mark in text for mark in MARKS)


def between_marks(text: str) -> list[str]:
    """What is known of a text, split at what is not."""
    return _MARK.split(text)


def plain(value: Possible) -> frozenset[str] | None:
    """The texts that a value may be; None where one of them is not known letter by letter."""
    found = texts(value)
    return None if found is None or any(is_marked(each) for each in found) else found


def lookup(value: Possible, key: str) -> Possible:
    """What is under a key. One that is not there may be what a type fills in, so it is unknown."""
    if value is None:
        return None
    found = [under(each, key, each.rest or None) for each in value if isinstance(each, Items)]
    return union(found) if found else None


def under(items: Items, key: str, otherwise: Possible) -> Possible:
    """What is under a key that is known; a key of which that is not known may be the same."""
    hidden = [part for name, part in items.by_key.items() if is_marked(name)]
    return union([items.by_key.get(key, otherwise), *hidden])


def elements(value: Possible) -> Possible:
    """Anything that a collection may hold."""
    if value is None or not all(isinstance(each, Items) for each in value):
        return None
    return union(part for each in value if isinstance(each, Items) for part in (*each.by_key.values(), each.rest))


def keys(value: Possible) -> Possible:
    """What `each.key` may be. Of a list that is its elements, too: it may become a set, whose keys they are."""
    if value is None:
        return None
    found: list[Possible] = []
    for each in value:
        if not isinstance(each, Items) or (each.rest != () and not each.is_list):
            return None
        found.append(tuple(each.by_key))
        if each.is_list:
            found.append(elements((each,)))
    return union(found)


def listed(value: Possible) -> Possible:
    """A list of which any element may be `value`."""
    return (Items({}, value, is_list=True),)


def collection(parts: Iterable[Possible]) -> Possible:
    """A list of values."""
    return (Items({str(index): part for index, part in enumerate(parts)}, is_list=True),)


def anywhere(value: Possible, added: Possible, seen: dict[int, Items] | None = None) -> Possible:
    """A value in which `added` may stand at any place as well."""
    if value is None or added is None:
        return None
    known: dict[int, Items] = {} if seen is None else seen
    for each in value:
        if isinstance(each, Items) and id(each) not in known:
            by_key = {key: anywhere(part, added, known) for key, part in each.by_key.items()}
            known[id(each)] = Items(by_key, anywhere(each.rest, added, known), each.is_list)
    return union((tuple(known[id(each)] if isinstance(each, Items) else each for each in value), added))


def mapped(value: Possible, change: Callable[[str], str]) -> Possible:
    """A value whose texts are changed one by one."""
    found = texts(value)
    return None if found is None else tuple({change(each): None for each in sorted(found)})


def joined(parts: Iterable[Possible], separator: str = "") -> Possible:
    """Texts put together: every combination."""
    combined = [""]
    for index, part in enumerate(parts):
        found = texts(part)
        if found is None or len(combined) * len(found) > MOST:
            return None
        between = separator if index else ""
        combined = [before + between + after for before in combined for after in sorted(found)]
        if any(len(each) > LONGEST for each in combined):
            return None
    return tuple(combined)
