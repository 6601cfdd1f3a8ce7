"""Sprig's functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem

_MOST = 10_000


def whole(value: Any) -> int:
    """As Sprig's `int64`: what is no number is 0, a fraction is cut off."""
    match value:
        case bool():
            return int(value)
        case int():
            return value
        case float():
            return int(value) if math.isfinite(value) else 0
        case str():
            return _parsed(value)
        case _:
            return 0


def _parsed(text: str) -> int:
    try:
        return int(text, 0) if len(text) < 40 else 0
    except ValueError:
        return 0


def real(value: Any) -> float:
    """As Sprig's `float64`."""
    try:
        return float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _wrapped(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _quotient(one: Any, other: Any) -> int:
    divisor = whole(other)
    if not divisor:
        raise TemplateProblem("division by zero")
    size = abs(whole(one)) // abs(divisor)
    return size if (whole(one) < 0) is (divisor < 0) else -size


def _remainder(one: Any, other: Any) -> int:
    return whole(one) - _quotient(one, other) * whole(other)


def _steps(start: Any, stop: Any, step: Any) -> list[int]:
    first, last, by = whole(start), whole(stop), whole(step)
    if not by or (last < first) is not (by < 0):
        return []
    if abs(last - first) // abs(by) > _MOST:
        raise TemplateProblem(f"more than {_MOST:,} numbers")
    return list(range(first, last, by))


def _until(count: Any) -> list[int]:
    return _steps(0, count, -1 if whole(count) < 0 else 1)


def _round(value: Any, digits: Any, *on: Any) -> float:
    """Half away from zero, as Sprig does it."""
    power = 10.0 ** int(digits)
    scaled = power * real(value)
    fraction, lower = math.modf(scaled)
    limit = real(on[0]) if on else 0.5
    return (math.ceil(scaled) if fraction >= limit else math.floor(scaled) if lower >= 0 else lower) / power


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": whole,
    "int64": whole,
    "float64": real,
    "atoi": _parsed,
    "add": lambda *values: _wrapped(sum(map(whole, values))),
    "add1": lambda value: _wrapped(whole(value) + 1),
    "sub": lambda one, other: _wrapped(whole(one) - whole(other)),
    "mul": lambda one, *others: reduce(lambda so_far, each: _wrapped(so_far * whole(each)), others, whole(one)),
    "div": _quotient,
    "mod": _remainder,
    "max": lambda one, *others: max(map(whole, (one, *others))),
    "min": lambda one, *others: min(map(whole, (one, *others))),
    "biggest": lambda one, *others: max(map(whole, (one, *others))),
    "floor": lambda value: float(math.floor(real(value))),
    "ceil": lambda value: float(math.ceil(real(value))),
    "round": _round,
    "until": _until,
    "untilStep": _steps,
}
