"""What the lint sees in CREATE and ALTER TABLE: columns that go, are renamed, required or of another type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT
from gitops_ci.kinds.database.sql.tree import TypeName

_INTEGERS = frozenset({"smallint", "integer", "serial", "serial2", "serial4", "smallserial"})
_SERIALS = frozenset({"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"})
_FILLS = frozenset({"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"})
_REWRITES = {
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_SetAccessMethod": "SET ACCESS METHOD",
}
_NO_TIME = re.compile(
    r"(?:text|varchar|char|bpchar|name|bytea|smallint|integer|bigint|numeric|real|double precision|boolean|uuid|jsonb?"
    r"|date|interval|inet|cidr|xml|tsvector)\b"
)
TRIGGERS_OFF = frozenset({"AT_DisableTrig", "AT_DisableTrigAll", "AT_DisableTrigUser", "AT_DisableRule"})
"""Sub-commands that disable triggers or rules."""

_CHECKED = re.compile(rb'"AT_ValidateConstraint"|"skip_validation":true')


class Kept(Struct, frozen=True):
    """A constraint of a column or a table; `raw_expr` is that of a default."""

    contype: str = ""
    conname: str = ""
    skip_validation: bool = False
    raw_expr: Raw = ABSENT

    @property
    def fills(self) -> bool:
        """Whether it gives a new column's old rows a value other than NULL."""
        return self.contype in _FILLS and b'"isnull":true' not in bytes(self.raw_expr)


class Wrapped(Struct, frozen=True):
    """A list's element, of which only one kind matters."""

    column: Column | None = field(default=None, name="ColumnDef")
    constraint: Kept | None = field(default=None, name="Constraint")
    command: Command | None = field(default=None, name="AlterTableCmd")
    partition: Raw = field(default=ABSENT, name="PartitionCmd")


