from __future__ import annotations

import sys

import pytest

from gitops_ci.model.plan import BLOCKING_CODES
from tests.unit.kinds.database.sides import planned, side

SHARED = "shared/database/migrations"
PRODUCTION = "production/database/main"
USERS = "CREATE TABLE users (id int);"
ORDERS = "CREATE TABLE orders (id int);"
INDEX = "CREATE INDEX i ON orders (id);"
ALL: dict[str, bytes | str] = {
    "shared/databases/migrations/001_users.sql": USERS,
    "shared/databases/migrations/002_orders.sql": ORDERS,
    "shared/databases/migrations/003_index.sql": INDEX,
}


def through(last: str | None, files: dict[str, bytes | str] = ALL) -> dict[str, bytes | str]:
    text = "migrations: ../../../shared/databases/migrations\n" + (f"through: {last}\n" if last else "")
    return files | {"environments/production/databases/migrations.yml": text}


def addresses(plan: object) -> list[str]:
    return [change.address for change in plan.changes]  # type: ignore[attr-defined]


def test_new_files_are_planned_in_order() -> None:
    base = side({path: sql for path, sql in ALL.items() if "001" in path})
    plan = planned(SHARED, base, side(ALL))
    assert (plan.status, plan.reason) == ("changed", None)
    assert addresses(plan) == ["table orders", "index i"]
    assert (plan.summary.create, plan.changes[1].path) == (2, "shared/databases/migrations/003_index.sql")
    assert plan.engine is not None
    assert plan.engine.name == "pglast"
    assert "PostgreSQL 18" in plan.engine.version
    assert plan.engine.source == "embedded"


def test_without_a_base_everything_is_new() -> None:
    assert len(planned(SHARED, None, side(ALL)).changes) == 3


def test_nothing_new_is_unchanged() -> None:
    plan = planned(SHARED, side(ALL), side(ALL))
    assert (plan.status, plan.reason, plan.changes) == ("unchanged", None, ())


def test_numbers_are_numbers() -> None:
    files: dict[str, bytes | str] = {f"migrations/{n}_x.sql": f"CREATE TABLE t{n} ();" for n in (10, 9, 1)}
    assert addresses(planned(SHARED, None, side(files))) == ["table t1", "table t9", "table t10"]


def test_directories_that_are_migrations_are_run_by_name() -> None:
    names = ("20250625_b", "20250604120000_a", "20250701000000_c")
    files: dict[str, bytes | str] = {f"migrations/{n}/migration.sql": f"CREATE TABLE {n[-1]} ();" for n in names}
    assert addresses(planned(SHARED, None, side(files))) == ["table a", "table b", "table c"]


@pytest.mark.parametrize("last", ["003_index", "003_index.sql", "003", "3", None])
def test_a_promotion_shows_exactly_what_enters(last: str | None) -> None:
    plan = planned(PRODUCTION, side(through("001_users")), side(through(last)))
    assert addresses(plan) == ["table orders", "index i"]


def test_a_new_file_past_through_does_not_enter() -> None:
    base = side(through("001", {path: sql for path, sql in ALL.items() if "003" not in path}))
    assert planned(PRODUCTION, base, side(through("001"))).status == "unchanged"


def test_an_octal_looking_version_is_taken_as_written() -> None:
    files: dict[str, bytes | str] = {
        f"shared/databases/migrations/{n:03}_x.sql": f"CREATE TABLE t{n} ();" for n in (8, 9, 10)
    }
    assert addresses(planned(PRODUCTION, None, side(through("010", files)))) == ["table t8", "table t9", "table t10"]


def test_an_unknown_version_fails() -> None:
    plan = planned(PRODUCTION, side(through("001")), side(through("004")))
    assert plan.status == "failed"
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.line) == ("invalid", 2)
    assert "`through: 004` names no migration" in plan.reason.message


def test_a_wrong_migrations_file_fails() -> None:
    plan = planned(
        PRODUCTION, None, side(ALL | {"environments/production/databases/migrations.yml": "migrations: ..\nx: y"})
    )
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "invalid", 2)


def test_a_removed_set_changes_nothing_in_a_database() -> None:
    base = side(ALL)
    for head in (side({}), side({"README.md": ""})):
        plan = planned(SHARED, base, head)
        assert (plan.status, plan.changes) == ("unchanged", ())
        assert plan.reason is not None
        assert "what was applied stays" in plan.reason.message


