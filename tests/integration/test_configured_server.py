"""Migrations tried on a PostgreSQL that is there already: it is used, left as it was, and refused where it is somebody's."""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from gitops_ci.config import Database
from gitops_ci.kinds.database.server import ServerLostError
from gitops_ci.model.plan import Plan
from gitops_ci.system import postgres_room
from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.process import Stop
from tests.integration.throwaway import configured, seen, servers, tried, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, mail text, age int);"
PASSWORD = "geheim-geheim"  # of a server that lives for a test
SETTINGS = Database(dry_run="required", timeout=60, server_env="TRIAL_DSN", dsn_env="{environment}_DSN")
_ALL = """SELECT json_agg(name ORDER BY name) FROM (SELECT datname::text AS name FROM pg_database
UNION ALL SELECT rolname FROM pg_roles) named WHERE name NOT LIKE 'pg\\_%'"""


class Running(Struct, frozen=True):
    """A server that somebody runs; its superuser is `boss`."""

    major: int
    port: int
    directory: Path

    @property
    def tcp(self) -> str:
        return f"postgresql://boss:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    @property
    def socket(self) -> str:
        return f"host={self.directory} port={self.port} user=boss password={PASSWORD}"

    def session(self, database: str = "postgres") -> PostgresSession:
        return PostgresSession({"dbname": database}, self.tcp, deadline=time.monotonic() + 30, stop=Stop())

    @property
    def names(self) -> list[str]:
        """Its databases and roles."""
        return self.session().read(_ALL, list[str])


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One of a version that is here, started by another user than us, as beside a job."""
    major = int(request.param)
    found = servers(tmp_path_factory.mktemp("programs"), configured(Database(version=major)))
    with found.own("nothing", 60) as cluster:
        programs = cluster.installation
    if programs.major != major:
        pytest.skip(f"PostgreSQL {major} is not here")
    with tempfile.TemporaryDirectory() as place, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        running = Running(major, int(free.getsockname()[1]), Path(place))
        (running.directory / "password").write_text(PASSWORD)
        postgres_room.hand_over(running.directory)
        free.close()
        other = [*postgres_room.other_user()]
        data = f"{place}/data"
        made = [*other, f"{programs.programs}/initdb", "--username=boss", "--auth=scram-sha-256", "--no-sync"]
        subprocess.run(
            [*made, f"--pwfile={place}/password", "-D", data],
            check=True,
            capture_output=True,
            cwd="/",
            env={"LC_ALL": "C"},
        )
        options = ["-p", str(running.port), "-k", place, "-c", "fsync=off", "-c", "max_prepared_transactions=2"]
        options += ["-c", "listen_addresses=127.0.0.1"]
        with subprocess.Popen(
            [*other, f"{programs.programs}/postgres", "-D", data, *options],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C"},
        ) as process:
            _wait(running)
            yield running
            process.send_signal(signal.SIGQUIT)
    found.close()


def _wait(running: Running) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            running.session().close()
        except ServerLostError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def untouched(server: Running) -> Iterator[Running]:
    """The server; after the test it must hold what it held before."""
    before = server.names
    yield server
    deadline = time.monotonic() + 10
    while server.names != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.names == before


def on(running: Running, scratch: Path, new: str, base: str = USERS, **variables: str) -> Plan:
    """The plan of a migration that is tried there, over TCP unless said otherwise."""
    given = {"TRIAL_DSN": running.tcp, **variables}
    tools: list[object] = []
    del tools
    return tried(scratch, new, base, SETTINGS, variables=given)


@pytest.mark.parametrize("way", ["tcp", "socket"])
def test_a_plan_is_that_of_our_own_server(untouched: Running, tmp_path: Path, way: str) -> None:
    sql = (
        "CREATE ROLE app;\n" if untouched.major >= 16 else "SELECT 1;\n"
    ) + "ALTER TABLE users ALTER age TYPE bigint;\nCREATE TABLE t (a int);\nDO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$;"
    base = f"{USERS} GRANT SELECT ON users TO reporting; ALTER TABLE users OWNER TO postgres;"
    plan = on(untouched, tmp_path, sql, base, TRIAL_DSN=getattr(untouched, way))
    own = tried(tmp_path, sql, base, Database(dry_run="required", version=untouched.major))
    assert (plan.status, plan.reason and plan.reason.message) == ("changed", None)
    assert plan.engine is not None
    assert (plan.engine.source, plan.engine.version.partition(".")[0]) == ("configured", str(untouched.major))
    assert plan.changes == own.changes
    assert plan.schema == own.schema
    for what in ("lock", "rewrite", "emptied"):
        told = [(each.address, each.line, each.mode) for each in seen(plan, what)]
        assert told == [(each.address, each.line, each.mode) for each in seen(own, what)]
    assert [each.address for each in seen(plan, "rewrite")] == ["table users"]
