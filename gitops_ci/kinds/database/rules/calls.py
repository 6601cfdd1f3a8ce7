"""Which functions a change both makes and calls: what is in those runs with the migration."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from gitops_ci.kinds.database.rules.reading import Read

_WORD = re.compile(r"[\w$]+")
_ESCAPED = 'U&"'
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
_FIRES = frozenset({"CallStmt", "CopyStmt", "DeleteStmt", "DoStmt", "ExecuteStmt", "ExplainStmt", "InsertStmt"}) | {
    "MergeStmt",
    "SelectStmt",
    "TruncateStmt",
    "UpdateStmt",
}
"""Statements that may fire a trigger."""


def of(reads: Iterable[Read]) -> frozenset[str]:
    """The functions (without their schemas) among those that a change makes which it may run.

    A name counts wherever it is a word: rather one too many than one that runs unread.
    """
    top = [read for read in reads if not read.nested or read.tag == "CreateFunctionStmt"]
    reached = Reached(top)
    fires = any(read.tag in _FIRES for read in top)
    return frozenset(name for read in top if fires or read.tag != "CreateTrigStmt" for name in reached.by(read))


class Reached:
    """Which of the functions that are made some statements run, told one after the other: each function once."""

    def __init__(self, reads: Iterable[Read]) -> None:
        self._bodies: dict[str, list[Read]] = {}
        for read in reads:
            if read.function and read.tag == "CreateFunctionStmt":
                self._bodies.setdefault(read.function, []).append(read)
        self._by_word: dict[str, list[str]] = {}
        for name in self._bodies:
            self._by_word.setdefault(name.lower(), []).append(name)
        self._odd = [name for name in self._bodies if not _WORD.fullmatch(name)]
        self._known: set[str] = set()

    def by(self, read: Read) -> set[str]:
        """What a statement runs that none before did."""
        if not self._bodies or read.tag in _NO_CALL:
            return set()
        found = {name for name in (*self._odd, *self._named(read)) if name not in self._known}
        waiting = list(found)
        while waiting:
            for body in self._bodies[waiting.pop()]:
                more = {name for name in self._named(body) if name not in found and name not in self._known}
                found |= more
                waiting += more
        self._known |= found
        return found

    def _named(self, read: Read) -> Iterable[str]:
        if _ESCAPED in read.statement.text.upper():
            return self._bodies
        words = set(_WORD.findall(read.statement.text.lower()))
        return [name for word in words & self._by_word.keys() for name in self._by_word[word]]


def named(reads: Iterable[Read], names: Collection[str]) -> set[str]:
    """Those of some names that are a word of a statement, in whatever case; all of them where words have escapes."""
    reads = tuple(reads)
    if any(_ESCAPED in read.statement.text.upper() for read in reads):
        return set(names)
    words = {word for read in reads for word in _WORD.findall(read.statement.text.lower())}
    return {name for name in names if name.lower() in words}
