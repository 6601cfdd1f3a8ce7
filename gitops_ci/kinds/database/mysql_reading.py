"""MySQL's and MariaDB's text as statements, read with sqlglot; what it does not know is refused, never passed over."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.database import mysql_alter
from gitops_ci.kinds.database.sql.refusals import MigrationError

_DELIMITER = "delimiter"
_HIDDEN = re.compile(r"/\*M?!|--(?!\s|$)")
"""What the parser takes for a comment and MySQL does not."""
EMPTIES = re.compile(r"\b(?:TRUNCATE|DROP|EXCHANGE)\s+PARTITION|\bDISCARD\b", re.IGNORECASE)
"""What the parser does not know of ALTER TABLE (https://dev.mysql.com/doc/refman/8.4/en/alter-table-partition-operations.html)."""

_BEGIN = frozenset(
    {
        "ALTER",
        "ANALYZE",
        "BEGIN",
        "BINLOG",
        "CACHE",
        "CALL",
        "CHANGE",
        "CHECK",
        "CHECKSUM",
        "CLONE",
        "COMMIT",
        "CREATE",
        "DEALLOCATE",
        "DECLARE",
        "DELETE",
        "DESC",
        "DESCRIBE",
        "DO",
        "DROP",
        "END",
        "EXECUTE",
        "EXPLAIN",
        "FLUSH",
        "GET",
        "GRANT",
        "HANDLER",
        "HELP",
        "IF",
        "IMPORT",
        "INSERT",
        "INSTALL",
        "KILL",
        "LEAVE",
        "LOAD",
        "LOCK",
        "LOOP",
        "OPTIMIZE",
        "PREPARE",
        "PURGE",
        "RELEASE",
        "RENAME",
        "REPAIR",
        "REPEAT",
        "REPLACE",
        "RESET",
        "RESIGNAL",
        "RESTART",
        "RETURN",
        "REVOKE",
        "ROLLBACK",
        "SAVEPOINT",
        "SELECT",
        "SET",
        "SHOW",
        "SHUTDOWN",
        "SIGNAL",
        "START",
        "STOP",
        "TABLE",
        "TRUNCATE",
        "UNINSTALL",
        "UNLOCK",
        "UPDATE",
        "USE",
        "VALUES",
        "WHILE",
        "WITH",
        "XA",
    }
)
"""The first words of MySQL's and MariaDB's statements: what begins otherwise is a mistake."""
_NAMED = frozenset(
    {
        "CALL",
        "DEALLOCATE",
        "END",
        "EXECUTE",
        "EXPLAIN",
        "FLUSH",
        "GRANT",
        "LOCK",
        "OPTIMIZE",
        "PREPARE",
        "RENAME",
        "REPAIR",
        "REPLACE",
        "REVOKE",
        "SHOW",
        "UNLOCK",
    }
)
"""Statements that the parser knows by their first word only, and that do what this word says."""
_OBJECTS = {
    "ALTER": frozenset({"DATABASE", "EVENT", "FUNCTION", "INSTANCE", "PROCEDURE", "SCHEMA", "SERVER", "USER", "VIEW"}),
    "DROP": frozenset({"EVENT", "ROLE", "SERVER", "USER"}),
    "CREATE": frozenset(
        {
            "AGGREGATE",
            "ALGORITHM",
            "DATABASE",
            "DEFINER",
            "EVENT",
            "FULLTEXT",
            "FUNCTION",
            "INDEX",
            "PROCEDURE",
            "ROLE",
            "SCHEMA",
            "SERVER",
            "SPATIAL",
            "SQL",
            "TRIGGER",
            "UNIQUE",
            "USER",
        }
    ),
}
"""The same of these three: what comes after the first word."""


class Statement(Struct, frozen=True):
    """One statement: `kind` is sqlglot's name of it, `tree` its node (sqlglot ships no types)."""

    kind: str
    line: int
    tree: Any


def takes(text: str) -> bool:
    """Whether every statement of a text is one of MySQL's; False where the parser is missing."""
    try:
        return all(each.kind != "Command" for each in parse(text))
    except (ImportError, MigrationError):
        return False


def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a text. Raises MigrationError with the line, ImportError where the parser is missing.

    A `Command` is one of which the parser knows the first words only, and those say what it does. Any other that it
    does not know is `unsupported`, since MySQL may know it, and `invalid` where it can be nothing but a mistake.
    """
    hidden = _HIDDEN.search(text)
    if hidden is not None:
        what = (
            "a comment that MySQL runs (`/*! … */`)" if hidden[0].startswith("/") else "`--` without a blank behind it"
        )
        at = text.count("\n", 0, hidden.start()) + 1
        raise MigrationError("unsupported", f"has {what}: what it does cannot be told from its text", at)
    dialect = _dialect()
    errors = importlib.import_module("sqlglot.errors")
    try:
        return tuple(each for part in _parts(dialect.tokenize(text)) for each in _read(dialect, part, text))
    except errors.SqlglotError:
        raise MigrationError("invalid", "cannot be parsed as MySQL: a string or a comment has no end") from None
    except RecursionError:
        raise MigrationError("unsupported", "nests deeper than can be read here") from None


@cache
def _dialect() -> Any:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns about each statement that it knows by name only
    return importlib.import_module("sqlglot.dialects.dialect").Dialect.get_or_raise("mysql")


def _parts(tokens: Sequence[Any]) -> Iterator[list[Any]]:
    """The tokens of each statement."""
    part: list[Any] = []
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            if part:
                yield part
            part = []
            continue
        if not part and token.text.lower() == _DELIMITER:
            raise MigrationError(
                "unsupported", "changes the delimiter, which only the mysql client understands", token.line
            )
        part.append(token)
    if part:
        yield part


def _read(dialect: Any, part: list[Any], text: str) -> Iterator[Statement]:
    exp = importlib.import_module("sqlglot.expressions")
    trees, told = _trees(dialect, part, text)
    left = part
    if not _are_whole(trees) and _is_alter_table(part):
        left = mysql_alter.simpler(part)
        trees, _ = _trees(dialect, left, text) if left else ([], {})
    if not _are_whole(trees):
        if left and not _is_known(part):
            raise _refused(part, told)
        trees = [each for each in trees if isinstance(each, exp.Command)] or [_command(part)]
    for tree in trees:
        yield Statement(type(tree).__name__, part[0].line, tree)


def _trees(dialect: Any, part: list[Any], text: str) -> tuple[list[Any], dict[str, Any]]:
    """What the parser makes of a statement, or what it objects to."""
    try:
        return dialect.parser().parse(part, text), {}
    except importlib.import_module("sqlglot.errors").ParseError as error:
        return [], error.errors[0] if error.errors else {}


def _are_whole(trees: list[Any]) -> bool:
    """Whether the parser knows more than the first words; `TRUNCAT t` it takes for a value."""
    exp = importlib.import_module("sqlglot.expressions")
    known = (each is not None and not isinstance(each, exp.Command | exp.Condition | exp.Alias) for each in trees)
    return bool(trees) and all(known)


def _command(part: list[Any]) -> Any:
    exp = importlib.import_module("sqlglot.expressions")
    return exp.Command(this=part[0].text, expression=_written(part[1:]))


def _written(part: Sequence[Any]) -> str:
    """The words of a statement; what strings hold is left out."""
    return " ".join("''" if "STRING" in token.token_type.name else token.text for token in part)


def _words(part: Sequence[Any]) -> list[str]:
    """The first ones; `LOCK TABLES` is one token, and so is all that comes after it."""
    words = [_written([token]).upper() for token in part[:6]]
    return [words[0].partition(" ")[0], *words[1:]]


def _is_alter_table(part: list[Any]) -> bool:
    words = _words(part)
    return words[:1] == ["ALTER"] and "TABLE" in words[1:3]


def _is_known(part: list[Any]) -> bool:
    """Whether the words of a statement that the parser cannot take apart say what it does."""
    if _is_alter_table(part):
        return EMPTIES.search(_written(part)) is not None
    words = _words(part)
    if words[:3] == ["CREATE", "OR", "REPLACE"]:
        words[1:3] = []
    return words[0] in _NAMED or (words[0] in _OBJECTS and words[1:2] != [] and words[1] in _OBJECTS[words[0]])


def _refused(part: list[Any], told: dict[str, Any]) -> MigrationError:
    """Why a statement is not read; that it is a mistake only where nothing else can be meant."""
    kinds = [token.token_type.name for token in part]
    words = _words(part)
    if words[0] not in _BEGIN | {"("} or kinds.count("L_PAREN") != kinds.count("R_PAREN"):
        line, column = told.get("line") or part[0].line, told.get("col") or part[0].col
        return MigrationError(
            "invalid", f"cannot be parsed as MySQL (line {line}, column {column}): syntax error", line
        )
    named = " ".join(word for word in words[:2] if re.fullmatch(r"[A-Z_]{1,20}", word))
    message = (
        f"has a statement that the parser here (sqlglot) does not know and MySQL may ({named} …): look at it by hand"
    )
    return MigrationError("unsupported", message, part[0].line)
