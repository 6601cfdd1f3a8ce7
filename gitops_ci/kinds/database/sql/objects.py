"""CREATE (and a few ALTER) of everything that is not a table, a role or a privilege."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw, Struct

from gitops_ci.kinds.database.sql import tree
from gitops_ci.kinds.database.sql.changes import after, condition, given, made
from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar, RoleSpec
from gitops_ci.kinds.database.sql.postgres import ABSENT, Statement
from gitops_ci.kinds.database.sql.tree import Node, strings
from gitops_ci.model.plan import Change


class IndexStmt(Struct, frozen=True):
    """CREATE INDEX."""

    relation: RangeVar
    idxname: str = ""
    accessMethod: str = ""  # noqa: N815
    indexParams: tuple[Node, ...] = ()  # noqa: N815
    indexIncludingParams: tuple[Node, ...] = ()  # noqa: N815
    whereClause: Raw = ABSENT  # noqa: N815
    unique: bool = False
    concurrent: bool = False
    if_not_exists: bool = False


class ViewStmt(Struct, frozen=True):
    """CREATE VIEW."""

    view: RangeVar
    replace: bool = False


class Named(Struct, frozen=True):
    """What the simple CREATE statements have in common; each has one of the names."""

    domainname: tuple[Node, ...] = ()
    typevar: RangeVar | None = None
    sequence: RangeVar | None = None
    extname: str = ""
    vals: tuple[Node, ...] = ()
    if_not_exists: bool = False


class TypeNamed(Struct, frozen=True):
    """An enum or a range type."""

    typeName: tuple[Node, ...] = ()  # noqa: N815
    vals: tuple[Node, ...] = ()
    oldVal: str = ""  # noqa: N815
    newVal: str = ""  # noqa: N815


class CreateSchemaStmt(Struct, frozen=True):
    """CREATE SCHEMA."""

    schemaname: str = ""
    authrole: RoleSpec | None = None
    schemaElts: tuple[dict[str, Raw], ...] = ()  # noqa: N815
    if_not_exists: bool = False


class OnTable(Struct, frozen=True):
    """A policy or a rule."""

    table: RangeVar | None = None
    relation: RangeVar | None = None
    policy_name: str = ""
    rulename: str = ""
    cmd_name: str = ""
    event: str = ""
    permissive: bool = False
    replace: bool = False
    roles: tuple[Node, ...] = ()


def index(statement: Statement) -> Iterator[Change]:
    """CREATE INDEX: an index lies in its table's schema; one without a name is told by its columns."""
    node = statement.read(IndexStmt)
    columns = _columns(node.indexParams)
    name = (
        qualified((node.relation.schemaname, node.idxname))
        if node.idxname
        else f"on {node.relation.name} ({', '.join(columns)})"
    )
    attributes = given(
        on=node.relation.name,
        columns=columns,
        include=_columns(node.indexIncludingParams),
        method=node.accessMethod if node.accessMethod != "btree" else None,
        partial=bool(bytes(node.whereClause)),
    )
    flags = (after("unique", node.unique), after("concurrently", node.concurrent))
    yield made(
        statement, ("index", name), "create", (*attributes, *flags), reason=condition(if_not_exists=node.if_not_exists)
    )


def _columns(elements: tuple[Node, ...]) -> list[str]:
    named = [each.index_element for each in elements]
    return [quoted(element.name) if element.name else "(expression)" for element in named if element is not None]


def view(statement: Statement) -> Iterator[Change]:
    """CREATE VIEW."""
    node = statement.read(ViewStmt)
    yield made(statement, ("view", node.view.name), "create", reason=condition(replace=node.replace))


def enum(statement: Statement) -> Iterator[Change]:
    """CREATE TYPE … AS ENUM, AS RANGE."""
    node = statement.read(TypeNamed)
    yield made(statement, ("type", qualified(strings(node.typeName))), "create", given(values=strings(node.vals)))


def alter_enum(statement: Statement) -> Iterator[Change]:
    """ALTER TYPE … ADD VALUE, RENAME VALUE."""
    node = statement.read(TypeNamed)
    change = after(f"value.{node.newVal}", f"renamed from {node.oldVal}" if node.oldVal else "added")
    yield made(statement, ("type", qualified(strings(node.typeName))), "update", (change,))


def named(statement: Statement) -> Iterator[Change]:
    """CREATE DOMAIN, composite TYPE, SEQUENCE, EXTENSION and ALTER SEQUENCE."""
    node = statement.read(Named)
    if node.domainname:
        object_ = ("domain", qualified(strings(node.domainname)))
    elif node.typevar is not None:
        object_ = ("type", node.typevar.name)
    elif node.sequence is not None:
        object_ = ("sequence", node.sequence.name)
    else:
        object_ = ("extension", quoted(node.extname))
    yield made(
        statement,
        object_,
        "update" if statement.tag.startswith("Alter") else "create",
        reason=condition(if_not_exists=node.if_not_exists),
    )


def schema(statement: Statement) -> Iterator[Change]:
    """CREATE SCHEMA, without the statements inside it."""
    node = statement.read(CreateSchemaStmt)
    name = quoted(node.schemaname) if node.schemaname else node.authrole.name if node.authrole else ""
    owner = node.authrole.name if node.authrole else None
    yield made(
        statement, ("schema", name), "create", given(owner=owner), reason=condition(if_not_exists=node.if_not_exists)
    )


def schema_elements(statement: Statement) -> Iterator[Statement]:
    """The statements inside a CREATE SCHEMA."""
    for element in statement.read(CreateSchemaStmt).schemaElts:
        for tag, node in element.items():
            yield statement.within(tag, node)


def policy(statement: Statement) -> Iterator[Change]:
    """CREATE and ALTER POLICY."""
    node = statement.read(OnTable)
    table = node.table.name if node.table else ""
    created = statement.tag.startswith("Create")
    attributes = given(
        on=table, command=node.cmd_name, to=tree.roles(node.roles), restrictive=created and not node.permissive
    )
    yield made(
        statement, ("policy", f"{quoted(node.policy_name)} on {table}"), "create" if created else "update", attributes
    )


def rule(statement: Statement) -> Iterator[Change]:
    """CREATE RULE."""
    node = statement.read(OnTable)
    table = node.relation.name if node.relation else ""
    attributes = given(on=table, event=node.event.removeprefix("CMD_"))
    yield made(
        statement,
        ("rule", f"{quoted(node.rulename)} on {table}"),
        "create",
        attributes,
        reason=condition(replace=node.replace),
    )
