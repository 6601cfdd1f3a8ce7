"""Migrations tried on a PostgreSQL that is there already: it is used, left as it was, and refused where it is somebody's."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from gitops_ci.config import Database
from gitops_ci.kinds.database.server import OWNER, WATCHER, ServerLostError
from gitops_ci.model.plan import Plan
from gitops_ci.system import postgres_room
from gitops_ci.system.postgres_configured import ConfiguredServer
from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.process import Stop
from tests.integration.repositories import Scratch
from tests.integration.throwaway import change, configured, seen, servers, toolbox, tried, why_not

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
        somebody = postgres_room.nobody()
        postgres_room.hand_over(running.directory, somebody)
        user, group = somebody or (None, None)
        free.close()
        data = f"{place}/data"
        made = [f"{programs.programs}/initdb", "--username=boss", "--auth=scram-sha-256", "--no-sync"]
        subprocess.run(
            [*made, f"--pwfile={place}/password", "-D", data],
            check=True,
            capture_output=True,
            cwd="/",
            env={"LC_ALL": "C"},
            user=user,
            group=group,
        )
        options = ["-p", str(running.port), "-k", place, "-c", "fsync=off", "-c", "max_prepared_transactions=2"]
        options += ["-c", "listen_addresses=127.0.0.1"]
        with subprocess.Popen(
            [f"{programs.programs}/postgres", "-D", data, *options],
            cwd="/",
            user=user,
            group=group,
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


def why(plan: Plan) -> str:
    """Why there is no plan: it has to be undecided."""
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "engine-failed")
    assert PASSWORD not in plan.reason.message
    return plan.reason.message


def test_without_its_variable_any_other_server_does(tmp_path: Path) -> None:
    plan = tried(tmp_path, "CREATE TABLE t (a int);", USERS, SETTINGS)
    assert plan.engine is not None
    assert plan.engine.source in ("path", "embedded")


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("host=127.0.0.1 port=1 user=boss password=geheim-geheim", "no connection"),
        ("host=127.0.0.1 port={port} user=boss password=geheim-wrong", "password authentication failed for user"),
        ("postgres://:::geheim-geheim", "cannot be used"),
        ("host=127.0.0.1,127.0.0.2 port={port} user=boss password=geheim-geheim", "one host"),
    ],
)
def test_one_that_cannot_be_used_leaves_the_plan_undecided(
    untouched: Running, tmp_path: Path, dsn: str, said: str
) -> None:
    told = why(on(untouched, tmp_path, "SELECT 1;", TRIAL_DSN=dsn.format(port=untouched.port)))
    assert said in told
    for secret in ("geheim", "127.0.0.1", "boss"):
        assert secret not in told


def test_one_whose_role_is_no_superuser_sees_too_little(untouched: Running, tmp_path: Path) -> None:
    session = untouched.session()
    session.run(f"CREATE ROLE mere LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'")
    try:
        told = why(on(untouched, tmp_path, "SELECT 1;", TRIAL_DSN=untouched.tcp.replace("boss", "mere")))
        assert "no superuser" in told
    finally:
        session.run("DROP ROLE mere")


@pytest.mark.parametrize("closed", [False, True])
def test_one_with_somebody_s_data_is_refused(untouched: Running, tmp_path: Path, *, closed: bool) -> None:
    session = untouched.session()
    session.run("CREATE DATABASE shop")
    try:
        shop = untouched.session("shop")
        shop.run("CREATE TABLE orders (id int)")
        shop.close()
        if closed:
            session.run("ALTER DATABASE shop ALLOW_CONNECTIONS false")
        for dsn in (untouched.tcp, untouched.socket):
            told = why(on(untouched, tmp_path, "CREATE ROLE app SUPERUSER;", TRIAL_DSN=dsn))
            assert "shop" in told
            assert "holds no data" in told
    finally:
        session.run("DROP DATABASE shop WITH (FORCE)")


def test_a_role_of_migrations_that_is_the_server_s_superuser_is_theirs_alone(
    untouched: Running, tmp_path: Path
) -> None:
    """As in most images: their superuser is called `postgres`."""
    session = untouched.session()
    session.run("CREATE ROLE postgres SUPERUSER")
    try:
        sql = "ALTER TABLE users OWNER TO postgres;\nGRANT SELECT ON users TO postgres;\nCREATE TABLE t (a int);"
        plan = on(
            untouched, tmp_path, sql, f"{USERS} GRANT CREATE ON SCHEMA public TO app; ALTER TABLE users OWNER TO app;"
        )
        assert (plan.status, plan.reason) == ("changed", None)
        (owner,) = change(plan, "table users").attributes
        assert (owner.path, owner.before, owner.after) == ("owner", "app", "postgres")
    finally:
        session.run("DROP ROLE postgres")


def test_other_databases_without_tables_are_nobody_s(untouched: Running, tmp_path: Path) -> None:
    session = untouched.session()
    session.run("CREATE DATABASE app_test")
    try:
        assert on(untouched, tmp_path, "CREATE TABLE t (a int);").status == "changed"
    finally:
        session.run("DROP DATABASE app_test")


@pytest.mark.parametrize("live", ["tcp", "socket"])
def test_an_environment_s_own_server_is_refused(untouched: Running, tmp_path: Path, live: str) -> None:
    """Also under another address, and of another environment than the stack's."""
    told = why(on(untouched, tmp_path, "SELECT 1;", PRODUCTION_DSN=getattr(untouched, live)))
    assert "an environment's own database" in told
    settings = Database(dry_run="required", server_env="PRODUCTION_DSN", dsn_env="{environment}_DSN")
    told = why(tried(tmp_path, "SELECT 1;", USERS, settings, variables={"PRODUCTION_DSN": untouched.tcp}))
    assert "its variable" in told


