"""What a Go template is made of."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Constant(Struct, frozen=True):
    """A text, a number, `true`, `false` or `nil`."""

    value: Any


class Variable(Struct, frozen=True):
    """`$` or `$name`."""

    name: str


class Name(Struct, frozen=True):
    """A function."""

    name: str


class Field(Struct, frozen=True):
    """`.name` of the operand before it, or of the dot; the dot itself where the name is empty."""

    of: Operand | None
    name: str


class Call(Struct, frozen=True):
    """A pipeline in parentheses."""

    pipeline: Pipeline


Operand = Constant | Variable | Name | Field | Call


class Command(Struct, frozen=True):
    """A function or a value, and its arguments."""

    operands: tuple[Operand, ...]


class Assigned(Struct, frozen=True):
    """The variables that a pipeline is given to; `declares` with `:=`."""

    names: tuple[str, ...]
    declares: bool


class Pipeline(Struct, frozen=True):
    """Commands, each with the result of the one before it as its last argument."""

    commands: tuple[Command, ...]
    assigned: Assigned | None = None


class Text(Struct, frozen=True):
    """What stands as it is."""

    text: str


class Action(Struct, frozen=True):
    """A pipeline whose value is printed, unless it is assigned."""

    pipeline: Pipeline


class Branch(Struct, frozen=True):
    """`if`, `with` or `range`."""

    word: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


class Template(Struct, frozen=True):
    """A named template, and what its dot is."""

    name: str
    given: Pipeline | None


class Jump(Struct, frozen=True):
    """`break`, or else `continue`."""

    leaves: bool


Node = Text | Action | Branch | Template | Jump
