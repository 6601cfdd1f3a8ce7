"""The tables that a change makes itself: nobody reads them yet, so nothing that locks or empties them is a danger."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

import msgspec
from msgspec import Struct, field

from gitops_ci.kinds.database.rules import leaving
from gitops_ci.kinds.database.rules.alterations import Moved, Renamed
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import tables
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar

_OF_ROWS = frozenset({"database/destructive-delete-all", "database/destructive-update-all", "database/lock-explicit"})
"""Rules about rows: those that a view shows are another table's."""
_RELATIONS = frozenset({"OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_TABLE", "OBJECT_VIEW"})
_MAY_SET_PATH = frozenset({"CallStmt", "DoStmt", "ExecuteStmt", "SelectStmt"})
_OF_FUNCTIONS = ("AlterFunctionStmt", "CreateFunctionStmt")
"""Statements that set a search path for when the function is called."""
_SETS_PATH = re.compile(r"set_config|search_path|pg_settings|u&", re.IGNORECASE)
_REACHES = re.compile(rb'"pktable":(\{[^{}]*\})(?:(?!"pktable").)*?"fk_(?:upd|del)_action":"[cnd]"', re.DOTALL)
"""A foreign key by which what happens to the table that it leads to happens to the one that has it."""


class Earlier(Protocol):
    """The migrations that a database has already."""

    def mentions(self, name: str) -> bool:
        """Whether one of them has a word that is this name."""


class Conditional(Struct, frozen=True):
    """CREATE TABLE, with or without IF NOT EXISTS."""

    if_not_exists: bool = False


class Setting(Struct, frozen=True):
    """SET of a variable, or RESET of all."""

    name: str = ""
    kind: str = ""


class _Partition(Struct, frozen=True):
    name: RangeVar | None = None


class _Relative(Struct, frozen=True):
    partition: _Partition | None = field(default=None, name="PartitionCmd")


class _Command(Struct, frozen=True):
    subtype: str = ""
    definition: _Relative = field(default=_Relative(), name="def")

    @property
    def part(self) -> RangeVar | None:
        """What is attached as a partition."""
        partition = self.definition.partition if self.subtype == "AT_AttachPartition" else None
        return partition.name if partition is not None else None


class _Element(Struct, frozen=True):
    command: _Command = field(default=_Command(), name="AlterTableCmd")


class _Altered(Struct, frozen=True):
    relation: RangeVar = RangeVar()
    cmds: tuple[_Element, ...] = ()
    objtype: str = ""


