from __future__ import annotations

import msgspec
import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.gate import checks
from gitops_ci.kinds.database.dry_run import scripting
from gitops_ci.kinds.database.rules import catalog, squawk
from gitops_ci.kinds.database.rules.squawk import Answer
from gitops_ci.kinds.database.sql import postgres
from gitops_ci.model.plan import Attribute, Change, Engine, Observation, Plan, Problem
from gitops_ci.policy.waivers import comments
from tests.unit.kinds.database.rules.linting import BASE, Silent, examples, lint, new, rules

INDEX = Answer(file="", line=0, column=0, message="Blocks writes.", rule_name="require-concurrent-index-creation")
TYPE = Answer(file="", line=0, column=30, message="Rewrites.", rule_name="changing-column-type")
NOTHING = Answer(file="", line=0, column=0, message="x", rule_name="a-rule-of-tomorrow")
POINTER = "migrations: ../../migrations\n"


def by_the_parser() -> tuple[tuple[str, str, str], ...]:
    squawks = {rule for rule in catalog.SQUAWK.values() if rule is not None}
    return tuple(each for each in examples() if each[0] not in squawks)


@pytest.mark.parametrize(("rule", "fails", "passes"), by_the_parser())
def test_what_the_parser_sees_needs_no_squawk(rule: str, fails: str, passes: str) -> None:
    assert rule in {each.rule for each in new(fails).findings}
    assert new(passes).findings == ()


def test_every_rule_has_its_examples_and_squawk_s_have_one_of_ours() -> None:
    assert {rule for rule, _, _ in examples()} == catalog.RULES.keys()
    assert {rule for rule in catalog.SQUAWK.values() if rule is not None} <= catalog.RULES.keys()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DO $$\nBEGIN\n  TRUNCATE users;\nEND $$;", [("database/destructive-truncate", 3)]),
        ("WITH gone AS (DELETE FROM users RETURNING id) SELECT 1;", [("database/destructive-delete-all", 1)]),
        ("\n-- why\n/* not */ DELETE FROM users;", [("database/destructive-delete-all", 3)]),
        ("SELECT 1; DROP TABLE users, orders;", [("database/destructive-drop-table", 1)] * 2),
        (
            "DO $$ DECLARE r record; BEGIN\nFOR r IN DELETE FROM users RETURNING id LOOP\nPERFORM 1;\nEND LOOP; END $$;",
            [("database/destructive-delete-all", 2)],
        ),
        (
            "DO $$ DECLARE c refcursor; BEGIN\n  OPEN c FOR EXECUTE 'SELECT 1';\nEND $$;",
            [("database/dynamic-sql", 2)],
        ),
        (
            "DO $$ DECLARE r record; BEGIN\n  FOR r IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP;\nEND $$;",
            [("database/dynamic-sql", 2)],
        ),
        ("DO LANGUAGE plpython3u 'x';", [("database/dynamic-sql", 1)]),
        ("DO 'BEGIN EXECUTE ''SELECT 1''; END';", [("database/dynamic-sql", 1)]),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;", [("database/grant-public", 1)]),
        (
            "MERGE INTO orders o USING users u ON true WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING;",
            [("database/destructive-delete-all", 1)],
        ),
        (
            "MERGE INTO users u USING orders o ON u.id = o.id WHEN NOT MATCHED BY SOURCE THEN UPDATE SET email = NULL;",
            [("database/destructive-update-all", 1)],
        ),
        ("MERGE INTO users u USING orders o ON u.id = o.id WHEN MATCHED AND o.id > 9 THEN DELETE;", []),
        ("MERGE INTO users u USING orders o ON u.id = o.id WHEN NOT MATCHED THEN INSERT (id) VALUES (1);", []),
        ("ALTER TABLE users ADD COLUMN age int CHECK (age > 0);", [("database/lock-constraint", 1)]),
        ("CREATE TABLE t (id int); ALTER TABLE t ADD COLUMN age int CHECK (age > 0);", []),
        ("ALTER TABLE users ADD age int, ADD CHECK (age > 0) NOT VALID;", []),
        ("DROP COLLATION c CASCADE;", [("database/destructive-drop-column", 1)]),
        ("ALTER TYPE address DROP ATTRIBUTE zip CASCADE;", [("database/destructive-drop-column", 1)]),
        ("CREATE ROLE a BYPASSRLS;", [("database/superuser", 1)]),
        ("CREATE ROLE a NOSUPERUSER; GRANT USAGE ON SCHEMA public TO a;", []),
        ("REVOKE ALL ON users FROM PUBLIC;", [("database/contract", 1)]),
        (
            "ALTER TABLE users ADD id2 bigserial NOT NULL, ADD x int NOT NULL DEFAULT 1;",
            [("database/lock-column-default", 1)],
        ),
        ("ALTER TABLE users ADD x bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;", []),
        ("SELECT 'a name that is a string, and it is longer than any identifier may ever be, by far';", []),
        (f'CREATE TABLE "{"é" * 32}" ();', [("database/identifier-too-long", 1)]),
        (f'CREATE TABLE "{"é" * 31}" ();', []),
    ],
)
def test_statements(sql: str, expected: list[tuple[str, int]]) -> None:
    assert rules(new(sql)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (id bigint); DROP TABLE t;",
        "CREATE TABLE public.t (id bigint); DELETE FROM t; ALTER TABLE t DROP COLUMN id;",
        "CREATE TABLE t AS SELECT 1; ALTER TABLE t RENAME TO s; TRUNCATE s;",
    ],
)
def test_what_the_change_makes_is_nobody_s_yet(sql: str) -> None:
    assert rules(new(sql)) == []


