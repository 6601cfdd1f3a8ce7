"""What the lint sees in statements that take from a release what it may use: views, functions, values, privileges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.objects import ViewStmt
from gitops_ci.kinds.database.sql.routines import CreateFunctionStmt
from gitops_ci.kinds.database.sql.tables import CreateTableAsStmt
from gitops_ci.kinds.database.sql.tree import Node, strings

_ROUTINES = {
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "procedure",
    "OBJECT_ROUTINE": "routine",
    "OBJECT_AGGREGATE": "aggregate",
}
_VIEWS = {"OBJECT_VIEW": "view", "OBJECT_MATVIEW": "materialized view"}
_WHAT = {**_ROUTINES, **_VIEWS}


class Dropped(Struct, frozen=True):
    """DROP of objects."""

    removeType: str = ""  # noqa: N815
    missing_ok: bool = False
    objects: tuple[Node, ...] = ()


class Turned(Struct, frozen=True):
    """ALTER … RENAME and ALTER … SET SCHEMA of what is no table."""

    renameType: str = ""  # noqa: N815
    objectType: str = ""  # noqa: N815
    relationType: str = ""  # noqa: N815
    relation: RangeVar | None = None
    object: Node | None = None
    subname: str = ""


class Relabelled(Struct, frozen=True):
    """ALTER TYPE … RENAME VALUE; one that adds a value has no old one."""

    typeName: tuple[Node, ...] = ()  # noqa: N815
    oldVal: str | None = None  # noqa: N815


class Revoked(Struct, frozen=True):
    """GRANT and REVOKE of privileges, and of roles (`opt`: only an option of the membership)."""

    is_grant: bool = False
    grant_option: bool = False
    objtype: str = ""
    objects: tuple[Node, ...] = ()
    privileges: tuple[Node, ...] = ()
    granted_roles: tuple[Node, ...] = ()
    opt: tuple[Node, ...] = ()


class Made:
    """Which views and functions the statements of a file make, by the last one that does: what was dropped is back."""

    def __init__(self, reads: Sequence[Read]) -> None:
        """Only what surely runs counts."""
        self._last = {name: index for index, read in enumerate(reads) if not read.nested for name, _ in made(read)}

    def after(self, index: int, name: str) -> bool:
        """Whether a name is made again after a statement."""
        return self._last.get(name.removeprefix("public."), -1) > index


def made(read: Read) -> Iterator[tuple[str, bool]]:
    """The view or function that a statement makes (`f()`), without `public`, and whether one may be there already."""
    if read.tag == "ViewStmt":
        node = read.statement.read(ViewStmt)
        if node.view.relpersistence != "t":
            yield node.view.name.removeprefix("public."), node.replace
    elif read.tag == "CreateFunctionStmt":
        routine = read.statement.read(CreateFunctionStmt)
        yield _routine(routine.funcname).removeprefix("public."), routine.replace
    elif read.tag == "CreateTableAsStmt":
        view = read.statement.read(CreateTableAsStmt)
        if view.objtype == "OBJECT_MATVIEW":
            yield view.into.rel.name.removeprefix("public."), view.if_not_exists


def of(read: Read, index: int, again: Made) -> Iterator[Found]:
    """What is found in one statement, the one of that number in its file."""
    match read.tag:
        case "DropStmt":
            node = read.statement.read(Dropped)
            what = _WHAT.get(node.removeType)
            for each in node.objects if what else ():
                name = _name(each)
                if not again.after(index, name):
                    says = f"drops the {what} {name}, which the release before may use"
                    yield _found(read, says, name, bare(name) if node.missing_ok else "")
        case "RenameStmt" | "AlterObjectSchemaStmt":
            yield from _turned(read, index, again)
        case "AlterEnumStmt":
            label = read.statement.read(Relabelled)
            if label.oldVal is not None:
                says = f"renames a value of {qualified(strings(label.typeName))}, which the release before may write"
                yield _found(read, says, "")
        case "GrantStmt" | "GrantRoleStmt":
            yield from _revoked(read, read.statement.read(Revoked))
        case _:
            return


def _turned(read: Read, index: int, again: Made) -> Iterator[Found]:
    node = read.statement.read(Turned)
    kind = node.renameType or node.objectType
    of_view = kind == "OBJECT_COLUMN" and node.relationType in _VIEWS
    if kind not in _WHAT and not of_view:
        return
    name = node.relation.name if node.relation else _name(node.object) if node.object else ""
    if of_view or not again.after(index, name):
        what = f"column {quoted(node.subname)} of {name}" if of_view else f"{_WHAT[kind]} {name}"
        does = "renames" if node.renameType else "moves"
        yield _found(read, f"{does} the {what}: the release before does not find it", name)


def _revoked(read: Read, node: Revoked) -> Iterator[Found]:
    """Nothing of an option alone, nor of CREATE on a schema, which no release needs but its migrations."""
    if node.is_grant or node.grant_option or node.opt:
        return
    rights = {each.privilege.priv_name for each in node.privileges if each.privilege}
    if node.objtype == "OBJECT_SCHEMA" and rights == {"create"}:
        return
    if read.tag == "GrantRoleStmt":
        yield _found(read, "takes a role from another, which the release before may run as", "")
    for each in node.objects:
        name = _name(each)
        yield _found(read, f"takes privileges on {name}, which the release before may need", name)


def _name(node: Node) -> str:
    if node.relation is not None:
        return node.relation.name
    if node.signature is not None:
        return _routine(node.signature.objname)
    return qualified(strings(node.items.items)) if node.items else quoted(node.string.sval if node.string else "")


def _routine(name: tuple[Node, ...]) -> str:
    return f"{qualified(strings(name))}()"


def _found(read: Read, says: str, table: str, perhaps: str = "") -> Found:
    found = Found(rule="database/contract", says=says, line=read.line, statement=read.line, table=table, step="both")
    return msgspec.structs.replace(found, perhaps=perhaps) if perhaps else found
