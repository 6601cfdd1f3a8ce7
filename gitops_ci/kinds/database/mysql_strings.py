"""Settings by which MySQL ends strings elsewhere than the parser does: what follows would be other statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gitops_ci.kinds.database.sql.refusals import MigrationError

_MODES = re.compile(r"ANSI|NO_BACKSLASH_ESCAPES|DB2|MAXDB|MSSQL|ORACLE|POSTGRESQL", re.IGNORECASE)
"""Modes in which `\\` escapes nothing, or `"` begins a name (https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html)."""
_CHARSETS = re.compile(r"utf8\w*|latin[1257]|ascii|binary|default|cp125\d|koi8[ru]", re.IGNORECASE)
"""Character sets of clients that have no `'` and no `\\` within another character (GBK, Big5 and SJIS have)."""
_GIVES = ("EQ", "COLON_EQ")


def refuse(tokens: Sequence[Any]) -> None:
    """Raises MigrationError where the tokens of a text hold such a setting, or one of which nobody can tell."""
    saved = _saved(tokens)
    for at, name in _settings(tokens):
        value, behind = tokens[at : at + 1], tokens[at + 1 : at + 2]
        if value and value[0].token_type.name == "PARAMETER":
            is_known = bool(behind) and behind[0].text.lower() in saved
        else:
            is_whole = name == "names" or not behind or behind[0].text in (",", ";")  # COLLATE may follow a name
            is_known = bool(value) and is_whole and _is_harmless(name, value[0])
        if not is_known:
            what = "sql_mode" if name == "sql_mode" else "the client's character set"
            says = f"sets {what} to what may end strings elsewhere: what follows cannot be told from its text"
            raise MigrationError("unsupported", says, tokens[at - 1].line)


def _settings(tokens: Sequence[Any]) -> Iterator[tuple[int, str]]:
    """Where the value of each such setting stands, and which it is (`names` is the client's character set)."""
    kinds = [token.token_type.name for token in tokens]
    for index, token in enumerate(tokens):
        name, before, after = token.text.lower(), kinds[index - 1 : index], kinds[index + 1 : index + 2]
        if name in ("sql_mode", "character_set_client") and after and after[0] in _GIVES:
            yield index + 2, name if name == "sql_mode" else "names"
        elif before == ["SET"] and (name == "names" or kinds[index] == "CHARACTER_SET"):
            yield index + 1, "names"
        elif before == ["SET"] and name == "character" and after == ["SET"]:
            yield index + 2, "names"


def _is_harmless(name: str, value: Any) -> bool:
    if name == "sql_mode":
        kind = value.token_type.name
        return kind == "DEFAULT" or (kind == "STRING" and _MODES.search(value.text) is None)
    return _CHARSETS.fullmatch(value.text) is not None


def _saved(tokens: Sequence[Any]) -> frozenset[str]:
    """The variables that hold nothing but what was set before (`SET @OLD_SQL_MODE = @@SQL_MODE`, as dumps have it)."""
    kept, other = set[str](), set[str]()
    for index, token in enumerate(tokens[:-3]):
        if token.token_type.name == "PARAMETER" and tokens[index + 2].token_type.name in _GIVES:
            is_kept = tokens[index + 3].token_type.name == "SESSION_PARAMETER"
            (kept if is_kept else other).add(tokens[index + 1].text.lower())
    return frozenset(kept - other)
