"""The parts of PostgreSQL's parse tree that plans are made of, with the field names of its own sources.

Fields are named as in `src/include/nodes/parsenodes.h`, which is why they are not in this project's style.
"""
# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.sql.identifiers import qualified
from gitops_ci.kinds.database.sql.leaves import (
    Constraint,
    Flag,
    IndexElem,
    Number,
    PartitionCmd,
    RangeVar,
    ResTarget,
    RoleSpec,
    TableLikeClause,
    Text,
)

_TYPES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
}


class Constant(Struct, frozen=True):
    """A constant; those that are no number have none."""

    ival: Number | None = None


class Modifier(Struct, frozen=True):
    """One of the numbers behind a type: `varchar(20)`."""

    constant: Constant | None = field(default=None, name="A_Const")


class TypeName(Struct, frozen=True):
    """A type where it is used."""

    names: tuple[Node, ...] = ()
    setof: bool = False
    arrayBounds: tuple[Raw, ...] = ()
    typmods: tuple[Modifier, ...] = ()
    location: int = 0

    @property
    def text(self) -> str:
        """The type's name; built-in ones as the manual writes them."""
        parts = strings(self.names)
        name = _TYPES.get(parts[-1], parts[-1]) if parts[:1] == ["pg_catalog"] else qualified(parts)
        return ("setof " if self.setof else "") + name + "[]" * len(self.arrayBounds)

    @property
    def numbers(self) -> list[int]:
        """Its length, or precision and scale."""
        return [each.constant.ival.ival for each in self.typmods if each.constant and each.constant.ival]

    @property
    def sized(self) -> str:
        """The type with its numbers, as it is written: `numeric(8,2)`."""
        bare = self.text.rstrip("[]")
        is_length = self.numbers and bare != "interval"  # its first number is which fields it has
        length = f"({','.join(map(str, self.numbers))})" if is_length else ""
        return bare + length + self.text[len(bare) :]


class ObjectWithArgs(Struct, frozen=True):
    """A function, told by its arguments."""

    objname: tuple[Node, ...] = ()
    objargs: tuple[Node, ...] = ()
    args_unspecified: bool = False


class Items(Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...] = ()


class ColumnDef(Struct, frozen=True):
    """A column."""

    colname: str = ""
    typeName: TypeName | None = None
    location: int = 0


class AlterTableCmd(Struct, frozen=True):
    """One sub-command of ALTER TABLE."""

    subtype: str = ""
    name: str = ""
    newowner: RoleSpec | None = None
    definition: Node | None = field(default=None, name="def")


class AccessPriv(Struct, frozen=True):
    """A privilege; without a name all of them."""

    priv_name: str = ""
    cols: tuple[Node, ...] = ()

    @property
    def text(self) -> str:
        """As it is granted, with its columns."""
        columns = f" ({', '.join(strings(self.cols))})" if self.cols else ""
        return (self.priv_name.upper() or "ALL") + columns


class DefElem(Struct, frozen=True):
    """An option."""

    defname: str = ""
    arg: Node | None = None


class FunctionParameter(Struct, frozen=True):
    """A parameter of a function."""

    argType: TypeName | None = None
    mode: str = ""


class CommonTableExpr(Struct, frozen=True):
    """A query of a WITH clause."""

    ctequery: dict[str, Raw] = {}


class Node(Struct, frozen=True):
    """A node of unknown type: the one field that is set tells which."""

    string: Text | None = field(default=None, name="String")
    boolean: Flag | None = field(default=None, name="Boolean")
    integer: Number | None = field(default=None, name="Integer")
    items: Items | None = field(default=None, name="List")
    relation: RangeVar | None = field(default=None, name="RangeVar")
    type_name: TypeName | None = field(default=None, name="TypeName")
    signature: ObjectWithArgs | None = field(default=None, name="ObjectWithArgs")
    constraint: Constraint | None = field(default=None, name="Constraint")
    column: ColumnDef | None = field(default=None, name="ColumnDef")
    like: TableLikeClause | None = field(default=None, name="TableLikeClause")
    partition: PartitionCmd | None = field(default=None, name="PartitionCmd")
    command: AlterTableCmd | None = field(default=None, name="AlterTableCmd")
    index_element: IndexElem | None = field(default=None, name="IndexElem")
    target: ResTarget | None = field(default=None, name="ResTarget")
    role: RoleSpec | None = field(default=None, name="RoleSpec")
    privilege: AccessPriv | None = field(default=None, name="AccessPriv")
    option: DefElem | None = field(default=None, name="DefElem")
    parameter: FunctionParameter | None = field(default=None, name="FunctionParameter")
    cte: CommonTableExpr | None = field(default=None, name="CommonTableExpr")


class WithClause(Struct, frozen=True):
    """The queries before a statement."""

    ctes: tuple[Node, ...] = ()


def strings(nodes: Iterable[Node]) -> list[str]:
    """The strings among nodes."""
    return [node.string.sval for node in nodes if node.string is not None]


def roles(nodes: Iterable[Node]) -> list[str]:
    """The names of the roles among nodes."""
    return [node.role.name for node in nodes if node.role is not None]