@pytest.mark.parametrize(
    ("sql", "code", "line", "message"),
    [
        ("SELECT 1;\nCREATE TABEL x ();", "invalid", 2, "syntax error at or near `TABEL`"),
        ("-- é\nSELECT 1;\n  CREATE TABLE x (", "invalid", 3, "syntax error at end of input"),
        ("SELECT 1;\n\\i other.sql\n", "unsupported", 2, "psql command"),
        ("SELECT 1;\nCOPY t FROM stdin;\n1\tit's\n\\.\n", "unsupported", 2, "COPY … FROM STDIN"),
        ("COPY t FROM stdin;", "unsupported", 1, "COPY … FROM STDIN"),
        ("SELECT 1;\nSET standard_conforming_strings = off;", "unsupported", 2, "standard_conforming_strings"),
        ('SET "Standard_Conforming_Strings" = off;', "unsupported", 1, "standard_conforming_strings"),
        ("ALTER ROLE r SET standard_conforming_strings = off;", "unsupported", 1, "standard_conforming_strings"),
        ("SET client_encoding = 'GBK';\nSELECT E'中\\'; DROP TABLE t; --';", "unsupported", 1, "client_encoding"),
        ("SELECT 1;\nSET NAMES 'sjis';", "unsupported", 2, "client_encoding"),
        ("SELECT set_config('Client_Encoding', 'GBK', false), 'UTF8';", "unsupported", 1, "client_encoding"),
        (
            "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);",
            "unsupported",
            1,
            "sets standard_",
        ),
        ("ALTER DATABASE d SET client_encoding = big5;", "unsupported", 1, "client_encoding"),
        ("CREATE TABLE ${schema}.t ();", "unsupported", 1, "template"),
        ("\n{{ if .x }}\nSELECT 1", "unsupported", 2, "template"),
        ('CREATE TABLE "{{ index .Options "Namespace" }}".t ();', "unsupported", 1, "template"),
        ("SELECT :name;", "unsupported", 1, "psql variable"),
        ("SELECT :'name';", "unsupported", 1, "psql variable"),
        (b"SELECT 1;\nSELECT '\xff'", "invalid", 2, "is not UTF-8"),
        ("SELECT 1;\n\0DROP TABLE x", "invalid", 2, "NUL"),
        ("x" * (4 * 1024 * 1024 + 1), "unreadable", None, "larger than 4 MiB"),
        ("SELECT " + "(" * 100_000, "unsupported", None, "nests deeper"),
        ("SELECT " + "1+" * 100_000 + "1", "unsupported", None, "nests deeper"),
        ("SELECT " + "NOT " * 100_000 + "true", "unsupported", None, "nests deeper"),
        ("SELECT 1" + " UNION SELECT 1" * 100_000, "unsupported", None, "nests deeper"),
        ("SELECT 1" + "::int" * 100_000, "unsupported", None, "nests deeper"),
        ("SELECT " + "f(" * 3_000 + "1" + ")" * 3_000, "unsupported", None, "nests deeper"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_is_kept(
    sql: bytes | str, code: str, line: int | None, message: str
) -> None:
    plan = planned(SHARED, None, side({"migrations/001_bad.sql": sql, "migrations/002_good.sql": USERS}))
    assert plan.status == "failed"
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == (code, "migrations/001_bad.sql", line)
    assert message in plan.reason.message
    assert addresses(plan) == ["table users"]
    assert (code in BLOCKING_CODES) == (code == "invalid")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE `users` (id int);", "looks like MySQL, and is read as PostgreSQL"),
        ("CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT);", "looks like SQLite"),
    ],
)
def test_another_database_s_file_among_postgresql_s_is_not_decided(sql: str, message: str) -> None:
    plan = planned(SHARED, None, side({"migrations/001_good.sql": USERS, "migrations/002_bad.sql": sql}))
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == ("unsupported", "migrations/002_bad.sql", 1)
    assert message in plan.reason.message
    assert addresses(plan) == ["table users"]


def test_a_caret_shows_where_the_text_is_wrong() -> None:
    sql = "SELECT 1; -- don't\n  CREATE TABEL \"x\" (é text DEFAULT 'hunter2'); -- why"
    reason = planned(SHARED, None, side({"migrations/001_x.sql": sql})).reason
    assert reason is not None
    assert reason.message.split("\n")[1:] == [
        "  2 |   CREATE TABEL ··· (é text DEFAULT ·········); ······",
        "    |          ^ column 10",
    ]


def test_what_is_wrong_is_told_before_what_is_not_decided() -> None:
    files = {"migrations/001_a.sql": "\\i x", "migrations/002_b.sql": "CREATE", "migrations/003_c.sql": "\\q"}
    plan = planned(SHARED, None, side(files))
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path) == ("invalid", "migrations/002_b.sql")
    assert "and 2 more files" in plan.reason.message


