"""Go's `fmt.Sprintf`, as far as templates use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import MAX_TEXT, TemplateProblem, is_number, shown

_VERB = re.compile(r"%([-+# 0]*)(\d*)(?:\.(\d*))?([a-zA-Z%])")
_WIDEST = 1000


def plain(value: Any) -> str:
    """`%v` of an argument: nil is `<nil>` here."""
    return "<nil>" if value is None else shown(value)


def printf(template: str, *values: Any) -> str:
    """The text of a format and its arguments. Raises TemplateProblem at a verb that is not known here."""
    given = iter(values)
    text = _VERB.sub(lambda found: _one(found, given), template)
    left = [f"{_type(each)}={plain(each)}" for each in given]
    return text + (f"%!(EXTRA {', '.join(left)})" if left else "")


def _one(found: re.Match[str], given: Iterator[Any]) -> str:
    flags, width, precision, verb = found[1], int(found[2] or 0), found[3], found[4]
    if width > _WIDEST or int(precision or 0) > _WIDEST:
        raise TemplateProblem("printf: too wide")
    if verb == "%":
        return "%"
    missing = object()
    value = next(given, missing)
    if value is missing:
        return f"%!{verb}(MISSING)"
    text = _formatted(flags, precision, verb, value)
    if len(text) > MAX_TEXT:
        raise TemplateProblem("printf: too long")
    if "-" in flags:
        return text.ljust(width)
    is_padded = "0" in flags and is_number(value)
    return text.zfill(width) if is_padded else text.rjust(width)


def _formatted(flags: str, precision: str | None, verb: str, value: Any) -> str:
    if verb in ("v", "T"):
        return _signed(flags, value) + plain(value) if verb == "v" else _type(value)
    if isinstance(value, list):
        return "[" + " ".join(_formatted(flags, precision, verb, each) for each in value) + "]"
    text: str | None = None
    match value:
        case str():
            text = _text(precision, verb, value)
        case bool():
            text = plain(value) if verb == "t" else None
        case int() | float():
            text = _number(precision, verb, value)
        case _:
            pass
    if text is None:
        return f"%!{verb}(<nil>)" if value is None else f"%!{verb}({_type(value)}={plain(value)})"
    return _signed(flags, value) + text


def _signed(flags: str, value: Any) -> str:
    return "+" if "+" in flags and is_number(value) and value >= 0 else ""


def _text(precision: str | None, verb: str, value: str) -> str | None:
    match verb:
        case "s":
            return value if precision is None else value[: int(precision or 0)]
        case "q":
            return json.dumps(value, ensure_ascii=False)
        case "x" | "X":
            return value.encode().hex() if verb == "x" else value.encode().hex().upper()
        case _:
            return None


def _number(precision: str | None, verb: str, value: float) -> str | None:
    if isinstance(value, int):
        if verb == "c":
            return chr(value) if 0 <= value <= 0x10FFFF else "\ufffd"
        return format(value, verb) if verb in "dxXob" else None
    if verb in "gG" and precision is None:
        return plain(value)
    return format(value, f".{6 if precision is None else int(precision or 0)}{verb}") if verb in "fFeEgG" else None


def _type(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int():
            return "int"
        case float():
            return "float64"
        case list():
            return "[]interface {}"
        case dict():
            return "map[string]interface {}"
        case _:
            return "<nil>"
