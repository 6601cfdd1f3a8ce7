"""Finds PostgreSQL and runs throw-away servers of it: private, without a network, removed even when we are killed."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import structs

from gitops_ci.config import Config
from gitops_ci.kinds.database.server import WATCHER, Cluster, ServerLostError
from gitops_ci.system import clean_room, postgres_live, postgres_programs, postgres_room, process, wall
from gitops_ci.system.postgres_cluster import RunningCluster
from gitops_ci.system.postgres_configured import ConfiguredServer
from gitops_ci.system.postgres_programs import Installation
from gitops_ci.system.private_directory import PrivateDirectory

INITDB = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1")
SETTINGS = (
    "listen_addresses=",
    "dynamic_shared_memory_type=mmap",  # in its own directory: nothing is left of one that is killed
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
        self._config = config
        self._settings = config.kinds.database
        self._configured: ConfiguredServer | None = None
        self._environ = environ
        self._lock = threading.Lock()
        self._found: Installation | None = None
        self._private: dict[str | None, PrivateDirectory] = {}
        self._ending: list[threading.Thread] = []
        self._cache = postgres_room.cache(environ, repository) or scratch / "postgres"

    def start(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        """A server from the copy that was kept as `kept`, if there is one, else an empty one; `timeout` in seconds.

        One that is configured comes first. Raises ToolError where there is no PostgreSQL, and ServerLostError where it
        cannot be started or used.
        """
        dsn = self._environ.get(self._settings.server_env or "", "")
        if not dsn.strip():
            return self.own(kept, timeout)
        postgres_programs.needed()
        with self._lock:
            self._configured = self._configured or ConfiguredServer(dsn, self._config, self._environ, self._stop)
        return self._configured.start(kept, timeout)

    @contextlib.contextmanager
    def own(self, kept: str, timeout: float) -> Iterator[RunningCluster]:
        """A server that we start."""
        deadline = time.monotonic() + timeout
        with self._lock:
            installation = self._found = self._found or self._chosen()
            empty = self._empty(installation)
            directory = self._directory()
        copy = self._cache / installation.name(kept)
        fresh = not copy.is_dir()
        guardian: subprocess.Popen[bytes] | None = None
        closing = contextlib.ExitStack()
        probing = threading.Thread(target=postgres_room.probe)
        probing.start()
        try:
            user = postgres_room.somebody()
            self._copy(empty if fresh else copy, directory, user)
            probing.join()
            guardian = self._guardian(installation, directory, user)
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
        """Waits until every server has ended, and removes what is left: the programs where they were copied, too."""
        for thread in self._ending:
            thread.join()
        self._ending.clear()
        if self._configured is not None:
            self._configured.close()
            self._configured = None
        for each in self._private.values():
            each.close()
        self._private.clear()
        self._found = None

    def _directory(self) -> Path:
        """A new one inside that of this run, which nothing survives."""
        place = postgres_room.place()
        try:
            if place not in self._private:
                self._private[place] = PrivateDirectory(place)
            return Path(tempfile.mkdtemp(dir=self._private[place].path))
        except OSError as error:
            raise ServerLostError("engine-failed", f"there is no place for a PostgreSQL: {error.strerror}") from None

    def _chosen(self) -> Installation:
        found = postgres_programs.chosen(self._path, self._settings.version, self._version)
        if found.source != "embedded" or postgres_room.is_within_reach(found.programs):
            return found
        return structs.replace(found, programs=postgres_room.brought(found.programs, self._directory()))

    def _version(self, program: Path) -> bytes:
        return postgres_room.remembered(self._cache, program, lambda: self._run([str(program), "--version"]).stdout)

    def _empty(self, installation: Installation) -> Path:
        """A data directory as `initdb` makes it; made once."""
        place = self._cache / installation.name("empty-2")
        if not place.is_dir():
            directory = self._directory()
            try:
                postgres_room.hand_over(directory, postgres_room.nobody())
                command = [str(installation.programs / "initdb"), f"--username={WATCHER}", *INITDB]
                room = postgres_room.preparing(installation.programs, directory)
                done = self._run([*command, f"--pgdata={directory / 'data'}"], room)
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

    def _run(self, command: list[str], room: wall.Room | None = None) -> process.Completed:
        prefix = postgres_room.prefix(room)
        return process.run([*prefix, *command], cwd=Path("/"), env=self._env, timeout=120, stop=self._stop)

    def _copy(self, source: Path, directory: Path, user: postgres_room.User) -> None:
        with contextlib.suppress(OSError):
            os.utime(source)  # what is used stays in the cache
        if not postgres_room.copied(source, directory / "data"):
            raise ServerLostError("engine-failed", "PostgreSQL's data directory cannot be written: is the disk full?")
        postgres_room.hand_over(directory, user)

    def _guardian(
        self, installation: Installation, directory: Path, user: postgres_room.User
    ) -> subprocess.Popen[bytes]:
        prefix = postgres_room.prefix(postgres_room.serving(installation.programs, directory, user))
        settings = [word for each in SETTINGS for word in ("-c", each)]
        server = [str(installation.programs / "postgres"), "-D", str(directory / "data"), "-k", str(directory)]
        try:
            return subprocess.Popen(
                ["/bin/sh", "-c", _GUARDIAN, "sh", str(directory), *prefix, *server, *settings],
                cwd="/",
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ServerLostError("engine-failed", f"PostgreSQL cannot be started: {error.strerror}") from None


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
