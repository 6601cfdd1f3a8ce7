"""The globs of Go that Argo CD matches paths with, as expressions: three that differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_TOKEN = re.compile(r"(?P<star>\*+)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<members>(?:\\.|[^\]\\])+)\]|\\.|[^\[\\]", re.DOTALL)
_SPECIAL, _ESCAPED = r"([\[\]^&~|])", r"\\\1"
_MOST_SPANS = 5
_LONGEST = 20_000  # characters of all that a pattern with braces may stand for


@lru_cache(maxsize=512)
def path_match(pattern: str) -> re.Pattern[str] | None:
    """Go's `path.Match`: `*` and `?` stay within a folder; None for a pattern that Go refuses."""
    return _pattern(_expression(pattern, star=r"[^/]*", one=r"[^/]"))


@lru_cache(maxsize=512)
def pathspec(pattern: str) -> re.Pattern[str] | None:
    """A pathspec of git: `*` spans folders, and a name without one is a file or all below a folder."""
    if not re.search(r"[*?\[]", pattern):
        return re.compile(re.escape(pattern.rstrip("/")) + "(?s:/.*)?")
    return _pattern(_expression(pattern, star=r"(?s:.*)", one=r"(?s:.)"))


@lru_cache(maxsize=512)
def any_depth(pattern: str) -> re.Pattern[str] | None:
    """The globs of a directory's `include` and `exclude` (github.com/gobwas/glob without separators), with `{a,b}`.

    None for a pattern that is refused, or that stands for too many.
    """
    return _any_of(pattern, lambda each: _expression(each, star=r"(?s:.*)", one=r"(?s:.)"))


@lru_cache(maxsize=512)
def within_folders(pattern: str) -> re.Pattern[str] | None:
    """The globs of gobwas where `/` separates: as `any_depth`, but `*` and `?` stay within a folder."""
    return _any_of(pattern, lambda each: _expression(each, star=r"[^/]*", one=r"[^/]"))


@lru_cache(maxsize=512)
def doublestar(pattern: str) -> re.Pattern[str] | None:
    """The globs of value files (github.com/bmatcuk/doublestar): as `path.Match`, and `**` spans folders.

    None for a pattern that is refused, or that is too much to be tried.
    """
    return _any_of(pattern, _spanning)


def _spanning(pattern: str) -> str | None:
    parts = re.split(r"(?:^|(?<=/))\*\*(?:/|$)", pattern)
    if len(parts) > _MOST_SPANS:
        return None
    expression = ""
    for index, part in enumerate(parts):
        each = _expression(part, star=r"[^/]*", one=r"[^/]")
        if each is None:
            return None
        if index in (0, len(parts) - 1):
            expression += ("(?:[^/]+/)*" if index else "") + each
        else:  # the first folders that fit are as good as any: no others are tried
            expression += f"(?>(?:[^/]+/)*?{each})"
    return f"{expression}[^/]*" if pattern.endswith("**") else expression


def _any_of(pattern: str, expression: Callable[[str], str | None]) -> re.Pattern[str] | None:
    """What fits one of those that a pattern with `{a,b}` stands for: each by itself is tried in no time."""
    found = []
    for each in expanded(pattern) or ():
        one = expression(each)
        if one is None:
            return None
        found.append(one)
    return _pattern("|".join(f"(?:{each})" for each in found)) if found else None


def expanded(pattern: str) -> list[str] | None:
    """The patterns without braces that one with `{a,b}` stands for; None where it is refused, or they are too many."""
    current, outer, at = [""], list[tuple[list[str], list[str]]](), 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token[0] == "{":
            outer.append((current, []))
            current = [""]
        elif token[0] in ("}", ",") and outer:
            outer[-1][1].extend(current)
            current = [""]
            if token[0] == "}":
                before, choices = outer.pop()
                if _length(before) * len(choices) + _length(choices) * len(before) > _LONGEST:
                    return None
                current = [one + other for one in before for other in choices]
        else:
            current = [each + token[0] for each in current]
            if _length(current) > _LONGEST:
                return None
    return None if outer else current


def _length(patterns: list[str]) -> int:
    return sum(map(len, patterns)) + len(patterns)


def _expression(pattern: str, *, star: str, one: str) -> str | None:
    """The expression of a pattern without braces; None for what the matcher refuses."""
    fixed, at = [""], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token["star"]:
            fixed.append("")
        elif token["one"]:
            fixed[-1] += one
        elif token["members"]:
            fixed[-1] += f"[{'^' if token['not'] else ''}{re.sub(_SPECIAL, _ESCAPED, token['members'])}]"
        else:
            fixed[-1] += re.escape(token[0][-1])
    return _joined(fixed, star)


def _joined(fixed: list[str], star: str) -> str:
    """Where another star follows, the first place that fits is as good as any: no other is tried."""
    first, *others = fixed
    last = len(others) - 1
    return first + "".join(
        f"{star}{each}" if index == last else f"(?>{star}?{each})" for index, each in enumerate(others)
    )


def _pattern(expression: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(expression) if expression is not None else None
    except re.error:
        return None