def test_if_not_exists_makes_what_nothing_merged_mentions() -> None:
    assert rules(new("CREATE TABLE IF NOT EXISTS app.visits (id bigint); DROP TABLE app.visits;")) == []
    silent = Silent()
    nested = "DO $$ BEGIN CREATE TABLE IF NOT EXISTS users (id bigint); END $$;\nSELECT 1;"
    new(nested, linter=silent)
    assert silent.texts["migrations/002_new.sql"] == nested


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE IF NOT EXISTS users (id bigint); DROP TABLE users;",
        "CREATE TEMP TABLE users (id bigint); DROP TABLE public.users;",
        "CREATE TABLE users (id bigint); SET search_path = app; DROP TABLE users;",
        "CREATE TABLE users (id bigint); SELECT set_config('search_path', 'app', false); DROP TABLE users;",
        "DO $$ BEGIN IF false THEN CREATE TABLE users (id bigint); END IF; END $$; DROP TABLE users;",
        "DROP TABLE users; CREATE TABLE users (id bigint);",
        "BEGIN; SET LOCAL search_path = s; CREATE TABLE users (id bigint); COMMIT; DROP TABLE users;",
        "SELECT set_config('search' || '_path', 's', false); CREATE TABLE users (id bigint); SELECT f(); DROP TABLE users;",
        "UPDATE pg_settings SET setting = 's' WHERE name ~ '^search'; CREATE TABLE users (id bigint); DROP TABLE users;",
        "SET search_path = s; CREATE TABLE users (id bigint); RESET ALL; DROP TABLE users;",
        "CREATE TABLE p (LIKE users) PARTITION BY RANGE (id); ALTER TABLE p ATTACH PARTITION users DEFAULT; DROP TABLE p;",
        """CREATE TABLE top (id int) PARTITION BY RANGE (id);
        CREATE TABLE made PARTITION OF top DEFAULT PARTITION BY RANGE (id);
        ALTER TABLE made ATTACH PARTITION users DEFAULT; DROP TABLE top;""",
        "CREATE TABLE made (id int); ALTER TABLE users INHERIT made; DROP TABLE made CASCADE;",
        "CREATE TABLE made (id int); DROP TABLE made; ALTER TABLE users RENAME TO made; DROP TABLE made;",
    ],
)
def test_what_may_have_been_there_is_not_taken_for_new(sql: str) -> None:
    assert "database/destructive-drop-table" in {rule for rule, _ in rules(new(sql))}


def test_a_lock_of_a_new_view_is_one_of_what_it_shows() -> None:
    sql = "CREATE VIEW v AS SELECT id FROM users; LOCK TABLE v IN ACCESS EXCLUSIVE MODE;"
    assert rules(new(sql)) == [("database/lock-explicit", 1)]


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ("FALSE", ["database/lock-index"]),
        ("off", ["database/lock-index"]),
        ("0", ["database/lock-index"]),
        ("on, CONCURRENTLY false", ["database/lock-index"]),
        ("", []),
        ("'TRUE'", []),
        ("1", []),
    ],
)
def test_a_concurrently_that_is_turned_off_is_none(option: str, found: list[str]) -> None:
    """squawk looks for the word alone."""
    assert [rule for rule, _ in rules(new(f"REINDEX (CONCURRENTLY {option}) TABLE users;"))] == found


@pytest.mark.parametrize(
    ("vacuum", "is_full"),
    [
        ("VACUUM FULL users;", True),
        ("VACUUM (FULL) users;", True),
        ("VACUUM (FULL on) users;", True),
        ("VACUUM (FULL false, FULL 1) users;", True),
        ("VACUUM (FULL false) users;", False),
        ("VACUUM (ANALYZE, FULL 'OFF') users;", False),
        ("VACUUM (FULL 0) users;", False),
    ],
)
def test_a_full_that_is_turned_off_is_none(vacuum: str, is_full: bool) -> None:
    assert [rule for rule, _ in rules(new(vacuum))] == (["database/lock-vacuum-full"] if is_full else [])
    (statement,) = postgres.parse(vacuum, path="a.sql", source="a")
    assert scripting.locks_all(statement) == is_full


def test_severity_is_that_of_where_it_enters_and_each_place_is_told_once() -> None:
    sql = {"migrations/002_x.sql": "UPDATE users SET id = 1;"}
    (alone,) = lint({**BASE, **sql}, BASE).findings
    assert (alone.severity, alone.stack) == ("error", "shared/database/migrations")
    staging = {"staging/databases/migrations.yml": POINTER}
    (shared,) = lint({**BASE, **staging, **sql}, {**BASE, **staging}).findings
    assert (shared.severity, shared.stack) == ("warning", None)
    (named_here,) = lint({**BASE, **staging, **sql}, BASE).findings
    assert named_here.severity == "error", "a change has no say in what production is"
    brought = lint({**BASE, **staging, **sql, "migrations/003_y.sql": "UPDATE users SET id = 2;"}, {"x": ""}).findings
    assert {each.severity for each in brought} <= {"warning"}
    both = {**staging, "production/databases/migrations.yml": POINTER}
    (worst,) = lint({**BASE, **both, **sql}, {**BASE, **both}).findings
    assert (worst.severity, worst.stack) == ("error", None)
    stopped = {**staging, "production/databases/migrations.yml": POINTER + "through: 001_base\n"}
    (not_yet,) = lint({**BASE, **stopped, **sql}, {**BASE, **stopped}).findings
    assert not_yet.severity == "warning"
    (promoted,) = lint({**BASE, **both, **sql}, {**BASE, **stopped, **sql}).findings
    assert (promoted.severity, promoted.stack) == ("error", "production/database/main")


@pytest.mark.parametrize(
    "type_",
    ["numeric(8,2)", "varchar(10)", "timestamp(0)", "bigint", "int[]", "interval", 'app."Mood"', "varchar(10)[]"],
)
def test_a_new_type_is_told_with_its_length(type_: str) -> None:
    (found,) = new(f"ALTER TABLE users ALTER COLUMN email TYPE {type_};").findings
    told = {"int[]": "integer[]"}.get(type_, type_)
    assert found.message == f"002_new.sql changes the type of users.email to {told} under the release before"


@pytest.mark.parametrize("file", ["migration.sql", "up.sql"])
def test_a_directory_that_is_a_migration_is_named_with_its_file(file: str) -> None:
    base = {f"migrations/20240101000000_a/{file}": "CREATE TABLE users (id int, email text);"}
    sql = "ALTER TABLE users ADD COLUMN mail text; ALTER TABLE users DROP COLUMN email;"
    told = lint({**base, f"migrations/20240102000000_b/{file}": sql}, base)
    name = f"20240102000000_b/{file}"
    drops = f"{name} drops the column users.email and what it holds"
    assert sorted(each.message for each in told.findings) == [
        drops,
        f"{drops}, in the change that brings what replaces it ({name})",
    ]
    dropped = next(each for each in told.findings if "destructive" in each.rule)
    assert checks.of_finding(dropped).message == f"migrations/{name}:1: drops the column users.email and what it holds"


