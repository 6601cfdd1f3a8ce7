"""A PostgreSQL that somebody runs beside the job, to try migrations on: used in turns, and left as it was found."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time
from collections.abc import Iterator, Mapping

from gitops_ci.config import Config
from gitops_ci.kinds.database.dry_run.watch import WATCHERS_SETTINGS
from gitops_ci.kinds.database.server import ENGINE, OWNER, Role, ServerError, ServerLostError, Session, without_address
from gitops_ci.model.plan import Engine
from gitops_ci.system import postgres_addresses, postgres_admission, postgres_leftovers, postgres_live
from gitops_ci.system.postgres_admission import Environments
from gitops_ci.system.postgres_leftovers import key
from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.process import Stop

_MAIN = "postgres"
"""The database that the control session is in: a server that has none is no plain one."""
_TURN = key("0")
_PATIENCE = 600.0  # seconds that other runs may take
_PAUSE = 0.1  # seconds between two looks whether it is our turn
_OURS = 60.0  # seconds that one statement of ours may take
_KEPT = 4  # databases with a history that a run keeps
_CREATES_ROLES = 16
"""The major version from which on a role that makes roles cannot give itself those that run programs."""
_SETTINGS = {
    "client_connection_check_interval": "1s",  # from 14 on: what we run ends with us
    "lc_messages": "C",
    "synchronous_commit": "off",
    "temp_file_limit": "2GB",
    "timezone": "UTC",
}

_OF_SUPERUSER = {"options": WATCHERS_SETTINGS, "application_name": "gitops-ci"}


class ConfiguredServer:
    """The server of `kinds.database.server_env` in one run of ours, which has a role and a few databases there.

    All are called `gitops_ci_RUN…`, and the control session holds a lock for RUN: what is there of a run whose lock is
    free is left over, and removed. Roles belong to the whole server, so one dry run has it at a time.
    """

    def __init__(self, dsn: str, config: Config, environ: Mapping[str, str], stop: Stop) -> None:
        """Connects to nothing yet."""
        self._dsn = dsn
        self._config = config
        self._environ = environ
        self._stop = stop
        self._lock = threading.Lock()
        self._control: PostgresSession | None = None
        self._unusable: ServerLostError | None = None
        self._password = secrets.token_urlsafe(24)
        self._numbers = itertools.count(1)
        self.notes: dict[str, bytes] = {}
        """What was kept with each template."""
        self._known: tuple[str, ...] = ()
        self._is_prepared = False
        self.run = secrets.token_hex(8)
        self.name = f"gitops_ci_{self.run}"
        """Of the role that migrations run as, and what its databases begin with."""

    @contextlib.contextmanager
    def start(self, kept: str, timeout: float) -> Iterator[ConfiguredCluster]:
        """A database of its own as it was kept as `kept`, else an empty one; `timeout` in seconds from its turn on.

        Raises ServerLostError.
        """
        with self._turn() as control:
            template = f"{self.name}_kept_{kept[:20]}"
            cluster = ConfiguredCluster(self, f"{self.name}_{next(self._numbers)}", time.monotonic() + timeout)
            self._known = (self.name, *postgres_leftovers.all_roles(control))
            try:
                source = template if template in self.notes else None
                cluster.fresh, cluster.template = source is None, template
                self.create(cluster.database, source)
                yield cluster
            finally:
                cluster.close()
                control.deadline = time.monotonic() + _OURS
                with contextlib.suppress(ServerError, ServerLostError):
                    but = {self.name, *self.notes}
                    postgres_leftovers.cleared(control, self.connect, self.run, but=but, known=self._known)

    def close(self) -> None:
        """Removes all that is left of the run, also where it is being stopped."""
        if self._control is not None:
            self._control.deadline = time.monotonic() + _OURS
            with contextlib.suppress(ServerError, ServerLostError):
                postgres_leftovers.cleared(self._control, self.connect, self.run)
            self._control.close()
            self._control = None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[PostgresSession]:
        """The control session while the server is ours alone."""
        while not self._lock.acquire(timeout=_PAUSE):
            self._interrupted()
        try:
            control = self._ready()
            yield control
        finally:
            if self._control is not None:
                with contextlib.suppress(ServerError, ServerLostError):
                    self._control.run(f"SELECT pg_advisory_unlock({_TURN})")
            self._lock.release()

    def _ready(self) -> PostgresSession:
        """The control session, its turn come; the first time the server is looked at, cleared and prepared."""
        if self._unusable is not None:
            raise self._unusable
        try:
            control = self._control
            if control is None:
                if len(postgres_addresses.of(self._dsn)) > 1:
                    raise _unusable("its DSN has to name one host")
                control = self._control = self.connect(_MAIN)
            self._await(control)
            if not self._is_prepared:
                self._prepare(control)
                self._is_prepared = True
            self._as_new(control)
        except ServerError as error:
            self._unusable = _unusable(str(error))
            raise self._unusable from None
        except ServerLostError as error:
            if error.code == "engine-failed":
                self._unusable = error
            raise
        return control

    def _await(self, control: PostgresSession) -> None:
        until = time.monotonic() + _PATIENCE
        control.deadline = until + _OURS
        while not control.read(f"SELECT to_json(pg_try_advisory_lock({_TURN}))", bool):
            self._interrupted()
            if time.monotonic() > until:
                raise ServerLostError(
                    "timeout", "other runs have the server of `kinds.database.server_env` for themselves"
                )
            time.sleep(_PAUSE)
        control.deadline = time.monotonic() + _OURS

    def _prepare(self, control: PostgresSession) -> None:
        others = Environments(self._config, self._environ, self._other)
        why = postgres_admission.refused(control, self.connect) or others.why(control, self._dsn)
        if why is not None:
            raise _unusable(why)
        control.run(f"SELECT pg_advisory_lock({key(self.run)})")
        postgres_leftovers.of_the_dead(control, self.connect)
        major = int(control.version.partition(".")[0])
        roles = "CREATEROLE" if major >= _CREATES_ROLES else "NOCREATEROLE"
        control.run(f"CREATE ROLE {self.name} LOGIN NOSUPERUSER NOCREATEDB {roles}")

    def _as_new(self, control: PostgresSession) -> None:
        """The role as it was at first: it may give itself other settings, and another password."""
        hashed = control.hashed(self._password, self.name)
        control.run(f"ALTER ROLE {self.name} RESET ALL; ALTER ROLE {self.name} PASSWORD '{hashed}'")
        for name, value in _SETTINGS.items():
            with contextlib.suppress(ServerError):  # it does not know it
                control.run(f"ALTER ROLE {self.name} SET {name} = '{value}'")

    def _interrupted(self) -> None:
        if self._stop.is_set():
            raise ServerLostError("interrupted", "the run was interrupted")

    def create(self, database: str, template: str | None = None) -> None:
        """A database of the migrations' role. Raises ServerLostError."""
        source = f"TEMPLATE {template}" if template is not None else "TEMPLATE template0 ENCODING 'UTF8'"
        self._do(f"CREATE DATABASE {database} OWNER {self.name} {source}")

    def keep(self, template: str, database: str, note: bytes) -> None:
        """A copy for later stacks of the run; not where roles were made, which are gone by then."""
        if template in self.notes or len(self.notes) >= _KEPT or self._control is None:
            return
        made = postgres_leftovers.roles(self._control, self.run)
        if made == (self.name,) and not postgres_leftovers.strangers(self._control, self.run, self._known):
            self._do(f"CREATE DATABASE {template} TEMPLATE {database}")
            self.notes[template] = note

    def _do(self, sql: str) -> None:
        if self._control is None:
            raise _unusable("it was left already")
        self._control.deadline = time.monotonic() + _OURS
        try:
            self._control.run(sql)
        except ServerError as error:
            raise _unusable(str(error)) from None

    def connect(self, database: str) -> PostgresSession:
        """A session of the superuser for what is ours to do: whatever ends the run, it comes to its end."""
        known = {"dbname": database, **_OF_SUPERUSER}
        return self._session(known, time.monotonic() + _OURS, Stop(), {})

    def connect_as(self, role: Role, database: str, deadline: float) -> PostgresSession:
        """A session of the dry run."""
        own = {"user": self.name, "password": self._password, "options": ""} if role == OWNER else _OF_SUPERUSER
        return self._session({"dbname": database, **own}, deadline, self._stop, {self.name: OWNER})

    def _session(
        self, known: Mapping[str, str], deadline: float, stop: Stop, said_as: Mapping[str, str]
    ) -> PostgresSession:
        try:
            return PostgresSession(known, self._dsn, deadline=deadline, stop=stop, said_as=said_as)
        except ServerLostError as error:
            raise _unusable(without_address(error)) from None

    def _other(self, dsn: str) -> PostgresSession:
        """A session of an environment's own server, to know that by."""
        deadline = time.monotonic() + _OURS
        try:
            return PostgresSession({}, dsn, deadline=deadline, stop=self._stop)
        except ServerLostError:  # its database is not there yet, or not any more
            return PostgresSession({"dbname": _MAIN}, dsn, deadline=deadline, stop=self._stop)

    def live(self, stack: str, deadline: float) -> PostgresSession | None:
        """A session in the database of a stack as it is deployed."""
        return postgres_live.connected(self._config.kinds.database.dsn_env, stack, self._environ, deadline, self._stop)


