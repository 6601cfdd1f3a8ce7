"""JSON values as people read them on one line, cut where two of them differ.

Nothing is escaped here: see `untrusted`.
"""

from __future__ import annotations

import json

from gitops_ci.model.plan import JsonValue


def one_line(value: JsonValue, width: int) -> str:
    """A value as JSON in at most about `width` characters; what was cut is said."""
    if isinstance(value, str) and len(value) > width:
        return f'{_json(value[:width])[:-1]}…" ({len(value):,} characters)'
    written = _json(value)
    return written if len(written) <= width + 2 else f"{written[:width]}… ({len(written):,} characters)"


def pair(before: JsonValue, after: JsonValue, width: int) -> tuple[str, str]:
    """Two values, cut so that where they first differ is shown."""
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > width:
        skip = _skipped(before, after, width)
        if skip:
            one, other = (
                f"{_json('…' + value[skip : skip + width])} ({len(value):,} characters)" for value in (before, after)
            )
            return one, other
    return one_line(before, width), one_line(after, width)


def line_pair(before: str, after: str, width: int) -> tuple[str, str]:
    """Two lines of text, cut so that where they first differ is shown; either may be empty for none."""
    skip = _skipped(before, after, width) if before and after and max(len(before), len(after)) > width else 0
    one, other = (_cut(line, skip, width) for line in (before, after))
    return one, other


def _cut(line: str, skip: int, width: int) -> str:
    if not skip and len(line) <= width:
        return line
    end = "…" if len(line) > skip + width else ""
    return f"{'…' if skip else ''}{line[skip : skip + width]}{end} ({len(line):,} characters)"


def _skipped(before: str, after: str, width: int) -> int:
    """Characters to leave out in front, so that the first difference is within the width; 0 where it is anyway."""
    skip = _common_prefix(before, after) - width // 4
    return skip if skip > width // 4 else 0


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
