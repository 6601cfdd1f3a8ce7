from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.model.plan import Change
from tests.unit.kinds.database.sides import changes_of, plan_of

ONE = [
    ("CREATE TABLE app.users (id int)", "create", "table app.users"),
    ('CREATE TABLE "My Users" (id int)', "create", 'table "My Users"'),
    ("CREATE TABLE x AS SELECT 1", "create", "table x"),
    ("SELECT 1 INTO x", "create", "table x"),
    ("CREATE FOREIGN TABLE f (a int) SERVER s OPTIONS (password 'hunter2')", "create", "foreign table f"),
    ("CREATE INDEX i ON users (a)", "create", "index i"),
    ("CREATE INDEX i ON app.users (a)", "create", "index app.i"),
    ("CREATE INDEX ON users (a, lower(b))", "create", "index on users (a, (expression))"),
    (
        "CREATE FUNCTION app.f(a int, OUT b text, c text[]) RETURNS int LANGUAGE sql AS 'x'",
        "create",
        "function app.f(integer, text[])",
    ),
    ("CREATE PROCEDURE p() LANGUAGE sql AS 'x'", "create", "procedure p()"),
    ("CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f()", "create", "trigger t on users"),
    ("CREATE VIEW app.v AS SELECT 1", "create", "view app.v"),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1", "create", "materialized view v"),
    ("CREATE TYPE t AS ENUM ('a')", "create", "type t"),
    ("CREATE TYPE app.t AS (a int)", "create", "type app.t"),
    ("CREATE TYPE t AS RANGE (subtype = int)", "create", "type t"),
    ("CREATE DOMAIN app.d AS text", "create", "domain app.d"),
    ("CREATE SCHEMA s", "create", "schema s"),
    ("CREATE SCHEMA AUTHORIZATION r", "create", "schema r"),
    ("CREATE EXTENSION IF NOT EXISTS pgcrypto", "create", "extension pgcrypto"),
    ("CREATE SEQUENCE app.s", "create", "sequence app.s"),
    ("ALTER SEQUENCE s RESTART", "update", "sequence s"),
    ("CREATE POLICY p ON users USING (true)", "create", "policy p on users"),
    ("ALTER POLICY p ON users TO x", "update", "policy p on users"),
    ("CREATE RULE r AS ON INSERT TO users DO NOTHING", "create", "rule r on users"),
    ("CREATE ROLE r", "create", "role r"),
    ("ALTER ROLE r SUPERUSER", "update", "role r"),
    ("ALTER ROLE r SET search_path TO a", "update", "role r"),
    ("GRANT a TO b", "update", "role b"),
    ("GRANT SELECT ON users TO app", "update", "privileges on table users"),
    ("REVOKE ALL ON SCHEMA s FROM app", "update", "privileges on schema s"),
    ("GRANT EXECUTE ON FUNCTION f(int) TO app", "update", "privileges on function f(integer)"),
    ("GRANT SELECT ON ALL TABLES IN SCHEMA s TO app", "update", "privileges on all tables in schema s"),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO app",
        "update",
        "default privileges on tables in schema s",
    ),
    ("COMMENT ON TABLE users IS 'x'", "update", "table users"),
    ("COMMENT ON COLUMN app.users.id IS 'x'", "update", "table app.users"),
    ("COMMENT ON TRIGGER t ON users IS 'x'", "update", "trigger t on users"),
    ("ALTER TABLE users ADD a int", "update", "table users"),
    ("ALTER INDEX i SET (fillfactor = 70)", "update", "index i"),
    ("ALTER FUNCTION f(int) OWNER TO x", "update", "function f(integer)"),
    ("ALTER TYPE t ADD VALUE 'c'", "update", "type t"),
    ("DROP TABLE app.users", "delete", "table app.users"),
    ("DROP INDEX CONCURRENTLY app.i", "delete", "index app.i"),
    ("DROP FUNCTION f(int)", "delete", "function f(integer)"),
    ("DROP FUNCTION f", "delete", "function f"),
    ("DROP TRIGGER t ON users", "delete", "trigger t on users"),
    ("DROP TYPE t", "delete", "type t"),
    ("DROP SCHEMA s CASCADE", "delete", "schema s"),
    ("DROP CAST (int AS text)", "delete", "cast integer as text"),
    ("DROP ROLE r", "delete", "role r"),
    ("DROP DATABASE d", "delete", "database d"),
    ("DROP OWNED BY r", "delete", "statement 001_x:1"),
    ("DO $$ BEGIN END $$", "update", "statement 001_x:1"),
    ("CALL p()", "update", "statement 001_x:1"),
    ("SELECT pg_sleep(1)", "update", "statement 001_x:1"),
    ("VACUUM FULL users", "update", "statement 001_x:1"),
    ("CREATE USER MAPPING FOR x SERVER y OPTIONS (password 'hunter2')", "update", "statement 001_x:1"),
    ("CREATE SUBSCRIPTION s CONNECTION 'password=hunter2' PUBLICATION p", "update", "statement 001_x:1"),
    ("SET lock_timeout = '1s'", "read", "statement 001_x:1"),
    ("BEGIN", "read", "statement 001_x:1"),
    ("INSERT INTO users VALUES ('hunter2')", "update", "data in users"),
    ("UPDATE users SET a = 'hunter2'", "update", "data in users"),
    ("DELETE FROM users", "update", "data in users"),
    ("TRUNCATE users", "update", "data in users"),
    ("COPY users FROM '/x'", "update", "data in users"),
    ("MERGE INTO users USING s ON true WHEN MATCHED THEN DELETE", "update", "data in users"),
    ("COPY (SELECT 1) TO PROGRAM 'x'", "update", "data of a query"),
]


