"""What each statement of MySQL's and MariaDB's migrations changes, and what a rule finds in it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from gitops_ci.kinds.database import mysql_tables as tables
from gitops_ci.kinds.database.mysql_alter import EMPTIES
from gitops_ci.kinds.database.mysql_reading import UNREAD, Statement, parse
from gitops_ci.kinds.database.mysql_types import Types
from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.sql.changes import STATEMENT, gone
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.model.plan import Attribute, Change, Engine

_LONGEST = 200


def engine() -> Engine:
    """The parser and its version; raises ImportError where it is missing."""
    version = str(importlib.import_module("sqlglot").__version__)
    return Engine(name="sqlglot", version=f"{version} (MySQL, by text alone)", source="embedded")


def takes(text: str) -> bool:
    """Whether every statement of a text is one of MySQL's; False where the parser is missing."""
    try:
        return all(each.kind not in ("Command", UNREAD) for each in parse(text))
    except (ImportError, MigrationError):
        return False


def changes(text: str, *, path: str, source: str, types: Types | None = None) -> tuple[Change, ...]:
    """What a migration changes: one Change a statement; `types` are those before. Raises as `parse` does."""
    return tuple(_numbered(_changed(text, path, source, types if types is not None else Types())))


def _changed(text: str, path: str, source: str, types: Types) -> Iterator[Change]:
    for each in parse(text):
        yield _change(each, path, source, types)
        types.take(each)


def _numbered(found: Iterator[Change]) -> Iterator[Change]:
    seen: dict[str, int] = {}
    for change in found:
        seen[change.address] = count = seen.get(change.address, 0) + 1
        yield change if count == 1 else msgspec.structs.replace(change, address=f"{change.address} ({count})")


def _change(each: Statement, path: str, source: str, types: Types) -> Change:
    name, kind = tables.name(each.tree), str(each.tree.args.get("kind") or "table").lower()
    match each.kind:
        case "Create":
            address, action = f"{kind} {name}", "create"
        case "Drop":
            address, action = f"{kind} {', '.join(tables.names(each.tree))}", "delete"
        case "Alter":
            address, action = f"{kind} {name}", "update"
        case "Insert" | "Update" | "Delete" | "TruncateTable":
            name = ", ".join(_emptied(each.tree)) if each.kind == "Delete" else name
            address, action = f"data in {name}", "update"
        case _:
            address = f"{STATEMENT} {source}:{each.line}"
            action = "read" if each.kind in ("Set", "Use", "Transaction", "Commit") else "update"
    reason = each.unread or ("what it does cannot be told from its text" if each.kind == "Command" else None)
    return Change(
        address=address,
        type=each.kind,
        action=action,  # type: ignore[arg-type]  # one of the actions above, which mypy joins to str
        reason=reason,
        path=path,
        line=each.line,
        destructive=_destroys(each, name, types),
        attributes=tuple(_attributes(each)),
    )


def _destroys(each: Statement, table: str, types: Types) -> bool:
    """As of PostgreSQL: an index that is dropped counts, rows that are changed are a finding and do not."""
    rules = {one.rule for one in _found(each)} - {"database/destructive-update-all"}
    if each.may_destroy or each.kind in ("Drop", "Delete") or any("/destructive-" in rule for rule in rules):
        return True
    actions = each.tree.args.get("actions") or ()
    return any(
        (type(one).__name__ == "Drop" and str(one.args.get("kind")).upper() == "INDEX")
        or (type(one).__name__ == "ModifyColumn" and types.narrows(table, one))
        for one in actions
    )


def _attributes(each: Statement) -> Iterator[Attribute]:
    """The columns of a new table and the sub-commands of ALTER, as they are written; no values."""
    if each.kind == "Create" and each.tree.this is not None:
        for column in each.tree.this.expressions if each.tree.this.args.get("expressions") else ():
            if type(column).__name__ == "ColumnDef":
                yield _column_added(column)
    for number, action in enumerate(each.tree.args.get("actions") or (), 1):
        if type(action).__name__ == "ColumnDef":
            yield _column_added(action)
        elif _drops_column(action):
            yield gone(f"column.{_column(action)}")
        else:
            yield Attribute(path=f"{_called(action)}.{number}", after=action.sql("mysql")[:_LONGEST])


def _called(action: Any) -> str:
    """The first two words of an action: `modify_column`, `add_index`."""
    return "_".join(re.findall(r"[a-z_]+", action.sql("mysql").lower())[:2])


def _column_added(column: Any) -> Attribute:
    written = str(column.sql("mysql")).removeprefix("IF NOT EXISTS ").removeprefix(column.this.sql("mysql"))
    return Attribute(path=f"column.{column.name}", after=written.strip()[:_LONGEST])


def _drops_column(action: Any) -> bool:
    return type(action).__name__ == "Drop" and str(action.args.get("kind") or "").upper() == "COLUMN"


def found(text: str) -> tuple[Found, ...]:
    """What the rules find that are about destruction and about the release before. Raises as `parse` does.

    A table that the same file creates is nobody's yet: a temporary one until it is dropped, for then another of its
    name is meant, all of them until tables are renamed or another database is used.
    """
    statements = parse(text)
    anew = {tables.name(each.tree): each.line for each in statements if tables.is_new(each)}
    made = tables.Made()
    result: list[Found] = []
    for each in statements:
        for one in _found(each):
            is_lost = one.perhaps and anew.get(one.table, 0) < each.line
            if one.table not in made:
                result.append(msgspec.structs.replace(one, perhaps="") if is_lost else one)
        made.take(each)
    return tuple(result)


