"""A Change as signed lines, for a diff fence and for a terminal alike: aligned attributes, line diffs, long values cut.

The lines are not escaped: they go through `untrusted.fence` or `untrusted.visible`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from gitops_ci.model.plan import Attribute, Change, JsonValue
from gitops_ci.render.outline import SIGNS
from gitops_ci.render.untrusted import cut

Sign = Literal["+", "-", "~", "±", "↓", "→", "↑", "?", "#", " "]

SENSITIVE = "(sensitive value)"
UNKNOWN = "(known after apply)"

_CONTEXT = 2
_COMPARED_LINES = 120
_LONG = 50_000
_NAME_COLUMN = 48
_IDENTIFIER = re.compile("[a-z_]+")
_NOTES = {
    "import": "imported: exists already, will be managed from now on",
    "forget": "forgotten: keeps existing, is no longer managed",
    "read": "read while applying",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A line with what happens to it; `deep` is False for the line that names the object."""

    sign: str
    text: str
    deep: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """What is cut: a value's characters, a value's lines, an object's attributes."""

    width: int = 160
    lines: int = 40
    attributes: int = 40


DEFAULT_LIMITS = Limits()


def change(what: Change, limits: Limits = DEFAULT_LIMITS, *, attributes: bool = True) -> list[Signed]:
    """The object's line, then its attributes: those that force a replacement first."""
    lines = [_object(what)]
    if not attributes or not what.attributes:
        return lines
    ordered = sorted(what.attributes, key=lambda attribute: not attribute.forces_replacement)
    shown = ordered[: limits.attributes]
    column = max((len(attribute.path) for attribute in shown if len(attribute.path) <= _NAME_COLUMN), default=0)
    for attribute in shown:
        lines += _attribute(attribute, what, column, limits)
    if len(ordered) > len(shown):
        lines.append(Signed("#", f"  {len(ordered) - len(shown):,} more attributes are not shown"))
    return lines


def reason(engine_says: str) -> str:
    """An engine's reason as words: `replace_because_tainted` is read aloud, a sentence stays as it is."""
    return cut(engine_says.replace("_", " ") if _IDENTIFIER.fullmatch(engine_says) else engine_says, 120)


def _object(what: Change) -> Signed:
    notes = [_NOTES[what.action]] if what.action in _NOTES else []
    if what.previous_address and what.previous_address != what.address:
        notes.append(f"was {cut(what.previous_address, 200)}")
    forcing = [cut(attribute.path, 60) for attribute in what.attributes if attribute.forces_replacement]
    if forcing:
        notes.append(f"{', '.join(forcing[:3])}{', …' if len(forcing) > 3 else ''} forces replacement")
    elif what.reason:
        notes.append(reason(what.reason))
    note = f"  # {'; '.join(notes)}" if notes else ""
    return Signed(SIGNS[what.action], cut(what.address, 300) + note, deep=False)


def _attribute(attribute: Attribute, what: Change, column: int, limits: Limits) -> Iterator[Signed]:
    name = f"  {cut(attribute.path, 100):<{column}} ="
    note = "  # forces replacement" if attribute.forces_replacement else ""
    whole: str = {"create": "+", "delete": "-"}.get(what.action, "~")
    if attribute.sensitive:
        yield Signed(whole, f"{name} {SENSITIVE}{note}")
        return
    if attribute.unknown:
        if attribute.before is not None:
            yield Signed("-", f"{name} {one_line(attribute.before, limits.width)}")
        yield Signed("+", f"{name} {UNKNOWN}{note}")
        return
    before, after = _lines(attribute.before), _lines(attribute.after)
    if len(before) > 1 or len(after) > 1:
        yield Signed("+" if not before else "-" if not after else "~", f"{name}{note}")
        yield from _line_difference(before, after, limits)
        return
    yield from _scalars(attribute, name, note, whole, limits)


def _scalars(attribute: Attribute, name: str, note: str, whole: str, limits: Limits) -> Iterator[Signed]:
    before, after = pair(attribute.before, attribute.after, limits.width)
    if attribute.before is None and attribute.after is None:
        yield Signed(whole, f"{name} null{note}")
    elif attribute.before == attribute.after and type(attribute.before) is type(attribute.after):
        yield Signed(" " if whole == "~" else whole, f"{name} {after}{note}")
    else:
        if attribute.before is not None:
            yield Signed("-", f"{name} {before}{'' if attribute.after is not None else note}")
        if attribute.after is not None:
            yield Signed("+", f"{name} {after}{note}")


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


def _lines(value: JsonValue) -> list[str]:
    """A value as lines: text as it is; lists, objects and text that holds them as indented JSON; nothing for None.

    A very long text stays one line, so that a megabyte is never split only to be cut.
    """
    if value is None:
        return []
    if isinstance(value, str) and len(value) > _LONG:
        return [value]
    try:
        if isinstance(value, str):
            if value[:1] in ("{", "["):
                return _indented(json.loads(value))
        elif isinstance(value, (dict, list, tuple)):
            return _indented(value)
    except (ValueError, TypeError, RecursionError):
        pass
    return value.rstrip("\n").split("\n") if isinstance(value, str) else [_json(value)]


def _indented(value: JsonValue) -> list[str]:
    short = json.dumps(value, ensure_ascii=False)
    return (
        [short]
        if len(short) <= 60 or len(short) > _LONG
        else json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    )


def _line_difference(before: list[str], after: list[str], limits: Limits) -> Iterator[Signed]:
    lines = list(_compared(before, after))
    for line in lines[: limits.lines]:
        yield Signed(line.sign, "    " + _cut_line(line.text, limits.width))
    if len(lines) > limits.lines:
        yield Signed("#", f"    {len(lines) - limits.lines:,} more lines are not shown")


def _cut_line(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[:width]}… ({len(line):,} characters)"


def _compared(before: list[str], after: list[str]) -> Iterator[Signed]:
    """A line diff with two lines of context; linear, because only small differing middles are matched."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    yield from _unchanged(before[:start], head=0, tail=_CONTEXT)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) > _COMPARED_LINES or len(new) > _COMPARED_LINES:
        yield from (Signed("-", line) for line in old)
        yield from (Signed("+", line) for line in new)
    else:
        for tag, low, high, new_low, new_high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                yield from _unchanged(old[low:high], head=_CONTEXT, tail=_CONTEXT)
                continue
            yield from (Signed("-", line) for line in old[low:high])
            yield from (Signed("+", line) for line in new[new_low:new_high])
    yield from _unchanged(before[len(before) - end :], head=_CONTEXT, tail=0)


def _unchanged(lines: list[str], *, head: int, tail: int) -> Iterator[Signed]:
    hidden = len(lines) - head - tail
    if hidden <= 1:
        yield from (Signed(" ", line) for line in lines)
        return
    yield from (Signed(" ", line) for line in lines[:head])
    yield Signed("#", f"({hidden:,} unchanged lines)")
    yield from (Signed(" ", line) for line in lines[len(lines) - tail :])