def test_one_that_cannot_be_reached_is_told_by_its_address(untouched: Running, tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost"):
        wrong = untouched.tcp.replace(PASSWORD, "wrong").replace("127.0.0.1", host)
        assert "an environment's own database" in why(on(untouched, tmp_path, "SELECT 1;", STAGING_DSN=wrong))


def test_drift_is_read_from_the_environment_beside_it(untouched: Running, tmp_path: Path) -> None:
    with servers(tmp_path).own("nothing", 60) as live:
        session = live.connect(WATCHER)
        session.run(f"SET search_path = public; {USERS} CREATE INDEX by_hand ON users (mail);")
        dsn = f"host={live.directory} user={WATCHER} dbname=postgres"
        plan = on(untouched, tmp_path, "ALTER TABLE users ADD b int;", SHARED_DSN=dsn)
    assert [each.address for each in plan.drift] == ["index by_hand"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE DATABASE other;",
        "ALTER SYSTEM SET fsync = on;",
        "COPY users TO PROGRAM 'true';",
        "SELECT pg_read_file('/etc/passwd');",
        "SET ROLE boss;",
        "SET SESSION AUTHORIZATION boss;",
        "GRANT boss TO CURRENT_USER;",
        "ALTER ROLE boss PASSWORD 'mine';",
        "DROP ROLE boss;",
        "CREATE ROLE root SUPERUSER;",
        "DROP DATABASE postgres;",
        "ALTER DATABASE postgres RENAME TO mine;",
        "DELETE FROM gitops_ci.event;",
        "DROP SCHEMA gitops_ci CASCADE;",
        "SET session_replication_role = replica;",
        "GRANT pg_execute_server_program TO CURRENT_USER;",
        "GRANT pg_write_all_data TO CURRENT_USER;",
    ],
)
def test_a_migration_has_no_rights_on_the_server(untouched: Running, tmp_path: Path, sql: str) -> None:
    plan = on(untouched, tmp_path, sql)
    assert plan.reason is not None
    assert plan.status == "failed"
    assert "SQLSTATE 42" in plan.reason.message or "no superuser" in plan.reason.message


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END $$;",
        """DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET role = %L', current_database(), current_user); END $$;
        BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'it';""",
        """CREATE ROLE a CREATEROLE; GRANT a TO CURRENT_USER WITH SET TRUE; SET ROLE a; CREATE ROLE b CREATEROLE;
        GRANT b TO a WITH SET TRUE; SET ROLE b; CREATE ROLE c;
        CREATE ROLE gitops_ci_0123456789abcdef_x LOGIN; RESET ROLE; SET ROLE a; DROP ROLE b; RESET ROLE; DROP ROLE a;""",
    ],
)
def test_nothing_that_a_migration_does_keeps_the_next_from_it(untouched: Running, tmp_path: Path, sql: str) -> None:
    if "ROLE a" in sql and untouched.major < 16:
        pytest.skip("roles are not made there")
    assert on(untouched, tmp_path, sql).status != "failed"
    assert on(untouched, tmp_path, "CREATE TABLE t (a int);").status == "changed"


def test_what_looks_at_its_own_name_is_told_the_same(untouched: Running, tmp_path: Path) -> None:
    plan = on(untouched, tmp_path, "DO $$ BEGIN RAISE 'I am %', current_user; END $$;")
    assert plan.reason is not None
    assert "I am postgres" in plan.reason.message


