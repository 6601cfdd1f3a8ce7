"""The globs of Go that Argo CD matches paths with, as expressions: three that differ."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"(?P<star>\*+)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<members>(?:\\.|[^\]\\])+)\]|\\.|[^\[\\]", re.DOTALL)
_SPECIAL, _ESCAPED = r"([\[\]^&~|])", r"\\\1"
_MOST_SPANS, _MOST_BRACES = 5, 3


@lru_cache(maxsize=512)
def path_match(pattern: str) -> re.Pattern[str] | None:
    """Go's `path.Match`: `*` and `?` stay within a folder; None for a pattern that Go refuses."""
    return _compiled(pattern, star=r"[^/]*", one=r"[^/]")


@lru_cache(maxsize=512)
def pathspec(pattern: str) -> re.Pattern[str] | None:
    """A pathspec of git: `*` spans folders, and a name without one is a file or all below a folder."""
    if not re.search(r"[*?\[]", pattern):
        return re.compile(re.escape(pattern.rstrip("/")) + "(?s:/.*)?")
    return _compiled(pattern, star=r"(?s:.*)", one=r"(?s:.)")


@lru_cache(maxsize=512)
def any_depth(pattern: str) -> re.Pattern[str] | None:
    """The globs of a directory's `include` and `exclude` (github.com/gobwas/glob without separators), with `{a,b}`."""
    return _compiled(pattern, star=r"(?s:.*)", one=r"(?s:.)", braces=True)


@lru_cache(maxsize=512)
def doublestar(pattern: str) -> re.Pattern[str] | None:
    """The globs of value files (github.com/bmatcuk/doublestar): as `path.Match`, and `**` spans folders."""
    parts = re.split(r"(?:^|(?<=/))\*\*(?:/|$)", pattern)
    if len(parts) > _MOST_SPANS:
        return None
    expression = ""
    for index, part in enumerate(parts):
        compiled = _compiled(part, star=r"[^/]*", one=r"[^/]", braces=True)
        if compiled is None:
            return None
        expression += ("(?:[^/]+/)*" if index else "") + compiled.pattern
    return re.compile(f"{expression}[^/]*" if pattern.endswith("**") else expression)


def _compiled(pattern: str, *, star: str, one: str, braces: bool = False) -> re.Pattern[str] | None:
    """None for what the matcher refuses, and for more braces, or stars in them, than can be tried."""
    fixed, at, depth, inner = [""], 0, 0, 0
    if braces and pattern.count("{") > _MOST_BRACES:
        return None
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token["star"]:
            if depth:
                inner += 1
                fixed[-1] += star
            else:
                fixed.append("")
        elif token["one"]:
            fixed[-1] += one
        elif token["members"]:
            fixed[-1] += f"[{'^' if token['not'] else ''}{re.sub(_SPECIAL, _ESCAPED, token['members'])}]"
        elif braces and (token[0] == "{" or (depth and token[0] in "},")):
            depth += {"{": 1, "}": -1, ",": 0}[token[0]]
            fixed[-1] += {"{": "(?:", "}": ")", ",": "|"}[token[0]]
        else:
            fixed[-1] += re.escape(token[0][-1])
    if depth or inner > _MOST_SPANS:
        return None
    return _joined(fixed, star)


def _joined(fixed: list[str], star: str) -> re.Pattern[str] | None:
    """Where another star follows, the first place that fits is as good as any: no other is tried."""
    first, *others = fixed
    last = len(others) - 1
    expression = first + "".join(
        f"{star}{each}" if index == last else f"(?>{star}?{each})" for index, each in enumerate(others)
    )
    try:
        return re.compile(expression)
    except re.error:
        return None
