"""Runs migrations on a server statement by statement and remembers when each ran and what it locked."""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from gitops_ci.kinds.database.dry_run import errors, scripting
from gitops_ci.kinds.database.dry_run.errors import Place
from gitops_ci.kinds.database.dry_run.locks import Locks, Ran
from gitops_ci.kinds.database.dry_run.scans import Scans
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.dry_run.watch import identifier, literal
from gitops_ci.kinds.database.server import ServerError, ServerLostError, Session
from gitops_ci.kinds.database.sql.postgres import Statement

_STRANGE = """SELECT coalesce(json_agg(rolname), '[]') FROM pg_catalog.pg_roles
    WHERE rolname IN ({}) AND NOT pg_catalog.pg_has_role(oid, 'USAGE')"""
_LACKING = """SELECT coalesce(json_agg(r.rolname), '[]') FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n
    WHERE r.rolname IN ({}) AND n.nspname = 'public' AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')
    AND NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')"""
_DISCARD = "DISCARD ALL"
"""Which is refused in a transaction that was begun and not ended."""


class Step(Struct, frozen=True):
    """A statement that ran; `began` in seconds since 1970 by the server's clock."""

    began: float
    place: Place


class Steps:
    """The statements of one try. `owner` runs them, `locks` looks at what they lock."""

    def __init__(
        self, owner: Session, extensions: tuple[str, ...], locks: Locks | None = None, ahead: float = 0.0
    ) -> None:
        """Without `locks` nothing is looked at; `extensions` are there already and are not created again.

        `ahead` are the seconds that the server's clock is ahead of ours.
        """
        self._ahead = ahead
        self._owner = owner
        self._locks = locks
        self.scans = Scans(owner) if locks is not None else None
        self._extensions = extensions
        self._ran: list[Step] = []

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
            raise errors.explained(error, script, statement) from None

    def run_plain(self, scripts: Sequence[Script]) -> None:
        """Runs scripts that are sent as they are, of which nothing is looked at. Raises as `run` does."""
        ended = 0
        try:
            for _ in self._owner.run_all(text for script in scripts for text in (script.text, _DISCARD)):
                ended += 1
        except ServerError as error:
            raise errors.explained(error, scripts[ended // 2], None) from None

    def _discard(self) -> None:
        """The next script may come in a session of its own."""
        if not self._owner.idle:
            raise ServerError("25001", "it begins a transaction and does not end it")
        self._owner.run(_DISCARD)

    def _statement(self, statement: Statement, script: Script) -> None:
        if scripting.extension(statement) in self._extensions:
            return
        began = time.time()
        place = Place(script.path, statement.line, statement.tag)
        self._ran.append(Step(began + self._ahead, place))
        alone = scripting.wants_none(statement) or (script.wrapped is False and scripting.may_commit(statement))
        single = self._owner.idle and statement.tag != "TransactionStmt" and not alone
        if self._locks is not None and statement.tag == "TransactionStmt":
            self._locks.before_end()
        self._begin(single)
        scans = self.scans.before(statement) if self.scans is not None else None
        try:
            with self._may_own(scripting.owners(statement)):
                self._owner.run(scripting.said_as(statement, self._owner.role))
        except ServerLostError as lost:
            raise ServerLostError(lost.code, str(lost), place.path, place.line) from None
        if self._locks is not None and not self._owner.idle:
            self._locks.after(Ran(statement, place, began))
        if self.scans is not None and scans is not None:
            self.scans.after(place, scans)
        self._end(single)

    @contextlib.contextmanager
    def _may_own(self, roles: tuple[str, ...]) -> Iterator[None]:
        """Lets one statement give what lies in `public` to roles, as it may where a superuser runs it.

        We have to be one of them, and stay so to alter it later; from PostgreSQL 15 on they may not create there.
        """
        named = ", ".join(map(literal, roles))
        for role in self._owner.read(_STRANGE.format(named), list[str]) if roles else ():
            self._owner.run(f"GRANT {identifier(role)} TO CURRENT_USER")
        lacking = self._owner.read(_LACKING.format(named), list[str]) if roles else []
        to = ", ".join(map(identifier, lacking))
        if lacking:
            self._owner.run(f"GRANT CREATE ON SCHEMA public TO {to}")
        yield
        if lacking:
            self._owner.run(f"REVOKE CREATE ON SCHEMA public FROM {to}")

    def _begin(self, wanted: bool) -> None:
        if wanted:
            self._owner.run("BEGIN")

    def _end(self, wanted: bool) -> None:
        if wanted and not self._owner.idle:
            if self._locks is not None:
                self._locks.before_end()
            self._owner.run("COMMIT")
        if self._locks is not None and self._owner.idle:
            self._locks.ended()

    def at(self, moment: float) -> Place | None:
        """The statement that ran at that time, in seconds since 1970 by the server's clock; before all, the first."""
        index = bisect_right(self._ran, moment, key=lambda step: step.began)
        return self._ran[max(index - 1, 0)].place if self._ran else None