@pytest.mark.parametrize(("sql", "action", "address"), ONE, ids=[sql for sql, _, _ in ONE])
def test_a_statement_is_one_change(sql: str, action: str, address: str) -> None:
    (change,) = changes_of(sql)
    assert (change.action, change.address) == (action, address)
    assert (change.path, change.line) == ("migrations/001_x.sql", 1)
    assert change.type == address.partition(" ")[0] or address.startswith((change.type, "statement "))
    assert "hunter2" not in repr(change)


def attributes(change: Change) -> dict[str, tuple[object, object]]:
    return {each.path: (each.before, each.after) for each in change.attributes}


def test_a_table_has_its_columns_as_they_are_written() -> None:
    (change,) = changes_of(
        """CREATE TABLE IF NOT EXISTS users (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- é, a comment (
            "E-mail" varchar(254) NOT NULL
              CHECK (length("E-mail") > 3), amount numeric(10, 2) DEFAULT 0,
            CONSTRAINT k UNIQUE (amount), CHECK (amount > 0), LIKE other
        ) INHERITS (parent)"""
    )
    assert change.reason == "IF NOT EXISTS"
    assert attributes(change) == {
        "inherits": (None, ["parent"]),
        "column.id": (None, "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        'column."E-mail"': (None, 'varchar(254) NOT NULL CHECK (length("E-mail") > 3)'),
        "column.amount": (None, "numeric(10, 2) DEFAULT 0"),
        "constraint.k": (None, "CONSTRAINT k UNIQUE (amount)"),
        "constraint.(check)": (None, "CHECK (amount > 0)"),
        "like": (None, "other"),
    }


def test_an_index_says_what_it_is_on() -> None:
    (change,) = changes_of("CREATE UNIQUE INDEX CONCURRENTLY i ON users USING gin (a, b) INCLUDE (c) WHERE d")
    assert attributes(change) == {
        "on": (None, "users"),
        "columns": (None, ["a", "b"]),
        "include": (None, ["c"]),
        "method": (None, "gin"),
        "partial": (None, True),
        "unique": (None, True),
        "concurrently": (None, True),
    }


def test_every_part_of_an_alter_table_is_an_attribute() -> None:
    (change,) = changes_of(
        """ALTER TABLE IF EXISTS ONLY app.users
            ADD COLUMN a numeric(1, 2) DEFAULT 1, DROP COLUMN b, ALTER c TYPE bigint USING c::bigint,
            ALTER d SET DEFAULT 'x, y', ALTER e DROP DEFAULT, ALTER f SET NOT NULL, ALTER g DROP NOT NULL,
            ADD CONSTRAINT k CHECK (a > 1) NOT VALID, DROP CONSTRAINT l, VALIDATE CONSTRAINT m, OWNER TO o,
            ENABLE ROW LEVEL SECURITY, DISABLE TRIGGER ALL, SET (fillfactor = 70, autovacuum_enabled = false)"""
    )
    assert (change.address, change.destructive) == ("table app.users", True)
    assert attributes(change) == {
        "column.a": (None, "numeric(1, 2) DEFAULT 1"),
        "column.b": ("present", None),
        "column.c.type": (None, "bigint USING c::bigint"),
        "column.d.default": (None, "'x, y'"),
        "column.e.default": ("present", None),
        "column.f.not_null": (None, True),
        "column.g.not_null": (None, False),
        "constraint.k": (None, "CONSTRAINT k CHECK (a > 1) NOT VALID"),
        "constraint.l": ("present", None),
        "validate_constraint.m": (None, "VALIDATE CONSTRAINT m"),
        "owner": (None, "o"),
        "row_level_security": (None, "enabled"),
        "disable_trig_all": (None, "DISABLE TRIGGER ALL"),
        "set_rel_options": (None, "SET (fillfactor = 70, autovacuum_enabled = false)"),
    }


@pytest.mark.parametrize(
    "sql", ["ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)", "ALTER TABLE t DETACH PARTITION p"]
)
def test_partitions(sql: str) -> None:
    assert list(attributes(changes_of(sql)[0])) == ["partition.p"]


def test_options_of_a_foreign_table_are_not_shown() -> None:
    (change,) = changes_of("ALTER FOREIGN TABLE f OPTIONS (SET password 'hunter2')")
    assert change.attributes[0].sensitive
    assert "hunter2" not in repr(change)


@pytest.mark.parametrize(
    ("sql", "destructive"),
    [
        ("ALTER TABLE t DROP COLUMN a", True),
        ("ALTER TABLE t ALTER a TYPE int", True),
        ("ALTER TABLE t DROP CONSTRAINT a", False),
        ("ALTER TABLE t ADD a int", False),
        ("DROP VIEW v", True),
        ("TRUNCATE t", True),
        ("DELETE FROM t WHERE a", True),
        ("UPDATE t SET a = 1", False),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", True),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING", False),
        ("ALTER TABLE t RENAME TO u", False),
    ],
)
def test_what_destroys(sql: str, destructive: bool) -> None:
    assert [change.destructive for change in changes_of(sql)] == [destructive]


