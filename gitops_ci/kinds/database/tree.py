"""The parts of PostgreSQL's parse tree that plans are made of, with the field names of its own sources.

Fields are named as in `src/include/nodes/parsenodes.h`, which is why they are not in this project's style.
"""
# ruff: noqa: N815

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Raw, Struct, field

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_TYPES = {"int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision", "bool": "boolean"}


def quoted(name: str) -> str:
    """An identifier as it has to be written."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def qualified(parts: Iterable[str]) -> str:
    """A name with its schema where it was written with one."""
    return ".".join(quoted(part) for part in parts if part)


class Text(Struct):
    sval: str = ""


class Flag(Struct):
    boolval: bool = False


class Number(Struct):
    ival: int = 0


class RangeVar(Struct):
    schemaname: str = ""
    relname: str = ""
    relpersistence: str = "p"
    location: int = 0

    @property
    def name(self) -> str:
        return qualified((self.schemaname, self.relname))


class TypeName(Struct):
    names: tuple[Node, ...] = ()
    setof: bool = False
    arrayBounds: tuple[Raw, ...] = ()
    location: int = 0

    @property
    def text(self) -> str:
        """The type's name; built-in ones as the manual writes them."""
        parts = strings(self.names)
        if parts[:1] == ["pg_catalog"]:
            name = _TYPES.get(parts[-1], parts[-1])
        else:
            name = qualified(parts)
        return ("setof " if self.setof else "") + name + "[]" * len(self.arrayBounds)


class ObjectWithArgs(Struct):
    objname: tuple[Node, ...] = ()
    objargs: tuple[Node, ...] = ()
    args_unspecified: bool = False


class Items(Struct):
    items: tuple[Node, ...] = ()


class Constraint(Struct):
    contype: str = ""
    conname: str = ""
    location: int = 0

    @property
    def name(self) -> str:
        """Its name, or where PostgreSQL chooses one, what it is in parentheses."""
        return quoted(self.conname) if self.conname else f"({self.contype.removeprefix('CONSTR_').lower()})"


class ColumnDef(Struct):
    colname: str = ""
    typeName: TypeName | None = None
    location: int = 0


class TableLikeClause(Struct):
    relation: RangeVar


class PartitionCmd(Struct):
    name: RangeVar


class AlterTableCmd(Struct):
    subtype: str = ""
    name: str = ""
    newowner: RoleSpec | None = None
    definition: Node | None = field(default=None, name="def")


class IndexElem(Struct):
    name: str = ""


class ResTarget(Struct):
    name: str = ""


class RoleSpec(Struct):
    roletype: str = ""
    rolename: str = ""

    @property
    def name(self) -> str:
        return quoted(self.rolename) if self.rolename else self.roletype.removeprefix("ROLESPEC_").lower()


class AccessPriv(Struct):
    priv_name: str = ""
    cols: tuple[Node, ...] = ()

    @property
    def text(self) -> str:
        columns = f" ({', '.join(strings(self.cols))})" if self.cols else ""
        return (self.priv_name.upper() or "ALL") + columns


class DefElem(Struct):
    defname: str = ""
    arg: Node | None = None


class FunctionParameter(Struct):
    argType: TypeName | None = None
    mode: str = ""


class CommonTableExpr(Struct):
    ctequery: dict[str, Raw] = {}


class Node(Struct):
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


class WithClause(Struct):
    ctes: tuple[Node, ...] = ()


def strings(nodes: Iterable[Node]) -> list[str]:
    """The strings among nodes."""
    return [node.string.sval for node in nodes if node.string is not None]


def roles(nodes: Iterable[Node]) -> list[str]:
    """The names of the roles among nodes."""
    return [node.role.name for node in nodes if node.role is not None]


def signature(name: str, types: Iterable[TypeName | None]) -> str:
    """A function's identity: its name and the types of what it takes."""
    return f"{name}({', '.join(type_.text for type_ in types if type_ is not None)})"


_ON_TABLE = frozenset({"trigger", "policy", "rule", "tabconstraint"})


def kind(tag: str) -> str:
    """`OBJECT_MATVIEW` as people say it."""
    word = tag.removeprefix("OBJECT_").lower()
    return {"matview": "materialized view", "tabconstraint": "constraint", "domconstraint": "constraint"}.get(word, word.replace("_", " "))


def object_name(tag: str, node: Node) -> str:
    """The name of the object that a DROP, COMMENT, GRANT or ALTER names; empty where it has none that is a name."""
    if node.string is not None:
        return quoted(node.string.sval)
    if node.relation is not None:
        return node.relation.name
    if node.type_name is not None:
        return node.type_name.text
    if node.signature is not None:
        name = qualified(strings(node.signature.objname))
        return name if node.signature.args_unspecified else signature(name, (each.type_name for each in node.signature.objargs))
    if node.items is None:
        return ""
    parts = strings(node.items.items)
    if not parts:
        return " as ".join(each.type_name.text for each in node.items.items if each.type_name is not None)
    if tag.removeprefix("OBJECT_").lower() in _ON_TABLE and len(parts) > 1:
        return f"{quoted(parts[-1])} on {qualified(parts[:-1])}"
    return qualified(parts)
