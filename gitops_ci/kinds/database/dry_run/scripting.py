"""A migration as the statements that are sent to a server: which of them want no transaction around them."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.migrations import runners
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.server import OWNER
from gitops_ci.kinds.database.sql import postgres, refusals, reindexing, vacuuming
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT, SqlError, Statement, TooDeepError
from gitops_ci.kinds.database.sql.refusals import MigrationError

_ALONE = frozenset(
    {
        "VacuumStmt",
        "CreatedbStmt",
        "DropdbStmt",
        "AlterSystemStmt",
        "CreateTableSpaceStmt",
        "DropTableSpaceStmt",
        "CreateSubscriptionStmt",
    }
)
"""Statements that PostgreSQL refuses inside a transaction."""
_CONCURRENT = frozenset({"IndexStmt", "DropStmt", "AlterTableStmt"})
_NOTHING_SPECIAL = re.compile(
    r"\b(?:begin|start|end|commit|rollback|abort|savepoint|release|prepare|concurrently|vacuum|reindex|cluster|database"
    r"|system|tablespace|subscription|extension|copy|grant|revoke|owner|owned|role|user|policy|authorization"
    r"|(?:no)?transaction)\b",
    re.IGNORECASE,
)
_SOME = re.compile(rb'"[isf]val":(?:"\D*[1-9]|[1-9])')
"""A constant that is not nought, with or without a unit."""
_ROLE = re.compile(rb'"roletype":"ROLESPEC_CSTRING","rolename":("(?:[^"\\]|\\.)*")')
_OWNER = re.compile(rb'"roletype":"ROLESPEC_CSTRING","rolename":"%s","location":(\d+)' % OWNER.encode())


class _CreateRole(Struct, frozen=True):
    role: str = ""


class _CreateExtension(Struct, frozen=True):
    extname: str = ""


class _Vacuumed(Struct, frozen=True):
    relation: RangeVar | None = None


class _Relation(Struct, frozen=True):
    its: _Vacuumed = field(default=_Vacuumed(), name="VacuumRelation")


class _Vacuum(Struct, frozen=True):
    rels: tuple[_Relation, ...] = ()


class _Set(Struct, frozen=True):
    name: str = ""
    kind: str = ""
    args: Raw = ABSENT


class Script(Struct, frozen=True):
    """One migration. `statements` is None where its text is sent as it is, in one transaction.

    `wrapped` says whether its tool puts it into one (None: not known, so wherever that can be).
    """

    name: str
    path: str
    text: str
    statements: tuple[Statement, ...] | None = None
    wrapped: bool | None = None

    @property
    def own_transactions(self) -> bool:
        """Whether it runs outside of a tool's transaction: told so, or it begins its own or holds what wants none."""
        if self.wrapped is not None:
            return not self.wrapped
        return any(each.tag == "TransactionStmt" or wants_none(each) for each in self.statements or ())

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that it names and does not make."""
        nodes = [bytes(each.node) for each in self.statements or ()]
        named = {msgspec.json.decode(found, type=str) for node in nodes for found in _ROLE.findall(node)}
        made = {each.read(_CreateRole).role for each in self.statements or () if each.tag == "CreateRoleStmt"}
        return tuple(sorted(name for name in named - made - {OWNER} if not name.startswith("pg_")))


def said_as(statement: Statement, role: str) -> str:
    """The text of a statement for a server where the role that migrations are run by and call `postgres` is `role`."""
    if role == OWNER:
        return statement.text
    text = statement.text.encode()
    for found in reversed(_OWNER.findall(bytes(statement.node))):
        at = int(found) - statement.location
        for written in (OWNER, f'"{OWNER}"'):
            if text[at : at + len(written)].lower() == written.encode():
                text = text[:at] + role.encode() + text[at + len(written) :]
                break
    return text.decode()


def owners(statement: Statement) -> tuple[str, ...]:
    """The roles that a statement may make an owner, but for the one that migrations are run by and PostgreSQL's own."""
    node = bytes(statement.node)
    if statement.tag != "AlterOwnerStmt" and (statement.tag != "AlterTableStmt" or b'"AT_ChangeOwner"' not in node):
        return ()
    named = (msgspec.json.decode(found, type=str) for found in _ROLE.findall(node))
    return tuple(name for name in named if name != OWNER and not name.startswith("pg_"))


