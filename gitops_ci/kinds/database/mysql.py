"""MySQL's and MariaDB's migrations: what each of their statements changes, and what a rule finds in it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import msgspec

from gitops_ci.kinds.database.mysql_reading import EMPTIES, Statement, parse
from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.sql.changes import STATEMENT, gone
from gitops_ci.model.plan import Attribute, Change, Engine

_LONGEST = 200


def engine() -> Engine:
    """The parser and its version; raises ImportError where it is missing."""
    version = str(importlib.import_module("sqlglot").__version__)
    return Engine(name="sqlglot", version=f"{version} (MySQL, by text alone)", source="embedded")


def changes(text: str, *, path: str, source: str) -> tuple[Change, ...]:
    """What a migration changes: one Change a statement. Raises as `parse` does."""
    return tuple(_numbered(_change(each, path, source) for each in parse(text)))


def _numbered(found: Iterator[Change]) -> Iterator[Change]:
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
                yield _column_added(column)
    for number, action in enumerate(each.tree.args.get("actions") or (), 1):
        if type(action).__name__ == "ColumnDef":
            yield _column_added(action)
        elif _drops_column(action):
            yield gone(f"column.{_column(action)}")
        else:
            yield Attribute(path=f"{type(action).__name__.lower()}.{number}", after=action.sql("mysql")[:_LONGEST])


def _column_added(column: Any) -> Attribute:
    written = str(column.sql("mysql")).removeprefix("IF NOT EXISTS ").removeprefix(column.this.sql("mysql"))
    return Attribute(path=f"column.{column.name}", after=written.strip()[:_LONGEST])


def _drops_column(action: Any) -> bool:
    return type(action).__name__ == "Drop" and str(action.args.get("kind") or "").upper() == "COLUMN"


def _name(tree: Any) -> str:
    exp = importlib.import_module("sqlglot.expressions")
    table = tree.find(exp.Table)
    return ".".join(filter(None, (str(table.db), str(table.name)))) if table is not None else "?"


def _names(tree: Any) -> list[str]:
    """The tables of a DROP."""
    exp = importlib.import_module("sqlglot.expressions")
    tables = tree.args.get("tables") or ([tree.this] if tree.this is not None else [])
    return [_name(each) for each in tables if isinstance(each, exp.Table)] or [_name(tree)]


def found(text: str) -> tuple[Found, ...]:
    """What the rules find that are about destruction and about the release before. Raises as `parse` does.

    A table that the same file creates is nobody's yet: a temporary one until it is dropped, for then another of its
    name is meant, all of them until tables are renamed or another database is used.
    """
    created: set[str] = set()
    temporary: set[str] = set()
    result: list[Found] = []
    statements = parse(text)
    anew = {_name(each.tree): each.line for each in statements if _is_new_table(each) and not _is_temporary(each)}
    for each in statements:
        for one in _found(each):
            is_lost = one.perhaps and anew.get(one.table, 0) < each.line
            if one.table not in created | temporary:
                result.append(msgspec.structs.replace(one, perhaps="") if is_lost else one)
        if each.kind == "Use" or _renames(each):
            created.clear()
            temporary.clear()
        elif each.kind == "Drop":
            temporary.difference_update(_names(each.tree))
        elif _is_new_table(each):
            (temporary if _is_temporary(each) else created).add(_name(each.tree))
    return tuple(result)


def _is_new_table(each: Statement) -> bool:
    is_table = each.kind == "Create" and str(each.tree.args.get("kind")).upper() == "TABLE"
    return is_table and not each.tree.args.get("exists")


def _is_temporary(each: Statement) -> bool:
    return each.tree.find(importlib.import_module("sqlglot.expressions").TemporaryProperty) is not None


def _renames(each: Statement) -> bool:
    if each.kind == "Command":
        return str(each.tree.sql("mysql")).upper().startswith("RENAME")
    return any(type(action).__name__ == "AlterRename" for action in each.tree.args.get("actions") or ())


def _found(each: Statement) -> Iterator[Found]:
    table = _name(each.tree)
    match each.kind:
        case "Create" | "Drop":
            yield from _made_or_dropped(each, table, str(each.tree.args.get("kind") or "").upper())
        case "TruncateTable":
            yield _one(each, "database/destructive-truncate", f"empties {table}", table)
        case "Delete" if _means_all(each.tree):
            says = f"deletes every row of {table}: {_no_where(each.tree)}"
            yield _one(each, "database/destructive-delete-all", says, table)
        case "Update" if _means_all(each.tree):
            says = f"changes every row of {table}: {_no_where(each.tree)}"
            yield _one(each, "database/destructive-update-all", says, table)
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
    if kind == "TABLE" and each.kind == "Create" and args.get("replace") and not _is_temporary(each):
        yield _one(each, "database/destructive-drop-table", f"replaces the table {table} and what it holds", table)
    elif kind == "TABLE" and each.kind == "Drop" and not args.get("temporary"):
        for name in _names(each.tree):
            found = _one(each, "database/destructive-drop-table", f"drops the table {name} and what it holds", name)
            yield msgspec.structs.replace(found, perhaps=bare(name) if args.get("exists") else "")
    elif kind in ("DATABASE", "SCHEMA") and each.kind == "Drop":
        yield _one(each, "database/destructive-drop-database", "drops a database")


def _means_all(tree: Any) -> bool:
    """Whether neither a WHERE nor a join says which rows are meant (`WHERE 1` names no column)."""
    exp = importlib.import_module("sqlglot.expressions")
    where = tree.args.get("where")
    if where is not None:
        return where.find(exp.Column) is None
    return not any(join.args.get("using") or _links(join.args.get("on")) for join in tree.find_all(exp.Join))


def _links(condition: Any) -> bool:
    """Whether a condition says which rows of two tables belong together; with one table's columns alone it does not."""
    if condition is None:
        return False
    tables = {column.table for column in condition.find_all(importlib.import_module("sqlglot.expressions").Column)}
    return len(tables) > 1 or "" in tables


def _no_where(tree: Any) -> str:
    return "it has no WHERE" if tree.args.get("where") is None else "its WHERE names no column"


def _command(each: Statement) -> Iterator[Found]:
    text = str(each.tree.sql("mysql"))
    words = [word.upper() for word in text.split()[:2]]
    if words == ["ALTER", "TABLE"] and EMPTIES.search(text) is not None:
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
        case "Drop" if _drops_column(action):
            says = f"drops the column {table}.{_column(action)} and what it holds"
            yield _one(each, "database/destructive-drop-column", says, table)
        case "AlterRename" | "RenameColumn":
            says = f"renames {table} or a column of it: the release before does not find it"
            yield _one(each, "database/contract", says, table, step=True)
        case "ModifyColumn":
            says = f"changes a column of {table} under the release before, and what the new type does not hold is lost"
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
