"""Roles and privileges: who may do what. A password is never stored, only that there is one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.database.sql import addresses, tree
from gitops_ci.kinds.database.sql.changes import PRESENT, after, made
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RoleSpec
from gitops_ci.kinds.database.sql.postgres import Statement
from gitops_ci.kinds.database.sql.tree import DefElem, Node
from gitops_ci.model.plan import Attribute, Change

_LISTS = frozenset({"addroleto", "rolemembers", "adminmembers"})


class GrantStmt(Struct, frozen=True):
    """GRANT and REVOKE of privileges."""

    objtype: str = ""
    targtype: str = ""
    objects: tuple[Node, ...] = ()
    privileges: tuple[Node, ...] = ()
    grantees: tuple[Node, ...] = ()
    is_grant: bool = False
    grant_option: bool = False


class AlterDefaultPrivilegesStmt(Struct, frozen=True):
    """ALTER DEFAULT PRIVILEGES."""

    action: GrantStmt
    options: tuple[Node, ...] = ()


class GrantRoleStmt(Struct, frozen=True):
    """GRANT and REVOKE of roles."""

    granted_roles: tuple[Node, ...] = ()
    grantee_roles: tuple[Node, ...] = ()
    is_grant: bool = False


class CreateRoleStmt(Struct, frozen=True):
    """CREATE ROLE."""

    role: str
    options: tuple[Node, ...] = ()


class AlterRoleStmt(Struct, frozen=True):
    """ALTER ROLE."""

    role: RoleSpec
    options: tuple[Node, ...] = ()


class VariableSet(Struct, frozen=True):
    """SET of a parameter."""

    name: str = ""


class AlterRoleSetStmt(Struct, frozen=True):
    """ALTER ROLE … SET."""

    role: RoleSpec | None = None
    setstmt: VariableSet | None = None


def grant(statement: Statement) -> Iterator[Change]:
    """GRANT and REVOKE: an update of `privileges on …`, one attribute a grantee."""
    node = statement.read(GrantStmt)
    kind = addresses.kind(node.objtype)
    for each in node.objects:
        name = addresses.object_name(node.objtype, each)
        target = f"all {kind}s in schema {name}" if node.targtype == "ACL_TARGET_ALL_IN_SCHEMA" else f"{kind} {name}"
        yield made(statement, ("privileges", f"on {target}"), "update", _grantees(node))


def default_privileges(statement: Statement) -> Iterator[Change]:
    """ALTER DEFAULT PRIVILEGES: what later objects will have."""
    node = statement.read(AlterDefaultPrivilegesStmt)
    where = {each.option.defname: _names(each.option) for each in node.options if each.option is not None}
    name = f"on {addresses.kind(node.action.objtype)}s"
    name += f" in schema {', '.join(where['schemas'])}" if where.get("schemas") else ""
    name += f" of {', '.join(where['roles'])}" if where.get("roles") else ""
    yield made(statement, ("default privileges", name), "update", _grantees(node.action))


def _grantees(node: GrantStmt) -> tuple[Attribute, ...]:
    words = ", ".join(each.privilege.text for each in node.privileges if each.privilege is not None) or "ALL"
    if node.grant_option:
        words += " WITH GRANT OPTION" if node.is_grant else " (the grant option)"
    before, now = (None, words) if node.is_grant else (words, None)
    return tuple(Attribute(path=name, before=before, after=now) for name in tree.roles(node.grantees))


def membership(statement: Statement) -> Iterator[Change]:
    """GRANT and REVOKE of a role."""
    node = statement.read(GrantRoleStmt)
    granted = [each.privilege.priv_name for each in node.granted_roles if each.privilege is not None]
    before, now = (None, PRESENT) if node.is_grant else (PRESENT, None)
    for member in tree.roles(node.grantee_roles):
        attributes = [Attribute(path=f"member_of.{quoted(role)}", before=before, after=now) for role in granted]
        yield made(statement, ("role", member), "update", attributes)


def create_role(statement: Statement) -> Iterator[Change]:
    """CREATE ROLE, USER, GROUP."""
    node = statement.read(CreateRoleStmt)
    yield made(statement, ("role", quoted(node.role)), "create", _options(node.options))


def alter_role(statement: Statement) -> Iterator[Change]:
    """ALTER ROLE … WITH."""
    node = statement.read(AlterRoleStmt)
    yield made(statement, ("role", node.role.name), "update", _options(node.options))


def alter_role_set(statement: Statement) -> Iterator[Change]:
    """ALTER ROLE … SET: the parameter, not its value, which may be a secret."""
    node = statement.read(AlterRoleSetStmt)
    name = node.role.name if node.role else "all"
    parameter = node.setstmt.name if node.setstmt and node.setstmt.name else "all"
    yield made(statement, ("role", name), "update", (Attribute(path=f"parameter.{parameter}", sensitive=True),))


def _options(options: tuple[Node, ...]) -> Iterator[Attribute]:
    for each in options:
        option = each.option
        if option is None:
            continue
        if option.defname == "password":
            yield Attribute(path="password", sensitive=True)
        elif option.defname in _LISTS:
            yield after(option.defname, _names(option))
        elif option.arg is not None and option.arg.boolean is not None:
            yield after(option.defname, option.arg.boolean.boolval)
        elif option.arg is not None and option.arg.integer is not None:
            yield after(option.defname, option.arg.integer.ival)
        else:
            yield after(
                option.defname, option.arg.string.sval if option.arg is not None and option.arg.string else PRESENT
            )


def _names(option: DefElem) -> list[str]:
    items = option.arg.items.items if option.arg is not None and option.arg.items is not None else ()
    return tree.roles(items) + [quoted(name) for name in tree.strings(items)]