@pytest.mark.parametrize(
    "sql",
    ["SELECT 'hunter2", "SELECT $$hunter2", "SELECT $a$\nhunter2$a$ 1 2", "SELECT 1 'hunter2'", 'SELECT 1 1 "hunter2"'],
)
def test_no_literal_gets_into_a_message(sql: str) -> None:
    plan = planned(SHARED, None, side({"migrations/001_x.sql": sql}))
    assert plan.reason is not None
    assert plan.reason.code == "invalid"
    assert "hunter2" not in plan.reason.message


def test_without_pglast_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pglast"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pglast", None)
    plan = planned(SHARED, None, side(ALL))
    assert plan.status == "skipped"
    assert plan.reason is not None
    assert plan.reason.code == "engine-missing"
    assert "pip install 'gitops-ci[database]'" in plan.reason.message
    assert planned(SHARED, side(ALL), side(ALL)).status == "unchanged"


def test_down_files_are_not_applied() -> None:
    files = {"migrations/1_x.up.sql": USERS, "migrations/1_x.down.sql": "DROP TABLE users;"}
    assert addresses(planned(SHARED, None, side(files))) == ["table users"]
    files = {"migrations/V1__x.sql": USERS, "migrations/U1__x.sql": "DROP TABLE users;"}
    assert addresses(planned(SHARED, None, side(files))) == ["table users"]


def test_a_down_file_among_plain_ones_is_planned_because_a_runner_would_run_it() -> None:
    files = {"migrations/001_x.sql": USERS, "migrations/002_y.down.sql": "DROP TABLE users;"}
    assert [change.action for change in planned(SHARED, None, side(files)).changes] == ["create", "delete"]


def test_an_unnumbered_file_among_migrations_is_planned_after_them() -> None:
    files = {"migrations/001_x.sql": USERS, "migrations/Aaa.sql": "DROP TABLE users;"}
    assert [change.action for change in planned(SHARED, None, side(files)).changes] == ["create", "delete"]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- migrate:up", "-- migrate:down"),
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up", "-- +migrate Down"),
        ("-- rambler up", "-- rambler down"),
    ],
)
def test_down_sections_are_left_out_and_lines_stay(up: str, down: str) -> None:
    sql = f"{down}\nDROP TABLE users;\n\n{up}\n{USERS}\n"
    plan = planned(SHARED, None, side({"migrations/001_x.sql": sql}))
    assert [(change.address, change.action, change.line) for change in plan.changes] == [("table users", "create", 5)]


def test_a_down_section_is_not_believed_where_other_migrations_have_none() -> None:
    new = f"-- migrate:up\n{USERS}\n-- migrate:down\nDROP TABLE users;\n"
    head = side({"migrations/001_a.sql": ORDERS, "migrations/002_b.sql": new})
    plan = planned(SHARED, side({"migrations/001_a.sql": ORDERS}), head)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "unsupported", 3)
    assert "migrations/001_a.sql has no such markers" in plan.reason.message


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- migrate:up", "  -- migrate:down"),
        ("-- migrate:up", "-- migrate:Down"),
        ("-- migrate:up", "-- migrate:down once again"),
        ("-- +goose Up", "-- +goose down"),
        ("-- +goose Up", "-- +goose Down again"),
        ("-- +goose Up", "-- +goose  Down"),
        ("-- +migrate Up", "--+migrate Down"),
        ("-- +migrate Up", "-- +migrate down"),
        ("-- rambler up", "-- rambler DOWN"),
    ],
)
def test_a_marker_that_its_tool_may_take_for_a_comment_leaves_nothing_out(up: str, down: str) -> None:
    base = {"migrations/001_a.sql": f"{up}\n{ORDERS}\n"}
    sql = f"{up}\n{USERS}\n{down}\nDROP TABLE orders;\n"
    plan = planned(SHARED, side(base), side(base | {"migrations/002_b.sql": sql}))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "unsupported")
    assert (plan.reason.path, plan.reason.line) == ("migrations/002_b.sql", sql.splitlines().index(down) + 1)


def test_a_marker_that_base_writes_so_is_one() -> None:
    """goose tells them without case since 3.18: what was merged was run by it."""
    sql = f"-- +goose up\n{USERS}\n-- +goose down\nDROP TABLE users;\n"
    base = {"migrations/001_a.sql": f"-- +goose up\n{ORDERS}\n-- +goose down\nDROP TABLE orders;\n"}
    plan = planned(SHARED, side(base), side(base | {"migrations/002_b.sql": sql}))
    assert (plan.reason, addresses(plan)) == (None, ["table users"])
    assert planned(SHARED, None, side({"migrations/002_b.sql": sql})).reason is None, "there is nothing yet"


