"""Attributes as signed lines: values beside their names, text and JSON as a line diff below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_ci.model.plan import Action, Attribute, Change
from gitops_ci.render import documents, hunks, values
from gitops_ci.render.documents import Document
from gitops_ci.render.nesting import Block
from gitops_ci.render.signed import Limits, Signed
from gitops_ci.render.untrusted import cut

SENSITIVE = "(sensitive value)"
UNKNOWN = "(known after apply)"

_NAME_COLUMN = 48
_NAME = 100
_LIST = 120
_SIGNS: dict[Action, str] = {"create": "+", "delete": "-"}


def of(entries: Sequence[Attribute | Block], action: Action, limits: Limits, depth: int = 1) -> Iterator[Signed]:
    """The lines of attributes and blocks, aligned within each block."""
    indent = "  " * depth
    names = [len(entry.path) for entry in entries if isinstance(entry, Attribute)]
    column = max((length for length in names if length <= _NAME_COLUMN), default=0)
    for entry in entries:
        if isinstance(entry, Block):
            yield Signed(_block_sign(entry, action), indent + cut(entry.path, _NAME))
            yield from of(entry.entries, action, limits, depth + 1)
        else:
            yield from _attribute(entry, f"{indent}{cut(entry.path, _NAME):<{column}} =", action, limits)


def output(what: Change, value: Attribute, limits: Limits) -> Iterator[Signed]:
    """An output of one value, which is told on the line that names it."""
    return _attribute(value, f"{cut(what.address, _NAME)} =", what.action, limits)


def _block_sign(block: Block, action: Action) -> str:
    if action in _SIGNS:
        return _SIGNS[action]
    sides = {(each.before is None, each.after is None and not each.unknown) for each in block.attributes()}
    if any(each.sensitive for each in block.attributes()):
        return "~"
    return "+" if sides == {(True, False)} else "-" if sides == {(False, True)} else "~"


def _attribute(attribute: Attribute, name: str, action: Action, limits: Limits) -> Iterator[Signed]:
    whole = _SIGNS.get(action, "~")
    note = "  # forces replacement" if attribute.forces_replacement else ""
    if attribute.sensitive:
        yield Signed(whole, f"{name} {SENSITIVE}{note}")
    elif attribute.unknown:
        if attribute.before is not None:
            yield Signed("-", f"{name} {values.one_line(attribute.before, limits.width)}")
        yield Signed("+", f"{name} {UNKNOWN}{note}")
    elif attribute.cosmetic:
        yield Signed(whole, f"{name} (differs only in formatting){note}")
    else:
        before, after = (documents.of(value, attribute.path) for value in (attribute.before, attribute.after))
        hidden = before.lines == after.lines and attribute.before != attribute.after  # spaces, a newline at the end
        long = len(before.lines) > 1 or len(after.lines) > 1 or bool(before.decoded or after.decoded)
        if long and not hidden and not _is_short_list(attribute, min(limits.width, _LIST)):
            undone = before.decoded or after.decoded
            decoded = f"{';' if note else '  #'} decoded from {undone}" if undone else ""
            yield from _text(before, after, name + note + decoded, limits)
        else:
            yield from _scalars(attribute, (before, after), (name, note, whole), limits)


def _is_short_list(attribute: Attribute, width: int) -> bool:
    """Whether a list is wholly there or gone, and reads well on one line."""
    value = attribute.after if attribute.before is None else attribute.before
    one_sided = attribute.before is None or attribute.after is None
    return one_sided and isinstance(value, (list, tuple)) and len(values.one_line(value, width)) <= width


def _text(before: Document, after: Document, name: str, limits: Limits) -> Iterator[Signed]:
    """A name, and below it the lines that differ."""
    indent = " " * (len(name) - len(name.lstrip()) + 2)
    yield Signed("+" if not before.lines else "-" if not after.lines else "~", name)
    for line in hunks.compared(before.lines, after.lines, limits):
        yield Signed(line.sign, indent + line.text.replace("\t", "⇥ "))


def _scalars(
    attribute: Attribute, sides: tuple[Document, Document], said: tuple[str, str, str], limits: Limits
) -> Iterator[Signed]:
    """A value on one line each, before and after; `said` is its name, a note, and its sign where it stays."""
    name, note, whole = said
    if sides[0].lines != sides[1].lines and all(side.laid_out or not side.lines for side in sides):
        one, other = ("".join(side.lines) for side in sides)
        before, after = values.line_pair(one, other, limits.width)
    else:
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
