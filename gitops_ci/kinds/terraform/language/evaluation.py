"""What an expression comes to as far as the names in it are known: text, numbers, lists and mappings, else COMPUTED."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from gitops_ci.kinds.terraform.language import expressions, nodes
from gitops_ci.kinds.terraform.language.blocks import Body, Unreadable
from gitops_ci.kinds.terraform.language.nodes import Access, Call, Conditional, Literal, Node, Reference, Template
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value

_MAX_OPEN = 40
"""Names that are looked up while another is: this is recursive, and no configuration needs more."""
_MAX_SIZE = 10_000
"""Characters of a text, or items of a list, that something is made of; longer ones are nobody's path or key."""


class Scope(Protocol):
    """What an expression may name. Both give COMPUTED for what is not known."""

    def name(self, name: str) -> Value:
        """What a first name stands for (`var`, `local`); what follows it is looked up there."""

    def call(self, function: str, arguments: Sequence[Value]) -> Value:
        """The result of a function."""


def text(expression: str, scope: Scope) -> Value:
    """The value of an expression that is given as it is written. Never raises."""
    try:
        return of(expressions.parse(expression), scope)
    except (Unreadable, RecursionError):  # names that nest and expressions that do multiply
        return COMPUTED


def of(node: Node, scope: Scope) -> Value:
    """The value of an expression, or of a part of it."""
    match node:
        case Literal(value=value):
            return value
        case Template() | nodes.Sequence() | nodes.Mapping():
            return _made(node, scope)
        case Call(name=name, arguments=arguments):
            return scope.call(name, [of(each, scope) for each in arguments])
        case Reference(name=name):
            return scope.name(name)
        case Access(of=inner, key=key, index=index):
            return _part(of(inner, scope), of(index, scope) if key is None and index is not None else key)
        case Conditional(condition=condition, yes=yes, no=no) if isinstance(chosen := of(condition, scope), bool):
            return of(yes if chosen else no, scope)
        case _:
            return COMPUTED


def _made(node: Template | nodes.Sequence | nodes.Mapping, scope: Scope) -> Value:
    """What is written down with parts that may not be."""
    match node:
        case Template(parts=parts, is_computed=is_computed):
            return COMPUTED if is_computed else _joined([of(part, scope) for part in parts])
        case nodes.Sequence(items=items):
            return [of(each, scope) for each in items]
        case nodes.Mapping(items=pairs):
            found = {key: of(value, scope) for name, value in pairs if isinstance(key := of(name, scope), str)}
            return found if len(found) == len(pairs) else COMPUTED


def _part(value: Value, key: Value) -> Value:
    if isinstance(value, Mapping) and isinstance(key, str):
        return value.get(key, COMPUTED)
    if isinstance(value, list) and str(key).isdecimal() and int(key) < len(value):
        return value[int(key)]
    return COMPUTED


def _joined(parts: list[Value]) -> Value:
    if len(parts) == 1:
        return parts[0]
    if not all(isinstance(part, str | int | float) for part in parts):
        return COMPUTED
    whole = "".join(str(part).lower() if isinstance(part, bool) else str(part) for part in parts)
    return whole if len(whole) <= _MAX_SIZE else COMPUTED


class Names(Mapping[str, Value]):
    """Named expressions, each worked out when it is asked for; one that needs itself is COMPUTED.

    `opened` are those being worked out, of everything that these may refer to.
    """

    def __init__(self, written: Mapping[str, str], scope: Scope, opened: set[tuple[int, str]]) -> None:
        self._written = written
        self._scope = scope
        self._opened = opened
        self._known: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._known:
            expression = self._written[name]
            at = (id(self), name)
            if at in self._opened or len(self._opened) >= _MAX_OPEN:
                return COMPUTED
            self._opened.add(at)
            self._known[name] = text(expression, self._scope)
            self._opened.discard(at)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


class Either(Mapping[str, Value]):
    """What the first mapping has, else what the second one has."""

    def __init__(self, first: Mapping[str, Value], second: Mapping[str, Value]) -> None:
        self._both = (first, second)

    def __getitem__(self, name: str) -> Value:
        first, second = self._both
        return first[name] if name in first else second[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for each in self._both for name in each))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def locals_of(bodies: Sequence[Body]) -> dict[str, str]:
    """Every local value of some files, as it is written."""
    return {
        each.name: each.expression for body in bodies for block in body.all("locals") for each in block.body.attributes
    }


def call(function: str, arguments: Sequence[Value]) -> Value:
    """The result of one of Terraform's own functions that make texts of texts and mappings of mappings."""
    if function == "try":
        return next((each for each in arguments if each is not COMPUTED), COMPUTED)
    worked = _FUNCTIONS.get(function)
    if worked is None or any(each is COMPUTED or _is_large(each) for each in arguments):
        return COMPUTED
    try:
        found = worked(*arguments)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError):
        return COMPUTED
    return COMPUTED if _is_large(found) else found


def _is_large(value: Value) -> bool:
    return isinstance(value, str | list | Mapping) and len(value) > _MAX_SIZE


def _format(pattern: str, *arguments: Value) -> Value:
    parts = pattern.replace("%d", "%s").split("%s")
    if len(parts) != len(arguments) + 1 or "%" in "".join(parts):
        return COMPUTED
    return _joined([each for pair in zip(parts, (*arguments, ""), strict=True) for each in pair])


def _join(separator: str, *lists: list[Value]) -> Value:
    items = [item for each in lists for item in each]
    return _joined([part for item in items for part in (separator, item)][1:] or [""])


def _replace(text: str, old: str, new: str) -> Value:
    if old.startswith("/") or text.count(old) * len(new) > _MAX_SIZE:  # the first is a regular expression
        return COMPUTED
    return text.replace(old, new)


def _merge(*mappings: Mapping[str, Value]) -> Value:
    return {key: value for each in mappings for key, value in each.items()}


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "basename": posixpath.basename,
    "concat": lambda *lists: [item for each in lists for item in each],
    "dirname": lambda path: posixpath.dirname(path) or ".",
    "element": lambda items, index: items[index % len(items)],
    "format": _format,
    "join": _join,
    "lookup": lambda mapping, key, *default: mapping.get(key, *default),
    "lower": str.lower,
    "merge": _merge,
    "replace": _replace,
    "split": lambda separator, text: text.split(separator),
    "toset": list,
    "tolist": list,
    "tostring": lambda value: _joined([value, ""]),
    "trimprefix": str.removeprefix,
    "trimsuffix": str.removesuffix,
    "upper": str.upper,
}
