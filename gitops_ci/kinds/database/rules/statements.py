"""What the lint sees in single statements of PostgreSQL: what destroys, opens up, locks on purpose or hides."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.rules import executing
from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import data, vacuuming
from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT
from gitops_ci.kinds.database.sql.tree import Node, strings


class Drop(Struct, frozen=True):
    """DROP of objects."""

    removeType: str = ""  # noqa: N815
    behavior: str = ""
    missing_ok: bool = False
    objects: tuple[Node, ...] = ()

    @property
    def names(self) -> list[str]:
        """The objects as they are written."""
        return [
            qualified(strings(each.items.items))
            if each.items
            else each.type_name.text
            if each.type_name
            else quoted(each.string.sval if each.string else "")
            for each in self.objects
        ]


class Changed(Struct, frozen=True):
    """UPDATE and DELETE."""

    relation: RangeVar | None = None
    whereClause: Raw = ABSENT  # noqa: N815


class When(Struct, frozen=True):
    """A branch of a MERGE."""

    matchKind: str = ""  # noqa: N815
    commandType: str = ""  # noqa: N815
    condition: Raw = ABSENT


class Branch(Struct, frozen=True):
    """An element of the list of branches."""

    its: When = field(default=When(), name="MergeWhenClause")


class Merged(Struct, frozen=True):
    """MERGE."""

    relation: RangeVar | None = None
    joinCondition: Raw = ABSENT  # noqa: N815
    mergeWhenClauses: tuple[Branch, ...] = ()  # noqa: N815


class Grant(Struct, frozen=True):
    """GRANT and REVOKE; `action` is the grant inside of ALTER DEFAULT PRIVILEGES."""

    is_grant: bool = False
    grantees: tuple[Node, ...] = ()
    action: Grant | None = None


class Optioned(Struct, frozen=True):
    """Statements that are told by their options."""

    options: tuple[Node, ...] = ()


class Lock(Struct, frozen=True):
    """LOCK TABLE. Modes from 5 (SHARE) keep writers out."""

    relations: tuple[Node, ...] = ()
    mode: int = 0


class Copy(Struct, frozen=True):
    """COPY."""

    relation: RangeVar | None = None
    is_program: bool = False
    filename: str = ""


class Clustered(Struct, frozen=True):
    """CLUSTER; without a relation everything that was clustered before."""

    relation: RangeVar | None = None


class Named(Struct, frozen=True):
    """A statement about a database."""

    dbname: str = ""


_DROPPED = {
    "OBJECT_TABLE": ("database/destructive-drop-table", "table"),
    "OBJECT_FOREIGN_TABLE": ("database/destructive-drop-table", "foreign table"),
    "OBJECT_SCHEMA": ("database/destructive-drop-schema", "schema"),
}
_OF_COLUMNS = {
    "OBJECT_COLLATION": "collation",
    "OBJECT_DOMAIN": "domain",
    "OBJECT_EXTENSION": "extension",
    "OBJECT_TYPE": "type",
}


_BODIES = ("CreateFunctionStmt", "DoStmt")
_RUNS_TEXT = "runs text as SQL: what it does cannot be told before it runs"


def of(read: Read) -> Iterator[Found]:
    """What is found in one statement, and in the queries that it holds."""
    yield from _body(read, runs=read.tag == "DoStmt")
    if not read.nested and executing.calls(read.statement):
        yield _found(read, "database/dynamic-sql", _RUNS_TEXT)
    reader = READERS.get(read.tag)
    if reader is not None:
        yield from reader(read)
    for inner in data.inner(read.statement):
        yield from of(Read(statement=inner, line=read.line, nested=read.nested))


def called(read: Read) -> tuple[Found, ...]:
    """What is found in a function that the same change calls: its body runs as that of a DO block does."""
    return tuple(_body(read, runs=True))


def _body(read: Read, *, runs: bool) -> Iterator[Found]:
    """What a DO block or a function hides; `runs` says that the change runs it."""
    rule = "database/dynamic-sql" if runs else "database/dynamic-sql-function"
    for line in read.executes:
        yield Found(rule=rule, says=_RUNS_TEXT, line=line, statement=read.line)
    if not read.executes and read.tag in _BODIES and executing.named(read.statement.text):
        yield _found(read, rule, _RUNS_TEXT)
    if read.opaque:
        yield _found(read, rule, "holds code that cannot be read here")
    if runs and read.asks_where:
        yield _found(read, "database/reads-where-it-runs", "does what depends on where or by whom it is run")


def _found(read: Read, rule: str, says: str, table: str = "") -> Found:
    return Found(rule=rule, says=says, line=read.line, statement=read.line, table=table)


def _drop(read: Read) -> Iterator[Found]:
    node = read.statement.read(Drop)
    if node.removeType in _OF_COLUMNS and node.behavior == "DROP_CASCADE":
        says = f"drops the {_OF_COLUMNS[node.removeType]} {', '.join(node.names)} and every column of it (CASCADE)"
        yield _found(read, "database/destructive-drop-column", says)
    rule, what = _DROPPED.get(node.removeType, ("", ""))
    if rule:
        for name in node.names:
            says = f"drops the {what} {name} and what it holds"
            yield Found(
                rule=rule,
                says=says,
                line=read.line,
                statement=read.line,
                table=name if "table" in what else "",
                step="contract" if "table" in what else "",
                perhaps=bare(name) if node.missing_ok else "",
            )


def _drop_database(read: Read) -> Iterator[Found]:
    name = quoted(read.statement.read(Named).dbname)
    yield _found(read, "database/destructive-drop-database", f"drops the database {name}")


def _drop_owned(read: Read) -> Iterator[Found]:
    yield _found(read, "database/destructive-drop-owned", "drops whatever a role owns")


def _truncate(read: Read) -> Iterator[Found]:
    node = read.statement.read(data.TruncateStmt)
    more = ", and every table that refers to it (CASCADE)" if node.behavior == "DROP_CASCADE" else ""
    for each in node.relations:
        name = each.relation.name if each.relation else ""
        yield _found(read, "database/destructive-truncate", f"empties {name}{more}", "" if more else name)


def _names_column(condition: Raw) -> bool:
    return b'"ColumnRef"' in bytes(condition) or b'"CurrentOfExpr"' in bytes(condition)


def _merged(read: Read) -> Iterator[Found]:
    """A branch for rows that have no partner is for every row, unless its own condition names a column."""
    node = read.statement.read(Merged)
    name = node.relation.name if node.relation else ""
    for each in (branch.its for branch in node.mergeWhenClauses):
        if each.commandType not in ("CMD_DELETE", "CMD_UPDATE") or _names_column(each.condition):
            continue
        alone = each.matchKind == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"
        if alone or not _names_column(node.joinCondition):
            does, rule = ("deletes", "delete") if each.commandType == "CMD_DELETE" else ("changes", "update")
            why = "that has no match" if alone else "(MERGE): its ON names no column"
            yield _found(read, f"database/destructive-{rule}-all", f"{does} every row of {name} {why}", name)


def _changed(read: Read) -> Iterator[Found]:
    node = read.statement.read(Changed)
    if _names_column(node.whereClause):
        return
    if node.relation is None:
        return
    name = node.relation.name
    why = "its WHERE names no column" if bytes(node.whereClause) else "it has no WHERE"
    if read.tag == "DeleteStmt":
        yield _found(read, "database/destructive-delete-all", f"deletes every row of {name}: {why}", name)
    else:
        yield _found(read, "database/destructive-update-all", f"changes every row of {name}: {why}", name)


def _grant(read: Read) -> Iterator[Found]:
    node = read.statement.read(Grant)
    node = node.action or node
    if node.is_grant and any(each.role and each.role.roletype == "ROLESPEC_PUBLIC" for each in node.grantees):
        yield _found(read, "database/grant-public", "grants to PUBLIC, which is every role there is")


def _role(read: Read) -> Iterator[Found]:
    for each in read.statement.read(Optioned).options:
        option = each.option
        if option is None or option.defname not in ("superuser", "bypassrls", "isreplication"):
            continue
        if option.arg and option.arg.boolean and option.arg.boolean.boolval:
            word = {"bypassrls": "BYPASSRLS", "isreplication": "REPLICATION"}.get(option.defname, "SUPERUSER")
            yield _found(read, "database/superuser", f"makes a role {word}, which passes by privileges")


def _vacuum(read: Read) -> Iterator[Found]:
    if vacuuming.is_full(read.statement):
        yield _found(read, "database/lock-vacuum-full", "VACUUM FULL writes tables anew and keeps everyone out of them")


def _cluster(read: Read) -> Iterator[Found]:
    relation = read.statement.read(Clustered).relation
    name = relation.name if relation else ""
    what = name or "every clustered table"
    yield _found(read, "database/lock-cluster", f"CLUSTER writes {what} anew and keeps everyone out", name)


def _lock(read: Read) -> Iterator[Found]:
    node = read.statement.read(Lock)
    if node.mode >= 5:
        for each in node.relations:
            name = each.relation.name if each.relation else ""
            yield _found(read, "database/lock-explicit", f"locks {name} against writers until it commits", name)


def _copy(read: Read) -> Iterator[Found]:
    node = read.statement.read(Copy)
    if node.is_program:
        yield _found(read, "database/server-program", "runs a program on the database server (COPY … PROGRAM)")
    elif node.filename:
        yield _found(read, "database/server-program", "reads or writes a file of the database server (COPY)")


READERS: dict[str, Callable[[Read], Iterator[Found]]] = {
    "DropStmt": _drop,
    "DropdbStmt": _drop_database,
    "DropOwnedStmt": _drop_owned,
    "TruncateStmt": _truncate,
    "UpdateStmt": _changed,
    "DeleteStmt": _changed,
    "MergeStmt": _merged,
    "GrantStmt": _grant,
    "AlterDefaultPrivilegesStmt": _grant,
    "CreateRoleStmt": _role,
    "AlterRoleStmt": _role,
    "VacuumStmt": _vacuum,
    "ClusterStmt": _cluster,
    "LockStmt": _lock,
    "CopyStmt": _copy,
}