@pytest.mark.parametrize(
    ("sql", "before", "after"),
    [
        ("ALTER TABLE app.a RENAME TO b", "table app.a", "table app.b"),
        ("ALTER TABLE t RENAME COLUMN a TO b", "column t.a", "column t.b"),
        ("ALTER TABLE t RENAME CONSTRAINT a TO b", "constraint a on t", "constraint b on t"),
        ("ALTER TRIGGER a ON t RENAME TO b", "trigger a on t", "trigger b on t"),
        ("ALTER INDEX a RENAME TO b", "index a", "index b"),
        ("ALTER FUNCTION app.a(int) RENAME TO b", "function app.a(integer)", "function app.b(integer)"),
        ("ALTER TYPE a RENAME TO b", "type a", "type b"),
        ("ALTER SCHEMA a RENAME TO b", "schema a", "schema b"),
        ("ALTER ROLE a RENAME TO b", "role a", "role b"),
        ("ALTER TABLE a SET SCHEMA s", "table a", "table s.a"),
        ("ALTER FUNCTION x.a(int) SET SCHEMA s", "function x.a(integer)", "function s.a(integer)"),
    ],
)
def test_a_rename_is_a_move(sql: str, before: str, after: str) -> None:
    (change,) = changes_of(sql)
    assert (change.action, change.previous_address, change.address) == ("move", before, after)