def test_what_takes_away_must_not_come_with_what_replaces_it() -> None:
    drop = {"migrations/003_drop.sql": "ALTER TABLE users DROP COLUMN email;"}
    expand = {"migrations/002_add.sql": "ALTER TABLE users ADD COLUMN mail text;"}
    together = rules(lint({**BASE, **expand, **drop}, BASE))
    assert ("database/contract", 1) in together
    apart = rules(lint({**BASE, **expand, **drop}, {**BASE, **expand}))
    assert apart == [("database/destructive-drop-column", 1)]
    tables = {"migrations/002_x.sql": "CREATE TABLE people (id bigint);\nDROP TABLE users;"}
    assert ("database/contract", 2) in rules(lint({**BASE, **tables}, BASE))
    alone = new("ALTER TABLE users ALTER COLUMN id SET NOT NULL;")
    assert rules(alone) == []
    filled = new("ALTER TABLE orders ADD COLUMN n int;\nALTER TABLE orders ALTER COLUMN n SET NOT NULL;")
    assert rules(filled) == [("database/contract", 2)]


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("2_x.up.sql", "", []),
        ("2_x.up.sql", "SELECT 1;\n", [("database/fails-in-transaction", 2)]),
        ("2_x.sql", "-- +goose Up\n", [("database/fails-in-transaction", 2)]),
        ("2_x.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n", []),
        ("2_x.sql", "-- migrate:up\n", [("database/fails-in-transaction", 2)]),
        ("2_x.sql", "-- migrate:up transaction:false\n", []),
        ("2_x.autocommit.up.sql", "SELECT 1;\n", []),
        ("2_x.sql", "SELECT 1;\n", []),
    ],
)
def test_transactions_are_those_of_the_tool(path: str, head: str, expected: list[tuple[str, int]]) -> None:
    sql = head + "CREATE INDEX CONCURRENTLY i ON users (id);\n"
    assert rules(lint({f"migrations/{path}": sql, "migrations/2_x.down.sql": ""} if "up" in path else
                      {f"migrations/{path}": sql})) == expected  # fmt: skip


_ADD = "ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\n"
_CHECK = "ALTER TABLE users VALIDATE CONSTRAINT c;\n"


@pytest.mark.parametrize(
    ("path", "sql", "lines"),
    [
        ("2_x.sql", _ADD + _CHECK, [2]),
        ("2_x.sql", _ADD, []),
        ("2_x.sql", _CHECK + _ADD, []),
        ("2_x.sql", "ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID, VALIDATE CONSTRAINT c;", [1]),
        ("2_x.sql", _ADD + _CHECK.replace("users", "orders"), []),
        ("2_x.sql", _ADD + _CHECK.replace(" c;", " d;"), []),
        ("2_x.sql", f"BEGIN;\n{_ADD}COMMIT;\n{_CHECK}", []),
        ("2_x.sql", f"BEGIN;\n{_ADD}{_CHECK}COMMIT;", [3]),
        ("2_x.sql", f"CREATE INDEX CONCURRENTLY i ON users (id);\n{_ADD}{_CHECK}", []),
        ("2_x.up.sql", _ADD + _CHECK, [2]),
        ("2_x.sql", f"-- +goose Up\n{_ADD}{_CHECK}", [3]),
        ("2_x.sql", f"-- +goose NO TRANSACTION\n-- +goose Up\n{_ADD}{_CHECK}", []),
        ("2_x.sql", f"CREATE TABLE t (id int);\n{(_ADD + _CHECK).replace('users', 't')}", []),
    ],
)
def test_what_is_validated_under_the_lock_of_what_adds_it(path: str, sql: str, lines: list[int]) -> None:
    found = [(each.rule, each.line) for each in new(sql, name=path).findings]
    assert [line for rule, line in found if rule == "database/lock-constraint"] == lines


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DROP TABLE IF EXISTS archives; CREATE TABLE archives (id bigint);", ["drop-unknown"]),
        ('DROP TABLE IF EXISTS "Archives"; CREATE TABLE public."Archives" (id bigint);', ["drop-unknown"]),
        ("DROP TABLE IF EXISTS archives;", ["destructive-drop-table"]),  # a job may have made it
        ("DROP TABLE IF EXISTS archives; CREATE TABLE IF NOT EXISTS orders (id int);", ["destructive-drop-table"]),
        ("DROP TABLE archives; CREATE TABLE archives (id bigint);", ["destructive-drop-table", "contract"]),
        ("DROP TABLE IF EXISTS users; CREATE TABLE users (id bigint);", ["destructive-drop-table", "contract"]),
        ("DROP SCHEMA IF EXISTS app CASCADE;", ["destructive-drop-schema"]),
        ("DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app;", ["drop-unknown"]),
        ("ALTER TABLE users DROP COLUMN IF EXISTS nick;", ["drop-unknown"]),
        ("ALTER TABLE users DROP COLUMN IF EXISTS email;", ["destructive-drop-column"]),
        ("DROP VIEW IF EXISTS nothing; DROP FUNCTION IF EXISTS app.nothing(int);", ["drop-unknown"]),
        ("DROP VIEW nothing;", ["contract"]),
    ],
)
def test_what_goes_only_if_it_is_there_and_nobody_knows_of(sql: str, found: list[str]) -> None:
    rules = [each.rule.removeprefix("database/") for each in new(sql).findings]
    assert sorted(set(rules)) == sorted(found)


def test_without_a_history_or_where_it_was_seen_to_go_it_is_one_that_may_be_there() -> None:
    sql = "DROP TABLE IF EXISTS archives; CREATE TABLE archives (id bigint);"
    first = lint({"migrations/001_new.sql": sql})
    assert "database/destructive-drop-table" in [each.rule for each in first.findings]
    change = Change(address="table app.archives", type="table", action="replace", destructive=True)
    plan = msgspec.structs.replace(tried(), changes=(change,))
    told = lint({**BASE, "migrations/002_new.sql": sql}, BASE, plans=(plan,))
    assert "database/destructive-drop-table" in [each.rule for each in told.findings]


def test_what_squawk_says_is_told_under_our_rules() -> None:
    told = new("CREATE INDEX i ON users (id);", linter=Silent(INDEX))
    (found,) = told.findings
    assert (found.rule, found.line, found.column) == ("database/lock-index", 1, 1)
    assert found.message == "002_new.sql meets squawk's require-concurrent-index-creation: blocks writes"
    assert told.run.engine is not None
    unknown = Answer(file="", line=0, column=0, message="x", rule_name="a-rule-of-tomorrow")
    assert new("SELECT 1;", linter=Silent(unknown)).findings == ()


