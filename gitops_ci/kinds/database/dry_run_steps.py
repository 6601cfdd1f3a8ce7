"""Runs migrations on a server statement by statement and remembers when each ran and what it locked."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from gitops_ci.kinds.database import dry_run_errors, dry_run_scripts, dry_run_watch
from gitops_ci.kinds.database.dry_run_errors import Place
from gitops_ci.kinds.database.dry_run_scripts import Script
from gitops_ci.kinds.database.dry_run_watch import MODES
from gitops_ci.kinds.database.postgres import Statement
from gitops_ci.kinds.database.server import ServerError, ServerLostError, Session

_DISCARD = "DISCARD ALL"
"""Which is refused in a transaction that was begun and not ended."""
_HARMLESS = "ShareUpdateExclusiveLock"
"""The strongest mode that lets rows be read and written."""


class Step(Struct, frozen=True):
    """A statement that ran; `began` in seconds since 1970."""

    began: float
    place: Place


class Held(Struct, frozen=True):
    """A lock: its mode, the statement that took it, the seconds until its transaction ended."""

    mode: str
    place: Place
    began: float
    seconds: float


class Steps:
    """The statements of one try. `owner` runs them, `watcher` looks at the locks that they take."""

    def __init__(self, owner: Session, watcher: Session | None, extensions: tuple[str, ...]) -> None:
        """Without a watcher nothing is looked at; `extensions` are there already and are not created again."""
        self._owner = owner
        self._watcher = watcher
        self._extensions = extensions
        self._ran: list[Step] = []
        self._holding: dict[int, Held] = {}
        self.held: dict[int, Held] = {}
        self.seen: dict[tuple[Place, int], str] = {}

    def run(self, script: Script) -> None:
        """Runs a script as a tool would. Raises RefusedError, and ServerLostError."""
        statement: Statement | None = None
        try:
            if script.statements is None:
                self._owner.run(script.text)
            else:
                whole = not script.own_transactions
                self._begin(whole)
                for statement in script.statements:
                    self._statement(statement, script)
                self._end(whole)
            self._discard()
        except ServerError as error:
            if not self._owner.idle:
                self._owner.run("ROLLBACK")
            raise dry_run_errors.explained(error, script, statement) from None

    def run_plain(self, scripts: Sequence[Script]) -> None:
        """Runs scripts that are sent as they are, of which nothing is looked at. Raises as `run` does."""
        ended = 0
        try:
            for _ in self._owner.run_all(text for script in scripts for text in (script.text, _DISCARD)):
                ended += 1
        except ServerError as error:
            raise dry_run_errors.explained(error, scripts[ended // 2], None) from None

    def _discard(self) -> None:
        """The next script may come in a session of its own."""
        if not self._owner.idle:
            raise ServerError("25001", "it begins a transaction and does not end it")
        self._owner.run(_DISCARD)

    def _statement(self, statement: Statement, script: Script) -> None:
        if dry_run_scripts.extension(statement) in self._extensions:
            return
        began = time.time()
        place = Place(script.path, statement.line, statement.tag)
        self._ran.append(Step(began, place))
        single = self._owner.idle and statement.tag != "TransactionStmt" and not dry_run_scripts.wants_none(statement)
        self._begin(single)
        try:
            self._owner.run(statement.text)
        except ServerLostError as lost:
            raise ServerLostError(lost.code, str(lost), place.path, place.line) from None
        if not self._owner.idle:
            self._look(place, began)
        self._end(single)

    def _begin(self, wanted: bool) -> None:
        if wanted:
            self._owner.run("BEGIN")

    def _end(self, wanted: bool) -> None:
        if wanted and not self._owner.idle:
            self._owner.run("COMMIT")
        if self._owner.idle:
            now = time.time()
            for relation, held in self._holding.items():
                ended = Held(held.mode, held.place, held.began, now - held.began)
                known = self.held.get(relation)
                if known is None or stronger(ended.mode, known.mode):
                    self.held[relation] = ended
            self._holding = {}

    def _look(self, place: Place, began: float) -> None:
        if self._watcher is None:
            return
        for lock in dry_run_watch.locks(self._watcher, self._owner.process):
            known = self._holding.get(lock.object)
            if known is None or stronger(lock.mode, known.mode):
                self._holding[lock.object] = Held(lock.mode, place, began, 0.0)
            if stronger(lock.mode, self.seen.get((place, lock.object), _HARMLESS)):
                self.seen[place, lock.object] = lock.mode

    def at(self, moment: float) -> Place | None:
        """The statement that ran at that time, in seconds since 1970."""
        index = bisect_right(self._ran, moment, key=lambda step: step.began)
        return self._ran[index - 1].place if index else None


def stronger(mode: str, other: str) -> bool:
    """Whether one mode of a lock is stronger than another."""
    return mode in MODES and (other not in MODES or MODES.index(mode) > MODES.index(other))
