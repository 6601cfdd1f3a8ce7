from __future__ import annotations

import pytest

from gitops_ci.discover.snapshot import Entry
from gitops_ci.kinds.database.migrations import sets
from tests.unit.kinds.database.sides import checked, planned, side

SHARED = "shared/database/migrations"
PRODUCTION = "production/database/main"
BASE: dict[str, bytes | str] = {
    "migrations/001_users.sql": "CREATE TABLE users (\n  id int\n);\n",
    "migrations/003_orders.sql": "CREATE TABLE orders (id int);\n",
}


def rules(
    base: dict[str, bytes | str] | None, head: dict[str, bytes | str], stack: str = SHARED
) -> list[tuple[str, str | None, int | None]]:
    findings = checked(stack, side(base) if base is not None else None, side(head))
    assert all(finding.stack == stack and finding.help and finding.severity == "error" for finding in findings)
    return [(finding.rule, finding.path, finding.line) for finding in findings]


def without(name: str) -> dict[str, bytes | str]:
    return {path: sql for path, sql in BASE.items() if name not in path}


def test_a_new_migration_at_the_end_is_fine() -> None:
    assert rules(BASE, BASE | {"migrations/004_x.sql": "SELECT 1"}) == []
    assert rules(None, BASE) == []
    assert rules({}, BASE) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CREATE TABLE users (\n  id bigint\n);\n", 2),
        ("CREATE TABLE users (\n  id int\n);\n-- x", 4),
        ("CREATE TABLE users (\n  id int\n);", 3),
        ("CREATE TABLE users (\r\n  id int\r\n);\r\n", 1),
        ("", 1),
    ],
)
def test_an_edited_migration(text: str, line: int) -> None:
    assert rules(BASE, BASE | {"migrations/001_users.sql": text}) == [
        ("database/history-edited", "migrations/001_users.sql", line)
    ]


def test_a_deleted_migration() -> None:
    assert rules(BASE, without("001")) == [("database/history-deleted", "migrations/001_users.sql", None)]


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("001_people", BASE["migrations/001_users.sql"]),
        ("002_users", BASE["migrations/001_users.sql"]),
        ("001_people", "SELECT 1"),
    ],
)
def test_a_renamed_migration_is_one_finding_that_names_the_new_name(name: str, sql: str) -> None:
    head = side(without("001") | {f"migrations/{name}.sql": sql})
    (finding,) = checked(SHARED, side(BASE), head)
    assert finding.rule == "database/history-deleted"
    assert f"renamed to migrations/{name}.sql" in finding.message


def test_an_inserted_migration() -> None:
    assert rules(BASE, BASE | {"migrations/002_x.sql": "SELECT 1"}) == [
        ("database/history-inserted", "migrations/002_x.sql", 1)
    ]


def test_two_files_of_one_version() -> None:
    new: dict[str, bytes | str] = {"migrations/004_a.sql": "SELECT 1", "migrations/4_b.sql": "SELECT 2"}
    assert rules(BASE, BASE | new) == [("database/duplicate-version", "migrations/4_b.sql", 1)]
    assert rules(BASE, BASE | {"migrations/003_z.sql": "SELECT 1"}) == [
        ("database/duplicate-version", "migrations/003_z.sql", 1)
    ]
    assert rules(BASE | new, BASE | new | {"migrations/005_c.sql": "SELECT 1"}) == []


def test_a_file_for_another_database_among_plain_ones_may_be_run_as_well() -> None:
    new: dict[str, bytes | str] = {"migrations/004_a.pg.sql": "SELECT 1", "migrations/004_a.mysql.sql": "DROP TABLE a"}
    assert rules(BASE, BASE | new) == [("database/duplicate-version", "migrations/004_a.mysql.sql", 1)]
    more: dict[str, bytes | str] = {"migrations/005_b.pg.sql": "SELECT 1", "migrations/005_b.mysql.sql": "SELECT 1"}
    assert rules(BASE | new, BASE | new | more) == [], "they came in several before"


def test_a_file_for_all_databases_beside_those_for_others() -> None:
    base: dict[str, bytes | str] = {f"migrations/001_a.{each}.up.sql": "SELECT 1" for each in ("postgres", "mysql")}
    new: dict[str, bytes | str] = {
        f"migrations/002_b{each}.up.sql": "SELECT 1" for each in ("", ".mysql", ".sqlite3", ".cockroach.autocommit")
    }
    assert rules(base, base | new) == []
    assert [each.path for each in planned("shared/database/migrations", side(base), side(base | new)).changes] == [
        "migrations/002_b.up.sql"
    ]
    both: dict[str, bytes | str] = {"migrations/002_b.postgres.autocommit.up.sql": "SELECT 1"}
    plan = planned("shared/database/migrations", side(base), side(base | new | both))
    assert [each.path for each in plan.changes] == list(both)
    plain: dict[str, bytes | str] = {"migrations/001_a.sql": "SELECT 1"}
    there: dict[str, bytes | str] = {"migrations/002_b.sql": "SELECT 1", "migrations/002_b.mysql.sql": "DROP TABLE a"}
    assert [rule for rule, _, _ in rules(plain, plain | there)] == ["database/duplicate-version"]


def test_directories_of_prisma_may_share_a_version_and_those_of_diesel_may_not() -> None:
    for file, expected in (("migration.sql", []), ("up.sql", ["database/duplicate-version"])):
        base: dict[str, bytes | str] = {f"migrations/20240101000000_a/{file}": "SELECT 1"}
        head = base | {f"migrations/20240101000000_b/{file}": "SELECT 2"}
        assert [rule for rule, _, _ in rules(base, head)] == expected