def test_squawk_is_not_asked_twice_about_what_the_change_made() -> None:
    files = {"migrations/002_a.sql": "CREATE TABLE a (id bigint);", "migrations/003_b.sql": "CREATE INDEX i ON a (id);"}
    assert rules(lint({**BASE, **files}, BASE, linter=Silent(INDEX))) == []


def test_a_squawk_that_fails_leaves_its_part_open_and_the_rest_told() -> None:
    told = new("DROP TABLE users;", linter=Silent(fails="squawk is gone"))
    assert rules(told) == [("database/destructive-drop-table", 1)]
    (problem,) = told.run.problems
    assert "squawk is gone" in problem.message
    wrong = Answer(file="", line=2, column=0, message="x", rule_name="syntax-error")
    (unread,) = new("SELECT 1;", linter=Silent(wrong)).run.problems
    assert (unread.path, unread.line) == ("migrations/002_new.sql", 3)


def test_a_word_to_squawk_counts_for_nothing() -> None:
    silent = Silent()
    new("-- SQUAWK-ignore-file\nSELECT 'é';\nCREATE TABLE IF NOT EXISTS users (\n id int);", linter=silent)
    assert silent.texts["migrations/002_new.sql"] == "-- squawk_ignore-file\nSELECT 'é';" + "\n" + " " * 34 + "\n" + (
        " " * 8 + ";"
    )
    assert squawk.asked("é;x", [range(2, 3)]) == "é x"


PATH = "migrations/002_new.sql"


def tried(*observations: Observation, engine: str = "PostgreSQL") -> Plan:
    """The plan of a dry run that saw this."""
    its = Engine(name=engine, version="16.2", source="path")
    return Plan(stack="shared/database/migrations", status="changed", engine=its, observations=observations)


def lock(line: int, mode: str = "AccessExclusiveLock") -> Observation:
    return Observation(what="lock", address="table users", message="", path=PATH, line=line, mode=mode)


def rewrite(line: int) -> Observation:
    return Observation(what="rewrite", address="table users", message="", path=PATH, line=line)


def said(text: str, *plans: Plan, squawk: Answer = TYPE) -> list[str]:
    return sorted(each.rule for each in lint({**BASE, PATH: text}, BASE, linter=Silent(squawk), plans=plans).findings)


def test_what_was_seen_overrules_a_guess() -> None:
    sql = "ALTER TABLE users ALTER COLUMN id TYPE\n bigint;\nCOMMENT ON TABLE orders IS 'x';"
    guessed = ["database/contract", "database/lock-type-change"]
    assert said(sql) == guessed
    assert said(sql, tried()) == []
    assert said(sql, tried(lock(1))) == []
    assert said(sql, tried(rewrite(2))) == guessed
    assert said(sql, tried(rewrite(3))) == []
    assert said(sql, tried(engine="pglast")) == guessed
    failed = Problem(code="plan-failed", message="")
    assert said(sql, msgspec.structs.replace(tried(), status="failed", reason=failed)) == guessed


@pytest.mark.parametrize(
    ("before", "after", "is_zoned"),
    [
        ("timestamp with time zone", "timestamp without time zone", True),
        ("timestamp(3) without time zone", "timestamp(3) with time zone", True),
        ("timestamp without time zone", "timestamp(6) without time zone", False),
    ],
)
def test_what_is_rewritten_in_other_time_zones_only_is_not_overruled(before: str, after: str, is_zoned: bool) -> None:
    of_type = Attribute(path="column.at.type", before=before, after=after)
    change = Change(address="table users", type="table", action="update", attributes=(of_type,))
    plan = msgspec.structs.replace(tried(), changes=(change,))
    guessed = ["database/contract", "database/lock-type-change"]
    assert said("ALTER TABLE users ALTER COLUMN at TYPE timestamptz;", plan) == (guessed if is_zoned else [])
    assert said("ALTER TABLE users ALTER COLUMN id TYPE bigint;", plan) == []


@pytest.mark.parametrize("type_", ["serial", "bigserial", "smallserial"])
def test_a_column_that_is_numbered_row_by_row(type_: str) -> None:
    rule = "database/lock-column-default"
    assert rule in said(f"ALTER TABLE users ADD n {type_};", squawk=msgspec.structs.replace(TYPE, rule_name="x"))
    assert rule not in said(f"CREATE TABLE t (a int); ALTER TABLE t ADD n {type_};")
    assert rule not in said("ALTER TABLE users ADD n bigint;")


@pytest.mark.parametrize(
    "hidden",
    [
        "DO $$ BEGIN EXECUTE 'x'; END $$;",
        "DO $$ BEGIN PERFORM current_setting('x'); END $$;",
        "SELECT may_do_anything();",
        "DO $$ BEGIN IF (SELECT count(*) FROM users) > 9 THEN SET search_path = x; END IF; END $$;",
        "INSERT INTO orders SELECT 1 FROM set_config('search_path', (SELECT min(id)::text FROM users), false);",
        "INSERT INTO orders VALUES (1);",
        "CREATE TABLE made AS SELECT f();",
        "COPY (SELECT f()) TO STDOUT;",
        "EXPLAIN ANALYZE SELECT f();",
        "PREPARE p AS SELECT f(); EXECUTE p;",
        "ALTER TABLE orders ADD n int DEFAULT f();",
        "ALTER TABLE orders ADD n int DEFAULT public.now();",
        "CREATE INDEX CONCURRENTLY i ON orders (f(id));",
    ],
)
def test_what_may_do_something_else_elsewhere_is_not_overruled_by_a_dry_run(hidden: str) -> None:
    sql = "ALTER TABLE users ALTER COLUMN id TYPE bigint;"
    assert "database/lock-type-change" in said(sql + hidden, tried())
    then = "migrations/003_then.sql"
    told = lint({**BASE, PATH: hidden, then: sql}, BASE, linter=Silent(TYPE), plans=(tried(),))
    assert "database/lock-type-change" in {each.rule for each in told.findings if each.path == then}


@pytest.mark.parametrize(
    "same",
    [
        "ALTER TABLE orders ADD made_at timestamptz NOT NULL DEFAULT now(), ADD key uuid DEFAULT gen_random_uuid();",
        "CREATE TABLE made (id bigint DEFAULT f());",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT g()';",
        "CREATE VIEW seen AS SELECT f();",
        "CREATE INDEX CONCURRENTLY i ON orders (pg_catalog.lower(id));",
    ],
)
def test_what_does_the_same_everywhere_leaves_what_was_seen_its_say(same: str) -> None:
    assert said(f"ALTER TABLE users ALTER COLUMN id TYPE bigint; {same}", tried()) == []


