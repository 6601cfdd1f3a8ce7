"""MySQL's and MariaDB's migrations, read with sqlglot: their statements, what each changes and what a rule finds."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.sql.changes import STATEMENT
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.model.plan import Attribute, Change, Engine

_DELIMITER = "delimiter"
_LONGEST = 200
_HIDDEN = re.compile(r"/\*M?!|--(?!\s|$)")
"""What the parser takes for a comment and MySQL does not."""
_EMPTIES = re.compile(r"\b(?:TRUNCATE|DROP|EXCHANGE)\s+PARTITION|\bDISCARD\b", re.IGNORECASE)
"""What the parser does not know of ALTER TABLE (https://dev.mysql.com/doc/refman/8.4/en/alter-table-partition-operations.html)."""


class Statement(Struct, frozen=True):
    """One statement: `kind` is sqlglot's name of it, `tree` its node (sqlglot ships no types)."""

    kind: str
    line: int
    tree: Any


def engine() -> Engine:
    """The parser and its version; raises ImportError where it is missing."""
    version = str(importlib.import_module("sqlglot").__version__)
    return Engine(name="sqlglot", version=f"{version} (MySQL, by text alone)", source="embedded")


def takes(text: str) -> bool:
    """Whether every statement of a text is one of MySQL's; False where the parser is missing."""
    try:
        return all(each.kind != "Command" for each in parse(text))
    except (ImportError, MigrationError):
        return False


def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a text. Raises MigrationError with the line, ImportError where the parser is missing.

    What the parser does not know beyond its first word is a `Command`.
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
        found = tuple(_statements(dialect, text))
    except errors.ParseError as error:
        told = error.errors[0] if error.errors else {}
        line, column = told.get("line"), told.get("col")
        place = f" (line {line}, column {column})" if line and column else ""
        raise MigrationError("invalid", f"cannot be parsed as MySQL{place}: syntax error", line) from None
    except errors.SqlglotError:
        raise MigrationError("invalid", "cannot be parsed as MySQL") from None
    except RecursionError:
        raise MigrationError("unsupported", "nests deeper than can be read here") from None
    return found


@cache
def _dialect() -> Any:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns about each statement that it knows by name only
    return importlib.import_module("sqlglot.dialects.dialect").Dialect.get_or_raise("mysql")


def _statements(dialect: Any, text: str) -> Iterator[Statement]:
    tokens = dialect.tokenize(text)
    begin = 0
    for index, token in enumerate([*tokens, None]):
        if token is not None and token.token_type.name != "SEMICOLON":
            if token.text.lower() == _DELIMITER and index == begin:
                raise MigrationError(
                    "unsupported", "changes the delimiter, which only the mysql client understands", token.line
                )
            continue
        part = tokens[begin:index]
        if part:
            for tree in dialect.parser().parse(part, text):
                if tree is None:
                    raise MigrationError("invalid", "cannot be parsed as MySQL: no statement", part[0].line)
                yield Statement(type(tree).__name__, part[0].line, tree)
        begin = index + 1


def changes(text: str, *, path: str, source: str) -> tuple[Change, ...]:
    """What a migration changes: one Change a statement. Raises as `parse` does."""
    return tuple(_numbered(_change(each, path, source) for each in parse(text)))


def _numbered(found: Iterator[Change]) -> Iterator[Change]:
    import msgspec

    seen: dict[str, int] = {}
    for change in found:
        seen[change.address] = count = seen.get(change.address, 0) + 1
        yield change if count == 1 else msgspec.structs.replace(change, address=f"{change.address} ({count})")


def _change(each: Statement, path: str, source: str) -> Change:
    name, kind = _name(each.tree), str(each.tree.args.get("kind") or "table").lower()
    match each.kind:
        case "Create":
            address, action = f"{kind} {name}", "create"
        case "Drop":
            address, action = f"{kind} {', '.join(_names(each.tree))}", "delete"
        case "Alter":
            address, action = f"{kind} {name}", "update"
        case "Insert" | "Update" | "Delete" | "TruncateTable":
            address, action = f"data in {name}", "update"
        case _:
            address = f"{STATEMENT} {source}:{each.line}"
            action = "read" if each.kind in ("Set", "Use", "Transaction", "Commit") else "update"
    destructive = any("/destructive-" in one.rule for one in _found(each)) or each.kind in (
        "Drop",
        "Delete",
    )
    reason = "what it does cannot be told from its text" if each.kind == "Command" else None
    return Change(
        address=address,
        type=each.kind,
        action=action,  # type: ignore[arg-type]  # one of the actions above, which mypy joins to str
        reason=reason,
        path=path,
        line=each.line,
        destructive=destructive,
        attributes=tuple(_attributes(each)),
    )


def _attributes(each: Statement) -> Iterator[Attribute]:
    """The columns of a new table and the sub-commands of ALTER, as they are written; no values."""
    if each.kind == "Create" and each.tree.this is not None:
        for column in each.tree.this.expressions if each.tree.this.args.get("expressions") else ():
            if type(column).__name__ == "ColumnDef":
                yield Attribute(path=f"column.{column.name}", after=column.sql("mysql")[:_LONGEST])
    for number, action in enumerate(each.tree.args.get("actions") or (), 1):
        yield Attribute(path=f"{type(action).__name__.lower()}.{number}", after=action.sql("mysql")[:_LONGEST])


def _name(tree: Any) -> str:
    exp = importlib.import_module("sqlglot.expressions")
    table = tree.find(exp.Table)
    return str(table.sql("mysql", identify=False).replace("`", "")) if table is not None else "?"


def _names(tree: Any) -> list[str]:
    """The tables of a DROP."""
    exp = importlib.import_module("sqlglot.expressions")
    tables = tree.args.get("tables") or ([tree.this] if tree.this is not None else [])
    return [_name(each) for each in tables if isinstance(each, exp.Table)] or [_name(tree)]


def found(text: str) -> tuple[Found, ...]:
    """What the rules find that are about destruction and about the release before. Raises as `parse` does.

    A table that the same file creates is nobody's yet.
    """
    statements = parse(text)
    created: set[str] = set()
    result: list[Found] = []
    for each in statements:
        result += (one for one in _found(each) if one.table not in created)
        is_table = each.kind == "Create" and str(each.tree.args.get("kind")).upper() == "TABLE"
        if is_table and not each.tree.args.get("exists"):
            created.add(_name(each.tree))
    return tuple(result)


def _found(each: Statement) -> Iterator[Found]:
    table = _name(each.tree)
    kind = str(each.tree.args.get("kind") or "").upper()
    where = each.tree.args.get("where")
    match each.kind:
        case "Drop" if kind == "TABLE":
            for name in _names(each.tree):
                yield _one(each, "database/destructive-drop-table", f"drops the table {name} and what it holds", name)
        case "Drop" if kind in ("DATABASE", "SCHEMA"):
            yield _one(each, "database/destructive-drop-database", "drops a database")
        case "TruncateTable":
            yield _one(each, "database/destructive-truncate", f"empties {table}", table)
        case "Delete" if _means_all(where):
            says = f"deletes every row of {table}: {_no_where(where)}"
            yield _one(each, "database/destructive-delete-all", says, table)
        case "Update" if _means_all(where):
            says = f"changes every row of {table}: {_no_where(where)}"
            yield _one(each, "database/destructive-update-all", says, table)
        case "Alter":
            for action in each.tree.args.get("actions") or ():
                yield from _action(each, action, table)
        case "Command":
            yield from _command(each)
        case _:
            return


def _means_all(where: Any) -> bool:
    """Whether a WHERE is not there or names no column (`WHERE 1`)."""
    return where is None or where.find(importlib.import_module("sqlglot.expressions").Column) is None


def _no_where(where: Any) -> str:
    return "it has no WHERE" if where is None else "its WHERE names no column"


def _command(each: Statement) -> Iterator[Found]:
    text = str(each.tree.sql("mysql"))
    words = [word.upper() for word in text.split()[:2]]
    if words == ["ALTER", "TABLE"] and _EMPTIES.search(text) is not None:
        yield _one(each, "database/destructive-truncate", "empties a table or partitions of it, or takes them away")
        return
    if words == ["RENAME", "TABLE"]:
        yield _one(each, "database/contract", "renames a table: the release before does not find it", step=True)
    elif words[:1] in (["PREPARE"], ["EXECUTE"], ["CALL"]):
        says = f"runs what is not written here ({words[0]}): what it does cannot be told before it runs"
        yield _one(each, "database/dynamic-sql", says)


def _action(each: Statement, action: Any, table: str) -> Iterator[Found]:
    exp = importlib.import_module("sqlglot.expressions")
    match type(action).__name__:
        case "Drop" if str(action.args.get("kind") or "").upper() == "COLUMN":
            says = f"drops the column {table}.{_column(action)} and what it holds"
            yield _one(each, "database/destructive-drop-column", says, table)
        case "AlterRename" | "RenameColumn":
            says = f"renames {table} or a column of it: the release before does not find it"
            yield _one(each, "database/contract", says, table, step=True)
        case "ModifyColumn" | "AlterColumn":
            says = f"changes a column of {table} under the release before"
            yield _one(each, "database/contract", says, table, step=True)
        case "ColumnDef":
            given = [one.kind for one in action.find_all(exp.ColumnConstraint)]
            kinds = {type(one).__name__ for one in given if not one.args.get("allow_null")}
            fills = {"DefaultColumnConstraint", "AutoIncrementColumnConstraint", "ComputedColumnConstraint"}
            if "NotNullColumnConstraint" in kinds and not kinds & fills:
                says = (
                    f"adds {table}.{action.name}, NOT NULL without a default: the release before writes no value for it"
                )
                yield _one(each, "database/contract", says, table, step=True)
        case _:
            return


def _column(drop: Any) -> str:
    """The column of DROP COLUMN, which versions of the parser keep in different places."""
    name = drop.find(importlib.import_module("sqlglot.expressions").Identifier)
    return str(name.name) if name is not None else drop.name or "?"


def _one(each: Statement, rule: str, says: str, table: str = "", *, step: bool = False) -> Found:
    return Found(rule=rule, says=says, line=each.line, statement=each.line, table=table, step="both" if step else "")