def test_data_is_told_by_columns_and_counts() -> None:
    (change,) = changes_of(
        "INSERT INTO t (a, b) VALUES (1, 'hunter2'), (2, 'x'); UPDATE t SET a = 1, b = 2 WHERE a; INSERT INTO t (a, b) VALUES (3, 4); INSERT INTO t SELECT 1"
    )
    assert [(each.path, each.after) for each in change.attributes] == [
        ("insert.columns", ["a", "b"]),
        ("insert.rows", 3),
        ("update.columns", ["a", "b"]),
        ("update.where", True),
        ("insert.rows", "from a query"),
    ]
    assert "hunter2" not in repr(change)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE DELETE FROM t",
        "PREPARE p AS DELETE FROM t",
        "COPY (DELETE FROM t RETURNING 1) TO STDOUT",
        "WITH x AS (DELETE FROM t) SELECT 1",
        "WITH x AS (DELETE FROM t) INSERT INTO u SELECT 1",
    ],
)
def test_what_a_held_query_destroys_is_seen(sql: str) -> None:
    change = changes_of(sql)[0]
    assert (change.address, change.destructive) == ("data in t", True)


@pytest.mark.parametrize("how", ["= on", "TO 'on'", "= true", "TO DEFAULT"])
def test_strings_may_stay_what_they_are(how: str) -> None:
    assert [each.action for each in changes_of(f"SET standard_conforming_strings {how};")] == ["read"]


@pytest.mark.parametrize("how", ["= 'UTF8'", "TO 'utf-8'", "= SQL_ASCII", "= 'LATIN1'", "= WIN1252", "TO DEFAULT"])
def test_a_client_encoding_in_which_quotes_are_quotes_may_be_set(how: str) -> None:
    assert [each.action for each in changes_of(f"SET client_encoding {how};")] == ["read"]
    assert [each.action for each in changes_of("SHOW client_encoding;")] == ["read"]


def test_a_password_is_never_stored() -> None:
    (change,) = changes_of(
        "CREATE ROLE r LOGIN NOSUPERUSER PASSWORD 'hunter2' CONNECTION LIMIT 3 VALID UNTIL '2030-01-01' IN ROLE z"
    )
    assert "hunter2" not in repr(change)
    assert {each.path: (each.after, each.sensitive) for each in change.attributes} == {
        "canlogin": (True, False),
        "superuser": (False, False),
        "password": (None, True),
        "connectionlimit": (3, False),
        "validUntil": ("2030-01-01", False),
        "addroleto": (["z"], False),
    }


def test_grants_say_who_gets_what() -> None:
    (change,) = changes_of("GRANT SELECT, UPDATE (a) ON t TO x, PUBLIC WITH GRANT OPTION; REVOKE ALL ON t FROM y")
    assert attributes(change) == {
        "x": (None, "SELECT, UPDATE (a) WITH GRANT OPTION"),
        "public": (None, "SELECT, UPDATE (a) WITH GRANT OPTION"),
        "y": ("ALL", None),
    }


def test_statements_inside_create_schema_are_seen() -> None:
    changes = changes_of("CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1")
    assert [change.address for change in changes] == ["schema s", "table t", "view v"]
    assert attributes(changes[1]) == {"column.a": (None, "int")}


def test_plain_updates_join_what_made_the_object_and_destruction_stays_on_its_own_line() -> None:
    changes = changes_of(
        "CREATE TABLE t (a int);\nCOMMENT ON TABLE t IS 'x';\nALTER TABLE t DROP a;\nALTER TABLE t ADD b int;\nDROP TABLE t;\nCREATE TABLE t ();"
    )
    assert [(change.action, change.line, change.destructive) for change in changes] == [
        ("create", 1, False),
        ("update", 3, True),
        ("update", 4, False),
        ("delete", 5, True),
        ("create", 6, False),
    ]
    assert [each.path for each in changes[0].attributes] == ["column.a", "comment"]


def test_a_function_body_with_semicolons_is_one_statement() -> None:
    changes = changes_of("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\nDROP TABLE x;")
    assert [(change.address, change.line) for change in changes] == [("function f()", 1), ("table x", 2)]