@pytest.mark.parametrize(
    ("name", "sql", "line"),
    [
        ("002_b.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT $q$ ${X:-$q$}; DROP TABLE t; SELECT $q$ $q$;", 2),
        ("002_b.sql", "-- +goose envsub on\n-- +goose Up\nSELECT 1;", 1),
        ("002_b.sql", "-- migrate:up transaction:false env:X\nSELECT '{{ .X }}';\n-- migrate:down\n", 1),
        ("002_b.sql", "-- liquibase formatted sql\n-- changeset a:1\nSELECT '${x}';", 1),
        ("V2__it'; DROP TABLE t; --.sql", "SELECT 1;\nSELECT '${flyway:filename}';", 2),
        ("R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT '${x}';", 1),
    ],
)
def test_what_a_tool_fills_in_is_not_known(name: str, sql: str, line: int) -> None:
    plan = planned(SHARED, None, side({f"migrations/{name}": sql}))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.line) == ("failed", "unsupported", line)
    assert "fills in variables" in plan.reason.message
    plain = planned(SHARED, None, side({"migrations/002_b.sql": "-- +goose ENVSUB OFF\n-- +goose Up\nSELECT '${x}';"}))
    assert plain.reason is None


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("--migrate:up transaction:false\r", "-- migrate:down transaction:false"),
        ("--+goose Up", "--  +goose Down \r"),
        ("-- +migrate Up notransaction", "-- +migrate Down notransaction"),
        ("-- rambler  up", "-- rambler  down"),
    ],
)
def test_markers_as_their_tools_take_them(up: str, down: str) -> None:
    plan = planned(SHARED, None, side({"migrations/001_x.sql": f"{up}\n{USERS}\n{down}\nDROP TABLE users;\n"}))
    assert (plan.reason, addresses(plan)) == (None, ["table users"])


@pytest.mark.parametrize("up", ["-- migrate:up", "-- +goose Up", "-- +migrate Up"])
def test_a_file_without_the_marker_that_all_others_have_is_refused_by_their_tool(up: str) -> None:
    base = {f"migrations/00{n}_a.sql": f"{up}\nCREATE TABLE t{n} ();\n" for n in (1, 2)}
    plan = planned(SHARED, side(base), side(base | {"migrations/003_b.sql": ORDERS}))
    assert plan.reason is not None
    assert (plan.status, plan.reason.code, plan.reason.path) == ("failed", "invalid", "migrations/003_b.sql")
    assert f"`{up}`" in plan.reason.message
    mixed = base | {"migrations/000_first.sql": USERS}
    assert planned(SHARED, side(mixed), side(mixed | {"migrations/003_b.sql": ORDERS})).status == "changed"


def test_rambler_takes_a_file_without_a_marker() -> None:
    base = {"migrations/001_a.sql": f"-- rambler up\n{USERS}\n"}
    assert planned(SHARED, side(base), side(base | {"migrations/002_b.sql": ORDERS})).status == "changed"


def test_a_repeatable_migration_is_planned_when_it_differs() -> None:
    base = side({"migrations/V1__x.sql": USERS, "migrations/R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;"})
    head = side({"migrations/V1__x.sql": USERS, "migrations/R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT 2;"})
    assert addresses(planned(SHARED, base, head)) == ["view v"]
    assert planned(SHARED, base, base).status == "unchanged"


def test_prisma_migrations_are_planned() -> None:
    base = side({"prisma/migrations/20240102030405_users/migration.sql": USERS})
    head = side(
        {
            "prisma/migrations/20240102030405_users/migration.sql": USERS,
            "prisma/migrations/20240203040506_orders/migration.sql": ORDERS + "\nDO $$ BEGIN END $$;",
        }
    )
    plan = planned("shared/database/prisma/migrations", base, head)
    assert addresses(plan) == ["table orders", "statement 20240203040506_orders:2"]


def test_a_link_is_followed_and_one_that_leaves_is_refused() -> None:
    head = side({"migrations/001_a.sql": USERS, "sql/o": ORDERS}, links={"migrations/002_b.sql": "../sql/o"})
    assert addresses(planned(SHARED, None, head)) == ["table users", "table orders"]
    plan = planned(SHARED, None, side({"migrations/001_a.sql": USERS}, links={"migrations/002_b.sql": "/etc/passwd"}))
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path) == ("unreadable", "migrations/002_b.sql")


def test_a_file_that_only_sets_the_session_changes_nothing() -> None:
    plan = planned(SHARED, None, side({"migrations/001_x.sql": "BEGIN; SET lock_timeout = '1s'; COMMIT;"}))
    assert plan.status == "unchanged"
    assert [change.action for change in plan.changes] == ["read"] * 3
    assert len(set(addresses(plan))) == 3
