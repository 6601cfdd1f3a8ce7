"""Finds PostgreSQL and runs throw-away servers of it: private, without a network, removed even when we are killed."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import structs

from gitops_ci.config import Config
from gitops_ci.kinds.database.server import ENGINE, WATCHER, Role, ServerLostError
from gitops_ci.model.plan import Engine
from gitops_ci.system import clean_room, postgres_live, postgres_programs, postgres_room, process
from gitops_ci.system.postgres_programs import Installation
from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.postgres_wire import WireSession

_START = 30.0  # seconds
INITDB = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1")
SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "restart_after_crash=off",
    "jit=off",
    "shared_buffers=32MB",
    "wal_level=minimal",
    "max_wal_senders=0",  # shared memory is made ready for whoever might connect: half of the start
    "max_worker_processes=0",
    "autovacuum_max_workers=1",
    "max_connections=20",
    "max_locks_per_transaction=4096",  # thousands of tables in one migration
    "temp_file_limit=2GB",
    "lc_messages=C",
    "timezone=UTC",
    "log_min_messages=fatal",  # what is logged could hold values
    "log_min_error_statement=panic",
)
_GUARDIAN = """
trap '' HUP INT QUIT TERM
directory=$1; shift
"$@" </dev/null >"$directory/log" 2>&1 &
server=$!
read -r _
kill -QUIT 0
(sleep 5; kill -KILL "$server") &
wait "$server"
rm -rf -- "$directory"
kill -KILL 0
"""
"""Waits until we close its input or are gone, ends the server (SIGQUIT: at once), and removes what it had."""


class Servers:
    """The throw-away servers of one run. `scratch` is private and removed by its owner."""

    def __init__(
        self, config: Config, environ: Mapping[str, str], repository: Path, scratch: Path, stop: process.Stop
    ) -> None:
        """Starts nothing yet."""
        self._path = clean_room.safe_path(environ.get("PATH", os.defpath), repository)
        self._env = {"PATH": self._path, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}
        self._stop = stop
        self._settings = config.kinds.database
        self._environ = environ
        self._lock = threading.Lock()
        self._found: Installation | None = None
        self._brought: Path | None = None
        self._ending: list[threading.Thread] = []
        self._cache = postgres_room.cache(environ, repository) or scratch / "postgres"

    @contextlib.contextmanager
    def start(self, kept: str, timeout: float) -> Iterator[RunningCluster]:
        """A server from the copy that was kept as `kept`, if there is one, else an empty one; `timeout` in seconds.

        Raises ToolError where there is no PostgreSQL, and ServerLostError where it cannot be started.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            installation = self._found = self._found or self._chosen()
            empty = self._empty(installation)
        copy = self._cache / installation.name(kept)
        fresh = not copy.is_dir()
        directory = postgres_room.directory()
        guardian: subprocess.Popen[bytes] | None = None
        closing = contextlib.ExitStack()
        probing = threading.Thread(target=postgres_room.probe)
        probing.start()
        try:
            self._copy(empty if fresh else copy, directory)
            probing.join()
            guardian = self._guardian(installation, directory)
            live = functools.partial(postgres_live.connected, self._settings.dsn_env, environ=self._environ)
            cluster = RunningCluster(directory, installation, deadline, self._stop, fresh=fresh, copy=copy, live=live)
            closing.callback(cluster.close)
            cluster.wait(guardian)
            yield cluster
        finally:
            closing.close()
            self._ending.append(threading.Thread(target=_ended, args=(guardian, directory)))
            self._ending[-1].start()

    def close(self) -> None:
        """Waits until every server has ended, and removes what was copied of the programs."""
        for thread in self._ending:
            thread.join()
        if self._brought is not None:
            shutil.rmtree(self._brought, ignore_errors=True)

    def _chosen(self) -> Installation:
        found = postgres_programs.chosen(self._path, self._settings.version, self._version)
        if found.source != "embedded" or postgres_room.is_within_reach(found.programs):
            return found
        self._brought = postgres_room.directory()
        return structs.replace(found, programs=postgres_room.brought(found.programs, self._brought))

    def _version(self, program: Path) -> bytes:
        return postgres_room.remembered(self._cache, program, lambda: self._run([str(program), "--version"]).stdout)

    def _empty(self, installation: Installation) -> Path:
        """A data directory as `initdb` makes it; made once."""
        place = self._cache / installation.name("empty-2")
        if not place.is_dir():
            directory = postgres_room.directory()
            try:
                postgres_room.hand_over(directory)
                command = [str(installation.programs / "initdb"), f"--username={WATCHER}", *INITDB]
                done = self._run([*command, f"--pgdata={directory / 'data'}"])
                if done.returncode:
                    said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
                    raise ServerLostError(
                        "engine-failed", f"PostgreSQL's initdb failed: {said or f'exit code {done.returncode}'}"
                    )
                postgres_room.leave_one_database(directory / "data")
                postgres_room.store(directory / "data", place)
            finally:
                shutil.rmtree(directory, ignore_errors=True)
        return place

    def _run(self, command: list[str]) -> process.Completed:
        return process.run(
            [*postgres_room.prefix(), *command], cwd=Path("/"), env=self._env, timeout=120, stop=self._stop
        )

    def _copy(self, source: Path, directory: Path) -> None:
        with contextlib.suppress(OSError):
            os.utime(source)  # what is used stays in the cache
        if not postgres_room.copied(source, directory / "data"):
            raise ServerLostError("engine-failed", "PostgreSQL's data directory cannot be written: is the disk full?")
        postgres_room.hand_over(directory)

    def _guardian(self, installation: Installation, directory: Path) -> subprocess.Popen[bytes]:
        settings = [word for each in SETTINGS for word in ("-c", each)]
        server = [str(installation.programs / "postgres"), "-D", str(directory / "data"), "-k", str(directory)]
        try:
            return subprocess.Popen(
                ["/bin/sh", "-c", _GUARDIAN, "sh", str(directory), *postgres_room.prefix(), *server, *settings],
                cwd="/",
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ServerLostError("engine-failed", f"PostgreSQL cannot be started: {error.strerror}") from None


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

    def connect(self, role: Role, database: str = "postgres") -> WireSession:
        """A connection of its own."""
        if (role, database) != (WATCHER, "postgres") or self._first is None:
            return self._connected(role, database)
        first, self._first = self._first, None
        return first

    def _connected(self, role: Role, database: str = "postgres") -> WireSession:
        # An owner of the database may store other settings in it: those given here count.
        options = "-c search_path=pg_catalog,pg_temp" if role == WATCHER else ""
        known = {"user": role, "database": database, "options": options}
        session = WireSession(self.directory / ".s.PGSQL.5432", known, deadline=self._deadline, stop=self._stop)
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


def _ended(guardian: subprocess.Popen[bytes] | None, directory: Path) -> None:
    """Lets the guardian end the server and remove its files, and sees to it."""
    if guardian is not None:
        with contextlib.suppress(OSError):
            if guardian.stdin is not None:
                guardian.stdin.close()
        try:
            guardian.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(guardian.pid, signal.SIGKILL)
            guardian.wait()
    shutil.rmtree(directory, ignore_errors=True)