def wants_none(statement: Statement) -> bool:
    """Whether a statement cannot run inside a transaction."""
    node = bytes(statement.node)
    if statement.tag in _CONCURRENT:
        return b'"concurrent":true' in node
    if statement.tag == "ReindexStmt":
        return reindexing.is_concurrent(statement) or reindexing.is_of_many(statement)
    return statement.tag in _ALONE or _is_of_many(statement)


def _is_of_many(statement: Statement) -> bool:
    """Whether this works on every table there is, one transaction each: REINDEX of a schema, CLUSTER of all."""
    if statement.tag == "ClusterStmt":
        return b'"relation"' not in bytes(statement.node)
    return statement.tag == "ReindexStmt" and reindexing.is_of_many(statement)


def locks_all(statement: Statement) -> bool:
    """Whether a statement outside of transactions keeps everybody from the tables that it works on, as VACUUM FULL."""
    if statement.tag == "VacuumStmt":
        return vacuuming.is_full(statement)
    return _is_of_many(statement) and not reindexing.is_concurrent(statement)


def vacuumed(statement: Statement) -> list[str]:
    """The tables that a VACUUM names, as it writes them; none where it or something else means all."""
    if statement.tag != "VacuumStmt":
        return []
    return [each.its.relation.name for each in statement.read(_Vacuum).rels if each.its.relation is not None]


def lock_timeout(statement: Statement) -> bool | None:
    """Whether a statement limits how long locks are waited for; None where it says nothing about that."""
    if statement.tag != "VariableSetStmt":
        return None
    node = statement.read(_Set)
    if node.name == "lock_timeout":
        return node.kind == "VAR_SET_VALUE" and _SOME.search(bytes(node.args)) is not None
    return False if node.kind == "VAR_RESET_ALL" else None


def extension(statement: Statement) -> str | None:
    """The extension that a statement creates, as it is written in SQL."""
    return quoted(statement.read(_CreateExtension).extname) if statement.tag == "CreateExtensionStmt" else None


def plain(text: str) -> bool:
    """Whether a text holds no word of those that make it necessary to look at its statements."""
    return _NOTHING_SPECIAL.search(text) is None


def of(migration: Migration, text: str, *, closely: bool) -> Script:
    """The script of a migration; statement by statement where `closely` or where needed. Raises MigrationError.

    Of what base has only what is kept out of transactions is looked for: it is not tried, but has to succeed.
    """
    if not closely and plain(text):
        return Script(migration.name, migration.path, text)
    found = statements(text, migration.path, migration.name)
    wrapped = _wrapped(migration, text, found)
    return Script(migration.name, migration.path, text, found, wrapped if closely or wrapped is False else None)


def _wrapped(migration: Migration, text: str, found: tuple[Statement, ...]) -> bool | None:
    """Several statements that a tool sends as one text are one transaction, too, unless one of them begins its own."""
    how = runners.transactions(migration, text)
    if how.whole and how.wrapped is None:
        return True if len(found) > 1 and all(each.tag != "TransactionStmt" for each in found) else None
    return how.wrapped


def statements(text: str, path: str, name: str) -> tuple[Statement, ...]:
    """The statements of a text. Raises MigrationError."""
    try:
        return tuple(postgres.parse(text, path=path, source=name))
    except SqlError as error:
        raise refusals.explained(text, error) from None
    except TooDeepError:
        raise MigrationError("unsupported", "nests deeper than can be read here") from None
