"""OPA's arithmetic: where the embedded engine calculates with doubles, OPA has 64 bits of digits.

A result that a double tells (0.1 + 0.2 is 0.3) is given; one that it does not tell (1 / 3) is noted in Numbers, so that
calculating further, printing and comparing are OPA's, or refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from gitops_ci.policy.rego.rewriting_numbers import Numbers
from gitops_ci.policy.rego.rewriting_sprintf import SetOf, Untrusted, sprintf

Native = Callable[..., list[Any]]
OPERATIONS = ("add", "sub", "mul", "div", "mod")
TOLD = "gitops_ci_guard.told"
"""The function of `told`."""
LARGE_NUMBER = "gitops_ci_guard.large_number"
"""The function of `large_number`."""
MARSHALLED = "gitops_ci_guard.marshalled"
"""The function of `marshalled`."""
_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|(-?\d[\d.eE+-]*)')


def operation(numbers: Numbers, name: str, one: Any, other: Any) -> list[Any]:
    """What an operator gives, as a list: of nothing where OPA's fails (topdown/arithmetic.go)."""
    if isinstance(one, set | frozenset) and isinstance(other, set | frozenset):
        return [one - other] if name == "sub" else []
    if not (_is_number(one) and _is_number(other)):
        return []
    left, right = numbers.value(one), numbers.value(other)
    if name in ("div", "mod") and right == 0:
        return []
    if name == "mod":
        if left.denominator != 1 or right.denominator != 1:
            return []
        rest = abs(left.numerator) % abs(right.numerator)
        return [numbers.settled(Fraction(-rest if left < 0 else rest))]
    return [numbers.settled(_CALCULATED[name](left, right))]


def large(numbers: Numbers, name: str, one: str, other: str) -> list[Any]:
    """The same of operands as JSON: the engine cannot hand over an integer of more than 64 bits."""
    if "[" in (one[0], other[0]):
        raise Untrusted("a set, or a number of more than 64 bits")
    return operation(numbers, name, *(_read(each) for each in (one, other)))


def large_number(text: str, native: Native, numbers: Numbers) -> list[Any]:
    """`to_number` of a value as JSON."""
    value = _read(text)
    return [value] if _is_number(value) else _number((value,), native, numbers)


def _read(text: str) -> Any:
    value = json.loads(text)
    is_double = _is_number(value) and abs(value) >= 1 << 63 and int(float(value)) == value
    return float(value) if is_double else value


_CALCULATED: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
    "div": lambda one, other: one / other,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _folded(name: str, start: int) -> Callable[[Sequence[Any], Native, Numbers], list[Any]]:
    def folded(arguments: Sequence[Any], _: Native, numbers: Numbers) -> list[Any]:
        (values,) = arguments
        if not isinstance(values, list | set | frozenset) or not all(map(_is_number, values)):
            return []
        total = Fraction(start)
        for each in values if isinstance(values, list) else sorted(values):
            total = numbers.rounded(_CALCULATED[name](total, numbers.value(each)))
        return [numbers.settled(total)]

    return folded


def _sprintf(arguments: Sequence[Any], _: Native, numbers: Numbers) -> list[Any]:
    form, values = arguments
    return [sprintf(form, values, numbers.texts)] if isinstance(form, str) and isinstance(values, list) else []


def told(form: Any, values: Any, numbers: Numbers) -> list[Any]:
    """`sprintf` of values that come as `rewriting_calls` hands them over: a set as its members."""
    plain = [each[0] if len(each) == 1 else SetOf(each[0]) if each[2] else each[1][0] for each in values]
    return _sprintf((form, plain), list, numbers)


def marshalled(text: str, numbers: Numbers) -> list[str]:
    """JSON that is printed as OPA prints it. Raises Untrusted where a number of it is not."""
    for found in _NUMBER.finditer(text) if numbers.texts else ():
        if found[1] and float(found[1]) in numbers.texts:
            raise Untrusted("a number that OPA prints otherwise")
    return [text]


def _number(arguments: Sequence[Any], native: Native, numbers: Numbers) -> list[Any]:
    found = native(*arguments)
    if isinstance(arguments[0], str) and found:
        numbers.note(arguments[0])
    return found


def _unit(arguments: Sequence[Any], native: Native, numbers: Numbers) -> list[Any]:
    """What OPA makes of a unit is a double, too; but it prints one with an exponent."""
    found = native(*arguments)
    if found and isinstance(found[0], float):
        numbers.note(f"{found[0]:.17g}" if "e" in repr(found[0]) else repr(found[0]))
    return found


def _document(arguments: Sequence[Any], native: Native, numbers: Numbers) -> list[Any]:
    if isinstance(arguments[0], str):
        numbers.read(arguments[0])
    return native(*arguments)


def _yaml(arguments: Sequence[Any], native: Native, numbers: Numbers) -> list[Any]:
    if isinstance(arguments[0], str) and not is_json(arguments[0]):
        raise Untrusted("YAML that is no JSON")
    return _document(arguments, native, numbers)


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


BY_NUMBERS: dict[str, Callable[[Sequence[Any], Native, Numbers], list[Any]]] = {
    "sprintf": _sprintf,
    "yaml.unmarshal": _yaml,
    "json.unmarshal": _document,
    "to_number": _number,
    "units.parse": _unit,
    "sum": _folded("add", 0),
    "product": _folded("mul", 1),
}
"""By the builtin's name: what takes or gives numbers."""
ALWAYS = ("sprintf", "yaml.unmarshal")
"""Those that the engine is wrong about without any fraction, too."""
