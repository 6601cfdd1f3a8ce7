"""What the lint sees in how a migration's statements lie in transactions: its own, and its tool's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Raw, Struct

from gitops_ci.kinds.database.rules import alterations
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import reindexing
from gitops_ci.kinds.database.sql.identifiers import quoted

_BEGINS = frozenset({"TRANS_STMT_BEGIN", "TRANS_STMT_START"})
_ENDS = frozenset({"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"})
_ALONE = frozenset({"CreatedbStmt", "DropdbStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterSystemStmt"})


class Transaction(Struct, frozen=True):
    """BEGIN, COMMIT …."""

    kind: str = ""


class Concurrent(Struct, frozen=True):
    """CREATE and DROP INDEX, REINDEX and ALTER TABLE … DETACH PARTITION, of which each may be CONCURRENTLY."""

    concurrent: bool = False
    cmds: tuple[Raw, ...] = ()


class Vacuum(Struct, frozen=True):
    """VACUUM or ANALYZE."""

    is_vacuumcmd: bool = False


def of(reads: Sequence[Read], *, wrapped: bool | None, whole: bool) -> Iterator[Found]:
    """What is found in the statements of one file.

    `wrapped` says whether its tool runs each file in a transaction (None: not known); `whole` that the tool sends it as
    one text, which PostgreSQL runs in one transaction where there is more than one statement.
    """
    begun: Read | None = None
    top = [read for read in reads if not read.nested]
    for read in top:
        kind = read.statement.read(Transaction).kind if read.tag == "TransactionStmt" else ""
        if kind in _BEGINS:
            if begun is not None or wrapped:
                whose = f"that of line {begun.line}" if begun is not None else "its tool's"
                yield _found(read, "database/fails-nested-transaction", f"begins a transaction inside of {whose}")
            begun = begun or read
        elif kind in _ENDS:
            if begun is None and wrapped:
                yield _found(read, "database/fails-nested-transaction", "ends the transaction that its tool began")
            begun = None
        elif begun is not None or wrapped or (whole and len(top) > 1):
            what = _alone(read)
            if what:
                says = f"has {what} inside a transaction, where PostgreSQL refuses it"
                yield _found(read, "database/fails-in-transaction", says)
    if begun is not None:
        yield _found(begun, "database/fails-open-transaction", "begins a transaction that it does not end")


def validated(reads: Sequence[Read], *, wrapped: bool | None, whole: bool) -> Iterator[Found]:
    """What is validated in the transaction that added it NOT VALID: under the lock of that, which the finding is about.

    Where nobody knows what the tool does, the file is one transaction, as it is tried.
    """
    top = [read for read in reads if not read.nested]
    plain = not any(read.tag == "TransactionStmt" or _alone(read) for read in top)
    around = wrapped or (whole and len(top) > 1) or (wrapped is None and plain)
    begun = False
    added: dict[tuple[str, str], int] = {}
    for read in top:
        kind = read.statement.read(Transaction).kind if read.tag == "TransactionStmt" else ""
        if kind in _BEGINS | _ENDS:
            begun = kind in _BEGINS
            added.clear()
        for table, name, is_validated in alterations.unchecked(read):
            if not is_validated:
                added[table, name] = read.line
            elif (at := added.get((table, name))) is not None and (begun or around or at == read.line):
                says = f"validates {quoted(name)} in the transaction that adds it, under the lock that adding it takes"
                yield Found(rule="database/lock-constraint", says=says, line=read.line, statement=at, table=table)


def _found(read: Read, rule: str, says: str) -> Found:
    return Found(rule=rule, says=says, line=read.line, statement=read.line)


def _alone(read: Read) -> str:
    """What a statement is called that refuses to run in a transaction; empty for all others."""
    match read.tag:
        case "VacuumStmt":
            return "VACUUM" if read.statement.read(Vacuum).is_vacuumcmd else ""
        case "IndexStmt" | "DropStmt" | "ReindexStmt" | "AlterTableStmt":
            return "CONCURRENTLY" if _concurrent(read) else ""
        case tag if tag in _ALONE:
            return {"CreatedbStmt": "CREATE DATABASE", "DropdbStmt": "DROP DATABASE"}.get(tag, "this statement")
        case _:
            return ""


def _concurrent(read: Read) -> bool:
    node = read.statement.read(Concurrent)
    if node.concurrent or (read.tag == "ReindexStmt" and reindexing.is_concurrent(read.statement)):
        return True
    return any(b'"AT_DetachPartition"' in (cmd := bytes(each)) and b'"concurrent":true' in cmd for each in node.cmds)