def test_what_is_not_seen_of_a_block_overrules_nothing() -> None:
    """Whether it does the same elsewhere hangs on the rows that are there."""
    sql = "COMMENT ON TABLE orders IS 'x';\nDO $$ BEGIN\n  LOCK TABLE users;\nEND $$;"
    assert said(sql, tried(lock(2)), squawk=NOTHING) == ["database/lock-explicit"]
    assert said(sql, tried(lock(1)), squawk=NOTHING) == ["database/lock-explicit"]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("EXPLAIN ANALYZE DELETE FROM users;", "destructive-delete-all"),
        ("PREPARE p AS DELETE FROM users; EXECUTE p;", "destructive-delete-all"),
        ("COPY (DELETE FROM users RETURNING id) TO STDOUT;", "destructive-delete-all"),
        ("COPY (WITH gone AS (DELETE FROM users RETURNING id) TABLE gone) TO STDOUT;", "destructive-delete-all"),
        ("CREATE RULE r AS ON INSERT TO orders DO ALSO DELETE FROM users;", "destructive-delete-all"),
        ("DELETE FROM users WHERE true;", "destructive-delete-all"),
        ("UPDATE users SET email = NULL WHERE 1 = 1;", "destructive-update-all"),
        ("DROP TYPE mood CASCADE;", "destructive-drop-column"),
        ("ALTER TABLE users SET SCHEMA archive;", "contract"),
        ("ALTER SCHEMA app RENAME TO other;", "contract"),
        ("DROP DOMAIN app.positive CASCADE;", "destructive-drop-column"),
        ("CREATE TEMP TABLE users (id int) ON COMMIT DROP; TRUNCATE users;", "destructive-truncate"),
        ("CREATE TEMP TABLE users (id int); DROP TABLE users; DROP TABLE users;", "destructive-drop-table"),
        ("DO $$ BEGIN CREATE INDEX i ON users (email); END $$;", "lock-index"),
        ("DO $$ BEGIN DROP INDEX i; END $$;", "lock-index"),
        ("DO $$ BEGIN ALTER TABLE users ADD n uuid DEFAULT gen_random_uuid(); END $$;", "lock-column-default"),
        ("DO $$ BEGIN DO 'BEGIN DELETE FROM users; END'; END $$;", "destructive-delete-all"),
        (
            "DO $$ BEGIN CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM users'; PERFORM f(); END $$;",
            "destructive-delete-all",
        ),
        ("DO $$ BEGIN REINDEX TABLE users; END $$;", "lock-index"),
        ("DO $$ BEGIN ALTER TABLE users ADD CHECK (id > 0); END $$;", "lock-constraint"),
        ("DO $$ BEGIN ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES orders; END $$;", "lock-constraint"),
        ("DO $$ BEGIN ALTER TABLE users ADD UNIQUE (id); END $$;", "lock-unique-constraint"),
        ("DO $$ BEGIN ALTER TABLE users ADD PRIMARY KEY (id); END $$;", "lock-primary-key"),
        ("DO $$ BEGIN ALTER TABLE users ALTER id SET NOT NULL; END $$;", "lock-not-null"),
        ("DO $$ BEGIN ALTER TABLE users ALTER id DROP NOT NULL; END $$;", "drop-not-null"),
        ("DO $$ BEGIN ALTER TABLE users ALTER id TYPE bigint; END $$;", "lock-type-change"),
        ("DO $$ BEGIN ALTER TABLE users DETACH PARTITION p; END $$;", "lock-detach"),
        ("CREATE VIEW v AS SELECT id, email FROM users; UPDATE v SET email = NULL;", "destructive-update-all"),
        ("CREATE VIEW v AS SELECT id, email FROM users; DELETE FROM public.v;", "destructive-delete-all"),
        (
            "CREATE TABLE made (email text); ALTER TABLE users INHERIT made; UPDATE made SET email = NULL;",
            "destructive-update-all",
        ),
        (
            """CREATE TABLE made (id int PRIMARY KEY); DELETE FROM made;
            ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES made ON DELETE CASCADE NOT VALID; DELETE FROM made;""",
            "destructive-delete-all",
        ),
        (
            """CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM users';
            ALTER FUNCTION f() RENAME TO g; SELECT g();""",
            "destructive-delete-all",
        ),
    ],
)
def test_what_is_done_in_a_roundabout_way_is_found(sql: str, rule: str) -> None:
    assert f"database/{rule}" in said(sql, tried(), squawk=NOTHING)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE DELETE FROM users WHERE id = 1;",
        "COPY (SELECT * FROM users) TO STDOUT;",
        "DROP TYPE mood;",
        "CREATE TABLE made (id bigint); ALTER TABLE made SET SCHEMA archive;",
        "ALTER SEQUENCE s SET SCHEMA archive;",
        "CREATE TEMP TABLE batch (id int); DELETE FROM batch; DROP TABLE batch;",
        "DO $$ BEGIN ALTER TABLE users ADD CHECK (id > 0) NOT VALID; END $$;",
        "DO $$ BEGIN ALTER TABLE users ADD at timestamptz DEFAULT now(), ADD n int DEFAULT 1; END $$;",
        "DO $$ BEGIN ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX i; END $$;",
        "DO $$ BEGIN CREATE TABLE made (id bigint); CREATE INDEX i ON made (id); END $$;",
        "CREATE TABLE m (id bigint); CREATE TABLE p (id int); ALTER TABLE m ATTACH PARTITION p DEFAULT; UPDATE m SET id = 1;",
        "CREATE TABLE made (id bigint); ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES made NOT VALID; DELETE FROM made;",
        "SET search_path = s; CREATE TABLE made (id bigint); UPDATE made SET id = 1;",
        "CREATE TABLE made (id bigint); ALTER TABLE made RENAME TO other; DROP TABLE other;",
    ],
)
def test_what_is_harmless_in_a_roundabout_way_is_not(sql: str) -> None:
    assert said(sql, tried(), squawk=NOTHING) == []


FUNCTION = "CREATE FUNCTION app.wipe() RETURNS {returns} LANGUAGE {language} "


