"""The locks that migrations take on what was there before, and which statement took or needed each.

Looking costs the more the more a transaction has locked, so it is left out after statements that lock what they name
and name nothing of before; what they hold all the same is seen before their transaction ends.
"""

from __future__ import annotations

import re
import time

from msgspec import Struct

from gitops_ci.kinds.database.dry_run import watch
from gitops_ci.kinds.database.dry_run.errors import Place
from gitops_ci.kinds.database.dry_run.watch import MODES
from gitops_ci.kinds.database.schema.catalog import Catalog
from gitops_ci.kinds.database.server import Session
from gitops_ci.kinds.database.sql.postgres import Statement

TABLES = frozenset({"table", "materialized view"})
"""What is locked and has rows."""
_LOCKS_WHAT_IT_NAMES = frozenset(
    {
        "AlterSeqStmt",
        "CommentStmt",
        "CompositeTypeStmt",
        "CreateEnumStmt",
        "CreateFunctionStmt",
        "CreateSeqStmt",
        "CreateStmt",
        "CreateTrigStmt",
        "GrantStmt",
        "IndexStmt",
        "ViewStmt",
    }
)
_DROPS = b'"subtype":"AT_Drop'
"""Of ALTER TABLE: a foreign key that goes locks the table that it led to."""
_OF_TABLE = b'"objtype":"OBJECT_TABLE"'
_WORD = re.compile(r"[^\W\d][\w$]*")


class Held(Struct, frozen=True):
    """A lock: its mode, the statement that took it, the seconds until its transaction ended."""

    mode: str
    place: Place
    began: float
    seconds: float


class Ran(Struct, frozen=True):
    """A statement that ran; `began` in seconds since 1970."""

    statement: Statement
    place: Place
    began: float


class Locks:
    """The locks of one try on the tables of before.

    `held` has for each table (by number) the strongest lock, `seen` for each statement the locks that it took, and
    those held from before on tables that it needs, which tell nothing of what it would have taken.
    """

    def __init__(self, watcher: Session, process: int, before: Catalog) -> None:
        """`process` is the number of the session that runs the migrations."""
        self._watcher = watcher
        self._process = process
        tables = [item for item in before.values() if item.catalog == "pg_class" and item.kind in TABLES]
        self._words = {item.object: frozenset(_words(item.name.rpartition(".")[2])) for item in tables}
        self._names: dict[str, list[int]] = {}
        for number, words in self._words.items():
            self._names.setdefault(min(words, default=""), []).append(number)
        self._newest = max(self._words, default=0)
        self._holding: dict[int, Held] = {}
        self._left: Ran | None = None
        self.held: dict[int, Held] = {}
        self.seen: dict[tuple[Place, int], str] = {}

    def after(self, ran: Ran) -> None:
        """What a statement holds, its transaction being open."""
        if self._words:
            named = self._named(ran.statement)
            if named == frozenset():
                self._left = ran
            else:
                self._look(ran, named)

    def before_end(self) -> None:
        """A transaction may end now: what was not looked at yet is."""
        if self._left is not None:
            self._look(self._left, frozenset())

    def ended(self) -> None:
        """No transaction is open any more."""
        now = time.time()
        for relation, held in self._holding.items():
            known = self.held.get(relation)
            if known is None or stronger(held.mode, known.mode):
                self.held[relation] = Held(held.mode, held.place, held.began, now - held.began)
        self._holding = {}
        self._left = None

    def _look(self, ran: Ran, named: frozenset[int] | None) -> None:
        """`named` are the tables that the statement needs; None: it may need any."""
        self._left = None
        for lock in watch.locks(self._watcher, self._process, self._newest):
            known = self._holding.get(lock.object)
            new = known is None or stronger(lock.mode, known.mode)
            if new:
                self._holding[lock.object] = Held(lock.mode, ran.place, ran.began, 0.0)
            key = ran.place, lock.object
            if (new or named is None or lock.object in named) and stronger(lock.mode, self.seen.get(key, "")):
                self.seen[key] = lock.mode

    def _named(self, statement: Statement) -> frozenset[int] | None:
        """The tables of before whose name its text has, in whatever case; None where it may work on any."""
        if not _locks_what_it_names(statement) or 'U&"' in statement.text.upper():
            return None
        words = set(_words(statement.text)) | {""}
        there = (number for word in words & self._names.keys() for number in self._names[word])
        return frozenset(number for number in there if self._words[number] <= words)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _locks_what_it_names(statement: Statement) -> bool:
    if statement.tag == "AlterTableStmt":
        node = bytes(statement.node)
        return _OF_TABLE in node and _DROPS not in node
    return statement.tag in _LOCKS_WHAT_IT_NAMES


def stronger(mode: str, other: str) -> bool:
    """Whether one mode of a lock is stronger than another."""
    return mode in MODES and (other not in MODES or MODES.index(mode) > MODES.index(other))
