"""One migration as the lint reads it: its statements and what is found in each, whoever it enters."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.migrations import runners
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.rules import alterations, leaving, nested, reading, statements, switching, transactions
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import postgres
from gitops_ci.kinds.database.sql.leaves import RangeVar

_LONG = re.compile(r'"[^"\n]{16,}"|[^\W\d][\w$]{15,}')
_NAME_BYTES = 63
_SAME = frozenset(
    {
        "AlterDefaultPrivilegesStmt",
        "AlterDomainStmt",
        "AlterEnumStmt",
        "AlterFunctionStmt",
        "AlterObjectSchemaStmt",
        "AlterOwnerStmt",
        "AlterPolicyStmt",
        "AlterRoleStmt",
        "AlterSeqStmt",
        "AlterTableStmt",
        "ClusterStmt",
        "CommentStmt",
        "CompositeTypeStmt",
        "CreateDomainStmt",
        "CreateEnumStmt",
        "CreateExtensionStmt",
        "CreateFunctionStmt",
        "CreatePolicyStmt",
        "CreateRangeStmt",
        "CreateRoleStmt",
        "CreateSchemaStmt",
        "CreateSeqStmt",
        "CreateStatsStmt",
        "CreateStmt",
        "CreateTrigStmt",
        "DropStmt",
        "GrantRoleStmt",
        "GrantStmt",
        "IndexStmt",
        "LockStmt",
        "ReindexStmt",
        "RenameStmt",
        "TransactionStmt",
        "VacuumStmt",
        "VariableSetStmt",
        "ViewStmt",
    }
)
"""Statements that do the same wherever they run, unless they call functions. All others run queries: a function, a
trigger or a default in them may do anything, and what they do hangs on the rows that there are."""
_KEEPS_CALLS = frozenset({"CreateFunctionStmt", "CreateStmt", "CreatePolicyStmt", "ViewStmt"})
"""Statements that store a call and make none."""
_KNOWN = frozenset(
    {
        "clock_timestamp",
        "gen_random_uuid",
        "lower",
        "md5",
        "nextval",
        "now",
        "random",
        "statement_timestamp",
        "to_tsvector",
        "upper",
    }
)
"""Functions of PostgreSQL's own, which an unqualified name means before all others."""
_CALL = re.compile(rb'"FuncCall":\{"funcname":\[((?:\{"String":\{"sval":"(?:[^"\\]|\\.)*"\}\},?)*)\]')
_PART = re.compile(rb'"sval":"((?:[^"\\]|\\.)*)"')


class About(Struct, frozen=True):
    """The relation that a statement is about, where it has one."""

    relation: RangeVar | None = None


class Makes(Struct, frozen=True):
    """CREATE TABLE and CREATE SCHEMA."""

    relation: RangeVar | None = None
    schemaname: str = ""


_MAKES = frozenset({"CreateStmt", "CreateSchemaStmt"})
_LOSES = frozenset({"database/destructive-drop-table", "database/destructive-drop-schema"})


