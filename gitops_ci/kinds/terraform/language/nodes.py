"""Terraform's expressions as a tree: what is literal, what is called with which arguments, what is referred to.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#expressions; `expressions` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct


class Node(Struct, frozen=True):
    """A part of an expression; `start` and `end` are positions in its text."""

    start: int
    end: int


class Literal(Node, frozen=True):
    """A number, a truth or null, or a part of a template."""

    value: str | int | float | bool | None


class Template(Node, frozen=True):
    """Text with interpolations; `is_computed` where a directive (`%{ if … }`), `~` or the indent decides what it is."""

    parts: tuple[Node, ...]
    is_computed: bool


class Sequence(Node, frozen=True):
    """`[a, b]`."""

    items: tuple[Node, ...]


class Mapping(Node, frozen=True):
    """`{key = value}`; a bare word is a literal key."""

    items: tuple[tuple[Node, Node], ...]


class Call(Node, frozen=True):
    """`name(arguments)`; the name holds its namespace: `provider::aws::arn_parse`.

    `is_expanded`: the last argument is a collection of arguments (`f(list...)`).
    """

    name: str
    arguments: tuple[Node, ...]
    is_expanded: bool = False


class Reference(Node, frozen=True):
    """A name that something is bound to: `var`, `each`, a resource's type."""

    name: str


class Access(Node, frozen=True):
    """`of.name`, `of[0]`, `of["name"]`: `key` is the literal name or number, None where it is a splat or computed."""

    of: Node
    key: str | None
    index: Node | None = None


class For(Node, frozen=True):
    """`[for name in collection : value if condition]`; `key` only of those that make a mapping."""

    names: tuple[str, ...]
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None


class Conditional(Node, frozen=True):
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node


class Operation(Node, frozen=True):
    """Arithmetic, comparison, logic: the operands in their order."""

    operands: tuple[Node, ...]


def children(node: Node) -> Iterable[Node]:
    """The parts of a node, in the order in which they are written."""
    match node:
        case Template(parts=parts) | Sequence(items=parts) | Call(arguments=parts) | Operation(operands=parts):
            return parts
        case Mapping(items=items):
            return (each for item in items for each in item)
        case Access(of=of, index=index):
            return (of,) if index is None else (of, index)
        case For(collection=collection, key=key, value=value, condition=condition):
            return (each for each in (collection, key, value, condition) if each is not None)
        case Conditional(condition=condition, yes=yes, no=no):
            return (condition, yes, no)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, in the order in which it is written."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(tuple(children(current))))


def calls(node: Node) -> Iterator[Call]:
    """Every call in an expression."""
    return (each for each in walk(node) if isinstance(each, Call))
