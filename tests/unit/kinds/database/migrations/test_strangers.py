from __future__ import annotations

import pytest

from gitops_ci.discover import affected
from tests.unit.kinds.database.sides import checked, planned, side

SHARED = "shared/database/migrations"
BASE = {"migrations/001_users.sql": "SELECT 1", "migrations/README.md": "x", "migrations/002_old.py": "x"}
NESTED = {"prisma/migrations/20240101000000_a/migration.sql": "SELECT 1"}


def said(head: dict[str, str], base: dict[str, str] = BASE, stack: str = SHARED) -> list[tuple[str, str | None]]:
    found = checked(stack, side(base), side({**base, **head}))
    return [(each.severity, each.path) for each in found if each.rule == "database/not-a-migration"]


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("003_new.SQL", "error"),
        ("003_new.Sql", "error"),
        ("seed.SQL", "error"),
        ("003_new.py", "notice"),
        ("003_new.sql.tmpl", "notice"),
        ("002_old.py", "notice"),
        ("V3__new.psql", "notice"),
        ("V3__new.sql.conf", None),
        ("003_notes.md", None),
        ("README.md", None),
        ("atlas.sum", None),
        ("003_new.sql", None),
    ],
)
def test_a_file_that_is_none_by_its_name_is_told(name: str, severity: str | None) -> None:
    path = f"migrations/{name}"
    assert said({path: "DROP TABLE users"}) == ([(severity, path)] if severity else [])


@pytest.mark.parametrize(
    ("name", "is_passed_by"),
    [
        ("v2__drop.sql", True),
        ("V2_drop.sql", True),
        ("u2__drop.sql", True),
        ("r__views.sql", True),
        ("R_views.sql", True),
        ("V2__drop.sql", False),
        ("R__views.sql", False),
        ("afterMigrate.sql", False),
    ],
)
def test_what_flyway_passes_by_is_told_and_not_run(name: str, is_passed_by: bool) -> None:
    base = {"migrations/V1__users.sql": "CREATE TABLE users (id int);"}
    head = {f"migrations/{name}": "DROP TABLE users;"}
    assert said(head, base) == ([("error", f"migrations/{name}")] if is_passed_by else [])
    assert planned(SHARED, side(base), side({**base, **head})).status == ("unchanged" if is_passed_by else "changed")


@pytest.mark.parametrize("file", ["migration.sql", "up.sql"])
def test_a_loose_file_beside_directories_is_told_and_not_run(file: str) -> None:
    base = {f"migrations/2024010100000{at}_a/{file}": f"CREATE TABLE t{at} (id int);" for at in (1, 2)}
    loose = {"migrations/data.sql": "DROP TABLE t1;"}
    assert said(loose, base) == [("error", "migrations/data.sql")]
    assert said({f"migrations/20240101000003_b/{file}": "SELECT 1"}, {**base, **loose}) == []
    head = side({**base, **loose, f"migrations/20240101000003_b/{file}": "DROP TABLE t2;"})
    assert [each.address for each in planned(SHARED, side({**base, **loose}), head).changes] == ["table t2"]
    assert [each.address for each in planned(SHARED, None, head).changes][-1] != "table t1"


def test_a_numbered_file_beside_directories_is_run() -> None:
    base = {"migrations/20240101000001_a/up.sql": "CREATE TABLE t (id int);"}
    head = {**base, "migrations/20240101000002_b.sql": "DROP TABLE t;"}
    assert [each.address for each in planned(SHARED, side(base), side(head)).changes] == ["table t"]


def test_elsewhere_such_names_are_run() -> None:
    assert said({"migrations/v2__drop.sql": "DROP TABLE users;"}) == []
    assert planned(SHARED, side(BASE), side({**BASE, "migrations/v2__drop.sql": "DROP TABLE users;"})).changes


@pytest.mark.parametrize(
    ("name", "is_program"),
    [
        ("003_new.go", True),
        ("003_new.ts", True),
        ("002_old.py", False),
        ("003_new_test.go", False),
        ("003_new.sql.tmpl", False),
        ("README.md", False),
        ("helper.go", False),
    ],
)
def test_a_program_among_migrations_leaves_the_plan_undecided(name: str, is_program: bool) -> None:
    head = {**BASE, f"migrations/{name}": BASE.get(f"migrations/{name}", "anything")}
    plan = planned(SHARED, side(BASE), side(head))
    assert plan.status == ("failed" if is_program else "unchanged")
    if is_program:
        assert plan.reason is not None
        assert (plan.reason.code, plan.reason.path) == ("unsupported", f"migrations/{name}")
        with_sql = planned(SHARED, side(BASE), side({**head, "migrations/004_x.sql": "CREATE TABLE t (a int);"}))
        assert [each.address for each in with_sql.changes] == ["table t"]
        assert planned(SHARED, side(head), side({**head, "migrations/004_x.sql": "SELECT 1"})).reason is None


def test_a_directory_of_one_migration_is_looked_into() -> None:
    path = "prisma/migrations/20240102000000_b/migration.SQL"
    assert said({path: "DROP TABLE a"}, NESTED, "shared/database/prisma/migrations") == [("error", path)]


def test_the_stack_is_affected_by_it() -> None:
    base, head = side(BASE), side({**BASE, "migrations/003_new.SQL": "DROP TABLE users"})
    assert [each.id for each in affected.between(base, head)] == [SHARED]


@pytest.mark.parametrize("file", ["migration.sql", "up.sql"])
def test_a_file_beside_directories_of_migrations_is_not_run(file: str) -> None:
    loose = {"migrations/fix.sql": "UPDATE nowhere SET a = 1;"}
    base = {f"migrations/20240101000000_a/{file}": "CREATE TABLE a (id int);", **loose}
    new = {f"migrations/20240102000000_b/{file}": "CREATE TABLE b (id int);"}
    plan = planned(SHARED, side(base), side({**base, **new}))
    assert [each.address for each in plan.changes] == ["table b"]
    assert plan.reason is None
    assert said(new, base) == []
    assert said({"migrations/fix.sql": "DROP TABLE a;"}, base) == [("error", "migrations/fix.sql")]
    assert said({"migrations/001_fix.sql": "DROP TABLE a;"}, base) == []
    numbered = planned(SHARED, side(base), side({**base, "migrations/001_fix.sql": "DROP TABLE a;"}))
    assert "table a" in [each.address for each in numbered.changes]
