"""Sprig's functions of regular expressions: Go's take linear time, so here only those run that cannot take long."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem

_LONGEST_PATTERN, _LONGEST_TEXT, _MOST_OPEN = 200, 500, 3
_OPEN = re.compile(r"(?<!\\)(?:\*|\+|\{\d*,\d*\})")
_CHOICE = re.compile(r"(?<![\\(*+}])\?|\|")
_ATTEMPTS_PER_STEP = 1000
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_FOREIGN = re.compile(r"\(\?(?![:imsUP)-])|\(\?P[>=]|\\[1-9pPCQEzAk]")
"""What Go has and Python does not, or has otherwise."""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    plain = _plain(pattern)
    if len(pattern) > _LONGEST_PATTERN or len(_OPEN.findall(plain)) > _MOST_OPEN or _REPEATED_GROUP.search(plain):
        raise TemplateProblem("a pattern that is too much to be run here")
    if _FOREIGN.search(pattern):
        raise TemplateProblem("a pattern of Go that is not known here")
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise TemplateProblem(f"a pattern that cannot be read: {error}") from None


def _plain(pattern: str) -> str:
    """A pattern without what signs mean in classes and behind a backslash."""
    return re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern)


def steps(pattern: Any, text: Any) -> int:
    """How many steps of a template it may take to try a pattern: from each place, every length, every choice."""
    if not isinstance(pattern, str) or not isinstance(text, str) or len(pattern) > _LONGEST_PATTERN:
        return 0  # refused all the same
    plain = _plain(pattern)
    attempts = len(text) ** (len(_OPEN.findall(plain)) + 1) * 2 ** len(_CHOICE.findall(plain))
    return int(attempts // _ATTEMPTS_PER_STEP)


def _over(text: Any) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise TemplateProblem("a text that is too long for a pattern here")
    return text


def _replaced(pattern: str, text: Any, by: str) -> str:
    """Go's replacement: `$1`, `${1}` and `${name}` are groups."""

    def one(found: re.Match[str]) -> str:
        def group(name: re.Match[str]) -> str:
            key = name[1] or name[2]
            try:
                return "$" if name[0] == "$$" else found[int(key) if key.isdigit() else key] or ""
            except (IndexError, ValueError):
                return ""

        return re.sub(r"\$\$|\$\{(\w+)\}|\$(\w+)", group, by)

    return _compiled(pattern).sub(one, _over(text))


def _split(pattern: str, text: Any, count: Any) -> list[str]:
    most = int(count)
    if not most:
        return []
    return _between(_compiled(pattern), _over(text), most)


def _between(pattern: re.Pattern[str], text: str, most: int) -> list[str]:
    parts: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        if most > 0 and len(parts) == most - 1:
            break
        if found.end() and found.start() != len(text):
            parts.append(text[at : found.start()])
            at = found.end()
    return [*parts, text[at:]]


def _all(pattern: str, text: Any, count: Any) -> list[str]:
    found = [each[0] for each in _compiled(pattern).finditer(_over(text))]
    return found if int(count) < 0 else found[: int(count)]


def _first(pattern: str, text: Any) -> str:
    found = _compiled(pattern).search(_over(text))
    return found[0] if found else ""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "regexMatch": lambda pattern, text: _compiled(pattern).search(_over(text)) is not None,
    "regexFind": _first,
    "regexFindAll": _all,
    "regexReplaceAll": _replaced,
    "regexReplaceAllLiteral": lambda pattern, text, by: _compiled(pattern).sub(lambda _: by, _over(text)),
    "regexSplit": _split,
    "regexQuoteMeta": re.escape,
}
