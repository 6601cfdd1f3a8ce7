from __future__ import annotations

import msgspec
import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.config_database import Database
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import database
from gitops_ci.kinds.database.rules import step
from gitops_ci.model.plan import Plan
from gitops_ci.policy.scope import Scope
from tests.unit.kinds.database.rules.linting import Silent, lint, rules
from tests.unit.kinds.database.sides import planned, side

SHARED = "shared/database/migrations"
FIRST = "CREATE TABLE `users` (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(20)) ENGINE=InnoDB;"
BASE = {"migrations/001_users.sql": FIRST}
MYSQL = msgspec.structs.replace(
    DEFAULT, kinds=msgspec.structs.replace(DEFAULT.kinds, database=Database(engine="mariadb"))
)


def plan_of(sql: str, name: str = "002_new.sql", base: dict[str, str] = BASE) -> Plan:
    return planned(SHARED, side(base), side({**base, f"migrations/{name}": sql}))


def test_mysql_is_planned_from_its_text_and_says_so() -> None:
    plan = plan_of(
        "ALTER TABLE users ADD COLUMN age INT, DROP COLUMN email;\n\nCREATE INDEX i ON users (age);\n"
        "TRUNCATE users;\nDELETE FROM users WHERE id = 1;\nDROP TABLE users;\nGRANT ALL ON x.* TO 'a';"
    )
    assert plan.reason is None
    assert plan.engine is not None
    assert "by text alone" in plan.engine.version
    assert [(each.address, each.action, each.destructive, each.line) for each in plan.changes] == [
        ("table users", "update", True, 1),
        ("index users", "create", False, 3),
        ("data in users", "update", True, 4),
        ("data in users (2)", "update", True, 5),
        ("table users (2)", "delete", True, 6),
        ("statement 002_new:7", "update", False, 7),
    ]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE users", "destructive-drop-table"),
        ("ALTER TABLE users DROP COLUMN email", "destructive-drop-column"),
        ("DROP DATABASE shop", "destructive-drop-database"),
        ("TRUNCATE users", "destructive-truncate"),
        ("DELETE FROM users", "destructive-delete-all"),
        ("UPDATE users SET email = ''", "destructive-update-all"),
        ("DELETE FROM users WHERE 1 = 1", "destructive-delete-all"),
        ("UPDATE users SET email = '' WHERE true", "destructive-update-all"),
        ("ALTER TABLE users TRUNCATE PARTITION p0", "destructive-truncate"),
        ("ALTER TABLE users EXCHANGE PARTITION p0 WITH TABLE t", "destructive-truncate"),
        ("ALTER TABLE users DISCARD TABLESPACE", "destructive-truncate"),
        ("ALTER TABLE users RENAME TO people", "contract"),
        ("RENAME TABLE users TO people", "contract"),
        ("ALTER TABLE users RENAME COLUMN email TO mail", "contract"),
        ("ALTER TABLE users MODIFY COLUMN email INT", "contract"),
        ("ALTER TABLE users ADD COLUMN age INT NOT NULL", "contract"),
        ("CREATE TABLE t (id INT); DROP TABLE t, users", "destructive-drop-table"),
        ("CREATE OR REPLACE TABLE users (id INT)", "destructive-drop-table"),
        ("CREATE TEMPORARY TABLE users (id INT); DROP TABLE users; DROP TABLE users", "destructive-drop-table"),
        ("CREATE TEMPORARY TABLE users (id INT); DROP TEMPORARY TABLE users; TRUNCATE users", "destructive-truncate"),
        ("CREATE TABLE t (id INT); USE other; DROP TABLE t", "destructive-drop-table"),
        ("UPDATE users u JOIN t ON t.id = 'hunter2' SET u.email = ''", "destructive-update-all"),
        ("DROP TABLE IF EXISTS t", "destructive-drop-table"),
        ("DROP TABLE IF EXISTS t; CREATE TABLE t (id INT)", "drop-unknown"),
        ("DROP TABLE IF EXISTS users; CREATE TABLE users (id INT)", "destructive-drop-table"),
        ("ALTER TABLE users DROP COLUMN email, CONVERT TO CHARACTER SET utf8mb4", "destructive-drop-column"),
        ("ALTER TABLE shop.users CONVERT TO CHARACTER SET utf8mb4, DROP email", "destructive-drop-column"),
        ("ALTER IGNORE TABLE users DROP COLUMN email", "destructive-drop-column"),
        ("ALTER TABLE IF EXISTS users WAIT 5 DROP COLUMN email", "destructive-drop-column"),
        ("ALTER TABLE users ADD COLUMN (a INT, b INT NOT NULL)", "contract"),
        ("ALTER TABLE users ADD (a INT, b INT), DROP COLUMN email", "destructive-drop-column"),
        ("ALTER TABLE users DROP PARTITION p0", "destructive-truncate"),
        ("DELETE u FROM users u JOIN t", "destructive-delete-all"),
        ("PREPARE s FROM 'DROP TABLE users'", "dynamic-sql"),
        ("EXECUTE s", "dynamic-sql"),
        ("CALL p()", "dynamic-sql"),
    ],
)
def test_the_rules_that_mysql_knows(sql: str, rule: str) -> None:
    told = lint({**BASE, "migrations/002_new.sql": f"\n{sql};"}, BASE)
    assert rules(told) == [(f"database/{rule}", 2), ("database/text-only", None)]
    assert told.run.problems == ()
    assert "hunter2" not in told.findings[0].message


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users ADD COLUMN age INT NOT NULL DEFAULT 0",
        "ALTER TABLE users ADD COLUMN age INT NULL",
        "ALTER TABLE users ADD INDEX (email), DROP FOREIGN KEY fk",
        "CREATE TABLE t (id INT); DROP TABLE t",
        "CREATE TABLE t (id INT); CREATE OR REPLACE TABLE t (id BIGINT); CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE TEMPORARY TABLE t (id INT); UPDATE t x SET id = 1; TRUNCATE t; DROP TABLE t",
        "CREATE TEMPORARY TABLE users (id INT); DROP TEMPORARY TABLE users",
        "ALTER TABLE users ADD COLUMN (a INT, b DECIMAL(10, 2) NULL), ADD INDEX i (a, b)",
        "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4, ENGINE=InnoDB, COMMENT='x, DROP COLUMN email'",
        "ALTER TABLE users ADD PARTITION (PARTITION p1 VALUES LESS THAN (20))",
        "ALTER TABLE users ALTER COLUMN email SET DEFAULT 'x'",
        "LOCK TABLES users WRITE; FLUSH PRIVILEGES; UNLOCK TABLES",
        "DELETE u FROM users u JOIN t ON t.id = u.id; UPDATE users JOIN t USING (id) SET users.email = t.email",
        "DELETE FROM users WHERE id = 1; UPDATE users SET email = '' WHERE id = 1",
    ],
)
def test_what_mysql_may_do(sql: str) -> None:
    assert rules(lint({**BASE, "migrations/002_new.sql": sql}, BASE)) == [("database/text-only", None)]


