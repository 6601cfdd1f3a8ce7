"""The value of an expression as far as it is written down: text, numbers, lists and mappings of them."""

from __future__ import annotations

from typing import Any, Final

from gitops_ci.kinds.terraform.language import expressions
from gitops_ci.kinds.terraform.language.blocks import Unreadable
from gitops_ci.kinds.terraform.language.nodes import Literal, Mapping, Node, Sequence


class _Computed:
    """What only an evaluation of the configuration could tell."""

    def __repr__(self) -> str:
        return "COMPUTED"


COMPUTED: Final = _Computed()
Value = Any
"""A JSON value in which any part may be COMPUTED."""


def of(expression: str) -> Value:
    """The value of an expression; COMPUTED where, and in so far as, it is more than a literal. Never raises."""
    try:
        return of_node(expressions.parse(expression))
    except Unreadable:
        return COMPUTED


def text(expression: str) -> str | None:
    """The text that an expression is; None where it is no literal text."""
    value = of(expression)
    return value if isinstance(value, str) else None


def of_node(node: Node) -> Value:
    """The value of a part of an expression.

    A mapping with a key that is computed is COMPUTED: that key could be any, and the last one of two counts.
    """
    match node:
        case Literal(value=value):
            return value
        case Sequence(items=items):
            return [of_node(each) for each in items]
        case Mapping(items=pairs):
            keys = [of_node(key) for key, _ in pairs]
            if any(key is COMPUTED or isinstance(key, list | dict) for key in keys):
                return COMPUTED
            return {str(key): of_node(value) for key, (_, value) in zip(keys, pairs, strict=True)}
        case _:
            return COMPUTED
