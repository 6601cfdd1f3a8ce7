from __future__ import annotations

import pytest

from gitops_ci.kinds.database import mysql_reading
from gitops_ci.model.plan import Plan
from tests.unit.kinds.database.rules.linting import lint, rules
from tests.unit.kinds.database.sides import planned, side

SHARED = "shared/database/migrations"
FIRST = "CREATE TABLE `users` (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(20)) ENGINE=InnoDB;"
BASE = {"migrations/001_users.sql": FIRST}
NEW = "migrations/002_new.sql"


def plan_of(sql: str) -> Plan:
    return planned(SHARED, side(BASE), side({**BASE, NEW: sql}))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users DROP COLUMN email, CONVERT TO CHARACTER SET utf8mb4",
        "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, DROP email",
        "ALTER IGNORE TABLE users DROP COLUMN email",
        "ALTER ONLINE TABLE IF EXISTS users DROP COLUMN email",
        "ALTER TABLE users WAIT 5 DROP COLUMN email",
        "ALTER TABLE users NOWAIT DROP COLUMN email",
        "ALTER TABLE users ADD COLUMN (a INT, b INT), DROP COLUMN email",
    ],
)
def test_no_action_of_alter_table_hides_another(sql: str) -> None:
    told = lint({**BASE, NEW: sql}, BASE)
    assert rules(told) == [("database/destructive-drop-column", 1), ("database/text-only", None)]
    assert told.run.problems == ()
    plan = plan_of(sql)
    assert plan.reason is None
    assert [(each.address, each.destructive) for each in plan.changes] == [("table users", True)]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE users ADD COLUMN (a INT NOT NULL, b INT)", "contract"),
        ("ALTER TABLE users RENAME AS people", "contract"),
        ("ALTER TABLE users DROP PARTITION p0", "destructive-truncate"),
        ("ALTER TABLE users CONVERT PARTITION p0 TO TABLE old", "destructive-truncate"),
        ("ALTER TABLE users DROP SYSTEM VERSIONING", "destructive-truncate"),
    ],
)
def test_actions_that_the_parser_does_not_know_are_judged(sql: str, rule: str) -> None:
    assert (f"database/{rule}", 1) in rules(lint({**BASE, NEW: sql}, BASE))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4",
        "ALTER TABLE users DISABLE KEYS",
        "ALTER TABLE users ADD PARTITION (PARTITION p1 VALUES LESS THAN (20))",
        "ALTER TABLE users REMOVE PARTITIONING",
        "CREATE TABLE t (id INT) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1), PARTITION p1 VALUES IN (2))",
        "CREATE UNIQUE INDEX i ON users (email) ALGORITHM=INPLACE LOCK=NONE",
        "FLUSH PRIVILEGES; LOCK TABLES users WRITE; UNLOCK TABLES; START TRANSACTION READ ONLY; COMMIT",
    ],
)
def test_what_takes_nothing_away_passes(sql: str) -> None:
    told = lint({**BASE, NEW: sql}, BASE)
    assert rules(told) == [("database/text-only", None)]
    assert told.run.problems == ()
    plan = plan_of(sql)
    assert plan.reason is None
    assert not any(each.destructive for each in plan.changes)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("LOAD DATA LOCAL INFILE '/x' INTO TABLE users", "`LOAD DATA LOCAL INFILE '' INTO TABLE users`"),
        ("SHUTDOWN", "`SHUTDOWN`"),
        ("SIGNAL SQLSTATE '45000'", "`SIGNAL SQLSTATE ''`"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", "`SELECT 1 INTO OUTFILE ''`"),
        ("ALTER TABEL users ADD x INT", "`ALTER TABEL users ADD x INT`"),
        ("ALTER TABLE users ADD x INT DEFALT 3", "`ALTER TABLE users ADD x INT DEFALT 3`"),
        ("ALTER TABLE users ADD COLUMN p POINT SRID 4326", "`ALTER TABLE users ADD COLUMN p POINT SRID …`"),
        ("l1: LOOP", "`l1 : LOOP`"),
    ],
)
def test_what_the_reader_does_not_know_is_undecided(sql: str, named: str) -> None:
    sql = f"ALTER TABLE users DROP COLUMN email;\n{sql};\nHANDLER users OPEN;"
    plan = plan_of(sql)
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.line) == ("unsupported", 2)
    assert plan.reason.message == (
        f"002_new has a statement that is not known to the reader of MySQL here (sqlglot): {named} (and 1 more); "
        "look at it by hand"
    )
    assert [(each.address, each.destructive) for each in plan.changes] == [
        ("table users", True),
        ("statement 002_new:2", False),
        ("statement 002_new:3", False),
    ]
    told = lint({**BASE, NEW: sql}, BASE)
    assert rules(told)[0] == ("database/destructive-drop-column", 1)
    assert [(each.code, each.message) for each in told.run.problems] == [("database-unsupported", plan.reason.message)]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("RESET MASTER", "RESET"),
        ("DROP TABEL users", "DROP"),
        ("BEGIN NOT ATOMIC TRUNCATE users", "TRUNCATE"),
        ("ANALYZE DELETE FROM users", "DELETE"),
        ("EXPLAIN ANALYZE DELETE FROM users", "DELETE"),
        ("ALTER TABLE users ADD a INT DROP b", "DROP"),
        ("ELSE DELETE FROM users", "DELETE"),
    ],
)
def test_words_that_destroy_are_told_of_what_is_not_known(sql: str, words: str) -> None:
    plan = plan_of(sql)
    assert plan.reason is not None
    assert plan.reason.code == "unsupported"
    assert f"which may destroy ({words})" in plan.reason.message
    assert [each.destructive for each in plan.changes] == [True]


