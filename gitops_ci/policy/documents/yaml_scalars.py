"""What a word of YAML is to Kubernetes: the rules of sigs.k8s.io/yaml, and where kustomize has others.

`kubectl apply` reads with go-yaml v2 (https://github.com/kubernetes-sigs/yaml, goyaml.v2/resolve.go), kustomize with
v3. A word on which the two differ has a doubt.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from functools import lru_cache
from typing import Any

TAG = "tag:yaml.org,2002:"
Read = tuple[Any, str | None]
"""A value, and why it may be another one to somebody else."""

_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?\s*(?:Z|[-+]\d.*)?)?")
_SAME_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CASES = (str.lower, str.capitalize, str.upper)
_NULL = frozenset({"", "~", *(case("null") for case in _CASES)})
_BOOLEANS = {case(text): text == "true" for text in ("true", "false") for case in _CASES}
_OLD_BOOLEANS = {
    case(text): text in ("y", "yes", "on") for text in ("y", "yes", "on", "n", "no", "off") for case in _CASES
}
_NO_NUMBERS = frozenset(
    {f"{sign}{case('.inf')}" for sign in ("", "+", "-") for case in (str.lower, str.upper)}
    | {".Inf", "+.Inf", "-.Inf", ".nan", ".NaN", ".NAN"}
)
_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)}


def plain(text: str) -> Read:
    """What a word without quotes and tag is. Raises ValueError at a number that JSON does not have."""
    return _short(text) if len(text) <= _SHORT else _plain(text)


def _plain(text: str) -> Read:
    if text in _NULL:
        return None, None
    if text in _BOOLEANS:
        return _BOOLEANS[text], None
    if text in _OLD_BOOLEANS:
        return _OLD_BOOLEANS[
            text
        ], f"{text} is a boolean to kubectl and a text to kustomize: quote it, or write true or false"
    if text in _NO_NUMBERS:
        raise ValueError(f"{text} is no number of JSON")
    if text[0] in "+-.0123456789":
        number = _number(text)
        if number is not None:
            return number, None
        if _DATE.fullmatch(text) is not None and _SAME_DATE.fullmatch(text) is None:
            return text, f"{text} is a text to kubectl and a date to kustomize: quote it"
    return text, None


_SHORT = 64
_short = lru_cache(maxsize=4096)(_plain)


def _number(text: str) -> int | float | None:
    digits = text.replace("_", "") if text[0] != "." else text
    if _INTEGER.fullmatch(digits) is not None:
        sign, size = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
        base = {"x": 16, "b": 2, "o": 8}.get(size[1:2].lower(), 8 if size.startswith("0") and size != "0" else 10)
        value = sign * int(size[2:] if size[1:2].isalpha() else size, base) if len(size) <= _LONG else None
        if value is not None and -(1 << 63) <= value < 1 << 64:
            return value if value < 1 << 63 else float(value)
    if _FLOAT.fullmatch(digits) is None or math.isinf(number := float(digits)):
        return None
    return int(number) if number.is_integer() and abs(number) < 1 << 63 else number


_LONG = 80  # digits; with more, no number of 64 bits


def tagged(tag: str, text: str) -> Read:
    """What a word with a tag is. Raises ValueError where Kubernetes refuses it."""
    kind = tag.removeprefix(TAG)
    if kind == tag or kind in ("str", "value", "merge"):
        return text, None
    if kind == "timestamp":
        return text, None if _SAME_DATE.fullmatch(text) else "a date: quote it"
    if kind == "binary":
        return _binary(text)
    value, doubt = plain(text)
    if not isinstance(value, _TYPES.get(kind, (object,))) or (kind != "bool" and isinstance(value, bool)):
        raise ValueError(f"{tag.replace(TAG, '!!')} of another type")
    return value, doubt


def _binary(text: str) -> Read:
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("!!binary that is no base64") from None
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), "!!binary that is no text"


def key(value: Any) -> str | None:
    """The text that kubectl makes of a key; None where it has none."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None