@pytest.mark.parametrize("column", ["COLUMN email", "email", "COLUMN `email`", "COLUMN IF EXISTS email"])
def test_the_column_that_goes_is_named(column: str) -> None:
    told = lint({**BASE, "migrations/002_new.sql": f"ALTER TABLE users DROP {column};"}, BASE)
    assert told.findings[0].message == "002_new.sql drops the column users.email and what it holds"


@pytest.mark.parametrize(
    ("sql", "code", "message"),
    [
        ("SELECT 1;\nSELECT (1 FROM;", "invalid", "line 2"),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN END //", "unsupported", "delimiter"),
        ("SELECT " + "(" * 20_000, "unsupported", "nests deeper"),
        ("/*!50000 DROP TABLE users */;", "unsupported", "a comment that MySQL runs"),
        ("/*M!100100 DROP TABLE users */;", "unsupported", "a comment that MySQL runs"),
        ("SELECT 1--1; DROP TABLE users;", "unsupported", "`--` without a blank"),
        ("SELEC 1;", "invalid", "syntax error"),
        ("TRUNCAT users;", "invalid", "syntax error"),
        ("SELECT 'a;", "invalid", "a string or a comment has no end"),
        ("\nLOAD DATA INFILE 'secret' INTO TABLE users;", "unsupported", "is not known to the reader of MySQL here"),
        ("LOAD 'secret';", "unsupported", "is not known to the reader of MySQL here"),
        ("ALTER TABEL users DROP COLUMN email;", "unsupported", "is not known to the reader of MySQL here"),
        ("ALTER TABLE users ADD COLUMN x INT DEFALT 3;", "unsupported", "is not known to the reader of MySQL here"),
        (
            "ALTER TABLE users DROP COLUMN x FOO BAR, ENGINE=InnoDB;",
            "unsupported",
            "is not known to the reader of MySQL here",
        ),
        ("DROP TABLES users;", "unsupported", "is not known to the reader of MySQL here"),
        ("CREATE TABLE x (id INT FOO BAR);", "unsupported", "is not known to the reader of MySQL here"),
        ("SHUTDOWN;", "unsupported", "is not known to the reader of MySQL here"),
    ],
)
def test_what_is_not_mysql(sql: str, code: str, message: str) -> None:
    plan = plan_of(sql)
    assert plan.reason is not None
    assert plan.reason.code == code
    assert message in plan.reason.message


def test_the_columns_of_an_alteration_are_told_by_name() -> None:
    change = plan_of("ALTER TABLE users ADD COLUMN `a` INT NOT NULL DEFAULT 1 AFTER id, DROP email;").changes[0]
    assert [(each.path, each.before, each.after) for each in change.attributes] == [
        ("column.a", None, "INT NOT NULL DEFAULT 1 AFTER id"),
        ("column.email", "present", None),
    ]


