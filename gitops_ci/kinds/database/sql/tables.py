"""CREATE TABLE, ALTER TABLE and the statements that are one of them in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Raw, Struct

from gitops_ci.kinds.database.sql import addresses
from gitops_ci.kinds.database.sql.changes import PRESENT, after, given, gone, made
from gitops_ci.kinds.database.sql.clauses import Clauses
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT, Statement
from gitops_ci.kinds.database.sql.tree import AlterTableCmd, ColumnDef, Node
from gitops_ci.model.plan import Attribute, Change

_PERSISTENCE = {"t": "temporary", "u": "unlogged"}
_DESTRUCTIVE = frozenset({"AT_DropColumn", "AT_AlterColumnType"})
_SECRET = frozenset({"AT_GenericOptions", "AT_AlterColumnGenericOptions"})
_DEFAULT = re.compile(r"\bSET\s+DEFAULT\s+(.*)", re.IGNORECASE | re.DOTALL)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class CreateStmt(Struct, frozen=True):
    """CREATE TABLE."""

    relation: RangeVar
    tableElts: tuple[Node, ...] = ()  # noqa: N815
    inhRelations: tuple[Node, ...] = ()  # noqa: N815
    partspec: Raw = ABSENT
    partbound: Raw = ABSENT
    if_not_exists: bool = False


class CreateForeignTableStmt(Struct, frozen=True):
    """CREATE FOREIGN TABLE."""

    base: CreateStmt
    servername: str = ""


class AlterTableStmt(Struct, frozen=True):
    """ALTER TABLE."""

    relation: RangeVar
    cmds: tuple[Node, ...] = ()
    objtype: str = "OBJECT_TABLE"


class IntoClause(Struct, frozen=True):
    """The table that a query makes."""

    rel: RangeVar


class CreateTableAsStmt(Struct, frozen=True):
    """CREATE TABLE AS."""

    into: IntoClause
    objtype: str = "OBJECT_TABLE"
    if_not_exists: bool = False


def create(statement: Statement) -> Iterator[Change]:
    """CREATE TABLE: one attribute a column and a constraint."""
    yield _created(statement, statement.read(CreateStmt), "table", ())


def create_foreign(statement: Statement) -> Iterator[Change]:
    """CREATE FOREIGN TABLE; its options are left out, they may hold credentials."""
    node = statement.read(CreateForeignTableStmt)
    yield _created(statement, node.base, "foreign table", given(server=node.servername))


def create_as(statement: Statement) -> Iterator[Change]:
    """CREATE TABLE AS, CREATE MATERIALIZED VIEW."""
    node = statement.read(CreateTableAsStmt)
    reason = "IF NOT EXISTS" if node.if_not_exists else None
    yield made(
        statement,
        (addresses.kind(node.objtype), node.into.rel.name),
        "create",
        given(rows="from a query"),
        reason=reason,
    )


def _created(statement: Statement, node: CreateStmt, kind: str, more: tuple[Attribute, ...]) -> Change:
    clauses = Clauses(statement)
    attributes = [*given(persistence=_PERSISTENCE.get(node.relation.relpersistence)), *more]
    parents = [each.relation.name for each in node.inhRelations if each.relation is not None]
    attributes += given(
        **{"partition_of" if bytes(node.partbound) else "inherits": parents}, partitioned=bool(bytes(node.partspec))
    )
    for element in node.tableElts:
        if element.column is not None:
            column = element.column
            attributes.append(after(f"column.{quoted(column.colname)}", clauses.at(column.location, skip=1)))
        elif element.constraint is not None:
            attributes.append(after(f"constraint.{element.constraint.name}", clauses.at(element.constraint.location)))
        elif element.like is not None:
            attributes.append(after("like", element.like.relation.name))
    reason = "IF NOT EXISTS" if node.if_not_exists else None
    return made(statement, (kind, node.relation.name), "create", attributes, reason=reason)


def alter(statement: Statement) -> Iterator[Change]:
    """ALTER TABLE (and INDEX, VIEW, SEQUENCE …): one attribute a sub-command."""
    node = statement.read(AlterTableStmt)
    clauses = Clauses(statement)
    commands = [each.command for each in node.cmds if each.command is not None]
    texts = clauses.commands(node.relation.location)
    written = texts if len(texts) == len(commands) else [""] * len(commands)
    attributes = [_altered(command, text, clauses) for command, text in zip(commands, written, strict=True)]
    destructive = any(command.subtype in _DESTRUCTIVE for command in commands)
    yield made(
        statement, (addresses.kind(node.objtype), node.relation.name), "update", attributes, destructive=destructive
    )


def _altered(command: AlterTableCmd, text: str, clauses: Clauses) -> Attribute:
    """One sub-command; `text` is what its author wrote."""
    definition = command.definition or Node()
    constraint, partition = definition.constraint, definition.partition
    match command.subtype:
        case "AT_AddConstraint" if constraint is not None:
            return after(f"constraint.{constraint.name}", clauses.at(constraint.location))
        case "AT_DropConstraint":
            return gone(f"constraint.{quoted(command.name)}")
        case "AT_ChangeOwner" if command.newowner is not None:
            return after("owner", command.newowner.name)
        case "AT_EnableRowSecurity" | "AT_DisableRowSecurity":
            return after("row_level_security", "enabled" if command.subtype == "AT_EnableRowSecurity" else "disabled")
        case "AT_AttachPartition" if partition is not None:
            return after(f"partition.{partition.name.name}", "attached")
        case "AT_DetachPartition" if partition is not None:
            return Attribute(path=f"partition.{partition.name.name}", before=PRESENT, after="detached")
        case _:
            return _column(command, definition.column, text, clauses) or _other(command, text)


def _column(command: AlterTableCmd, column: ColumnDef | None, text: str, clauses: Clauses) -> Attribute | None:
    """What a sub-command does to a column; None where it is about something else."""
    path = f"column.{quoted(command.name)}"
    match command.subtype:
        case "AT_AddColumn" if column is not None:
            return after(f"column.{quoted(column.colname)}", clauses.at(column.location, skip=1))
        case "AT_DropColumn":
            return gone(path)
        case "AT_AlterColumnType" if column is not None and column.typeName is not None:
            return after(f"{path}.type", clauses.at(column.typeName.location))
        case "AT_ColumnDefault":
            default = _DEFAULT.search(text)
            return after(f"{path}.default", default[1]) if default else gone(f"{path}.default")
        case "AT_SetNotNull" | "AT_DropNotNull":
            return after(f"{path}.not_null", command.subtype == "AT_SetNotNull")
        case _:
            return None


def _other(command: AlterTableCmd, text: str) -> Attribute:
    path = _WORDS.sub("_", command.subtype.removeprefix("AT_")).lower()
    path += f".{quoted(command.name)}" if command.name else ""
    if command.subtype in _SECRET:
        return Attribute(path=path, sensitive=True)
    return after(path, text or PRESENT)
