"""`sprintf` as OPA has it: Go's verbs over a number, a string, or the text of any other value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_VERB = re.compile(r"%([-+0 ]*)(\d*)(?:\.(\d+))?(.)", re.DOTALL)
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_LARGEST = 1 << 63
_EXPONENT = 6
"""From this exponent on Go writes a float with one."""


class Untrusted(Exception):
    """OPA's answer is not known for sure."""


class SetOf(list[Any]):
    """The members of a set in their order: what a set of Python cannot hold."""


def sprintf(form: str, arguments: Sequence[Any], texts: Mapping[float, str] | None = None) -> str:
    """The text. Raises Untrusted for what Go formats in ways that are not told here.

    `texts` are of numbers that OPA may have another text for (1.0), which decides on how they are formatted.
    """
    if texts and any(_is_among(texts, each) for each in arguments):
        raise Untrusted("a number that OPA prints otherwise")
    if texts and any(isinstance(each, int) and each in texts for each in arguments):
        plain, other = (sprintf(form, [how(each, texts) for each in arguments]) for how in (_as_is, _as_float))
        if plain != other:
            raise Untrusted("a number that OPA prints otherwise")
        return plain
    parts, here, used = [], 0, 0
    while (start := form.find("%", here)) >= 0:
        parts.append(form[here:start])
        match = _VERB.match(form, start)
        if match is None:
            raise Untrusted("the format ends with %")
        here = match.end()
        flags, width, precision, verb = match.groups()
        if verb == "%" and not flags and not width and precision is None:
            parts.append("%")
            continue
        if not verb.isascii() or not verb.isalpha():
            raise Untrusted(f"the verb {match[0]}")
        if used >= len(arguments):
            parts.append(f"%!{verb}(MISSING)")
            continue
        parts.append(_padded(flags, width, _verb(verb, precision, flags, arguments[used]), arguments[used]))
        used += 1
    parts.append(form[here:])
    if used < len(arguments):
        extra = ", ".join(f"{_type(each)}={_plain(each)}" for each in arguments[used:])
        parts.append(f"%!(EXTRA {extra})")
    return "".join(parts)


def _is_among(texts: Mapping[float, str], value: Any) -> bool:
    """Whether such a number is inside a value."""
    todo = list(value) if isinstance(value, list | set | frozenset | dict) else []
    while todo:
        each = todo.pop()
        if isinstance(each, list | set | frozenset | dict):
            todo += each
            todo += each.values() if isinstance(each, dict) else ()
        elif isinstance(each, int | float) and not isinstance(each, bool) and each in texts:
            return True
    return False


def _as_is(value: Any, _: Mapping[float, str]) -> Any:
    return value


def _as_float(value: Any, texts: Mapping[float, str]) -> Any:
    is_other = isinstance(value, int) and not isinstance(value, bool) and value in texts
    return float(value) if is_other else value


def _padded(flags: str, width: str, text: str, value: Any) -> str:
    if not width:
        return text
    if int(width) > 1000:
        raise Untrusted("a width of more than a thousand")
    if "-" in flags:
        return text.ljust(int(width))
    if "0" in flags:
        if _type(value) == "string" or not text.lstrip("-+").replace(".", "").isalnum():
            raise Untrusted("zeros before a text")
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(int(width) - len(sign), "0")
    return text.rjust(int(width))


def _verb(verb: str, precision: str | None, flags: str, value: Any) -> str:  # noqa: C901, PLR0911  # a case a verb
    kind = _type(value)
    if ("+" in flags and not (kind == "int64" and verb == "d")) or " " in flags:
        raise Untrusted("a sign before something else than %d")
    if kind == "string" and verb in "sv":
        text = _plain(value)
        return text if precision is None else text[: int(precision)]
    match verb, kind:
        case ("v" | "d", "int64") if precision is None:
            return f"{value:+d}" if "+" in flags else str(value)
        case ("v" | "g", "float64") if precision is None:
            return shortest(value)
        case "f", "float64":
            return f"{value:.{precision or 6}f}"
        case "e", "float64":
            return f"{value:.{precision or 6}e}"
        case ("x" | "X" | "o" | "b", "int64") if precision is None:
            return format(value, verb)
        case ("x" | "X", "string") if precision is None:
            text = _plain(value).encode().hex()
            return text.upper() if verb == "X" else text
        case ("q", "string") if precision is None:
            return quoted(_plain(value))
        case ("s" | "t", "int64" | "float64") | ("d" | "t" | "f" | "e" | "g", "string") | ("d", "float64"):
            return f"%!{verb}({kind}={_plain(value)})"
        case ("f" | "e" | "g", "int64"):
            return f"%!{verb}({kind}={value})"
        case _:
            raise Untrusted(f"the verb %{verb} of {kind}")


def _type(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "string"
    if isinstance(value, float):
        return "float64"
    if not -_LARGEST <= value < _LARGEST:
        raise Untrusted("a number of more than 64 bits")
    return "int64"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return shortest(value) if isinstance(value, float) else text(value)


def shortest(value: float) -> str:
    """A float as Go's %v has it: with an exponent from a million on, and below 0.0001."""
    digits, _, exponent = f"{value:.17e}".partition("e")
    for size in range(17):
        digits, _, exponent = f"{value:.{size}e}".partition("e")
        if float(f"{digits}e{exponent}") == value:
            break
    if -4 <= int(exponent) < _EXPONENT:
        plain = repr(value)
        if "e" in plain:
            raise Untrusted("a number that is very large or small")
        return plain.removesuffix(".0")
    return f"{digits}e{exponent}"


def text(value: Any) -> str:  # noqa: C901, PLR0911  # one case a kind of value
    """A value as OPA prints it inside another."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            plain = repr(value)
            if "e" in plain:
                raise Untrusted("a number that is very large or small")
            return plain
        case str():
            return quoted(value)
        case SetOf():
            if len({type(each) for each in value}) > 1:
                raise Untrusted("members of several types")
            return "{" + ", ".join(map(text, value)) + "}" if value else "set()"
        case list():
            return f"[{', '.join(map(text, value))}]"
        case dict():
            return "{" + ", ".join(f"{text(key)}: {text(each)}" for key, each in _ordered(value)) + "}"
        case set() | frozenset():
            members = [each for each, _ in _ordered(dict.fromkeys(value))]
            return "{" + ", ".join(map(text, members)) + "}" if members else "set()"
        case _:
            raise Untrusted(f"a value of {type(value).__name__}")


def _ordered(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    kinds = {"str" if isinstance(key, str) else "number" if isinstance(key, int | float) else "other" for key in value}
    if len(kinds) > 1 or "other" in kinds or any(isinstance(key, bool) for key in value):
        if len(value) > 1:
            raise Untrusted("keys of several types")
        return list(value.items())
    return sorted(value.items(), key=lambda each: each[0].encode() if isinstance(each[0], str) else each[0])


def quoted(value: str) -> str:
    """A string as Go's strconv.Quote has it."""
    parts = []
    for sign in value:
        if sign in '"\\':
            parts.append("\\" + sign)
        elif sign in _ESCAPES:
            parts.append(_ESCAPES[sign])
        elif sign.isprintable():
            parts.append(sign)
        elif ord(sign) < 0x80:
            parts.append(f"\\x{ord(sign):02x}")
        else:
            raise Untrusted("a sign that cannot be printed")
    return '"' + "".join(parts) + '"'
