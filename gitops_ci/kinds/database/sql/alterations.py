"""What happens to objects of any type: DROP, RENAME, SET SCHEMA, OWNER TO, COMMENT."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from gitops_ci.kinds.database.sql import addresses, tree
from gitops_ci.kinds.database.sql.changes import after, gone, made, moved
from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar, RoleSpec, Text
from gitops_ci.kinds.database.sql.postgres import Statement
from gitops_ci.kinds.database.sql.tree import Items, Node, ObjectWithArgs
from gitops_ci.model.plan import Change

MAX_COMMENT = 200
_OF_RELATION = frozenset({"OBJECT_COLUMN", "OBJECT_ATTRIBUTE"})


class DropStmt(Struct, frozen=True):
    """DROP."""

    objects: tuple[Node, ...]
    removeType: str  # noqa: N815
    behavior: str = ""
    missing_ok: bool = False


class DropNamed(Struct, frozen=True):
    """DROP ROLE, DATABASE, TABLESPACE and SUBSCRIPTION have a form of their own each."""

    roles: tuple[Node, ...] = ()
    dbname: str = ""
    tablespacename: str = ""
    subname: str = ""
    missing_ok: bool = False


class RenameStmt(Struct, frozen=True):
    """ALTER … RENAME."""

    renameType: str  # noqa: N815
    newname: str = ""
    subname: str = ""
    relation: RangeVar | None = None
    object_: Node | None = field(default=None, name="object")


class AlterObjectSchemaStmt(Struct, frozen=True):
    """ALTER … SET SCHEMA."""

    objectType: str  # noqa: N815
    newschema: str
    relation: RangeVar | None = None
    object_: Node | None = field(default=None, name="object")


class AlterOwnerStmt(Struct, frozen=True):
    """ALTER … OWNER TO."""

    objectType: str  # noqa: N815
    newowner: RoleSpec
    object_: Node | None = field(default=None, name="object")


class CommentStmt(Struct, frozen=True):
    """COMMENT ON."""

    objtype: str
    object_: Node | None = field(default=None, name="object")
    comment: str | None = None


def drop(statement: Statement) -> Iterator[Change]:
    """DROP of one or more objects."""
    node = statement.read(DropStmt)
    words = ("IF EXISTS" if node.missing_ok else "", "CASCADE" if node.behavior == "DROP_CASCADE" else "")
    reason = " ".join(word for word in words if word) or None
    for each in node.objects:
        yield made(
            statement,
            (addresses.kind(node.removeType), addresses.object_name(node.removeType, each)),
            "delete",
            reason=reason,
        )


def drop_named(statement: Statement) -> Iterator[Change]:
    """DROP ROLE, DATABASE, TABLESPACE, SUBSCRIPTION."""
    node = statement.read(DropNamed)
    reason = "IF EXISTS" if node.missing_ok else None
    objects = [("role", name) for name in tree.roles(node.roles)]
    for kind, name in (("database", node.dbname), ("tablespace", node.tablespacename), ("subscription", node.subname)):
        objects += [(kind, quoted(name))] if name else []
    for object_ in objects:
        yield made(statement, object_, "delete", reason=reason)


def rename(statement: Statement) -> Iterator[Change]:
    """RENAME: a move, also of a column, a constraint or a trigger."""
    node = statement.read(RenameStmt)
    old, new = _renamed(node)
    yield moved(statement, addresses.kind(node.renameType), old, new)


def _renamed(node: RenameStmt) -> tuple[str, str]:
    if node.relation is not None and node.subname:
        table = node.relation.name
        if node.renameType in _OF_RELATION:
            return f"{table}.{quoted(node.subname)}", f"{table}.{quoted(node.newname)}"
        return f"{quoted(node.subname)} on {table}", f"{quoted(node.newname)} on {table}"
    if node.relation is not None:
        return node.relation.name, qualified((node.relation.schemaname, node.newname))
    if node.object_ is not None:
        old = addresses.object_name(node.renameType, node.object_)
        return old, addresses.object_name(node.renameType, _with_last(node.object_, node.newname))
    return quoted(node.subname), quoted(node.newname)


def _with_last(node: Node, name: str) -> Node:
    """The same object under another name."""
    last = Node(string=Text(name))
    if node.signature is not None:
        arguments = node.signature
        return Node(
            signature=ObjectWithArgs((*arguments.objname[:-1], last), arguments.objargs, arguments.args_unspecified)
        )
    if node.items is not None:
        return Node(items=Items((*node.items.items[:-1], last)))
    return last


def set_schema(statement: Statement) -> Iterator[Change]:
    """SET SCHEMA: a move."""
    node = statement.read(AlterObjectSchemaStmt)
    if node.relation is not None:
        old, new = node.relation.name, qualified((node.newschema, node.relation.relname))
    else:
        old = addresses.object_name(node.objectType, node.object_ or Node())
        new = f"{quoted(node.newschema)}.{_unqualified(old)}"
    yield moved(statement, addresses.kind(node.objectType), old, new)


def _unqualified(name: str) -> str:
    """A name (perhaps with arguments) without its schema."""
    head, paren, arguments = name.partition("(")
    return head.rpartition(".")[2] + paren + arguments


def owner(statement: Statement) -> Iterator[Change]:
    """ALTER … OWNER TO of what is not a relation."""
    node = statement.read(AlterOwnerStmt)
    name = addresses.object_name(node.objectType, node.object_ or Node())
    yield made(statement, (addresses.kind(node.objectType), name), "update", (after("owner", node.newowner.name),))


def comment(statement: Statement) -> Iterator[Change]:
    """COMMENT ON: an attribute of the object; of a column, one of its table."""
    node = statement.read(CommentStmt)
    object_ = node.object_ or Node()
    kind, path = addresses.kind(node.objtype), "comment"
    name = addresses.object_name(node.objtype, object_)
    if node.objtype == "OBJECT_COLUMN" and object_.items is not None:
        *table, column = tree.strings(object_.items.items)
        kind, name, path = "table", qualified(table), f"column.{quoted(column)}.comment"
    text = node.comment
    change = gone(path) if text is None else after(path, text if len(text) <= MAX_COMMENT else f"{text[:MAX_COMMENT]}…")
    yield made(statement, (kind, name), "update", (change,))