@pytest.mark.parametrize(
    ("body", "language"),
    [
        ("AS $$ BEGIN DELETE FROM users; END $$;", "plpgsql"),
        ("AS $$ SELECT 1; DELETE FROM users $$;", "sql"),
        ("BEGIN ATOMIC DELETE FROM users; END;", "sql"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        "SELECT app.wipe();",
        "DO $$ DECLARE x int; BEGIN x := wipe(); END $$;",
        "CREATE TABLE made AS SELECT 1 FROM wipe();",
        "ALTER TABLE orders ADD n int DEFAULT app.wipe();",
        'SELECT U&"w\\0069pe"();',
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT wipe()'; SELECT f();",
        "CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION app.wipe(); INSERT INTO orders VALUES (1);",
    ],
)
def test_a_function_that_the_change_calls_is_read_like_a_block(body: str, language: str, call: str) -> None:
    sql = FUNCTION.format(returns="void", language=language) + body
    assert "database/destructive-delete-all" in said(f"{sql} {call}", tried(), squawk=NOTHING)
    assert said(sql, tried(), squawk=NOTHING) == [], "it only stores it"
    trigger = "CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION app.wipe();"
    assert said(f"{sql} {trigger} COMMENT ON FUNCTION app.wipe() IS 'x';", tried(), squawk=NOTHING) == []


@pytest.mark.parametrize(
    "fires",
    [
        "CREATE TABLE n AS WITH x AS (INSERT INTO orders VALUES (1) RETURNING id) SELECT * FROM x;",
        "REFRESH MATERIALIZED VIEW totals;",
        "CREATE TABLE n (id int); ALTER TABLE n ADD c int DEFAULT other();",
        "CREATE INDEX CONCURRENTLY ON orders (other(id));",
    ],
)
def test_a_trigger_of_the_change_may_be_fired_by_more_than_what_writes_rows(fires: str) -> None:
    made = (
        FUNCTION.format(returns="trigger", language="plpgsql") + "AS $$ BEGIN DELETE FROM users; RETURN NULL; END $$;"
    )
    sql = f"{made} CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION app.wipe();"
    assert "database/destructive-delete-all" in said(f"{sql} {fires}", tried(), squawk=NOTHING)
    assert said(f"{sql} ALTER TABLE orders ADD c int DEFAULT 1;", tried(), squawk=NOTHING) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT query_to_xml('SELECT wi' || 'pe()', true, false, '');",
        "SELECT * FROM pg_catalog.ts_stat(E'SELECT w\\x69pe()');",
        'SELECT U&"query\\005fto_xml"((SELECT email FROM users), true, false, NULL);',
        "WITH x AS (SELECT crosstab(email) FROM users) SELECT 1;",
        "DO $$ DECLARE x xml; BEGIN x := query_to_xml('SELECT ' || 'wipe()', true, false, ''); END $$;",
        "SELECT set_config('client_' || 'encoding', 'GBK', false);",
        "DO $$ BEGIN PERFORM dblink_exec('', 'SELECT ' || 'wipe()'); END $$;",
    ],
)
def test_text_that_a_function_of_postgresql_runs_is_dynamic(sql: str) -> None:
    assert rules(new(sql)) == [("database/dynamic-sql", 1)]


_Z = "CREATE FUNCTION z() RETURNS void LANGUAGE sql"
_S = "CREATE SCHEMA s; CREATE TABLE s.n (id int);"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('search' || '_path', 'archive', false); UPDATE n SET id = NULL;",
        f"{_Z} SET search_path = archive AS 'UPDATE n SET id = 0'; SELECT z();",
        f"{_Z} AS 'UPDATE n SET id = 0'; ALTER FUNCTION z() SET search_path = archive; SELECT z();",
        f"{_Z} AS 'UPDATE n SET id = 0'; SELECT set_config('search' || '_path', 'archive', false); SELECT z();",
        f"{_S} DROP TABLE s.n; ALTER TABLE archive.n SET SCHEMA s; UPDATE s.n SET id = 0;",
        f"{_S} DROP SCHEMA s CASCADE; ALTER SCHEMA archive RENAME TO s; UPDATE s.n SET id = 0;",
    ],
)
def test_a_name_that_came_to_mean_an_old_table_is_not_new(sql: str) -> None:
    base = {**BASE, "migrations/0015_archive.sql": "CREATE SCHEMA archive; CREATE TABLE archive.n (id int);"}
    found = lint({**base, "migrations/0016_new.sql": f"CREATE TABLE n (id int); {sql}"}, base).findings
    assert "database/destructive-update-all" in {each.rule for each in found}


@pytest.mark.parametrize(
    "sql",
    [
        f"{_Z} SET search_path = '' AS 'UPDATE public.fresh SET id = 0'; SELECT z();",
        f"{_Z} SET search_path = public AS 'UPDATE fresh SET id = 0'; SELECT z();",
        f"{_Z} SET search_path = '' AS 'SELECT 1'; UPDATE fresh SET id = 0;",
        "ALTER TABLE fresh RENAME TO young; UPDATE young SET id = 0;",
        "CREATE SCHEMA s; ALTER TABLE fresh SET SCHEMA s; UPDATE s.fresh SET id = 0;",
    ],
)
def test_a_new_table_stays_one(sql: str) -> None:
    found = new(f"CREATE TABLE fresh (id int); {sql}").findings
    assert not any("/destructive-" in each.rule for each in found)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("ALTER TABLE orders ENABLE TRIGGER USER; ALTER TABLE orders DISABLE TRIGGER USER;", True),
        ("ALTER TABLE orders DISABLE TRIGGER a; ALTER TABLE orders ENABLE TRIGGER b;", True),
        ("ALTER TABLE orders DISABLE TRIGGER ALL; ALTER TABLE orders ENABLE TRIGGER USER;", True),
        ("ALTER TABLE orders DISABLE TRIGGER a; ALTER TABLE orders ENABLE REPLICA TRIGGER a;", True),
        ("ALTER TABLE orders DISABLE RULE a; ALTER TABLE orders ENABLE TRIGGER ALL;", True),
        (
            "ALTER TABLE orders DISABLE TRIGGER a;\nDO $$ BEGIN IF false THEN ALTER TABLE orders ENABLE TRIGGER a; END IF; END $$;",
            True,
        ),
        ("ALTER TABLE orders DISABLE TRIGGER a, DISABLE TRIGGER b; ALTER TABLE orders ENABLE TRIGGER ALL;", False),
        ("ALTER TABLE orders DISABLE RULE a; ALTER TABLE orders ENABLE ALWAYS RULE b, ENABLE RULE a;", False),
        (
            "DO $$ BEGIN ALTER TABLE orders DISABLE TRIGGER USER; ALTER TABLE orders ENABLE TRIGGER USER; END $$;",
            False,
        ),
    ],
)
def test_a_trigger_is_enabled_again_by_what_comes_later_and_means_it(sql: str, *, found: bool) -> None:
    assert ("database/trigger-disabled" in {each.rule for each in new(sql).findings}) == found


