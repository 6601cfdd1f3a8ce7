"""A migration's text as Changes: every statement is at least one, none is dropped."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from gitops_ci.kinds.database.sql import (
    access,
    alterations,
    bodies,
    data,
    folding,
    objects,
    postgres,
    refusals,
    routines,
    tables,
)
from gitops_ci.kinds.database.sql.changes import STATEMENT, after, made
from gitops_ci.kinds.database.sql.postgres import SqlError, Statement, TooDeepError
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.model.plan import Change

Reader = Callable[[Statement], Iterator[Change]]

READERS: dict[str, Reader] = {
    "CreateStmt": tables.create,
    "CreateForeignTableStmt": tables.create_foreign,
    "CreateTableAsStmt": tables.create_as,
    "AlterTableStmt": tables.alter,
    "IndexStmt": objects.index,
    "CreateFunctionStmt": routines.function,
    "CreateTrigStmt": routines.trigger,
    "ViewStmt": objects.view,
    "CreateEnumStmt": objects.enum,
    "CreateRangeStmt": objects.enum,
    "AlterEnumStmt": objects.alter_enum,
    "CompositeTypeStmt": objects.named,
    "CreateDomainStmt": objects.named,
    "CreateSeqStmt": objects.named,
    "AlterSeqStmt": objects.named,
    "CreateExtensionStmt": objects.named,
    "CreateSchemaStmt": objects.schema,
    "CreatePolicyStmt": objects.policy,
    "AlterPolicyStmt": objects.policy,
    "RuleStmt": objects.rule,
    "DropStmt": alterations.drop,
    "DropRoleStmt": alterations.drop_named,
    "DropdbStmt": alterations.drop_named,
    "DropTableSpaceStmt": alterations.drop_named,
    "DropSubscriptionStmt": alterations.drop_named,
    "RenameStmt": alterations.rename,
    "AlterObjectSchemaStmt": alterations.set_schema,
    "AlterOwnerStmt": alterations.owner,
    "CommentStmt": alterations.comment,
    "GrantStmt": access.grant,
    "AlterDefaultPrivilegesStmt": access.default_privileges,
    "GrantRoleStmt": access.membership,
    "CreateRoleStmt": access.create_role,
    "AlterRoleStmt": access.alter_role,
    "AlterRoleSetStmt": access.alter_role_set,
    "InsertStmt": data.insert,
    "UpdateStmt": data.update,
    "DeleteStmt": data.delete,
    "MergeStmt": data.merge,
    "TruncateStmt": data.truncate,
    "CopyStmt": data.copy,
}

_STRINGS = b'"name":"standard_conforming_strings"'
_KEEPS = re.compile(rb'"kind":"VAR_(?:RESET|SET_DEFAULT)|"sval":"(?:on|true|yes)"')
"""How it is left on, as every dump does."""
_ENCODING = b'"name":"client_encoding"'
_SAME = re.compile(
    rb'"kind":"VAR_(?:RESET|SET_DEFAULT)|"sval":"(?:utf-?8|unicode|sql_ascii|latin-?[0-9]+|win(?:dows-)?125[0-9])"',
    re.IGNORECASE,
)
"""Encodings in which every byte of a sign such as a quote is that sign."""
_SET_CONFIG = re.compile(
    rb'"sval":"set_config"\}\}\],"args":\[\{"A_Const":\{"sval":\{"sval":"(client_encoding|standard_conforming_strings)"',
    re.IGNORECASE,
)
_SESSION = frozenset(
    {
        "TransactionStmt",
        "VariableSetStmt",
        "VariableShowStmt",
        "ConstraintsSetStmt",
        "LockStmt",
        "DiscardStmt",
        "CheckPointStmt",
    }
)
"""Statements that end with the session: shown as reads, which are not counted."""

_OPAQUE = frozenset({"DoStmt", "CallStmt", "ExecuteStmt", "SelectStmt"})
_DROPS = frozenset({"DropOwnedStmt", "DropUserMappingStmt"})


def read(text: str, *, path: str, source: str) -> tuple[Change, ...]:
    """The Changes of one migration, in order. Raises SqlError or MigrationError, and then has no part of it."""
    try:
        return tuple(folding.folded(_changes(postgres.parse(text, path=path, source=source))))
    except (RecursionError, TooDeepError):
        raise MigrationError(
            "unsupported", "nests deeper than can be read here (about 300 levels): split the expression"
        ) from None


def _changes(statements: Iterable[Statement]) -> Iterator[Change]:
    for statement in statements:
        if statement.tag == "CopyStmt" and data.reads_client(statement):
            raise refusals.copy_data(statement.line)
        _reads_on(statement)
        yield from _read(statement)


def _reads_on(statement: Statement) -> None:
    """Raises MigrationError where a server may read what follows otherwise than our parser."""
    lower = (node := bytes(statement.node)).lower()
    if _STRINGS in lower and not _KEEPS.search(node):
        raise refusals.strings("turns standard_conforming_strings off", statement.line)
    if _ENCODING in lower and statement.tag != "VariableShowStmt" and not _SAME.search(node):
        raise refusals.strings("sets another client_encoding than UTF8", statement.line)
    set_config = _SET_CONFIG.search(node)
    if set_config is not None:
        raise refusals.strings(f"sets {set_config[1].decode().lower()}", statement.line)


def _read(statement: Statement) -> Iterator[Change]:
    """The Changes of one statement, those of the queries that it holds before it."""
    try:
        changes = list(_understood(statement))
    except msgspec.ValidationError:
        changes = []
    yield from changes or (_plain(statement),)


def _understood(statement: Statement) -> Iterator[Change]:
    if statement.tag != "RuleStmt":  # which keeps its actions for later
        for inner in data.inner(statement):
            yield from _read(inner)
    yield from READERS.get(statement.tag, _other)(statement)
    if statement.tag == "DoStmt":
        yield from _destroyed(statement)
    if statement.tag == "CreateSchemaStmt":
        for element in objects.schema_elements(statement):
            yield from _read(element)


def _destroyed(block: Statement) -> Iterator[Change]:
    """The rows that a DO block takes away, which no catalog shows: as if the statement stood by itself."""
    for line, query in bodies.of(block).queries:
        with contextlib.suppress(SqlError):  # what only PL/pgSQL understands
            for inner in postgres.parse(query, path=block.path, source=block.source):
                rows = (each for each in _read(msgspec.structs.replace(inner, line=line)) if each.destructive)
                yield from (each for each in rows if each.type == "data")


def _other(statement: Statement) -> Iterator[Change]:
    """What has no object: a Change all the same, called after its place."""
    table = data.into(statement) if statement.tag == "SelectStmt" else None
    if table is not None:
        yield made(statement, ("table", table.name), "create", (after("rows", "from a query"),))
    else:
        yield _plain(statement)


def _plain(statement: Statement) -> Change:
    reason = (
        "what it does cannot be told from its text" if statement.tag in ("DoStmt", "CallStmt", "ExecuteStmt") else None
    )
    return Change(
        address=f"{STATEMENT} {statement.source}:{statement.line}",
        type=statement.tag,
        action="delete" if statement.tag in _DROPS else "read" if statement.tag in _SESSION else "update",
        reason=reason,
        path=statement.path,
        line=statement.line,
        destructive=statement.tag in _DROPS,
    )