def test_pairs_are_no_duplicates_and_the_way_down_may_be_edited() -> None:
    base: dict[str, bytes | str] = {"migrations/1_x.up.sql": "SELECT 1", "migrations/1_x.down.sql": "SELECT 1"}
    assert rules(base, base | {"migrations/1_x.down.sql": "SELECT 2"}) == []
    base = {"migrations/V1__x.sql": "SELECT 1", "migrations/U1__x.sql": "SELECT 1", "migrations/R__v.sql": "SELECT 1"}
    assert rules(base, base | {"migrations/R__v.sql": "SELECT 2", "migrations/B1__x.sql": "SELECT 1"}) == []


def test_a_mode_alone_is_no_edit() -> None:
    base, head = side(BASE), side(BASE)
    entry = head.snapshot.entries["migrations/001_users.sql"]
    assert isinstance(head.snapshot.entries, dict)
    head.snapshot.entries["migrations/001_users.sql"] = Entry("100755", entry.oid)
    assert checked(SHARED, base, head) == ()


def test_a_removed_set_is_one_finding() -> None:
    assert rules(BASE, {"README.md": ""}) == [("database/history-deleted", "migrations", None)]


def pointed(last: str, directory: str = "../../../migrations") -> dict[str, bytes | str]:
    return {"environments/production/databases/migrations.yml": f"migrations: {directory}\nthrough: {last}\n"}


POINTER = "environments/production/databases/migrations.yml"


def test_an_environment_does_not_repeat_what_its_directory_says() -> None:
    edited = BASE | {"migrations/001_users.sql": "SELECT 1"}
    base, head = BASE | pointed("003"), edited | pointed("003")
    assert rules(base, head, PRODUCTION) == []
    assert [rule for rule, _, _ in rules(base, head)] == ["database/history-edited"]


def test_a_version_that_is_not_there() -> None:
    assert rules(BASE | pointed("003"), BASE | pointed("004"), PRODUCTION) == [("database/unknown-version", POINTER, 2)]


def test_through_moved_back() -> None:
    assert rules(BASE | pointed("003"), BASE | pointed("001"), PRODUCTION) == [
        ("database/through-moved-back", POINTER, 2)
    ]
    assert rules(BASE | pointed("001"), BASE | pointed("003"), PRODUCTION) == []


def test_another_directory_that_lacks_what_the_environment_has() -> None:
    other: dict[str, bytes | str] = {
        "databases/migrations/001_users.sql": "SELECT 1",
        "databases/migrations/002_x.sql": "",
    }
    base = BASE | other | pointed("003")
    head = BASE | other | pointed("001", "../../../databases/migrations")
    assert rules(base, head, PRODUCTION) == [("database/through-moved-back", POINTER, 2)]


def test_an_environment_that_owns_its_directory_answers_for_it() -> None:
    files: dict[str, bytes | str] = pointed("1", ".") | {"environments/production/databases/1_x.sql": "SELECT 1"}
    edited: dict[str, bytes | str] = files | {"environments/production/databases/1_x.sql": "SELECT 2"}
    assert [rule for rule, _, _ in rules(files, edited, PRODUCTION)] == ["database/history-edited"]


def test_a_removed_migrations_file_deletes_no_history() -> None:
    assert rules(BASE | pointed("003"), BASE, PRODUCTION) == []


def test_prisma_directories() -> None:
    stack = "shared/database/prisma/migrations"
    path = "prisma/migrations/20240102030405_users/migration.sql"
    moved = "prisma/migrations/20240102030405_people/migration.sql"
    assert rules({path: "SELECT 1"}, {path: "SELECT 2"}, stack) == [("database/history-edited", path, 1)]
    assert rules({path: "SELECT 1"}, {moved: "SELECT 1"}, stack) == [("database/history-deleted", moved, 1)]


DIESEL: dict[str, bytes | str] = {
    "migrations/20170820180453_a/up.sql": "CREATE TABLE a (id int);",
    "migrations/2017-08-31-230457_b/up.sql": "ALTER TABLE a ADD COLUMN b int;",
    "migrations/2026-06-26-110013-0000_c/up.sql": "ALTER TABLE a ADD COLUMN c int;",
}


@pytest.mark.parametrize(
    ("name", "is_inserted"),
    [
        ("2026-07-30-140000-0000_d", False),
        ("2026-06-26-110013-0001_d", False),
        ("2026-06-26-110014_d", False),
        ("2026-06-27_d", False),
        ("20260626110014_d", False),
        ("2026-06-26-110012-0000_d", True),
        ("20170831000000_d", True),
    ],
)
def test_diesels_dates_are_compared_without_their_dashes(name: str, is_inserted: bool) -> None:
    path = f"migrations/{name}/up.sql"
    found = rules(DIESEL, DIESEL | {path: "SELECT 1;"})
    assert found == ([("database/history-inserted", path, 1)] if is_inserted else [])


def test_diesel_runs_its_older_names_before_those_with_dashes() -> None:
    head = side(DIESEL)
    [stack] = head.stacks.values()
    assert [each.name for each in sets.of(stack, head.snapshot).forward] == [
        "20170820180453_a",
        "2017-08-31-230457_b",
        "2026-06-26-110013-0000_c",
    ]
