"""ALTER TABLE of MySQL and MariaDB in words that sqlglot understands: one action that it does not hides all others."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

_HOW = frozenset({"IGNORE", "OFFLINE", "ONLINE"})
_KEEPS = frozenset(
    {
        "ALGORITHM",
        "AUTO_INCREMENT",
        "CHARACTER",
        "CHARSET",
        "COALESCE",
        "COLLATE",
        "COMMENT",
        "CONVERT",
        "DEFAULT",
        "DISABLE",
        "ENABLE",
        "ENGINE",
        "FORCE",
        "LOCK",
        "ORDER",
        "REMOVE",
        "REORGANIZE",
        "ROW_FORMAT",
    }
)
"""How actions begin that take nothing away."""


def simpler(part: Sequence[Any]) -> list[Any]:
    """The tokens of a statement without what takes nothing away; none where nothing is left.

    `ADD (a INT, b INT)` becomes `ADD a INT, ADD b INT`.
    """
    head, start = _head(part)
    left = [made for action in _split(part[start:]) if not _keeps(action) for made in _spread(action)]
    if not left:
        return []
    tokens = importlib.import_module("sqlglot.tokens")
    comma = tokens.Token(tokens.TokenType.COMMA, ",")
    return [*head, *left[0], *(token for action in left[1:] for token in (comma, *action))]


def _head(part: Sequence[Any]) -> tuple[list[Any], int]:
    """`ALTER TABLE name` without words about how it is done, and where the first action begins."""
    at = 2 if _word(part, 1) == "TABLE" else 3
    head = [part[0], part[at - 1]]
    if _word(part, at) == "IF":
        at += 2
    name = 3 if at + 1 < len(part) and part[at + 1].token_type.name == "DOT" else 1
    head += part[at : at + name]
    at += name
    if _word(part, at) == "NOWAIT":
        at += 1
    elif _word(part, at) == "WAIT":
        at += 2
    return head, at


def _word(part: Sequence[Any], at: int) -> str:
    return str(part[at].text).upper() if at < len(part) else ""


def _split(part: Sequence[Any]) -> Iterator[list[Any]]:
    """What is between commas that are in no brackets."""
    depth, found = 0, list[Any]()
    for token in part:
        kind = token.token_type.name
        depth += (kind == "L_PAREN") - (kind == "R_PAREN")
        if kind == "COMMA" and depth == 0:
            yield found
            found = []
        else:
            found.append(token)
    yield found


def _keeps(action: Sequence[Any]) -> bool:
    first, second = _word(action, 0), _word(action, 1)
    if first in ("ADD", "ALTER"):
        return second in {"ADD": ("PARTITION",), "ALTER": ("CHECK", "CONSTRAINT", "INDEX")}[first]
    return first in _KEEPS


def _spread(action: Sequence[Any]) -> Iterator[list[Any]]:
    """Each column of a list in brackets as an action of its own."""
    begin = 2 if _word(action, 1) == "COLUMN" else 1
    if _word(action, 0) == "ADD" and _word(action, begin) == "(" and _word(action, len(action) - 1) == ")":
        yield from ([action[0], *each] for each in _split(action[begin + 1 : -1]))
    else:
        yield list(action)