class Created:
    """The tables, views and functions (`f()`) made so far by the migrations that enter, by name as it is written.

    One that is made IF NOT EXISTS, in a body, or once the search path may be another, is a new one where nothing that
    was merged mentions its name. So is a temporary one: another of that name is what is meant again once it is gone.
    One by which rows of an old table are reached (its parent, what it refers to) is not new any more.
    """

    def __init__(self, earlier: Earlier, elsewhere: Collection[str] = ()) -> None:
        """`elsewhere` are the functions that have a search path of their own."""
        self._earlier = earlier
        self._elsewhere = elsewhere
        self._names: set[str] = set()
        self._views: set[str] = set()
        self._path_is_known = True

    def __contains__(self, table: str) -> bool:
        return table in self._names

    def excuses(self, found: Found, read: Read) -> bool:
        """Whether what was found in a statement is about something new; rows that a new view shows are old ones."""
        if read.nested and read.function in self._elsewhere and "." not in found.table:
            return found.table in self._names and not self._earlier.mentions(_bare(found.table))
        return found.table in self._names and not (found.table in self._views and found.rule in _OF_ROWS)

    def may_be_there(self, read: Read) -> bool:
        """Whether a statement makes a table of whose name something that was merged knows, in whatever schema."""
        return not read.nested and self._is_known(read)

    def _is_known(self, read: Read) -> bool:
        return any(self._earlier.mentions(made.relname) for made in _made(read))

    def take(self, read: Read) -> None:
        """Adds what a statement makes. What a name means is anybody's guess once the search path changes."""
        if _changes_path(read):
            self._names.clear()
        elif not ((_is_conditional(read) or not self._path_is_known) and self._is_known(read)):
            self._add(read)
        sets_path = _SETS_PATH.search(read.statement.text) is not None
        if sets_path and self._path_is_known and read.tag not in _OF_FUNCTIONS:
            self._names = {name for name in self._names if "." in name or not self._earlier.mentions(_bare(name))}
        if _changes_path(read) or read.tag in _MAY_SET_PATH or sets_path:
            self._path_is_known = False
        if read.tag == "RenameStmt":
            self._rename(read.statement.read(Renamed), surely=not read.nested)
        elif read.tag == "AlterObjectSchemaStmt":
            self._move(read.statement.read(Moved), surely=not read.nested)
        elif read.tag == "AlterTableStmt":
            self._reach(read.statement.read(_Altered), bytes(read.statement.node))

    def _add(self, read: Read) -> None:
        for relation in _made(read):
            self._names.add(relation.name)
            if relation.relpersistence != "t":  # a temporary one hides another that public has
                self._names |= _names(relation)
        for made, perhaps in leaving.made(read):
            if not ((perhaps or read.nested) and self._earlier.mentions(_bare(made))):
                self._names |= {made, f"public.{made}"}
                self._views |= {made, f"public.{made}"} if read.tag == "ViewStmt" else set()

    def _rename(self, node: Renamed, *, surely: bool) -> None:
        if node.renameType == "OBJECT_SCHEMA":  # what is in it takes the names of what was in another
            self._names.clear()
        elif node.relation is not None and node.renameType in _RELATIONS:
            self._called(node.relation, RangeVar(schemaname=node.relation.schemaname, relname=node.newname), surely)

    def _move(self, node: Moved, *, surely: bool) -> None:
        """SET SCHEMA; with an extension goes whatever it has."""
        if node.relation is not None:
            self._called(node.relation, RangeVar(schemaname=node.newschema, relname=node.relation.relname), surely)
        elif node.objectType == "OBJECT_EXTENSION":
            self._names.clear()

    def _called(self, before: RangeVar, now: RangeVar, surely: bool) -> None:
        """A relation gets another name, by which it is known without its schema, too, where that is looked through."""
        was_new, was_view = before.name in self._names, before.name in self._views
        in_public = self._path_is_known and f"public.{before.name}" in self._names
        may_hide = not now.schemaname and not in_public and self._earlier.mentions(now.relname)
        self._names -= {*_names(now), quoted(now.relname)}
        if was_new and surely and not may_hide:
            self._names |= {before.name, now.name}
            self._views |= {now.name} if was_view else set()

    def _reach(self, node: _Altered, text: bytes) -> None:
        """A new table that is made the parent of an old one: so are its own parents, whatever they are called."""
        if node.objtype != "OBJECT_TABLE":
            return
        is_new = node.relation.name in self._names
        parts = (each.command.part for each in node.cmds)
        inherits = not is_new and any(each.command.subtype == "AT_AddInherit" for each in node.cmds)
        if inherits or any(part is not None and part.name not in self._names for part in parts):
            self._names.clear()
        for found in () if is_new else _REACHES.findall(text):
            self._names -= _names(msgspec.json.decode(found, type=RangeVar))


def elsewhere(reads: Iterable[Read]) -> frozenset[str]:
    """The functions that may run with another search path: all of them where not their definition says so."""
    reads = tuple(reads)
    sets_path = [read for read in reads if _SETS_PATH.search(read.statement.text)]
    all_of_them = any(read.tag != "CreateFunctionStmt" for read in sets_path)
    return frozenset(read.function for read in (reads if all_of_them else sets_path) if read.function)


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"()')


def _names(relation: RangeVar) -> set[str]:
    """How a table may be written, where `public` is what is looked through."""
    name = relation.name
    return {name, name.removeprefix("public.") if relation.schemaname else f"public.{name}"}


def _changes_path(read: Read) -> bool:
    if read.tag == "VariableSetStmt":
        setting = read.statement.read(Setting)
        return setting.name == "search_path" or setting.kind == "VAR_RESET_ALL"
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