@pytest.mark.parametrize("sql", ["TRUNCAT users", "SELEC 1", "CREATE TABLE x (id INT, y INT", "SELECT 'a"])
def test_what_can_be_nothing_but_a_mistake_blocks(sql: str) -> None:
    plan = plan_of(sql)
    assert plan.reason is not None
    assert plan.reason.code == "invalid"


def test_an_event_that_deletes_is_destructive() -> None:
    plan = plan_of("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM users;\nALTER EVENT e DISABLE;")
    assert [each.destructive for each in plan.changes] == [True, False]
    assert [each.destructive for each in plan_of("DROP EVENT e;").changes] == [True]


@pytest.mark.parametrize(
    "note",
    [
        "-- -----------------------------------------------------\n",
        "/* ---!!! was in V2__setting.sql !!!--- */",
        "# --old\n",
        "-- `/*! …` is what mysqldump writes\n--\n",
        "INSERT INTO users (email) VALUES ('a--b\\'/*! x', \"c--d\");",
        "INSERT INTO `users` (`e--m`) VALUES ('it''s --1');",
    ],
)
def test_dashes_in_comments_and_strings_are_no_comments_themselves(note: str) -> None:
    plan = plan_of(f"{note} ALTER TABLE users DROP COLUMN email;")
    assert plan.reason is None
    assert [each.address for each in plan.changes if each.destructive] == ["table users"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a' --1\n;",
        "SELECT '\n-- ' --1\n;",
        "SELECT 1 --\u00a0; DROP TABLE users;",
        "SELECT '\\\\' /*! , 2 */;",
        "-- a\n/*M! DROP TABLE users */;",
        "/* a */ --x\nSELECT 1;",
        "SELECT `a'` --1\n, 'b';",
    ],
)
def test_what_mysql_takes_for_no_comment_is_undecided(sql: str) -> None:
    reason = plan_of(sql).reason
    assert reason is not None
    assert reason.code == "unsupported"


def test_strings_without_an_end_take_no_time() -> None:
    assert plan_of("SELECT '" + "\\'" * 200_000).reason is not None


def test_what_was_merged_is_read_once_however_many_types_change(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = mysql_reading.parse

    def counted(text: str) -> tuple[mysql_reading.Statement, ...]:
        read.append(text)
        return parse(text)

    monkeypatch.setattr(mysql_reading, "parse", counted)
    sizes = [30, 40, 35]
    plan = plan_of("\n".join(f"ALTER TABLE users MODIFY email VARCHAR({size});" for size in sizes))
    assert [each.destructive for each in plan.changes] == [False, False, True]
    assert read.count(FIRST) == 1
