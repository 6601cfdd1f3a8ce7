"""The tables that statements build, with their columns and types, as far as their text tells."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.rules.alterations import Renamed
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.rules.statements import Drop
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT
from gitops_ci.kinds.database.sql.tables import CreateTableAsStmt
from gitops_ci.kinds.database.sql.tree import TypeName

_SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
_ALIASES = {"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean"}


class Shape(Struct, frozen=True):
    """A table: where it was made, and its columns with their types; None where text does not tell them."""

    path: str
    line: int
    columns: dict[str, str] | None


class Type(TypeName, frozen=True):
    """A type with its numbers."""

    @property
    def whole(self) -> str:
        """The type with its numbers, one name for each of its spellings."""
        numbers = self.numbers
        text = self.text.removeprefix("public.")
        bare = text.rstrip("[]")
        name = _ALIASES.get(bare, _SERIALS.get(bare, bare))
        if name.startswith("bpchar") and numbers == [1]:
            numbers = []
        length = f"({','.join(map(str, numbers))})" if numbers and name != "interval" else ""
        return name + length + text[len(bare) :]


class Column(Struct, frozen=True):
    """A column."""

    colname: str = ""
    typeName: Type | None = None  # noqa: N815


class Element(Struct, frozen=True):
    """An element of a table, or a sub-command."""

    column: Column | None = field(default=None, name="ColumnDef")
    command: Command | None = field(default=None, name="AlterTableCmd")
    like: Raw = field(default=ABSENT, name="TableLikeClause")


class Command(Struct, frozen=True):
    """A sub-command of ALTER TABLE."""

    subtype: str = ""
    name: str = ""
    definition: Element | None = field(default=None, name="def")


class Table(Struct, frozen=True):
    """CREATE TABLE and ALTER TABLE."""

    relation: RangeVar
    tableElts: tuple[Element, ...] = ()  # noqa: N815
    inhRelations: tuple[Raw, ...] = ()  # noqa: N815
    ofTypename: Raw = ABSENT  # noqa: N815
    cmds: tuple[Element, ...] = ()
    objtype: str = "OBJECT_TABLE"


class Moved(Struct, frozen=True):
    """ALTER … SET SCHEMA."""

    relation: RangeVar | None = None
    newschema: str = ""


class Shapes:
    """What statements have built so far; temporary tables are left out, `public.` is not part of a name."""

    def __init__(self) -> None:
        self.tables: dict[str, Shape] = {}

    def take(self, read: Read) -> None:
        """Applies one statement."""
        match read.tag:
            case "CreateStmt":
                self._create(read)
            case "CreateTableAsStmt":
                self._create_as(read)
            case "AlterTableStmt":
                self._alter(read)
            case "RenameStmt":
                self._rename(read)
            case "AlterObjectSchemaStmt":
                self._move(read)
            case "DropStmt":
                self._drop(read)
            case _:
                return

    def _create_as(self, read: Read) -> None:
        made = read.statement.read(CreateTableAsStmt)
        if made.objtype == "OBJECT_TABLE" and made.into.rel.relpersistence != "t":
            self.tables.setdefault(_name(made.into.rel), Shape(read.statement.path, read.line, None))

    def _move(self, read: Read) -> None:
        moved = read.statement.read(Moved)
        if moved.relation is not None and _name(moved.relation) in self.tables:
            to = RangeVar(schemaname=moved.newschema, relname=moved.relation.relname)
            self.tables[_name(to)] = self.tables.pop(_name(moved.relation))

    def _drop(self, read: Read) -> None:
        node = read.statement.read(Drop)
        if node.removeType == "OBJECT_TABLE":
            for name in node.names:
                self.tables.pop(name.removeprefix("public."), None)
        elif node.removeType == "OBJECT_SCHEMA":
            gone = tuple(f"{schema}." for schema in node.names)
            self.tables = {name: shape for name, shape in self.tables.items() if not name.startswith(gone)}

    def _create(self, read: Read) -> None:
        node = read.statement.read(Table)
        if node.relation.relpersistence == "t":
            return
        told = not node.inhRelations and not bytes(node.ofTypename)
        told = told and not any(bytes(each.like) for each in node.tableElts)
        columns = _types(each.column for each in node.tableElts if each.column is not None) if told else None
        self.tables.setdefault(_name(node.relation), Shape(read.statement.path, read.line, columns))

    def _alter(self, read: Read) -> None:
        node = read.statement.read(Table)
        shape = self.tables.get(_name(node.relation))
        if node.objtype != "OBJECT_TABLE" or shape is None or shape.columns is None:
            return
        columns = dict(shape.columns)
        for each in node.cmds:
            if each.command is None:
                continue
            column = each.command.definition.column if each.command.definition else None
            match each.command.subtype:
                case "AT_AddColumn" if column is not None:
                    for name, type_ in _types((column,)).items():
                        columns.setdefault(name, type_)
                case "AT_DropColumn":
                    columns.pop(quoted(each.command.name), None)
                case "AT_AlterColumnType" if column is not None and column.typeName is not None:
                    columns[quoted(each.command.name)] = column.typeName.whole
                case _:
                    continue
        self.tables[_name(node.relation)] = msgspec.structs.replace(shape, columns=columns)

    def _rename(self, read: Read) -> None:
        node = read.statement.read(Renamed)
        shape = self.tables.get(_name(node.relation)) if node.relation is not None else None
        if node.relation is None or shape is None:
            return
        if node.renameType == "OBJECT_TABLE":
            to = RangeVar(schemaname=node.relation.schemaname, relname=node.newname)
            self.tables[_name(to)] = self.tables.pop(_name(node.relation))
        elif node.renameType == "OBJECT_COLUMN" and shape.columns is not None:
            old, new = quoted(node.subname), quoted(node.newname)
            columns = {new if name == old else name: type_ for name, type_ in shape.columns.items()}
            self.tables[_name(node.relation)] = msgspec.structs.replace(shape, columns=columns)


def _name(relation: RangeVar) -> str:
    return relation.name.removeprefix("public.")


def _types(columns: Iterable[Column]) -> dict[str, str]:
    return {quoted(each.colname): each.typeName.whole if each.typeName else "" for each in columns}
