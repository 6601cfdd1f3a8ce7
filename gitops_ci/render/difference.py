"""A Change as signed lines, for a diff fence and for a terminal alike: aligned attributes, line diffs, long values cut.

The lines are not escaped: they go through `untrusted.fence` or `untrusted.visible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from msgspec import Struct

from gitops_ci.model.plan import Attribute, Change
from gitops_ci.render import values
from gitops_ci.render.outline import SIGNS
from gitops_ci.render.untrusted import cut

SENSITIVE = "(sensitive value)"
UNKNOWN = "(known after apply)"

_CONTEXT = 2
_COMPARED_LINES = 120
_NAME_COLUMN = 48
_IDENTIFIER = re.compile("[a-z_]+")
_NOTES = {
    "import": "imported: exists already, will be managed from now on",
    "forget": "forgotten: keeps existing, is no longer managed",
}
_REASONS = {
    "delete_because_no_resource_config": "no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_count_index": "its count no longer reaches this index",
    "delete_because_each_key": "its for_each no longer has this key",
    "delete_because_wrong_repetition": "count or for_each was added or removed",
    "delete_because_no_move_target": "nothing is left at the address it moved to",
    "replace_because_tainted": "tainted: an earlier apply failed half way",
    "replace_because_cannot_update": "it cannot be updated in place",
    "replace_by_request": "asked for with -replace",
    "replace_by_triggers": "replace_triggered_by names something that changes",
}
"""Terraform's `action_reason` in words (https://developer.hashicorp.com/terraform/internals/json-format)."""


class Signed(Struct, frozen=True):
    """A line with what happens to it; `deep` is False for the line that names the object."""

    sign: str
    text: str
    deep: bool = True


class Limits(Struct, frozen=True):
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
    """An engine's reason as words; a sentence stays as it is."""
    if engine_says in _REASONS:
        return _REASONS[engine_says]
    return cut(engine_says.replace("_", " ") if _IDENTIFIER.fullmatch(engine_says) else engine_says, 120)


def _object(what: Change) -> Signed:
    notes = [_NOTES[what.action]] if what.action in _NOTES else []
    if what.importing and what.action != "import":
        notes.append(_NOTES["import"])
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
            yield Signed("-", f"{name} {values.one_line(attribute.before, limits.width)}")
        yield Signed("+", f"{name} {UNKNOWN}{note}")
        return
    before, after = values.lines(attribute.before), values.lines(attribute.after)
    hidden = before == after and attribute.before != attribute.after  # spaces in JSON, a newline at the end
    if (len(before) > 1 or len(after) > 1) and not hidden:
        yield Signed("+" if not before else "-" if not after else "~", f"{name}{note}")
        yield from _line_difference(before, after, limits)
        return
    yield from _scalars(attribute, name, note, whole, limits)


def _scalars(attribute: Attribute, name: str, note: str, whole: str, limits: Limits) -> Iterator[Signed]:
    before, after = values.pair(attribute.before, attribute.after, limits.width)
    if attribute.before is None and attribute.after is None:
        yield Signed(whole, f"{name} null{note}")
    elif attribute.before == attribute.after and type(attribute.before) is type(attribute.after):
        yield Signed(" " if whole == "~" else whole, f"{name} {after}{note}")
    else:
        if attribute.before is not None:
            yield Signed("-", f"{name} {before}{'' if attribute.after is not None else note}")
        if attribute.after is not None:
            yield Signed("+", f"{name} {after}{note}")


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
