"""ALTER TABLE of MySQL and MariaDB, action by action: one that sqlglot does not know hides all others from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

EMPTIES = re.compile(
    r"\b(?:TRUNCATE|DROP|EXCHANGE|CONVERT)\s+PARTITION\b|\bDISCARD\b|\bDROP\s+SYSTEM\s+VERSIONING\b", re.IGNORECASE
)
"""What sqlglot does not know of ALTER TABLE and takes rows away
(https://dev.mysql.com/doc/refman/8.4/en/alter-table-partition-operations.html, MariaDB's system-versioned tables)."""
_KEEPS = re.compile(
    r"(?:ADD|COALESCE|REBUILD|REORGANIZE|OPTIMIZE|ANALYZE|CHECK|REPAIR)\s+PARTITION\b|REMOVE\s+PARTITIONING$"
    r"|(?:CONVERT\s+TO|DEFAULT)\s+CHAR|CHARACTER\s+SET\b|(?:DISABLE|ENABLE)\s+KEYS$|ALGORITHM\b|LOCK\b|FORCE$"
    r"|(?:AUTO_INCREMENT|CHARSET|COLLATE|COMMENT|DEFAULT\s+COLLATE|ROW_FORMAT)\b"
    r"|ALTER\s+(?:CHECK|CONSTRAINT|INDEX)\b|ADD\s+SYSTEM\s+VERSIONING$",
    re.IGNORECASE,
)
"""How actions begin that take nothing away."""


def is_one(part: Sequence[Any]) -> bool:
    """Whether the tokens of a statement are an ALTER TABLE."""
    return _word(part, 0) == "ALTER" and "TABLE" in (_word(part, 1), _word(part, 2))


def split(part: Sequence[Any]) -> tuple[list[Any], list[list[Any]]]:
    """`ALTER TABLE name` without the words about how it is done, and each action; `ADD (a INT, b INT)` is two."""
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
    return head, [made for action in _listed(part[at:]) for made in _spread(action)]


def takes_nothing(words: str) -> bool:
    """Whether an action that sqlglot does not know is known to keep every row and column."""
    return _KEEPS.match(words) is not None


def _word(part: Sequence[Any], at: int) -> str:
    return str(part[at].text).upper() if at < len(part) else ""


def _listed(part: Sequence[Any]) -> Iterator[list[Any]]:
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


def _spread(action: list[Any]) -> Iterator[list[Any]]:
    """An action in words that sqlglot knows."""
    begin = 2 if _word(action, 1) == "COLUMN" else 1
    if _word(action, 0) == "ADD" and _word(action, begin) == "(" and _word(action, len(action) - 1) == ")":
        yield from ([action[0], *each] for each in _listed(action[begin + 1 : -1]))
    elif _word(action, 0) == "RENAME" and _word(action, 1) in ("AS", "="):
        yield [action[0], *action[2:]]
    elif _word(action, 0) in ("MODIFY", "CHANGE") and _word(action, begin) == "IF":
        yield [*action[:begin], *action[begin + 2 :]]
    else:
        yield action