def test_text_that_is_written_out_is_seen_with_the_rest() -> None:
    assert rules(new("SELECT set_config('a.b', 'x' || 'y', true), set_config('search_path', '', false);")) == []
    assert rules(new("SELECT set_config('local.' || email || '_x', 'y', true) FROM users;")) == []
    assert rules(new("DO $$ BEGIN PERFORM set_config('local.' || 'x', 'y', true); END $$;")) == []
    assert rules(new("SELECT query_to_xml('SELECT 1', true, false, ''), query_to_xmlish('a' || 'b');")) == []
    made = FUNCTION.format(returns="int", language="sql") + "AS 'DELETE FROM users; SELECT 1';"
    sql = f"{made} SELECT query_to_xml('SELECT app.wipe()', true, false, '');"
    assert rules(new(sql)) == [("database/destructive-delete-all", 1)]
    stored = "CREATE FUNCTION f(a text) RETURNS xml LANGUAGE sql AS $$ SELECT query_to_xml(a, true, false, a) $$;"
    assert rules(new(stored)) == [("database/dynamic-sql-function", 1)]


def test_text_that_a_called_function_runs_is_that_of_the_change() -> None:
    sql = FUNCTION.format(returns="void", language="plpgsql") + "AS $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;"
    assert said(sql, tried(), squawk=NOTHING) == ["database/dynamic-sql-function"]
    assert said(f"{sql} SELECT app.wipe();", tried(), squawk=NOTHING) == ["database/dynamic-sql"]
    asks = sql.replace("EXECUTE 'DROP TABLE users'", "IF current_user = 'x' THEN RETURN; END IF")
    assert said(f"{asks} SELECT app.wipe();", tried(), squawk=NOTHING) == ["database/reads-where-it-runs"]
    then = lint(
        {**BASE, PATH: sql, "migrations/003_then.sql": "SELECT app.wipe();"}, BASE, linter=Silent(), plans=(tried(),)
    )
    assert {each.rule for each in then.findings} == {"database/dynamic-sql"}


_WIPE = """CREATE FUNCTION wipe() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM orders) > 1000 THEN DELETE FROM orders; END IF; END $$;
CREATE FUNCTION outer_one() RETURNS void LANGUAGE sql AS $$ SELECT wipe() $$;
CREATE FUNCTION fine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;"""


def on_functions(sql: str, functions: str = _WIPE) -> list[tuple[str, int | None]]:
    """What is said of a migration where base has functions."""
    base = {**BASE, "migrations/0015_functions.sql": functions}
    return rules(lint({**base, "migrations/0016_new.sql": sql}, base))


@pytest.mark.parametrize(
    "call",
    [
        "SELECT 1;\nSELECT wipe();",
        "SELECT 1;\nSELECT public.WIPE /* */ ();",
        "SELECT 1;\nDO $$ BEGIN PERFORM outer_one(); END $$;",
        "CREATE FUNCTION mine() RETURNS void LANGUAGE sql AS 'SELECT outer_one()';\nSELECT mine();",
        'SELECT 1;\nSELECT U&"w\\0069pe"();',
        "INSERT INTO orders VALUES (1);\nCREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION wipe();",
    ],
)
def test_a_function_of_base_that_the_change_calls_is_read(call: str) -> None:
    assert on_functions(call) == [("database/destructive-delete-all", 2)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT fine();",
        "COMMENT ON FUNCTION wipe() IS 'x';",
        "DROP FUNCTION wipe();",
        "CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION wipe();",
        "SELECT wiped FROM orders;",
    ],
)
def test_one_that_it_does_not_call_says_nothing(sql: str) -> None:
    assert [rule for rule, _ in on_functions(sql) if rule != "database/contract"] == []


def test_of_a_function_that_was_replaced_the_last_counts() -> None:
    better = _WIPE.replace("DELETE FROM orders", "DELETE FROM orders WHERE id < 9").replace(
        "CREATE", "CREATE OR REPLACE"
    )
    assert on_functions("SELECT wipe();", f"{_WIPE}\n{better}") == []
    overloaded = better.replace("wipe()", "wipe(int)")
    assert [rule for rule, _ in on_functions("SELECT wipe();", f"{_WIPE}\n{overloaded}")] != []


@pytest.mark.parametrize(
    "uses",
    [
        "CREATE TRIGGER t BEFORE UPDATE ON orders EXECUTE\n  FUNCTION fine();",
        "CREATE TABLE more (id int DEFAULT public.fine());",
        "CREATE VIEW v AS SELECT FINE() AS x;",
    ],
)
def test_a_function_of_base_that_is_replaced_runs_where_base_uses_it(uses: str) -> None:
    sql = "CREATE OR REPLACE FUNCTION fine() RETURNS int LANGUAGE sql AS $$ DELETE FROM users; SELECT 1 $$;\n"
    fires = "UPDATE orders SET id = 1 WHERE id = 2;"
    assert on_functions(sql + fires, f"{_WIPE}\n{uses}") == [("database/destructive-delete-all", 1)]
    assert on_functions(sql + fires) == [], "nothing uses it"
    assert on_functions(sql, f"{_WIPE}\n{uses}") == [], "nothing runs"
    between = "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT fine()';"
    assert on_functions(sql + fires, f"{_WIPE}\n{between}") == [], "nothing calls what uses it"
    assert on_functions(sql + fires, f"{_WIPE}\nSELECT fine();") == [], "it was called once"
    assert on_functions(f"{sql}SELECT g();", f"{_WIPE}\n{between}") == [("database/destructive-delete-all", 1)]
    other = sql.replace("fine", "total") + fires
    assert on_functions(other, f"{_WIPE}\nALTER TABLE orders ADD total int;") == [], "a column is no function"


@pytest.mark.parametrize(
    "base",
    [
        _WIPE.replace("FUNCTION", "/* a * b */ -- c\nFUNCTION"),
        f"{_WIPE}\nALTER FUNCTION wipe() RENAME TO other;\nALTER FUNCTION public.other RENAME TO clear;",
    ],
)
def test_a_function_of_base_is_known_however_it_got_its_name(base: str) -> None:
    assert ("database/destructive-delete-all", 1) in on_functions("SELECT wipe(), clear();", base)


