"""The functions that Go's text/template has by itself, but `and` and `or`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate import formatting
from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem, brief, is_number, is_true, shown


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateProblem("eq without a second argument")
    return any(_same(first, each) for each in others)


def _same(one: Any, other: Any) -> bool:
    if is_number(one) and is_number(other):
        if isinstance(one, float) is not isinstance(other, float):
            raise TemplateProblem("incompatible types for comparison")
        return bool(one == other)
    if type(one) is not type(other) and one is not None and other is not None:
        raise TemplateProblem("incompatible types for comparison")
    if isinstance(one, list | dict):
        raise TemplateProblem("non-comparable types")
    return bool(one == other)


def _less(one: Any, other: Any) -> bool:
    texts = isinstance(one, str) and isinstance(other, str)
    numbers = is_number(one) and is_number(other) and isinstance(one, float) is isinstance(other, float)
    if not texts and not numbers:
        raise TemplateProblem("incompatible types for comparison")
    return bool(one < other)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key) if isinstance(key, str) else _no(f"a map has no key {brief(key)}")
        elif isinstance(value, list | str) and is_number(key):
            if not 0 <= key < len(value):
                raise TemplateProblem(f"index out of range: {shown(key)}")
            value = value[int(key)] if isinstance(value, list) else value.encode()[int(key)]
        else:
            raise TemplateProblem(f"can't index {brief(value)}")
    return value


def _slice(value: Any, *bounds: Any) -> Any:
    """Sprig's, which takes Go's place and wants a list."""
    if not isinstance(value, list) or len(bounds) > 2:
        raise TemplateProblem("can't slice that")
    begin, end = (*map(int, bounds), *(0, len(value))[len(bounds) :])
    if not 0 <= begin <= end <= len(value):
        raise TemplateProblem(f"slice out of range: {begin}:{end}")
    return value[begin:end]


def _no(message: str) -> Any:
    raise TemplateProblem(message)


def _len(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise TemplateProblem(f"len of {brief(value)}")
    return len(value.encode()) if isinstance(value, str) else len(value)


def _print(*values: Any) -> str:
    """As Go's `Sprint`: a space between two of which neither is a text."""
    out = ""
    for index, each in enumerate(values):
        apart = index and not isinstance(each, str) and not isinstance(values[index - 1], str)
        out += (" " if apart else "") + formatting.plain(each)
    return out


def _urlquery(*values: Any) -> str:
    from urllib.parse import quote_plus

    return quote_plus(_print(*values), safe="")


def _html(*values: Any) -> str:
    from html import escape

    return escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda value: not is_true(value),
    "eq": _eq,
    "ne": lambda one, other: not _same(one, other),
    "lt": _less,
    "le": lambda one, other: _less(one, other) or _same(one, other),
    "gt": lambda one, other: not _less(one, other) and not _same(one, other),
    "ge": lambda one, other: not _less(one, other),
    "index": _index,
    "slice": _slice,
    "len": _len,
    "print": _print,
    "println": lambda *values: " ".join(map(formatting.plain, values)) + "\n",
    "printf": formatting.printf,
    "urlquery": _urlquery,
    "html": _html,
}