COMMENTS = st.sampled_from(
    ["", " ", "\n", "\r\n", "-- é\n", "/* ü\n /* 漢字\n*/ 😀 */", "\t", "-- ;\n", "-- '\n", ";\n"]
)
STATEMENTS = st.sampled_from(
    [
        "CREATE TABLE t ({} id int)",
        "DROP {} TABLE é",
        "INSERT INTO t {} VALUES ('ß\n;')",
        "DO $x$\nü;\n$x$",
        'CREATE VIEW "ö" AS {} SELECT 1',
    ]
)


@given(st.lists(st.tuples(COMMENTS, COMMENTS, STATEMENTS, COMMENTS), max_size=6), st.booleans())
def test_a_line_is_that_of_the_first_word(parts: list[tuple[str, str, str, str]], mark: bool) -> None:
    text, expected = "\ufeff" if mark else "", []
    for before, more, statement, inside in parts:
        text += before + more
        expected.append(text.count("\n") + 1)
        text += statement.format(inside.replace(";", "")) + ";"
    changes = changes_of(text)
    folded = {change.line or 0 for change in changes}
    assert folded <= set(expected)
    assert not expected or min(folded) == expected[0]
    one_each = [change for change in changes if change.type in ("DoStmt", "view")]
    assert [change.line for change in one_each] == [
        line
        for line, (_, _, statement, _) in zip(expected, parts, strict=True)
        if statement.startswith(("DO", "CREATE VIEW"))
    ]


WORDS = st.sampled_from(
    [
        "CREATE",
        "TABLE",
        "INDEX",
        "ON",
        "t",
        "(",
        ")",
        ",",
        ";",
        "id",
        "int",
        "DROP",
        "ALTER",
        "ADD",
        "COLUMN",
        "SELECT",
        "FROM",
        "WHERE",
        "GRANT",
        "TO",
        "'x'",
        '"y"',
        "$$",
        "$1",
        ":v",
        "\\i",
        "--",
        "/*",
        "*/\n",
        "",
        "",
        "",
        "INSERT",
        "INTO",
        "VALUES",
        "1",
        ".",
        "*",
        "TYPE",
        "AS",
        "ENUM",
        "FUNCTION",
        "RETURNS",
        "VIEW",
        "UPDATE",
        "SET",
        "=",
        "DELETE",
        "WITH",
        "COMMENT",
        "IS",
        "NULL",
        "ROLE",
        "COPY",
        "stdin\n",
        "",
        "",
        "",
        "RENAME",
        "SCHEMA",
        "POLICY",
        "TRIGGER",
        "é",
        "\n",
        "\x00",
        "`",
        "${a}",
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.binary(), st.text(), st.lists(WORDS).map(" ".join)))
def test_no_text_is_an_exception(sql: bytes | str) -> None:
    plan = plan_of(sql if isinstance(sql, bytes) else sql.encode("utf-8", "surrogatepass"))
    assert (plan.status == "failed") == (plan.reason is not None)
    msgspec.json.encode(plan)


def test_rows_that_a_block_takes_away_are_told_as_if_they_stood_alone() -> None:
    block = (
        "DO $$\nBEGIN\n  DELETE FROM t WHERE a = 1;\n  IF true THEN TRUNCATE u; END IF;\n"
        "  WITH gone AS (DELETE FROM v RETURNING *) INSERT INTO w SELECT * FROM gone;\n"
        "  UPDATE t SET a = 2 WHERE a = 3; INSERT INTO t VALUES (1); DROP TABLE x; PERFORM f();\nEND $$;"
    )
    told = [(each.address, each.line) for each in changes_of(block) if each.destructive]
    assert told == [("data in t", 3), ("data in u", 4), ("data in v", 5)]
    assert [each.address for each in changes_of("DO $$ BEGIN EXECUTE 'DELETE FROM t'; END $$;")] == [
        changes_of(block)[0].address
    ]
    function = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM t $$;"
    assert [each.destructive for each in changes_of(function)] == [False]
