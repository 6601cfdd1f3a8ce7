"""Long texts in ConfigMaps: of two that are compared only what lies around the difference is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONG = 50_000
"""Characters from which a text is cut: so long a text is not read whole, and no report should hold it twice."""
_AROUND = 3
_KEPT = 300  # lines of a difference, or of a text that is there on one side only
_WIDE = 150  # characters of a line
_FIELDS = ("data", "binaryData")


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Both sides of a ConfigMap, with long texts cut to where they differ; equal ones stay equal, others differ."""
    for field in _FIELDS:
        one, other = before.get(field), after.get(field)
        if not isinstance(one, Mapping) or not isinstance(other, Mapping):
            continue
        cut = {
            key: _cut(one[key], other[key], field)
            for key in one.keys() & other.keys()
            if one[key] != other[key] and _is_long(one[key], other[key])
        }
        if cut:
            before = {**before, field: {**one, **{key: sides[0] for key, sides in cut.items()}}}
            after = {**after, field: {**other, **{key: sides[1] for key, sides in cut.items()}}}
    return alone(before), alone(after)


def alone(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A ConfigMap with only the beginning of what is long."""
    found = dict(value)
    for field in _FIELDS:
        held = value.get(field)
        if isinstance(held, Mapping) and any(_is_long(each) for each in held.values()):
            found[field] = {key: _beginning(each, field) if _is_long(each) else each for key, each in held.items()}
    return found


def _is_long(*values: Any) -> bool:
    return all(isinstance(value, str) for value in values) and any(len(value) > LONG for value in values)


def _beginning(text: str, field: str) -> str:
    if field == "binaryData":
        return f"({len(text) * 3 // 4:,} bytes)"
    lines = text.splitlines()
    kept = [_narrow(line) for line in lines[:_KEPT]]
    return "\n".join([*kept, f"… {len(lines) - len(kept):,} more lines"] if len(lines) > len(kept) else kept)


def _cut(before: str, after: str, field: str) -> tuple[str, str]:
    """Two different texts of at most LONG characters that differ, too."""
    if field == "binaryData":
        return f"({len(before) * 3 // 4:,} bytes)", f"({len(after) * 3 // 4:,} other bytes)"
    one, other = before.splitlines(), after.splitlines()
    shorter = min(len(one), len(other))
    start = next((index for index in range(shorter) if one[index] != other[index]), shorter)
    end = next((index for index in range(shorter - start) if one[-1 - index] != other[-1 - index]), shorter - start)
    sides = tuple(_around(lines, max(0, start - _AROUND), len(lines) - max(0, end - _AROUND)) for lines in (one, other))
    if sides[0] == sides[1]:  # beyond what is kept, or in how the lines end
        return f"{sides[0]}\n… before", f"{sides[1]}\n… after"
    return sides[0], sides[1]


def _around(lines: list[str], start: int, end: int) -> str:
    """The lines from `start` to `end`, and how many there are before and after that are the same, or too many."""
    kept = [_narrow(line) for line in lines[start : min(end, start + _KEPT)]]
    before = [f"… {start:,} lines that stay"] if start else []
    left = len(lines) - start - len(kept)
    return "\n".join([*before, *kept, *([f"… {left:,} more lines"] if left else [])])


def _narrow(line: str) -> str:
    return line if len(line) <= _WIDE else f"{line[:_WIDE]}…"
