"""MySQL's and MariaDB's text as statements, read with sqlglot; one that it does not know is told, never passed over."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.database import mysql_alter, mysql_strings
from gitops_ci.kinds.database.sql.refusals import MigrationError

UNREAD = "Unread"
"""The kind of a statement of which nobody here knows what it does."""
_DELIMITER = "delimiter"
_HIDDEN = re.compile(
    r"""'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?|`[^`]*+`?|(?:--(?=[\x00-\x20\x7f]|\Z)|\#)[^\n]*+"""
    r"""|/\*(?!M?!).*?(?:\*/|\Z)|(?P<hidden>/\*M?!|--)""",
    re.DOTALL,
)
"""Strings, quoted names and comments; `hidden` is beside them: what a parser takes for a comment and MySQL does not."""
_KINDS = re.compile(
    "Alter|Analyze|Commit|Create|Delete|Describe|Drop|Except|Insert|Intersect|Kill|Rollback|Select|Set|Show|Subquery"
    "|Transaction|TruncateTable|Union|Update|Use|Values"
)
"""sqlglot's statements that MySQL has; all else it takes a text for (`SHUTDOWN` for a column) is none."""
_FIRST = re.compile(
    r"ALTER|ANALYZE|BACKUP|BEGIN|BINLOG|CACHE|CALL|CASE|CHANGE|CHECK|CHECKSUM|CLONE|CLOSE|COMMIT|CREATE|DEALLOCATE"
    r"|DECLARE|DELETE|DESC|DESCRIBE|DO|DROP|ELSE|ELSEIF|END|EXECUTE|EXPLAIN|FETCH|FLUSH|FOR|GET|GRANT|HANDLER|HELP|IF"
    r"|IMPORT|INSERT|INSTALL|ITERATE|KILL|LEAVE|LOAD|LOCK|LOOP|OPEN|OPTIMIZE|PREPARE|PURGE|RELEASE|RENAME|REPAIR|REPEAT"
    r"|REPLACE|RESET|RESIGNAL|RESTART|RETURN|REVOKE|ROLLBACK|SAVEPOINT|SELECT|SET|SHOW|SHUTDOWN|SIGNAL|SOURCE|START|STOP"
    r"|TABLE|TRUNCATE|UNINSTALL|UNLOCK|UNTIL|UPDATE|USE|VALUES|WHEN|WHILE|WITH|XA|\("
)
"""The first words of MySQL's and MariaDB's statements: what begins otherwise is a mistake."""
_NAMED = re.compile(
    r"(?:CALL|CHECK|CHECKSUM|DEALLOCATE|END|EXECUTE|FLUSH|GRANT|LOCK|OPTIMIZE|PREPARE|RELEASE|RENAME|REPAIR|REPLACE|REVOKE"
    r"|SAVEPOINT|SET|SHOW|UNLOCK|ALTER (?:DATABASE|EVENT|FUNCTION|INSTANCE|PROCEDURE|SCHEMA|SEQUENCE|SERVER|USER|VIEW)"
    r"|DROP (?:EVENT|INDEX|ROLE|SERVER|USER)"
    r"|CREATE (?:OR REPLACE )?(?:AGGREGATE|ALGORITHM|DATABASE|DEFINER|EVENT|FULLTEXT|FUNCTION|INDEX|PROCEDURE|ROLE"
    r"|SCHEMA|SERVER|SPATIAL|SQL|TRIGGER|UNIQUE|USER))(?: |$)"
)
"""Statements that the parser knows by their first words only, and that do what these say."""
_DESTROYS = frozenset({"DELETE", "DISCARD", "DROP", "EXCHANGE", "PURGE", "RESET", "TRUNCATE"})
_PARTITIONED = re.compile(r"[=()\d]+|ALGORITHM|COLUMNS|HASH|KEY|LINEAR|LIST|(?:SUB)?PARTITIONS?(?: BY)?|RANGE")
"""The words in no brackets that say how a table is split."""
_BEGINS = re.compile(
    r"BEGIN(?: WORK)?|START TRANSACTION(?:(?: ,)?(?: WITH CONSISTENT SNAPSHOT| READ ONLY| READ WRITE))*"
)
_SHOWN = 60


