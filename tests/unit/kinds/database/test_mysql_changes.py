from __future__ import annotations

import pytest

from gitops_ci.kinds.database import mysql
from gitops_ci.kinds.database.mysql_types import Types
from tests.unit.kinds.database.rules.linting import lint, rules
from tests.unit.kinds.database.sides import planned, side

SHARED = "shared/database/migrations"
FIRST = (
    "CREATE TABLE `users` (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(20) NOT NULL, age INT, "
    "n DECIMAL(10,2), e ENUM('a','b'), txt TEXT, at DATETIME(3), b BOOLEAN) ENGINE=InnoDB;"
)
BASE = {"migrations/001_users.sql": FIRST}
NEW = "migrations/002_new.sql"


def destructive(sql: str, base: dict[str, str] = BASE) -> bool:
    plan = planned(SHARED, side(base), side({**base, NEW: sql}))
    assert plan.reason is None
    return any(each.destructive for each in plan.changes)


@pytest.mark.parametrize(
    "action",
    [
        "MODIFY email VARCHAR(255) NOT NULL",
        "MODIFY email VARCHAR(20)",
        "CHANGE email mail TEXT",
        "MODIFY age BIGINT",
        "MODIFY n DECIMAL(12,4)",
        "MODIFY e ENUM('a','b','c')",
        "MODIFY txt LONGTEXT",
        "MODIFY at DATETIME(6)",
        "MODIFY b TINYINT",
        "RENAME COLUMN email TO mail; ALTER TABLE users MODIFY mail VARCHAR(30)",
        "ADD INDEX i (email); CREATE INDEX j ON users (email); ALTER TABLE users MODIFY email VARCHAR(30)",
    ],
)
def test_a_wider_type_destroys_nothing(action: str) -> None:
    assert not destructive(f"ALTER TABLE users {action};")


@pytest.mark.parametrize(
    "action",
    [
        "MODIFY email VARCHAR(10) NOT NULL",
        "MODIFY COLUMN IF EXISTS email VARCHAR(10)",
        "CHANGE email mail VARCHAR(19)",
        "MODIFY age SMALLINT",
        "MODIFY age BIGINT UNSIGNED",
        "MODIFY id BIGINT",
        "MODIFY n DECIMAL(10,4)",
        "MODIFY n DECIMAL",
        "MODIFY e ENUM('a')",
        "MODIFY txt VARCHAR(100)",
        "MODIFY at DATETIME",
        "MODIFY nobody_knows INT",
        "FORCE; CREATE TEMPORARY TABLE users (email VARCHAR(1)); ALTER TABLE users MODIFY email VARCHAR(10)",
        "MODIFY email VARCHAR(300); ALTER TABLE users MODIFY email VARCHAR(200)",
        "RENAME TO people; RENAME TABLE x TO users; ALTER TABLE users MODIFY email VARCHAR(255)",
    ],
)
def test_a_narrower_or_unknown_type_may_destroy(action: str) -> None:
    assert destructive(f"ALTER TABLE users {action};")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("ALTER TABLE orders ADD x INT;", False),
        ("ALTER TABLE users MODIFY email VARCHAR(40);", True),
        ("/*!50000 ALTER TABLE users FORCE */;", True),
        ("HANDLER users OPEN;", True),
    ],
)
def test_the_type_is_what_the_migrations_before_leave(more: str, expected: bool) -> None:
    types = Types((FIRST, more))
    (change,) = mysql.changes("ALTER TABLE users MODIFY email VARCHAR(30);", path="x", source="x", types=types)
    assert change.destructive is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE users DROP INDEX i", True),
        ("ALTER TABLE users DROP KEY i", True),
        ("DROP INDEX i ON users", True),
        ("DROP INDEX i ON users ALGORITHM=INPLACE", True),
        ("ALTER TABLE users DROP FOREIGN KEY fk", False),
        ("UPDATE users SET age = 1", False),
        ("DELETE FROM users WHERE id = 1", True),
    ],
)
def test_what_is_destructive_is_so_in_each_form_and_dialect(sql: str, expected: bool) -> None:
    assert destructive(sql) is expected


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE u FROM users u JOIN orders o ON o.user_id = u.id",
        "DELETE FROM u USING users u JOIN orders o USING (id)",
        "UPDATE users u JOIN orders o ON o.user_id = u.id SET u.age = 1",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 3",
    ],
)
def test_a_join_says_which_rows_and_a_default_changes_none(sql: str) -> None:
    assert rules(lint({**BASE, NEW: sql}, BASE)) == [("database/text-only", None)]


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("DELETE u FROM users u LEFT JOIN orders o ON o.user_id = u.id", ["users"]),
        ("DELETE u, o FROM users u INNER JOIN orders AS o", ["users", "orders"]),
        ("DELETE u FROM users u JOIN orders o ON 1 = 1", ["users"]),
        ("DELETE FROM a, b USING a JOIN b", ["a", "b"]),
        ("DELETE u FROM shop.users u, orders o", ["shop.users"]),
    ],
)
def test_a_join_that_leaves_no_row_out_is_no_where(sql: str, tables: list[str]) -> None:
    told = lint({**BASE, NEW: sql}, BASE)
    assert [each.message for each in told.findings if each.rule == "database/destructive-delete-all"] == [
        f"002_new.sql deletes every row of {table}: it has no WHERE" for table in tables
    ]
    (change,) = mysql.changes(sql, path="x", source="x")
    assert change.address == f"data in {', '.join(tables)}"


def test_how_columns_are_shown() -> None:
    (made, altered) = mysql.changes(
        "CREATE TABLE a (`a` INT, b VARCHAR(3) NOT NULL);"
        "ALTER TABLE a ADD COLUMN IF NOT EXISTS x TEXT, DROP COLUMN b, MODIFY a BIGINT, ADD INDEX i (x)",
        path="x",
        source="x",
    )
    assert [(each.path, each.before, each.after) for each in made.attributes] == [
        ("column.a", None, "INT"),
        ("column.b", None, "VARCHAR(3) NOT NULL"),
    ]
    assert [(each.path, each.before, each.after) for each in altered.attributes] == [
        ("column.x", None, "TEXT"),
        ("column.b", "present", None),
        ("modify_column.3", None, "MODIFY COLUMN a BIGINT"),
        ("add_index.4", None, "ADD INDEX i (x)"),
    ]
