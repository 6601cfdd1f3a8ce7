"""What is lost: every replace and every delete by name, with what forces it; and what runs on with nobody for it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gitops_ci.model.plan import Attribute, Change, JsonValue
from gitops_ci.render import attribute_lines, difference, effects, values, words
from gitops_ci.render.comment.page import Page, Section, fit, units
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import code, cut, text

_MOST = 40
_FRAME = 140
_NAMESPACES = 3
_LONG = 60
_ALIKE, _NAMES = 3, 20
"""So many deletes for one reason take one line; names in it."""
_VERBS = {"delete": "deletes", "replace": "replaces"}
_OPENS = {"create": "adds", "update": "loosens"}
"""What a change of rules and permissions does that takes a protection away."""


def section(page: Page, room: int) -> Section:
    """The caution block; nothing where nothing is lost."""
    losing = [each for each in page.told if each.row.destroys]
    total = sum(len(each.row.destroys) for each in losing)
    said = _losses(losing)
    fitted = fit((each.line for each in said), len(said), room - _FRAME, _MOST)
    shown = said[: len(fitted.pieces)]
    lines = [*fitted.pieces]
    if rest := total - sum(each.told for each in shown):
        lines.append(f"> - {'and ' if lines else ''}{words.several(rest, 'more destructive change')}")
    leaving = [each for each in page.told if effects.left_behind(each.row)]
    left = fit(map(_leaves, leaving), len(leaving), room - _FRAME - sum(units(line) + 1 for line in lines), _MOST)
    lines += left.pieces
    block = "\n".join(("> [!CAUTION]", *lines)) if lines else ""
    unsaid = ("stack that leaves objects behind", left.left_out)
    return Section(block, (("destructive change", total - sum(each.named for each in shown)), unsaid))


class _Loss(Struct, frozen=True):
    """A line, how many changes it tells of, and how many of these it names."""

    line: str
    told: int
    named: int


def _losses(losing: Sequence[Told]) -> list[_Loss]:
    """Each stack's first changes: of many, every stack has its turn before one has all. Many alike take one line."""
    groups = {id(each): _alike(each.row.destroys) for each in losing}
    most = _MOST if sum(map(len, groups.values())) <= _MOST else max(1, _MOST // len(losing))
    names = max(_ALIKE - 1, min(_NAMES, 2 * _MOST // max(1, len(losing))))
    found: list[_Loss] = []
    for each in losing:
        same = f" ({text(each.same())})" if each.same() else ""
        first, rest = groups[id(each)][:most], sum(map(len, groups[id(each)][most:]))
        for number, group in enumerate(first, 1):
            more = rest if number == len(first) else 0
            sentence = _sentence(each, group[0]) if len(group) == 1 else _together(each, group, names)
            hint = f", and {more:,} more" if more else ""
            found.append(_Loss(f"> - {sentence}{same}{hint}", len(group) + more, min(len(group), names)))
    return found


def _alike(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes that one sentence tells together: many deletes for one reason. In the order of their first."""
    groups: dict[object, list[Change]] = {}
    for number, change in enumerate(changes):
        is_plain = change.action == "delete" and not change.deposed
        groups.setdefault(change.reason if is_plain else number, []).append(change)
    return [
        part for group in groups.values() for part in ([group] if len(group) >= _ALIKE else [[one] for one in group])
    ]


def _together(each: Told, group: Sequence[Change], most: int) -> str:
    """Many deletes for one reason; where each was written is told beside its difference."""
    names = words.some([code(cut(change.address, 200)) for change in group], most)
    why = f", {text(difference.reason(group[0].reason))}" if group[0].reason else ""
    return f"**{text(cut(each.row.id, 200))}** deletes {len(group):,}{why}: {names}"


def _leaves(each: Told) -> str:
    """What a stack leaves running in its cluster."""
    left = effects.left_behind(each.row)
    names = [change.address.rpartition(" ")[2] for change in left]
    found = list(dict.fromkeys(name.partition("/")[0] for name in names if "/" in name))
    spaces = [code(cut(space, 80)) for space in found]
    where = f" in namespace{'s' * (len(found) > 1)} {words.some(spaces, _NAMESPACES)}" if found else ""
    same = f" ({text(each.same())})" if each.same() else ""
    objects = words.several(len(left), "object")
    return f"> - **{text(cut(each.row.id, 200))}** leaves {objects} running{where}, no longer managed{same}"


def _sentence(each: Told, change: Change) -> str:
    rules = each.row.is_about_rules
    loses = "loses" if change.type == "data" else "loses data in"
    verb = _VERBS.get(change.action) or (_OPENS.get(change.action, "changes") if rules else loses)
    deposed = f"the deposed object {code(cut(change.deposed, 40))} of " if change.deposed else ""
    subject = f"**{text(cut(each.row.id, 200))}** {verb} {deposed}{code(cut(change.address, 200))}"
    forcing = [attribute for attribute in change.attributes if attribute.forces_replacement]
    if forcing:
        shown = ", ".join(_values(attribute) for attribute in forcing[:3])
        more = f" and {len(forcing) - 3:,} more" if len(forcing) > 3 else ""
        verb = "forces" if len(forcing) == 1 else "force"
        order = difference.order(change)
        why = (
            f"; {text(difference.reason(change.reason))}"
            if change.reason and difference.is_sentence(change.reason)
            else ""
        )
        return f"{subject}: {shown}{more} {verb} a new one{f' ({order})' if order else ''}{why}"
    where = f" ({code(cut(change.path, 200) + (f':{change.line}' if change.line else ''))})" if change.path else ""
    return f"{subject}{where}: {text(difference.reason(change.reason))}" if change.reason else subject + where


def _values(attribute: Attribute) -> str:
    name = code(cut(attribute.path, 80))
    if attribute.sensitive:
        return f"{name} {attribute_lines.SENSITIVE}"
    if _is_long(attribute.before) or _is_long(attribute.after):
        return name
    before, after = values.pair(attribute.before, attribute.after, _LONG)
    return f"{name} {text(before)} → {attribute_lines.UNKNOWN if attribute.unknown else text(after)}"


def _is_long(value: JsonValue) -> bool:
    """Whether a value is a document, which is read in the diff and not in a sentence."""
    return isinstance(value, (dict, list, tuple)) or (
        isinstance(value, str) and (len(value) > _LONG or "\n" in value or value.startswith(("{", "[")))
    )
