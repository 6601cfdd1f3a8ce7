"""What values are in a Go template: missing ones, what counts as true, how each is printed."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

MAX_TEXT = 1 << 20
"""Characters that a template may make, in all or in one value."""


MAX_WEIGHT = 100_000
"""Values that one list or map may hold at any depth, those that it holds twice counted twice."""


class TemplateProblem(Exception):
    """Why a template cannot be read or run; the message says where in it."""


class Budget:
    """What all templates of a repository may take together: steps, and characters that they make."""

    def __init__(self, steps: int = 5_000_000, characters: int = 64 << 20) -> None:
        self._steps, self._characters = steps, characters

    def spend(self, steps: int, characters: int) -> None:
        """Takes from what is left. Raises TemplateProblem where nothing is."""
        self._steps -= steps
        self._characters -= characters
        if self._steps < 0 or self._characters < 0:
            raise TemplateProblem("the templates of this repository take too much to be rendered here")


class Missing:
    """What a map does not have: printed as `<no value>`, false, and no argument for a text."""

    def __repr__(self) -> str:
        return "<no value>"


MISSING = Missing()


def is_true(value: Any) -> bool:
    """Whether `if` takes it: no zero, nothing empty."""
    return not isinstance(value, Missing) and bool(value)


def shown(value: Any) -> str:
    """As Go's `fmt.Print` writes it (`%v`)."""
    match value:
        case None | Missing():
            return "<no value>"
        case _:
            return _shown(value)


def brief(value: Any, longest: int = 40) -> str:
    """A value in a message: of lists and maps, which may be of any size, only that they are."""
    if isinstance(value, list | tuple | dict):
        return "a map" if isinstance(value, dict) else "a list"
    return "nil" if value is None else shown(value)[:longest]


def _shown(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return number(value)
        case list() | tuple():
            return "[" + " ".join(map(_shown, value)) + "]"
        case dict():
            return "map[" + " ".join(f"{key}:{_shown(value[key])}" for key in sorted(value)) + "]"
        case None | Missing():
            return "<nil>"
        case _:
            return str(value)


def number(value: float) -> str:
    """A float as `%v` writes it: the shortest digits, with an exponent below 1e-4 and from 1e6 on."""
    if math.isinf(value) or math.isnan(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0"
    _, digits, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    mantissa, power = "".join(map(str, digits)), int(exponent) + len(digits) - 1
    if -4 <= power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{mantissa}"
    whole, fraction = (
        (mantissa[: power + 1].ljust(power + 1, "0"), mantissa[power + 1 :])
        if 0 <= power < 6
        else (mantissa[0], mantissa[1:])
    )
    tail = "" if 0 <= power < 6 else f"e{'-' if power < 0 else '+'}{abs(power):02}"
    return f"{sign}{whole}{'.' if fraction else ''}{fraction}{tail}"


def weight(value: Any) -> int:
    """How many values a list or a map holds, at any depth. Raises TemplateProblem past the limit."""
    found = effort(value, 0)
    if found > MAX_WEIGHT:
        raise TemplateProblem(f"a value that holds more than {MAX_WEIGHT:,} others")
    return found


def effort(value: Any, characters: int) -> int:
    """The steps that it takes to look at a value: one for each that it holds, and one for so many characters, if any.

    More than MAX_WEIGHT for all that hold more.
    """
    if not isinstance(value, list | dict):
        return len(value) // characters if isinstance(value, str) and characters else 0
    found = length = 0
    pending = [value]
    while pending and found <= MAX_WEIGHT:
        each = pending.pop()
        inner = each.values() if isinstance(each, dict) else each
        found += len(inner)
        if characters:
            texts = (one for one in (*inner, *(each if isinstance(each, dict) else ())) if isinstance(one, str))
            length += sum(map(len, texts))
        pending += [one for one in inner if isinstance(one, list | dict)]
    return found + (length // characters if characters else 0)


def is_number(value: Any) -> bool:
    """Whether Go has it as a number: a bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