def test_a_function_of_base_that_a_trigger_runs_by_another_is_told_where_that_is_made() -> None:
    body = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM outer_one(); RETURN NEW; END $$;\n"
    fires = "INSERT INTO orders VALUES (1);"
    own = f"CREATE FUNCTION mine() {body}CREATE TRIGGER t BEFORE INSERT ON orders EXECUTE FUNCTION mine();\n"
    assert on_functions(own + fires) == [("database/destructive-delete-all", 2)]
    assert on_functions(own) == []
    there = f"{_WIPE}\nCREATE TRIGGER t BEFORE INSERT ON orders EXECUTE FUNCTION theirs();"
    base = f"CREATE FUNCTION theirs() {body.replace('PERFORM outer_one();', '')}{there}"
    runs_text = "CREATE FUNCTION again() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1'; END $$;"
    used = f"{runs_text} CREATE VIEW v AS SELECT again();"
    again = runs_text.replace("EXECUTE 'SELECT 1'", "NULL").replace("CREATE", "CREATE OR REPLACE")
    assert on_functions(f"{again}\n{fires}\nSELECT again();", used) == [("database/dynamic-sql", 3)], (
        "not where it is made"
    )
    replaced = f"SELECT 1;\nCREATE OR REPLACE FUNCTION theirs() {body}"
    assert on_functions(replaced + fires, base) == [("database/destructive-delete-all", 2)]


def test_text_that_a_function_of_base_runs_is_told_where_it_is_called() -> None:
    dynamic = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;"
    assert on_functions("SELECT 1;\n\nCALL p();", dynamic) == [("database/dynamic-sql", 3)]


def test_what_destroys_is_never_overruled() -> None:
    assert said("DROP TABLE users; LOCK TABLE orders;", tried(), squawk=NOTHING) == ["database/destructive-drop-table"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1;\nCREATE TABEL x ();", "syntax error"),
        ("\\i other.sql", "psql command"),
        ("\\copy t from 'x'", "psql command"),
        (b"\xff", "is not UTF-8"),
        (b"SELECT 1;" * 6_000_000, "larger than 4 MiB"),
        ("SELECT " + "(" * 100_000, "nests deeper"),
        ("DO $$ " + "BEGIN " * 50_000 + "$$;", ""),
        ("DO $$ " + "BEGIN " * 1_900 + "NULL;" + "END;" * 1_900 + "$$;", ""),
    ],
)
def test_bad_input_is_undecided_or_found_and_the_rest_is_told(sql: bytes | str, message: str) -> None:
    files = {**BASE, "migrations/002_bad.sql": sql, "migrations/003_good.sql": "DROP TABLE users;"}
    told = lint(files, BASE)
    assert ("database/destructive-drop-table", 1) in rules(told)
    if message:
        (problem,) = told.run.problems
        assert message in problem.message
        assert problem.path == "migrations/002_bad.sql"


def test_a_waiver_above_a_statement_is_about_what_is_found_there() -> None:
    sql = (
        "SELECT 1;\n\n-- gitops-ci: allow database/destructive-drop-table because nobody reads it\n"
        "DROP TABLE users;\nDROP TABLE orders;\n"
    )
    files = {**BASE, "migrations/002_new.sql": sql}
    first, second = lint(files, BASE).findings
    asked = comments.beside(snapshots.of(BASE), snapshots.of(files), files)
    assert asked.of(first) is None, "a new one is a request"
    assert [each.comment.target for each in asked.asked([first])] == [first.line] == [4]
    merged = comments.beside(snapshots.of(files), snapshots.of(files), files)
    assert (waiver := merged.of(first)) is not None
    assert waiver.reason == "nobody reads it"
    assert merged.of(second) is None


def test_the_default_configuration_silences_nothing() -> None:
    assert DEFAULT.policy.severity == {}


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TYPE mood RENAME VALUE 'a' TO 'z';",
        "DROP VIEW v;",
        "DROP MATERIALIZED VIEW s.v;",
        "DROP FUNCTION f(int);",
        "DROP PROCEDURE p;",
        "ALTER VIEW v RENAME TO w;",
        "ALTER VIEW v RENAME COLUMN a TO b;",
        "ALTER FUNCTION f(int) RENAME TO g;",
        "ALTER VIEW v SET SCHEMA archive;",
        "REVOKE SELECT ON users FROM app;",
        "REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;",
        "REVOKE ALL ON ALL TABLES IN SCHEMA app FROM app;",
        "REVOKE reader FROM app;",
        "CREATE VIEW v AS SELECT 1; DROP VIEW s.v;",
        "DO $$ BEGIN DROP VIEW v; END $$;",
        "DROP VIEW v; DO $$ BEGIN IF false THEN CREATE VIEW v AS SELECT 1; END IF; END $$;",
        "DROP VIEW v; CREATE TEMP VIEW v AS SELECT 1;",
        "CREATE OR REPLACE VIEW v AS SELECT 1; DROP VIEW v;",
    ],
)
def test_what_takes_from_the_release_before_is_a_contract(sql: str) -> None:
    base = {"migrations/001_base.sql": "CREATE TABLE users (id int); CREATE VIEW v AS SELECT 1; -- f"}
    told = lint({**base, "migrations/002_new.sql": sql}, base)
    assert "database/contract" in {rule for rule, _ in rules(told)}


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TYPE mood ADD VALUE 'z';",
        "DROP VIEW v; CREATE VIEW v AS SELECT 1;",
        "DROP VIEW public.v; CREATE VIEW v AS SELECT 1;",
        "DROP FUNCTION IF EXISTS f(int); CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
        "CREATE VIEW w AS SELECT 1; DROP VIEW w;",
        "CREATE TABLE t (id int); REVOKE ALL ON t FROM PUBLIC;",
        "CREATE OR REPLACE FUNCTION n() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\nREVOKE ALL ON FUNCTION n() FROM PUBLIC;",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        "REVOKE GRANT OPTION FOR SELECT ON users FROM app;",
        "REVOKE ADMIN OPTION FOR reader FROM app;",
        "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM app;",
        "GRANT SELECT ON users TO app;",
        "DROP TRIGGER t ON users;",
    ],
)
def test_what_comes_back_or_nobody_had_is_no_contract(sql: str) -> None:
    base = {"migrations/001_base.sql": "CREATE TABLE users (id int); CREATE VIEW v AS SELECT 1; -- f"}
    told = lint({**base, "migrations/002_new.sql": sql}, base)
    assert "database/contract" not in {rule for rule, _ in rules(told)}
