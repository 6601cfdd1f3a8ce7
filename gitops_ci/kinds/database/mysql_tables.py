"""Which tables a statement of MySQL's names, and which of them a file has made itself."""

from __future__ import annotations

import importlib
from typing import Any

from gitops_ci.kinds.database.mysql_reading import Statement


def name(tree: Any) -> str:
    """The first table that a statement names, with its database where it says one; `?` where there is none."""
    exp = importlib.import_module("sqlglot.expressions")
    table = tree.find(exp.Table)
    return ".".join(part.name for part in table.parts) if table is not None and table.name else "?"


def names(tree: Any) -> list[str]:
    """The tables of a DROP."""
    exp = importlib.import_module("sqlglot.expressions")
    tables = tree.args.get("tables") or ([tree.this] if tree.this is not None else [])
    return [name(each) for each in tables if isinstance(each, exp.Table)] or [name(tree)]


class Made:
    """The tables that a file has made so far, which are nobody's yet.

    A temporary one is until it is dropped, for then another of its name is meant; all of them are until tables are
    renamed or another database is used.
    """

    def __init__(self) -> None:
        self._lasting: set[str] = set()
        self._temporary: set[str] = set()

    def __contains__(self, table: str) -> bool:
        return table in self._lasting or table in self._temporary

    def take(self, each: Statement) -> None:
        """Goes on by one statement."""
        if each.kind == "Use" or _renames(each):
            self._lasting.clear()
            self._temporary.clear()
        elif each.kind == "Drop":
            self._temporary.difference_update(names(each.tree))
        elif _makes_table(each):
            (self._temporary if is_temporary(each) else self._lasting).add(name(each.tree))


def is_new(each: Statement) -> bool:
    """Whether a statement makes a table that was surely not there, and that stays."""
    return _makes_table(each) and not is_temporary(each)


def is_temporary(each: Statement) -> bool:
    """Whether a statement is about a temporary table."""
    return each.tree.find(importlib.import_module("sqlglot.expressions").TemporaryProperty) is not None


def _makes_table(each: Statement) -> bool:
    is_table = each.kind == "Create" and str(each.tree.args.get("kind")).upper() == "TABLE"
    return is_table and not each.tree.args.get("exists")


def _renames(each: Statement) -> bool:
    if each.kind == "Command":
        return str(each.tree.sql("mysql")).upper().startswith("RENAME")
    return any(type(action).__name__ == "AlterRename" for action in each.tree.args.get("actions") or ())
