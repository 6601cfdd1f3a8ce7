"""What is lost: every replace and every delete by name, with what forces it; and what runs on with nobody for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_ci.model.plan import Attribute, Change, JsonValue
from gitops_ci.render import attribute_lines, difference, effects, values, words
from gitops_ci.render.comment.page import Page, Section, fit, units
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import code, cut, text

_MOST = 40
_FRAME = 140
_NAMESPACES = 3
_LONG = 60
_VERBS = {"delete": "deletes", "replace": "replaces"}
_OPENS = {"create": "adds", "update": "loosens"}
"""What a change of rules and permissions does that takes a protection away."""


def section(page: Page, room: int) -> Section:
    """The caution block; nothing where nothing is lost."""
    losing = [each for each in page.told if each.row.destroys]
    total = sum(len(each.row.destroys) for each in losing)
    share = total if total <= _MOST else max(1, _MOST // len(losing))
    named = sum(len(each.row.destroys[:share]) for each in losing)
    fitted = fit(_lines(losing, share), named, room - _FRAME, _MOST)
    lines = [*fitted.pieces]
    if rest := total - _told(losing, share, len(lines)):
        lines.append(f"> - {'and ' if lines else ''}{words.several(rest, 'more destructive change')}")
    leaving = [each for each in page.told if effects.left_behind(each.row)]
    left = fit(map(_leaves, leaving), len(leaving), room - _FRAME - sum(units(line) + 1 for line in lines), _MOST)
    lines += left.pieces
    block = "\n".join(("> [!CAUTION]", *lines)) if lines else ""
    unsaid = ("stack that leaves objects behind", left.left_out)
    return Section(block, (("destructive change", total - len(fitted.pieces)), unsaid))


def _lines(losing: Sequence[Told], share: int) -> Iterator[str]:
    """Each stack's first changes, a line each: of many, every stack has its turn before one has all."""
    for each in losing:
        same = f" ({text(each.same())})" if each.same() else ""
        first, more = each.row.destroys[:share], len(each.row.destroys[share:])
        for number, change in enumerate(first, 1):
            hint = f", and {more:,} more" if more and number == len(first) else ""
            yield f"> - {_sentence(each, change)}{same}{hint}"


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


def _told(losing: Sequence[Told], share: int, lines: int) -> int:
    """How many changes so many lines tell of: a stack's last one of all that it has."""
    told = 0
    for each in losing:
        own = len(each.row.destroys[:share])
        if lines < own:
            return told + lines
        told, lines = told + len(each.row.destroys), lines - own
    return told


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