class Statement(Struct, frozen=True):
    """One statement: `kind` is sqlglot's name of it, `tree` its node (sqlglot ships no types).

    What is only known by its first words is a `Command`; of one that is not known `unread` says so. Both may have a
    word that destroys (`may_destroy`).
    """

    kind: str
    line: int
    tree: Any
    unread: str = ""
    may_destroy: bool = False


@lru_cache(maxsize=1)
def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a text. Raises MigrationError with the line, ImportError where the parser is missing.

    One that the parser does not know may be MySQL's; what can be nothing but a mistake is `invalid`.
    """
    hidden = next((each for each in _HIDDEN.finditer(text) if each["hidden"]), None)
    if hidden is not None:
        what = (
            "a comment that MySQL runs (`/*! … */`)" if hidden[0].startswith("/") else "`--` without a blank behind it"
        )
        at = text.count("\n", 0, hidden.start()) + 1
        raise MigrationError("unsupported", f"has {what}: what it does cannot be told from its text", at)
    dialect = _dialect()
    errors = importlib.import_module("sqlglot.errors")
    try:
        tokens = dialect.tokenize(text)
        mysql_strings.refuse(tokens)
        return tuple(each for part in _parts(tokens) for each in _read(dialect, part, text))
    except errors.SqlglotError:
        raise MigrationError("invalid", "cannot be parsed as MySQL: a string or a comment has no end") from None
    except RecursionError:
        raise MigrationError("unsupported", "nests deeper than can be read here") from None


def refuse_unknown(text: str) -> None:
    """Raises MigrationError where a text has statements that are not known, as `parse` does besides."""
    found = [each for each in parse(text) if each.kind == UNREAD]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        says = f"has a statement that is {found[0].unread}{more}; look at it by hand"
        raise MigrationError("unsupported", says, found[0].line)


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
    trees, place = _trees(dialect, part, text)
    if not trees and mysql_alter.is_one(part):
        yield from _altered(dialect, part, text)
        return
    if not trees:
        trees, _ = _trees(dialect, _unpartitioned(part), text)
    if trees:
        yield from (Statement(type(tree).__name__, part[0].line, tree) for tree in trees)
        return
    words = _words(part[:6])
    if _NAMED.match(words):
        yield Statement("Command", part[0].line, _command(part), may_destroy=_acts(words, part))
        return
    yield _unknown(part, place)


def _acts(words: str, part: Sequence[Any]) -> bool:
    """Whether a statement known by its first words destroys: a DROP, or the body of an event."""
    if words.startswith("DROP "):
        return True
    is_event = words.startswith(("ALTER ", "CREATE ")) and " EVENT " in _words(part[:12])
    return is_event and bool(_destroying(part))


def _trees(dialect: Any, part: list[Any], text: str) -> tuple[list[Any], tuple[int, int]]:
    """What the parser makes of a statement, nothing where it knows no more than words; and the place it objects to."""
    begin = (part[0].line, part[0].col) if part else (1, 1)
    if not part:
        return [], begin
    try:
        trees = dialect.parser().parse(part, text)
    except importlib.import_module("sqlglot.errors").ParseError as error:
        told = error.errors[0] if error.errors else {}
        return [], (told.get("line") or begin[0], told.get("col") or begin[1])
    if any(type(tree).__name__ == "Transaction" for tree in trees) and _BEGINS.fullmatch(_words(part)) is None:
        return [], begin  # `BEGIN NOT ATOMIC …` is a block of MariaDB
    return (trees if all(map(_is_known, trees)) else []), begin


def _is_known(tree: Any) -> bool:
    if _KINDS.fullmatch(type(tree).__name__) is None:
        return False
    actions = tree.args.get("actions") or ()
    runs = type(tree).__name__ == "Describe" and str(tree.args.get("style") or "").upper() == "ANALYZE"
    return not runs and all(type(each).__name__ != "Command" for each in actions)


def _altered(dialect: Any, part: list[Any], text: str) -> Iterator[Statement]:
    """An ALTER TABLE read action by action: those that are known in one, each other one by itself."""
    exp = importlib.import_module("sqlglot.expressions")
    head, actions = mysql_alter.split(part)
    known: list[Any] = []
    unknown: list[Statement] = []
    for action in actions:
        trees, place = _trees(dialect, [*head, *action], text)
        words = _written(action)
        if trees:
            known += trees[0].args.get("actions") or ()
        elif mysql_alter.EMPTIES.search(words) or (mysql_alter.takes_nothing(words) and not _destroying(action)):
            known.append(_command(action))
        else:
            unknown.append(_unknown([*head, *action], place))
    *schema, name = [token.text for token in head[2:] if token.token_type.name != "DOT"] or ["?"]
    table = exp.Table(this=exp.to_identifier(name), db=exp.to_identifier(schema[0]) if schema else None)
    if known or not unknown:
        yield Statement("Alter", part[0].line, exp.Alter(this=table, kind="TABLE", actions=known))
    yield from unknown


def _unpartitioned(part: list[Any]) -> list[Any]:
    """A CREATE TABLE without how it is split, which says nothing about what is there; nothing where it has no such end.

    sqlglot knows one partition in it and not two.
    """
    depth, at = 0, None
    for index, token in enumerate(part):
        kind = token.token_type.name
        depth += (kind == "L_PAREN") - (kind == "R_PAREN")
        if at is None and depth == 0 and kind == "PARTITION_BY":
            at = index
        elif at is not None and depth == 0 and _PARTITIONED.fullmatch(_words([token])) is None:
            return []
    return part[:at] if at is not None and part[0].text.upper() == "CREATE" else []


def _command(part: list[Any]) -> Any:
    exp = importlib.import_module("sqlglot.expressions")
    if len(part) == 2 and part[0].token_type.name != "VAR" and part[1].token_type.name == "STRING":
        return exp.Command(this=part[0].text, expression=f" {part[1].text}")  # the tokenizer's: all of its words
    return exp.Command(this=_written(part[:1]), expression=f" {_written(part[1:])}" if part[1:] else None)


def _unknown(part: list[Any], place: tuple[int, int]) -> Statement:
    """A statement that is not known. Raises MigrationError where it can be nothing but a mistake."""
    kinds = [token.token_type.name for token in part]
    is_label = kinds[1:2] == ["COLON"]
    if (_FIRST.fullmatch(_words(part[:1]).partition(" ")[0]) is None and not is_label) or kinds.count(
        "L_PAREN"
    ) != kinds.count("R_PAREN"):
        where = f"line {place[0]}, column {place[1]}"
        raise MigrationError("invalid", f"cannot be parsed as MySQL ({where}): syntax error", place[0])
    shown = _written(part[:8])
    shown = f"{shown[:_SHOWN].rstrip()} …" if len(shown) > _SHOWN or len(part) > 8 else shown
    destroys = _destroying(part)
    may = f", which may destroy ({', '.join(destroys)})" if destroys else ""
    says = f"not known to the reader of MySQL here (sqlglot): `{shown}`{may}"
    return Statement(UNREAD, part[0].line, _command(part), says, bool(destroys))


def _destroying(part: Sequence[Any]) -> list[str]:
    """The words of a statement that may destroy, each once; `ON DELETE` of a key does not."""
    before = ["", *(token.text.upper() for token in part)]
    return list(
        dict.fromkeys(
            word
            for token, previous in zip(part, before, strict=False)
            if (word := token.text.upper()) in _DESTROYS
            and not (word == "DELETE" and previous == "ON")
            and token.token_type.name != "IDENTIFIER"
            and "STRING" not in token.token_type.name
        )
    )


def _written(part: Sequence[Any]) -> str:
    """The words of a statement; what strings hold is left out."""
    return " ".join("''" if "STRING" in token.token_type.name else token.text for token in part)


def _words(part: Sequence[Any]) -> str:
    """The same in capitals, to be compared with; quoted names are left out, too."""
    names = ["''" if token.token_type.name == "IDENTIFIER" else _written([token]) for token in part]
    return " ".join(" ".join(names).upper().split())