_KILLED = """
import os, signal, sys, pathlib
from gitops_ci.config import Database
from tests.integration.repositories import Scratch
from tests.integration.throwaway import configured, servers, toolbox
from gitops_ci.kinds.database.server import OWNER, WATCHER
tools = toolbox(pathlib.Path(sys.argv[1]), configured(Database(server_env="TRIAL_DSN")), variables=dict(os.environ))
with tools.postgres("nothing", 60) as cluster:
    owner = cluster.connect(OWNER)
    if sys.argv[2] >= "16":
        owner.run("SET createrole_self_grant = 'set'; CREATE ROLE app CREATEROLE; SET ROLE app; CREATE ROLE other; RESET ROLE; CREATE TABLE t (a int)")
    owner.run("BEGIN; CREATE TABLE u (a int); PREPARE TRANSACTION 'it''s'")
    cluster.create("another")
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_leaves_goes_with_the_next(untouched: Running, tmp_path: Path) -> None:
    before = untouched.names
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), str(untouched.major)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "TRIAL_DSN": untouched.tcp},
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "ready\n"), done.stderr
    left = set(untouched.names) - set(before)
    assert len(left) == (5 if untouched.major >= 16 else 3)
    assert on(untouched, tmp_path, "SELECT 1;").status == "changed"
    assert untouched.names == before


def test_what_a_living_run_has_is_left_alone(untouched: Running, tmp_path: Path) -> None:
    config = configured(SETTINGS)
    first, second = (toolbox(tmp_path, config, variables={"TRIAL_DSN": untouched.tcp}) for _ in "12")
    with contextlib.closing(first), contextlib.closing(second):
        with first.postgres("nothing", 60):
            pass
        (role,) = set(untouched.names) - {"boss", "postgres", "template0", "template1"}
        with second.postgres("nothing", 60):
            assert role in untouched.names


def test_dry_runs_take_turns(untouched: Running, tmp_path: Path) -> None:
    """Roles are the whole server's: two migrations that make the same one do not meet."""
    sql = "CREATE ROLE app;" if untouched.major >= 16 else "GRANT SELECT ON users TO app;"
    sql += "SELECT pg_sleep(0.3); ALTER TABLE users ADD b int;"
    with ThreadPoolExecutor(3) as pool:
        plans = list(pool.map(lambda _: on(untouched, tmp_path, sql), range(3)))
    assert [(plan.status, plan.reason) for plan in plans] == [("changed", None)] * 3


def test_an_interrupted_wait_ends_at_once(untouched: Running, tmp_path: Path) -> None:
    stop = Stop()
    given = {"TRIAL_DSN": untouched.tcp}
    first = ConfiguredServer(untouched.tcp, configured(SETTINGS), given, Stop())
    second = ConfiguredServer(untouched.tcp, configured(SETTINGS), given, stop)
    with contextlib.closing(first), contextlib.closing(second), first.start("nothing", 60):
        threading.Timer(0.3, stop.set).start()
        with pytest.raises(ServerLostError, match="interrupted"), second.start("nothing", 60):
            pass


def test_a_history_is_kept_for_the_run_and_no_longer(untouched: Running) -> None:
    with contextlib.closing(ConfiguredServer(untouched.tcp, configured(SETTINGS), {}, Stop())) as server:
        with server.start("history", 60) as cluster:
            assert cluster.fresh
            cluster.connect(OWNER).run("CREATE TABLE kept AS SELECT 42 AS answer")
            cluster.keep()
            cluster.connect(OWNER).run("DROP TABLE kept")
        with server.start("history", 60) as cluster:
            assert not cluster.fresh
            assert cluster.connect(OWNER).read("SELECT to_json(answer) FROM kept", int) == 42
        with server.start("other", 60) as cluster:
            assert cluster.fresh
            watcher = cluster.connect(WATCHER)
            watcher.run(f"CREATE ROLE app; GRANT app TO {cluster.owner} WITH ADMIN OPTION")
            cluster.keep()
        with server.start("other", 60) as cluster:
            assert cluster.fresh, "roles are gone after each stack, so that a copy would name what is not there"


def test_what_a_migration_does_to_its_own_role_ends_with_it(untouched: Running) -> None:
    with contextlib.closing(ConfiguredServer(untouched.tcp, configured(SETTINGS), {}, Stop())) as server:
        with server.start("one", 60) as cluster:
            owner = cluster.connect(OWNER)
            owner.run("ALTER ROLE CURRENT_USER SET search_path = nowhere; ALTER ROLE CURRENT_USER PASSWORD 'mine'")
        with server.start("two", 60) as cluster:
            path = cluster.connect(OWNER).read("SELECT to_json(current_setting('search_path'))", str)
            assert path == '"$user", public'


def test_a_statement_without_end_is_ended(untouched: Running, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, timeout=2)
    plan = tried(tmp_path, "SELECT pg_sleep(60);", USERS, settings, variables={"TRIAL_DSN": untouched.tcp})
    assert plan.reason is not None
    assert plan.reason.code == "timeout"


def test_the_dsn_is_nowhere_in_what_is_told(untouched: Running, tmp_path: Path) -> None:
    folder = "shared/databases/migrations"
    repository = Scratch(tmp_path / "repository")
    repository.commit(
        {
            "gitops-ci.yml": "version: 1\nkinds: {database: {dry_run: required, server_env: TRIAL_DSN}}\n",
            f"{folder}/001_users.sql": USERS,
        }
    )
    repository.commit({f"{folder}/002_more.sql": "ALTER TABLE users ADD b int;"})
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-m",
            "gitops_ci",
            "-v",
            "--repo",
            str(repository.path),
            "plan",
            "--base",
            "HEAD~1",
            "--out",
            "out",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TRIAL_DSN": untouched.tcp},
    )
    assert done.returncode == 0, done.stderr
    told = [done.stdout, done.stderr, *(file.read_text() for file in (tmp_path / "out").rglob("*") if file.is_file())]
    assert '"source":"configured"' in "".join(told).replace(" ", "")
    for text in told:
        assert PASSWORD not in text
        assert "gitops_ci_" not in text