def test_how_the_database_is_known() -> None:
    plain = {"migrations/001_a.sql": "CREATE TABLE a (id INT);"}
    lock = {**plain, "migrations/migration_lock.toml": 'provider = "mysql"\n'}
    for base in (BASE, lock, {"migrations/001_a.mysql.sql": "CREATE TABLE a (id INT);"}):
        name = "002_b.mysql.sql" if "migrations/001_a.mysql.sql" in base else "002_b.sql"
        assert (engine := plan_of("CREATE TABLE b (id INT);", name, base).engine) is not None
        assert engine.name == "sqlglot"
    configured = planned(SHARED, None, side(plain, config=MYSQL))
    assert configured.engine is not None
    assert configured.engine.name == "sqlglot"
    assert (engine := planned(SHARED, None, side(plain)).engine) is not None
    assert engine.name == "pglast"


@pytest.mark.parametrize(
    ("folder", "engine"),
    [
        ("assets/migrations/mysql", "sqlglot"),
        ("mysql-persistence/src/main/resources/db/migration", "sqlglot"),
        ("db/migration_scheduler_mysql/migrations", "sqlglot"),
        ("postgres/mysql/migrations", "sqlglot"),
        ("pg-to-mysql/migrations", "pglast"),
        ("mysqldumps/migrations", "pglast"),
        ("oracle/migrations", "pglast"),
        ("mysql/postgres/migrations", "pglast"),
    ],
)
def test_folders_say_which_database_it_is(folder: str, engine: str) -> None:
    base = {f"{folder}/001_a.sql": "CREATE TABLE a (id CHAR(26) NOT NULL, b BLOB);"}
    new = {f"{folder}/002_b.sql": "ALTER TABLE a ADD COLUMN c INT;"}
    head = side({**base, **new})
    plan = planned(next(iter(head.stacks)), side(base), head)
    assert plan.engine is not None
    assert plan.engine.name == engine


@pytest.mark.parametrize("folder", ["migrations/sqlite", "sqlite-persistence/db/migration", "db/clickhouse/migrations"])
def test_the_folder_of_a_database_that_cannot_be_read(folder: str) -> None:
    base = {f"{folder}/001_a.sql": "CREATE TABLE a (id int);"}
    head = side({**base, f"{folder}/002_b.sql": "ALTER TABLE a ADD COLUMN c int;"})
    plan = planned(next(iter(head.stacks)), side(base), head)
    assert plan.reason is not None
    assert plan.reason.code == "unsupported"


def test_what_a_change_adds_has_no_say_in_how_it_is_read() -> None:
    plain = {"migrations/001_a.sql": "CREATE TABLE a (id int);"}
    drop = {"migrations/002_b.sql": "DROP TABLE a;"}
    lock = {"migrations/migration_lock.toml": 'provider = "sqlite"'}
    plan = planned(SHARED, side(plain), side({**plain, **drop, **lock}))
    assert [each.address for each in plan.changes] == ["table a"]
    plan = plan_of("DROP TABLE a;", "002_b.mysql.sql", plain)
    assert plan.reason is not None
    assert plan.reason.code == "unsupported"
    assert "is for mysql by its name" in plan.reason.message


def test_other_databases_never_pass() -> None:
    lock = {"migrations/migration_lock.toml": 'provider = "sqlite"', "migrations/001_a.sql": "CREATE TABLE a (id int);"}
    plan = planned(SHARED, None, side(lock))
    assert plan.reason is not None
    assert plan.reason.code == "unsupported"
    (problem,) = lint(lock).run.problems
    assert problem.code == "database-unsupported"
    for files in (
        {"db/migrate/20240101000000_create_users.rb": "x"},
        {"alembic/env.py": "", "alembic/versions/1_a.py": "x"},
    ):
        inventory = side(files)
        (stack,) = inventory.stacks.values()
        reason = database.plan(stack, None, inventory, None).reason  # type: ignore[arg-type]  # needs no tools
        assert reason is not None
        assert reason.code == "unsupported"


def test_of_one_migration_for_several_databases_postgresql_s_is_taken() -> None:
    files = {
        "migrations/001_a.postgres.sql": "CREATE TABLE a (id bigint);",
        "migrations/001_a.mysql.sql": "CREATE TABLE b (id INT);",
        "migrations/001_a.sqlite.sql": "CREATE TABLE c (id INT);",
    }
    plan = planned(SHARED, None, side(files))
    assert plan.reason is None
    assert [each.address for each in plan.changes] == ["table a"]
    stack = side(files).stacks[SHARED]
    assert database.check(stack, plan, side({}), side(files)) == ()


def test_every_table_of_a_drop_is_told() -> None:
    plan = plan_of("DROP TABLE IF EXISTS a, b;", "002_b.sql", BASE)
    assert [(each.address, each.destructive) for each in plan.changes] == [("table a, b", True)]


def test_nothing_is_said_where_nothing_enters() -> None:
    end = snapshots.of(BASE)
    stacks = side(BASE).stacks
    assert step.check(Scope(rules=end, base=end, head=end, config=DEFAULT, stacks=stacks), Silent()) is None