def _found(each: Statement) -> Iterator[Found]:
    table = tables.name(each.tree)
    match each.kind:
        case "Create" | "Drop":
            yield from _made_or_dropped(each, table, str(each.tree.args.get("kind") or "").upper())
        case "TruncateTable":
            yield _one(each, "database/destructive-truncate", f"empties {table}", table)
        case "Delete" | "Update" if _means_all(each.tree):
            yield from _of_all_rows(each, table)
        case "Alter":
            for action in each.tree.args.get("actions") or ():
                yield from _action(each, action, table)
        case "Command":
            yield from _command(each)
        case _:
            return


def _made_or_dropped(each: Statement, table: str, kind: str) -> Iterator[Found]:
    """DROP TEMPORARY TABLE drops no other."""
    args = each.tree.args
    if kind == "TABLE" and each.kind == "Create" and args.get("replace") and not tables.is_temporary(each):
        yield _one(each, "database/destructive-drop-table", f"replaces the table {table} and what it holds", table)
    elif kind == "TABLE" and each.kind == "Drop" and not args.get("temporary"):
        for name in tables.names(each.tree):
            found = _one(each, "database/destructive-drop-table", f"drops the table {name} and what it holds", name)
            yield msgspec.structs.replace(found, perhaps=bare(name) if args.get("exists") else "")
    elif kind in ("DATABASE", "SCHEMA") and each.kind == "Drop":
        yield _one(each, "database/destructive-drop-database", "drops a database")


def _of_all_rows(each: Statement, table: str) -> Iterator[Found]:
    why = _no_where(each.tree.args.get("where"))
    if each.kind == "Update":
        yield _one(each, "database/destructive-update-all", f"changes every row of {table}: {why}", table)
        return
    for name in _emptied(each.tree):
        yield _one(each, "database/destructive-delete-all", f"deletes every row of {name}: {why}", name)


def _means_all(tree: Any) -> bool:
    """Whether neither a WHERE nor a join that leaves rows out names a column (`WHERE 1` does not)."""
    exp = importlib.import_module("sqlglot.expressions")
    where = tree.args.get("where")
    if where is not None:
        return where.find(exp.Column) is None
    own = [join for table in _from(tree) for join in table.args.get("joins") or ()]
    return not any(not join.side and (join.args.get("using") or _links(join.args.get("on"))) for join in own)


def _links(condition: Any) -> bool:
    """Whether a condition says which rows of two tables belong together; with one table's columns alone it does not."""
    if condition is None:
        return False
    tables = {column.table for column in condition.find_all(importlib.import_module("sqlglot.expressions").Column)}
    return len(tables) > 1 or "" in tables


def _from(tree: Any) -> list[Any]:
    """The tables of UPDATE and DELETE that others are joined to."""
    return [*(tree.args.get("using") or ()), *([tree.this] if tree.this is not None else [])]


def _emptied(tree: Any) -> list[str]:
    """The tables of which a DELETE takes rows, by their own names."""
    exp = importlib.import_module("sqlglot.expressions")
    there = [each for root in _from(tree) for each in root.find_all(exp.Table)]
    aliases = {each.alias: tables.name(each) for each in there if each.alias}
    meant = tree.args.get("tables") or (list(tree.this.find_all(exp.Table)) if tree.args.get("using") else [tree.this])
    return list(dict.fromkeys(aliases.get(each.name, tables.name(each)) for each in meant if each is not None)) or ["?"]


def _no_where(where: Any) -> str:
    return "it has no WHERE" if where is None else "its WHERE names no column"


def _command(each: Statement) -> Iterator[Found]:
    words = [word.upper() for word in str(each.tree.sql("mysql")).split()[:2]]
    if words == ["RENAME", "TABLE"]:
        yield _one(each, "database/contract", "renames a table: the release before does not find it", step=True)
    elif words[:1] in (["PREPARE"], ["EXECUTE"], ["CALL"]):
        says = f"runs what is not written here ({words[0]}): what it does cannot be told before it runs"
        yield _one(each, "database/dynamic-sql", says)


def _action(each: Statement, action: Any, table: str) -> Iterator[Found]:
    exp = importlib.import_module("sqlglot.expressions")
    match type(action).__name__:
        case "Command" if EMPTIES.search(action.sql("mysql")) is not None:
            says = f"empties {table} or partitions of it, or takes them away"
            yield _one(each, "database/destructive-truncate", says, table)
        case "Drop" if _drops_column(action):
            says = f"drops the column {table}.{_column(action)} and what it holds"
            yield _one(each, "database/destructive-drop-column", says, table)
        case "AlterRename" | "RenameColumn":
            says = f"renames {table} or a column of it: the release before does not find it"
            yield _one(each, "database/contract", says, table, step=True)
        case "ModifyColumn" | "AlterColumn" if not _sets_default(action):
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


def _sets_default(action: Any) -> bool:
    return type(action).__name__ == "AlterColumn" and action.args.get("default") is not None


def _column(drop: Any) -> str:
    """The column of DROP COLUMN, which versions of the parser keep in different places."""
    name = drop.find(importlib.import_module("sqlglot.expressions").Identifier)
    return str(name.name) if name is not None else drop.name or "?"


def _one(each: Statement, rule: str, says: str, table: str = "", *, step: bool = False) -> Found:
    return Found(rule=rule, says=says, line=each.line, statement=each.line, table=table, step="both" if step else "")
