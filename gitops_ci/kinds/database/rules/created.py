"""The tables that a change makes itself: nobody reads them yet, so nothing that locks or empties them is a danger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from gitops_ci.kinds.database import tables
from gitops_ci.kinds.database.leaves import RangeVar
from gitops_ci.kinds.database.rules import leaving
from gitops_ci.kinds.database.rules.alterations import Renamed
from gitops_ci.kinds.database.rules.reading import Read


class Earlier(Protocol):
    """The migrations that a database has already."""

    def mentions(self, name: str) -> bool:
        """Whether one of them has a word that is this name."""


class Conditional(Struct, frozen=True):
    """CREATE TABLE, with or without IF NOT EXISTS."""

    if_not_exists: bool = False


class Setting(Struct, frozen=True):
    """SET of a variable."""

    name: str = ""


class Created:
    """The tables, views and functions (`f()`) made so far by the migrations that enter, by name as it is written.

    One that is made IF NOT EXISTS, or in a body, is a new one where nothing that was merged mentions its name. So is a
    temporary one: another of that name is what is meant again once it is gone.
    """

    def __init__(self, earlier: Earlier) -> None:
        self._earlier = earlier
        self._names: set[str] = set()

    def __contains__(self, table: str) -> bool:
        return table in self._names

    def may_be_there(self, read: Read) -> bool:
        """Whether a statement makes a table of whose name something that was merged knows, in whatever schema."""
        return not read.nested and self._is_known(read)

    def _is_known(self, read: Read) -> bool:
        return any(self._earlier.mentions(made.relname) for made in _made(read))

    def take(self, read: Read) -> None:
        """Adds what a statement makes. What a name means is anybody's guess once the search path changes."""
        if self._changes_path(read):
            self._names.clear()
        elif not (_is_conditional(read) and self._is_known(read)):
            for relation in _made(read):
                self._names.add(relation.name)
                if relation.relpersistence != "t":  # a temporary one hides another that public has
                    name = relation.name
                    self._names.add(name.removeprefix("public.") if relation.schemaname else f"public.{name}")
            for made, perhaps in leaving.made(read):
                if not ((perhaps or read.nested) and self._earlier.mentions(made.rpartition(".")[2].strip('"()'))):
                    self._names |= {made, f"public.{made}"}
        if read.tag == "RenameStmt":
            node = read.statement.read(Renamed)
            if node.renameType == "OBJECT_TABLE" and node.relation is not None and node.relation.name in self._names:
                renamed = RangeVar(schemaname=node.relation.schemaname, relname=node.newname)
                self._names.add(renamed.name)

    @staticmethod
    def _changes_path(read: Read) -> bool:
        if read.tag == "VariableSetStmt":
            return read.statement.read(Setting).name == "search_path"
        return read.tag in ("SelectStmt", "DoStmt") and "search_path" in read.statement.text


def _is_conditional(read: Read) -> bool:
    if read.tag not in ("CreateStmt", "CreateTableAsStmt"):
        return False
    temporary = any(made.relpersistence == "t" for made in _made(read))
    return read.nested or temporary or read.statement.read(Conditional).if_not_exists


def _made(read: Read) -> Iterator[RangeVar]:
    match read.tag:
        case "CreateStmt":
            yield read.statement.read(tables.CreateStmt).relation
        case "CreateTableAsStmt":
            yield read.statement.read(tables.CreateTableAsStmt).into.rel
        case _:
            return