class File(Struct, frozen=True, dict=True):
    """The applied part of a migration, parsed. `told` is what is found in one of MySQL, which has no `reads`."""

    path: str
    text: str
    reads: tuple[Read, ...]
    told: tuple[Found, ...] = ()

    @cached_property
    def found(self) -> tuple[tuple[Found, ...], ...]:
        """What every rule of ours finds in each of `reads`, whatever else the change holds."""
        disabled = switching.left_disabled(self.reads)
        again = leaving.Made(self.reads)
        return tuple(
            tuple(
                self._perhaps(each, index)
                for each in (
                    *statements.of(read),
                    *alterations.of(read),
                    *leaving.of(read, index, again),
                    *nested.of(read),
                    *_long_names(read),
                )
                if each.rule != "database/trigger-disabled" or index in disabled
            )
            for index, read in enumerate(self.reads)
        )

    def _perhaps(self, found: Found, index: int) -> Found:
        """A table that goes IF EXISTS may be one that something else made, unless the file makes it anew."""
        if not found.perhaps or found.rule not in _LOSES or found.perhaps in self._makes(index + 1):
            return found
        return msgspec.structs.replace(found, perhaps="")

    def _makes(self, first: int) -> frozenset[str]:
        """The names of the tables and schemas that the statements from one on surely make."""
        made = (read.statement.read(Makes) for read in self.reads[first:] if read.tag in _MAKES and not read.nested)
        return frozenset(each.schemaname or (each.relation.relname if each.relation else "") for each in made)

    @cached_property
    def hides(self) -> bool:
        """Whether what it does elsewhere may differ from what a dry run saw."""
        return any(
            read.executes or read.opaque or read.asks_where or not does_the_same(read)
            for read in self.reads
            if not (read.nested and read.function)
        )

    @cached_property
    def zoned(self) -> frozenset[int]:
        """The lines of the statements of which it hangs on the time zone whether they rewrite a table."""
        return frozenset(read.line for read in self.reads if alterations.makes_a_time(read))

    def at(self, line: int, column: int) -> int | None:
        """Which of `reads` is the statement at a place (both from nought)."""
        offset = self._offsets[min(line, len(self._offsets) - 1)] + column
        index = bisect_right(self._top, offset, key=lambda each: self.reads[each].statement.location) - 1
        return self._top[index] if index >= 0 else None

    def lines(self, first: int) -> range:
        """The lines of the statement that holds a line: from its first word to before the next one's."""
        after = bisect_right(self._starts, first)
        begin = self._starts[after - 1] if after else first
        return range(begin, self._starts[after] if after < len(self._starts) else self.text.count("\n") + 2)

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        """Where each line begins, in bytes."""
        return tuple(itertools.accumulate((len(line) + 1 for line in self.text.encode().split(b"\n")), initial=0))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(sorted({self.reads[each].line for each in self._top}))

    @cached_property
    def _top(self) -> tuple[int, ...]:
        return tuple(index for index, read in enumerate(self.reads) if not read.nested)


def read(migration: Migration, text: str) -> File:
    """A migration's applied part. Raises SqlError or TooDeepError."""
    return parsed(migration.path, text)


def parsed(path: str, text: str) -> File:
    """The file of a text. Raises SqlError or TooDeepError."""
    return File(path, text, reading.read(text, path=path))


def does_the_same(read: Read) -> bool:
    """Whether a statement is of a kind that does the same wherever it runs, and calls no function that is unknown."""
    if read.tag not in _SAME:
        return False
    calls = _CALL.findall(bytes(read.statement.node)) if read.tag not in _KEEPS_CALLS else ()
    return all(_known(_PART.findall(call)) for call in calls)


def _known(parts: list[bytes]) -> bool:
    names = [part.decode("utf-8", "replace") for part in parts]
    return names[-1:] != [] and names[-1] in _KNOWN and names[:-1] in ([], ["pg_catalog"])


def in_transactions(file: File, migration: Migration) -> tuple[Found, ...]:
    """What is found in how its statements lie in transactions."""
    how = runners.transactions(migration, file.text)
    found = transactions.of(file.reads, wrapped=how.wrapped, whole=how.whole)
    return (*found, *transactions.validated(file.reads, wrapped=how.wrapped, whole=how.whole))


def table(read: Read) -> str:
    """The table that a statement is about, as it is written; empty where it is about none."""
    relation = read.statement.read(About).relation if read.tag in _WITH_RELATION else None
    return relation.name if relation is not None else ""


_WITH_RELATION = frozenset({"AlterTableStmt", "CreateStmt", "IndexStmt", "RenameStmt", "ReindexStmt"})


def _long_names(read: Read) -> Iterator[Found]:
    text = read.statement.text
    if read.nested or not any(len(each[0].strip('"').encode()) > _NAME_BYTES for each in _LONG.finditer(text)):
        return
    for token in postgres.tokens(text):
        name = token.text.strip('"')
        if len(name.encode()) > _NAME_BYTES and (token.text[0] == '"' or _LONG.fullmatch(token.text)):
            yield Found(
                rule="database/identifier-too-long",
                says=f"uses a name of {len(name.encode())} bytes, which is cut off: {name[:40]}…",
                line=read.statement.line + text.count("\n", 0, token.start),
                column=token.start - text.rfind("\n", 0, token.start),
                statement=read.line,
            )