class ConfiguredCluster:
    """One stack's databases on a configured server."""

    def __init__(self, server: ConfiguredServer, database: str, deadline: float) -> None:
        self.database = database
        self.fresh = True
        self.template = ""
        self._server = server
        self._deadline = deadline
        self._sessions: list[PostgresSession] = []
        self._version = ""

    @property
    def owner(self) -> str:
        """The role that migrations run as."""
        return self._server.name

    @property
    def engine(self) -> Engine:
        """What to call it in a plan."""
        return Engine(name=ENGINE, version=self._version, source="configured")

    def prepare(self, watcher: Session, *, more: bool) -> None:
        """The migrations' role is there."""

    def create(self, name: str) -> None:
        """Another database."""
        self._server.create(self._called(name))

    def connect(self, role: Role, database: str = _MAIN) -> PostgresSession:
        """A connection of its own."""
        session = self._server.connect_as(role, self._called(database), self._deadline)
        self._version = session.version
        self._sessions.append(session)
        return session

    def _called(self, database: str) -> str:
        return self.database if database == _MAIN else f"{self.database}_{database}"

    def live(self, stack: str) -> PostgresSession | None:
        """A connection to the database of a stack as it is deployed; None where no DSN of it is given."""
        session = self._server.live(stack, self._deadline)
        self._sessions += [session] if session is not None else []
        return session

    @property
    def note(self) -> bytes:
        """What was kept with the template that it is of."""
        return b"" if self.fresh else self._server.notes.get(self.template, b"")

    def keep(self, note: bytes = b"") -> None:
        """Keeps a copy for later stacks of this run."""
        self.close()
        self._server.keep(self.template, self.database, note)

    def close(self) -> None:
        """Ends the connections."""
        for session in self._sessions:
            session.close()
        self._sessions.clear()


def _unusable(why: str) -> ServerLostError:
    return ServerLostError("engine-failed", f"the server of `kinds.database.server_env` cannot be used: {why}")
