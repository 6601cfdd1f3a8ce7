"""Which functions a change both makes and calls: what is in those runs with the migration."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

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


class Mentions:
    """Functions by their names, and which of them name which others: as a word, in whatever case."""

    def __init__(self, reads: Iterable[Read]) -> None:
        """`reads` may hold other statements, too."""
        made = [read for read in reads if read.function and read.tag == "CreateFunctionStmt"]
        self.names = frozenset(read.function for read in made)
        self._by_word: dict[str, set[str]] = {}
        for name in self.names:
            self._by_word.setdefault(name.lower(), set()).add(name)
        self._of: dict[str, set[str]] = {}
        for read in made:
            self._of.setdefault(read.function, set()).update(self.by([read]))
        self._from: dict[str, set[str]] = {}
        for one, others in self._of.items():
            for other in others:
                self._from.setdefault(other, set()).add(one)

    def by(self, reads: Iterable[Read]) -> set[str]:
        """Those that statements name; all of them where words have escapes."""
        found: set[str] = set()
        for read in reads:
            text = read.statement.text
            if 'U&"' in text.upper():
                return set(self.names)
            found.update(*(self._by_word[word] for word in self._by_word.keys() & set(_WORD.findall(text.lower()))))
        return found

    def by_what_runs(self, running: Collection[Read]) -> set[str]:
        """Those that statements name which run; with those whose names are no words."""
        return {name for name in self.names if running and not _WORD.fullmatch(name)} | self.by(running)

    def onward(self, names: Collection[str]) -> frozenset[str]:
        """Some, and all that these name."""
        return _closed(names, self._of)

    def back(self, name: str) -> frozenset[str]:
        """One, and all that name it or others that do."""
        return _closed((name,), self._from)


def _closed(names: Iterable[str], edges: Mapping[str, Collection[str]]) -> frozenset[str]:
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges.get(name, ())
    return frozenset(found)


def of(reads: Iterable[Read], used: Callable[[str], bool] = lambda _: False) -> frozenset[str]:
    """The functions (without their schemas) among those that a change makes which it may run.

    A name counts wherever it is a word: rather one too many than one that runs unread. `used` says of those that base
    has whether something of base calls them: a trigger, a default, a view, another function.
    """
    top = [read for read in reads if not read.nested or read.tag == "CreateFunctionStmt"]
    made = Mentions(top)
    if not made.names:
        return frozenset()
    fires = any(map(_fires, top))
    called = made.by_what_runs(running(top, fires=fires)) | {name for name in made.names if fires and used(name)}
    return made.onward(called)


def running(reads: Iterable[Read], *, fires: bool) -> list[Read]:
    """The statements that may run functions that they name: a trigger's where anything `fires` one."""
    return [read for read in reads if read.tag not in _NO_CALL and (fires or read.tag != "CreateTrigStmt")]


def _fires(read: Read) -> bool:
    return read.tag in _FIRES or (read.tag in _EVALUATES and not file.does_the_same(read))


def named(reads: Iterable[Read], names: Collection[str]) -> set[str]:
    """Those of some names that are a word of a statement, in whatever case; all of them where words have escapes."""
    reads = tuple(reads)
    if any('U&"' in read.statement.text.upper() for read in reads):
        return set(names)
    words = {word for read in reads for word in _WORD.findall(read.statement.text.lower())}
    return {name for name in names if name.lower() in words}
