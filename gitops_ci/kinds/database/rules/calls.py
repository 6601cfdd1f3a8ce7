"""Which functions a change both makes and calls: what is in those runs with the migration."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from gitops_ci.kinds.database.rules import file
from gitops_ci.kinds.database.rules.reading import Read

_WORD = re.compile(r"[\w$]+")
_NO_CALL = frozenset(
    {
        "AlterFunctionStmt",
        "AlterObjectSchemaStmt",
        "AlterOwnerStmt",
        "CommentStmt",
        "CreateFunctionStmt",
        "DropStmt",
        "GrantStmt",
    }
)
"""Statements that name a function and do not run it. Once it is renamed nobody knows who does."""
_FIRES = frozenset(
    {
        "CallStmt",
        "CopyStmt",
        "CreateTableAsStmt",
        "DeclareCursorStmt",
        "DeleteStmt",
        "DoStmt",
        "ExecuteStmt",
        "ExplainStmt",
        "FetchStmt",
        "InsertStmt",
        "MergeStmt",
        "RefreshMatViewStmt",
        "SelectStmt",
        "TruncateStmt",
        "UpdateStmt",
    }
)
"""Statements that may fire a trigger."""
_EVALUATES = ("AlterTableStmt", "IndexStmt")
"""Statements that may call functions for each row, which may fire one."""


def of(reads: Iterable[Read], used: Callable[[str], bool] = lambda _: False) -> frozenset[str]:
    """The functions (without their schemas) among those that a change makes which it may run.

    A name counts wherever it is a word: rather one too many than one that runs unread. `used` says of those that base
    has whether something of base calls them: a trigger, a default, a view, another function.
    """
    top = [read for read in reads if not read.nested or read.tag == "CreateFunctionStmt"]
    made = {read.function for read in top if read.function and read.tag == "CreateFunctionStmt"}
    if not made:
        return frozenset()
    fires = any(read.tag in _FIRES or (read.tag in _EVALUATES and not file.does_the_same(read)) for read in top)
    running = [read for read in top if read.tag not in _NO_CALL and (fires or read.tag != "CreateTrigStmt")]
    called = {name for name in made if running and not _WORD.fullmatch(name)} | named(running, made)
    called |= {name for name in made if fires and used(name)}
    while more := named([read for read in top if read.function in called], made) - called:
        called |= more
    return frozenset(called)


def named(reads: Iterable[Read], names: Collection[str]) -> set[str]:
    """Those of some names that are a word of a statement, in whatever case; all of them where words have escapes."""
    reads = tuple(reads)
    if any('U&"' in read.statement.text.upper() for read in reads):
        return set(names)
    words = {word for read in reads for word in _WORD.findall(read.statement.text.lower())}
    return {name for name in names if name.lower() in words}
