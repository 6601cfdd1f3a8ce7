"""The tables that a file of MySQL's or MariaDB's makes itself, and those that a statement of theirs is about."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

_MAY_MEAN_OTHERS = frozenset({"CALL", "EXECUTE", "RENAME", "USE"})
"""First words of statements after which a name may be another table's."""


class Created:
    """The tables made so far by one file, by name as it is written.

    A temporary one hides another of its name, and is gone with the first DROP TABLE that names it.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._temporary: set[str] = set()

    def __contains__(self, table: str) -> bool:
        return table in self._kept or table in self._temporary

    def take(self, kind: str, tree: Any) -> None:
        """Adds what a statement makes, and takes away what a name means no longer; `kind` is sqlglot's name of it."""
        is_table = str(tree.args.get("kind") or "").upper() == "TABLE"
        match kind:
            case "Create" if is_table and not tree.args.get("exists"):
                (self._temporary if is_temporary(tree) else self._kept).update(names(tree.this)[:1])
            case "Drop" if is_table:
                for table in tree.args.get("tables") or [tree.this]:
                    self._temporary = _without(self._temporary, table.name)
            case "Alter":
                for action in tree.args.get("actions") or ():
                    if type(action).__name__ == "AlterRename":
                        self._rename(name(tree.this), name(action.this), tree.this.name, action.this.name)
            case "Use" | "Command" if kind == "Use" or str(tree.this).upper() in _MAY_MEAN_OTHERS:
                self._kept.clear()
                self._temporary.clear()
            case _:
                return

    def _rename(self, old: str, new: str, *bare: str) -> None:
        was_kept, was_temporary = old in self._kept, old in self._temporary
        for each in bare:
            self._kept, self._temporary = _without(self._kept, each), _without(self._temporary, each)
        if was_temporary:
            self._temporary.add(new)
        elif was_kept:
            self._kept.add(new)


def _without(tables: set[str], bare: str) -> set[str]:
    """What does not have that name, in whatever database and case."""
    return {each for each in tables if each.rpartition(".")[2].lower() != bare.lower()}


def is_temporary(tree: Any) -> bool:
    """Whether CREATE or DROP is about a table of the session alone."""
    properties = tree.args.get("properties")
    kinds = (type(each).__name__ for each in properties.expressions) if properties is not None else ()
    return bool(tree.args.get("temporary")) or "TemporaryProperty" in kinds


def name(table: Any) -> str:
    """A table as it is written, without its alias and what is joined to it."""
    return ".".join(part for part in (table.catalog, table.db, table.name) if part)


def names(tree: Any) -> list[str]:
    """The tables in a tree, the outermost first."""
    return [name(each) for each in tree.find_all(importlib.import_module("sqlglot.expressions").Table)]


def updated(tree: Any) -> Iterator[str]:
    """The tables of which an UPDATE sets columns; all that are joined where a column does not say whose it is."""
    tables = list(tree.this.find_all(importlib.import_module("sqlglot.expressions").Table))
    known = {str(table.alias_or_name).lower() for table in tables}
    named = {
        str(each.this.args["table"].name).lower() if each.this.args.get("table") else "" for each in tree.expressions
    }
    if not tables:
        yield "?"
    for table in tables:
        if not named <= known or str(table.alias_or_name).lower() in named:
            yield name(table)
