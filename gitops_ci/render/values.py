"""JSON values as people read them: on one line, cut where two of them differ, or as lines to compare.

Nothing is escaped here: see `untrusted`.
"""

from __future__ import annotations

import json

from gitops_ci.model.plan import JsonValue

_LONG = 50_000
"""Characters from which a value stays one line, so that a megabyte is never split only to be cut."""


def one_line(value: JsonValue, width: int) -> str:
    """A value as JSON in at most about `width` characters; what was cut is said."""
    if isinstance(value, str) and len(value) > width:
        return f'{_json(value[:width])[:-1]}…" ({len(value):,} characters)'
    written = _json(value)
    return written if len(written) <= width + 2 else f"{written[:width]}… ({len(written):,} characters)"


def pair(before: JsonValue, after: JsonValue, width: int) -> tuple[str, str]:
    """Two values, cut so that where they first differ is shown."""
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > width:
        skip = _common_prefix(before, after) - width // 4
        if skip > width // 4:
            return tuple(
                f"{_json('…' + value[skip : skip + width])} ({len(value):,} characters)" for value in (before, after)
            )  # type: ignore[return-value]  # two in, two out
    return one_line(before, width), one_line(after, width)


def _common_prefix(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _json(value: JsonValue) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return "(a value that cannot be shown)"


def lines(value: JsonValue) -> list[str]:
    """A value as lines: text as it is; lists, objects and text that holds them as indented JSON; nothing for None."""
    if value is None:
        return []
    if isinstance(value, str) and len(value) > _LONG:
        return [value]
    try:
        if isinstance(value, str):
            if value[:1] in ("{", "["):
                return _indented(json.loads(value, object_pairs_hook=_unique))
        elif isinstance(value, (dict, list, tuple)):
            return _indented(value)
    except (ValueError, TypeError, RecursionError):
        pass
    return value.rstrip("\n").split("\n") if isinstance(value, str) else [_json(value)]


def _indented(value: JsonValue) -> list[str]:
    short = json.dumps(value, ensure_ascii=False)
    if len(short) <= 60 or len(short) > _LONG:
        return [short]
    return json.dumps(value, ensure_ascii=False, indent=2).split("\n")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """An object, unless a key is there twice: the one that would not be shown may be the one that counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
