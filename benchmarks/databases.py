"""How long it takes to try a migration end to end, beside one `psql` that runs all migrations.

Three times: on a server that runs already with our settings and in memory, with what a server of one's own takes
(`initdb`, its start and its end), and on one that runs already as it is installed: its own settings, on a disk.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Program, Row, Skipped
from gitops_ci.config import DEFAULT
from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.server import WATCHER, ServerLostError
from gitops_ci.system import postgres_room
from gitops_ci.system.postgres import INITDB, SETTINGS, Servers
from gitops_ci.system.process import Stop

_HISTORY = 400
_TABLE = """CREATE TABLE orders_{n} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint NOT NULL, note text,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid')), at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_{n}_customer ON orders_{n} (customer);
COMMENT ON TABLE orders_{n} IS 'Number {n}';
"""
_ALTER = """ALTER TABLE orders_{before} ADD COLUMN extra_{n} integer;
CREATE OR REPLACE FUNCTION count_{before}() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM orders_{before} $$;
"""
_PEERS = {
    "psql": "psql -f of all",
    "whole": "initdb, start, psql, stop",
    "installed": "psql -f of all, a server as installed",
}
_ARTICLE = measure.ROOT / "examples/infrastructure-gitops/shared/databases/migrations"


def measured(place: Path, *, quick: bool) -> list[Row]:
    """The example's migrations and one new one; 400 of them and one new one, with nothing kept and with all kept."""
    rounds = 1 if quick else 3
    article = {path.name: path.read_text(encoding="utf-8") for path in sorted(_ARTICLE.glob("*.sql"))}
    many = {f"{n:04}_x.sql": (_ALTER if n % 2 else _TABLE).format(n=n, before=n - 1) for n in range(_HISTORY)}
    many["0001_x.sql"] = _TABLE.format(n=1)
    rows: list[Row] = []
    for name, history, new in (
        ("the example's migrations", article, "ALTER TABLE users ADD COLUMN phone text;\n"),
        (f"{_HISTORY} migrations", many, "ALTER TABLE orders_0 ADD COLUMN phone text;\n"),
    ):
        times = _times(place / str(len(history)), history, new, rounds)
        limits = (2.0, 0.8) if len(history) == _HISTORY else (None, None)
        for state, limit in zip(("cold", "warm"), limits, strict=True):
            for peer, what in _PEERS.items():
                label, ours = f"{name} and a new one, {state} / {what}", times[state]
                rows.append(
                    Row(label, ours, times[peer])
                    if limit is None or peer == "installed"
                    else measure.compared(label, ours, times[peer], times=limit)
                )
    return rows


def _times(place: Path, history: dict[str, str], new: str, rounds: int) -> dict[str, float]:
    """The fastest of some rounds each, taken in turn."""
    migrations = place / "repository/migrations"
    migrations.mkdir(parents=True)
    _commit(migrations.parent, {**history})
    _commit(migrations.parent, {"9999_new.sql": new})
    files = [word for path in sorted(migrations.iterdir()) for word in ("-f", str(path))]
    best: dict[str, float] = {}
    with _server(place) as (directory, programs), _installed(programs) as usual:
        for turn in range(rounds + 1):
            measured = {
                "whole": _whole(programs, files),
                "installed": _psql(usual, files, turn),
                "psql": _psql(directory, files, turn),
                "cold": _ours(place, f"cache-{turn}"),
                "warm": _ours(place, f"cache-{turn}"),
            }
            for name, program in measured.items():
                seconds = program.run().seconds
                best[name] = min(seconds, best.get(name, seconds)) if turn > 1 else seconds
    return best


def _psql(directory: Path, files: list[str], turn: int) -> Program:
    """`psql` with all files into a new database, which is made at once."""
    psql = (measure.tool("psql"), "-h", str(directory), "-U", WATCHER, "-q", "-v", "ON_ERROR_STOP=1")
    Program((*psql, "-c", f"CREATE DATABASE round_{turn} TEMPLATE postgres", "postgres")).run()
    return Program((*psql, *files, f"round_{turn}"))


def _whole(programs: Path, files: list[str]) -> Program:
    """A server of one's own for `psql`, in memory and with the settings that ours has; not as root."""
    options = " ".join(f"-c {each}" for each in SETTINGS)
    other = shlex.join(_as_somebody())
    script = f"""set -e; room=$({other} mktemp -d -p {postgres_room.IN_MEMORY})
    {other} {programs}/initdb {" ".join(INITDB)} --username={WATCHER} -D $room/data >/dev/null
    {other} {programs}/pg_ctl -w -D $room/data -l $room/log -o "-k $room {options}" start >/dev/null
    {measure.tool("psql")} -h $room -U {WATCHER} -q -v ON_ERROR_STOP=1 {shlex.join(files)} postgres
    {other} {programs}/pg_ctl -m immediate -D $room/data stop >/dev/null; rm -rf $room"""
    return Program(("/bin/sh", "-c", script))


def _as_somebody() -> tuple[str, ...]:
    """What runs a command as a user that PostgreSQL runs as."""
    user = postgres_room.nobody()
    return () if user is None else ("setpriv", f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups")


def _ours(place: Path, cache: str) -> Program:
    command = measure.gitops_ci("plan", "--base", "HEAD~1", "--kind", "database", "--out", str(place / "out"))
    return Program(command, cwd=place / "repository", env={"XDG_CACHE_HOME": str(place / cache), "CI": ""})


def _commit(repository: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (repository / "migrations" / name).write_text(text, encoding="utf-8")
    (repository / "gitops-ci.yml").write_text("version: 1\nkinds: {database: {dry_run: required}}\n", encoding="utf-8")
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    for arguments in (("init", "-q", "."), ("add", "."), (*identity, "commit", "-qm", "migrations")):
        subprocess.run(["git", *arguments], cwd=repository, env=measure.environment(), check=True)


@contextmanager
def _installed(programs: Path) -> Iterator[Path]:
    """The directory of a running server as it is installed, but for its socket's place; not as root."""
    other = _as_somebody()
    made = subprocess.run([*other, "mktemp", "-d", "-p", "/var/tmp"], capture_output=True, text=True, check=True)  # noqa: S108  # a disk
    room = made.stdout.strip()

    def run(*command: str) -> None:
        subprocess.run([*other, *command], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    control = (str(programs / "pg_ctl"), "-w", "-D", f"{room}/data")
    try:
        run(str(programs / "initdb"), "--auth=trust", f"--username={WATCHER}", "-D", f"{room}/data")
        run(*control, "-l", f"{room}/log", "-o", f"-k {room} -c listen_addresses=", "start")
        yield Path(room)
        run(*control, "-m", "immediate", "stop")
    finally:
        run("rm", "-rf", room)


@contextmanager
def _server(place: Path) -> Iterator[tuple[Path, Path]]:
    """The directory of a running server with the settings that ours have, for psql, and that of its programs."""
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        servers = Servers(DEFAULT, {"PATH": os.environ["PATH"]}, measure.ROOT, Path(scratch), Stop())
        try:
            with servers.start("nothing", 3600) as cluster:
                cluster.connect(WATCHER).close()  # a database that is in use cannot be copied
                yield cluster.directory, cluster.installation.programs
        except (ToolError, ServerLostError) as error:
            raise Skipped(str(error)) from None
