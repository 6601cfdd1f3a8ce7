"""A running throw-away server of one stack: its sessions, and the copy that is kept of it."""

from __future__ import annotations

import functools
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from gitops_ci.kinds.database.dry_run import watch
from gitops_ci.kinds.database.server import ENGINE, OWNER, WATCHER, Role, ServerLostError, Session
from gitops_ci.model.plan import Engine
from gitops_ci.system import postgres_room, process
from gitops_ci.system.postgres_programs import Installation
from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.postgres_wire import WireSession

_START = 30.0  # seconds


class RunningCluster:
    """A running server of one stack."""

    def __init__(
        self,
        directory: Path,
        installation: Installation,
        deadline: float,
        stop: process.Stop,
        *,
        fresh: bool,
        copy: Path,
        live: Callable[..., PostgresSession | None],
    ) -> None:
        self.directory = directory
        self.installation = installation
        self._deadline = deadline
        self._stop = stop
        self._copy = copy
        self._live = live
        self._sessions: list[PostgresSession | WireSession] = []
        self._version = ""
        self._first: WireSession | None = None
        self.fresh = fresh

    def wait(self, guardian: subprocess.Popen[bytes]) -> None:
        """Waits until the server takes connections. Raises ServerLostError with the last that it said."""
        until = time.monotonic() + _START
        while True:
            try:
                self._first = self._connected(WATCHER)
            except ServerLostError as error:
                ended = not (self.directory / "data/postmaster.pid").exists() and guardian.poll() is not None
                if time.monotonic() > until or ended or self._stop.is_set():
                    log = (self.directory / "log").read_bytes()[-2000:].decode("utf-8", "replace").strip()
                    last = (log or str(error)).rpartition("\n")[2]
                    raise ServerLostError("engine-failed", f"PostgreSQL does not start: {last}") from None
                time.sleep(0.002)
            else:
                self._version = self._first.version
                return

    @property
    def engine(self) -> Engine:
        """What to call it in a plan."""
        return Engine(name=ENGINE, version=self._version, source=self.installation.source)

    @property
    def owner(self) -> str:
        """The role that migrations run as."""
        return OWNER

    def prepare(self, watcher: Session, *, more: bool) -> None:
        """Makes that role, and what others are made from: templates have no files here."""
        watcher.run(watch.PREPARE)
        if more:
            watcher.run(f"CREATE DATABASE {watch.UNTOUCHED} TEMPLATE postgres")

    def create(self, name: str) -> None:
        """Another database."""
        self.connect(WATCHER).run(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {watch.UNTOUCHED}")

    def connect(self, role: Role, database: str = "postgres") -> WireSession:
        """A connection of its own."""
        if (role, database) != (WATCHER, "postgres") or self._first is None:
            return self._connected(role, database)
        first, self._first = self._first, None
        return first

    def _connected(self, role: Role, database: str = "postgres") -> WireSession:
        # An owner of the database may store other settings in it: those given here count.
        options = watch.WATCHERS_SETTINGS if role == WATCHER else ""
        known = {"user": role, "database": database, "options": options}
        session = WireSession(self.directory / ".s.PGSQL.5432", known, deadline=self._deadline, stop=self._stop)
        session.full = functools.partial(postgres_room.full, self.directory)
        self._sessions.append(session)
        return session

    def live(self, stack: str) -> PostgresSession | None:
        """A connection to the database of a stack as it is deployed; None where no DSN of it is given."""
        session = self._live(stack=stack, deadline=self._deadline, stop=self._stop)
        self._sessions += [session] if session is not None else []
        return session

    @property
    def note(self) -> bytes:
        """What was kept with its copy; read where nothing that a server runs could have written."""
        return b"" if self.fresh else postgres_room.note(self._copy)

    def keep(self, note: bytes = b"") -> None:
        """Keeps a copy for later servers: of an idle server after a checkpoint, so that there is nothing to recover."""
        if not self._copy.is_dir():
            self.connect(WATCHER).run("CHECKPOINT")
            postgres_room.store(self.directory / "data", self._copy, note)

    def close(self) -> None:
        """Ends the connections."""
        for session in self._sessions:
            session.close()