class Column(Struct, frozen=True):
    """A column's definition."""

    colname: str = ""
    typeName: TypeName | None = None  # noqa: N815
    constraints: tuple[Wrapped, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """What its constraints are."""
        return frozenset(each.constraint.contype for each in self.constraints if each.constraint)

    @property
    def type(self) -> str:
        """Its type as the manual writes it."""
        return self.typeName.text if self.typeName else ""


class Command(Struct, frozen=True):
    """One sub-command."""

    subtype: str = ""
    name: str = ""
    missing_ok: bool = False
    definition: Wrapped | None = field(default=None, name="def")


class Altered(Struct, frozen=True):
    """ALTER TABLE, and CREATE TABLE with its elements."""

    relation: RangeVar
    cmds: tuple[Wrapped, ...] = ()
    tableElts: tuple[Wrapped, ...] = ()  # noqa: N815
    objtype: str = "OBJECT_TABLE"


class Renamed(Struct, frozen=True):
    """ALTER … RENAME."""

    renameType: str = ""  # noqa: N815
    relationType: str = ""  # noqa: N815
    relation: RangeVar | None = None
    subname: str = ""
    newname: str = ""


class Moved(Struct, frozen=True):
    """ALTER … SET SCHEMA."""

    objectType: str = ""  # noqa: N815
    relation: RangeVar | None = None
    newschema: str = ""


def of(read: Read) -> Iterator[Found]:
    """What is found in CREATE TABLE, ALTER TABLE and RENAME."""
    match read.tag:
        case "CreateStmt":
            node = read.statement.read(Altered)
            yield from _keys(read, node.relation.name, [each.column for each in node.tableElts if each.column])
        case "AlterTableStmt":
            node = read.statement.read(Altered)
            for each in node.cmds:
                is_attribute = (
                    node.objtype == "OBJECT_TYPE" and each.command and each.command.subtype == "AT_DropColumn"
                )
                if each.command is not None and (node.objtype == "OBJECT_TABLE" or is_attribute):
                    yield from _command(read, node.relation.name, each.command)
        case "RenameStmt":
            yield from _renamed(read, read.statement.read(Renamed))
        case "AlterObjectSchemaStmt":
            moved = read.statement.read(Moved)
            if moved.objectType == "OBJECT_TABLE" and moved.relation is not None:
                says = f"moves {moved.relation.name} to {quoted(moved.newschema)}: the release before does not find it"
                yield _found(read, "database/contract", says, moved.relation.name, "both")
        case _:
            return


def _found(read: Read, rule: str, says: str, table: str, step: Literal["", "contract", "both"] = "") -> Found:
    return Found(rule=rule, says=says, line=read.line, statement=read.line, table=table, step=step)


def _keys(read: Read, table: str, columns: list[Column]) -> Iterator[Found]:
    for column in columns:
        if "CONSTR_PRIMARY" in column.kinds and column.type in _INTEGERS:
            says = f"gives {table} the key {quoted(column.colname)} of type {column.type}"
            yield _found(read, "database/type-integer-key", says, table)


def _command(read: Read, table: str, command: Command) -> Iterator[Found]:
    column = command.definition.column if command.definition else None
    name = quoted(command.name)
    match command.subtype:
        case "AT_DropColumn":
            says = f"drops the column {table}.{name} and what it holds"
            found = _found(read, "database/destructive-drop-column", says, table, "contract")
            yield msgspec.structs.replace(found, perhaps=command.name if command.missing_ok else "")
        case "AT_AddColumn" if column is not None:
            yield from _added(read, table, column)
        case "AT_SetNotNull":
            says = f"makes {table}.{name} NOT NULL: the release before may still write NULL"
            yield _found(read, "database/contract", says, table, "contract")
        case "AT_AlterColumnType" if column is not None:
            sized = column.typeName.sized if column.typeName else ""
            says = f"changes the type of {table}.{name} to {sized} under the release before"
            found = _found(read, "database/contract", says, table, "both")
            yield msgspec.structs.replace(found, evidence="rewrite")  # what rewrites nothing can be read as before
        case "AT_DisableRowSecurity" | "AT_NoForceRowSecurity":
            yield _found(read, "database/row-security-disabled", f"takes row security off {table}", table)
        case subtype if subtype in TRIGGERS_OFF:
            yield _found(
                read, "database/trigger-disabled", f"disables {name if command.name else 'triggers'} of {table}", table
            )
        case subtype if subtype in _REWRITES:
            says = f"{_REWRITES[subtype]} writes {table} anew and keeps everyone out of it"
            found = _found(read, "database/lock-rewrite", says, table)
            # nothing tells of a table that is copied elsewhere, and where it lies now is another matter there
            yield msgspec.structs.replace(found, evidence="lock" if subtype == "AT_SetTableSpace" else None)
        case _:
            return


def _added(read: Read, table: str, column: Column) -> Iterator[Found]:
    yield from _keys(read, table, [column])
    if column.type in _SERIALS:
        says = f"adds {table}.{quoted(column.colname)} of type {column.type}, whose default is computed row by row"
        yield _found(read, "database/lock-column-default", says, table)
    if "CONSTR_CHECK" in column.kinds:
        says = f"adds {table}.{quoted(column.colname)} with a CHECK, for which every row is read"
        yield _found(read, "database/lock-constraint", says, table)
    if _required(column):
        says = f"adds {table}.{quoted(column.colname)}, NOT NULL without a default: the release before writes no"
        yield _found(read, "database/contract", f"{says} value for it", table, "both")


def _required(column: Column) -> bool:
    needed = bool(column.kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"})
    filled = any(each.constraint and each.constraint.fills for each in column.constraints)
    return needed and not filled and column.type not in _SERIALS


def _renamed(read: Read, node: Renamed) -> Iterator[Found]:
    table = node.relation.name if node.relation else ""
    if node.renameType == "OBJECT_TABLE":
        says = f"renames {table} to {quoted(node.newname)}: the release before does not find it"
        yield _found(read, "database/contract", says, table, "both")
    elif node.renameType == "OBJECT_SCHEMA":
        says = f"renames the schema {quoted(node.subname)}: the release before does not find what is in it"
        yield _found(read, "database/contract", says, "", "both")
    elif node.renameType == "OBJECT_COLUMN" and node.relationType == "OBJECT_TABLE":
        says = f"renames {table}.{quoted(node.subname)} to {quoted(node.newname)}: the release before does not find it"
        yield _found(read, "database/contract", says, table, "both")


def scans_nothing(read: Read) -> bool:
    """Whether every constraint that an ALTER TABLE adds is a foreign key of a new column that is NULL in each row.

    There is nothing to look up then, and PostgreSQL does not scan.
    """
    if read.tag != "AlterTableStmt":
        return False
    commands = [each.command for each in read.statement.read(Altered).cmds if each.command]
    if any(each.subtype == "AT_AddConstraint" for each in commands):
        return False
    columns = [each.definition.column for each in commands if each.definition and each.definition.column]
    constraints = [each.constraint for column in columns for each in column.constraints if each.constraint]
    return not any(each.fills or each.contype == "CONSTR_CHECK" for each in constraints)


def unchecked(read: Read) -> Iterator[tuple[str, str, bool]]:
    """Table and name of each constraint that is added NOT VALID, and of each that is validated (True)."""
    if read.tag != "AlterTableStmt" or not _CHECKED.search(bytes(read.statement.node)):
        return
    node = read.statement.read(Altered)
    for command in (each.command for each in node.cmds if each.command):
        constraint = command.definition.constraint if command.definition else None
        if command.subtype == "AT_ValidateConstraint":
            yield node.relation.name, command.name, True
        elif constraint is not None and constraint.skip_validation:
            yield node.relation.name, constraint.conname, False


def makes_a_time(read: Read) -> bool:
    """Whether a column becomes a time: what gets or loses its zone is rewritten, unless the session's zone is UTC.

    It is UTC where migrations are tried (PostgreSQL's ATColumnChangeRequiresRewrite). A type that is not PostgreSQL's
    own may be a domain over one.
    """
    if read.tag != "AlterTableStmt":
        return False
    commands = [each.command for each in read.statement.read(Altered).cmds if each.command]
    columns = [each.definition.column for each in commands if each.subtype == "AT_AlterColumnType" and each.definition]
    return any(column is not None and _NO_TIME.match(column.type) is None for column in columns)


def added(read: Read) -> Iterator[str]:
    """The tables that a statement adds columns to: an expand step."""
    if read.tag == "AlterTableStmt" and b'"AT_AddColumn"' in bytes(read.statement.node):
        node = read.statement.read(Altered)
        if any(each.command and each.command.subtype == "AT_AddColumn" for each in node.cmds):
            yield node.relation.name
