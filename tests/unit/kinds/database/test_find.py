from __future__ import annotations

import pytest

from gitops_ci.config import Config, Layout, StackPattern
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.snapshot import Entry, Snapshot
from gitops_ci.kinds import database
from tests.unit.kinds.database.sides import side

SQL = "SELECT 1"


@pytest.mark.parametrize(
    ("path", "stack"),
    [
        ("shared/databases/migrations/001_users.sql", "shared/database/migrations"),
        ("migrations/20240102030405_users.sql", "shared/database/migrations"),
        ("db/migrations/20240102030405_users.sql", "shared/database/migrations"),
        ("environments/production/databases/migrations/1.sql", "production/database/migrations"),
        ("environments/production/databases/001_users.sql", "production/database/main"),
        ("app/src/main/resources/db/migration/V1__users.sql", "shared/database/app/src/main/resources/db/migration"),
        ("svc/migrate/0001_users.up.sql", "shared/database/svc/migrate"),
        ("prisma/migrations/20240102030405_users/migration.sql", "shared/database/prisma/migrations"),
        ("migrations/2024-01-02-030405_users/up.sql", "shared/database/migrations"),
        ("db/migration_external_postgres/R__schema.sql", "shared/database/migration_external_postgres"),
        ("app/dbMigrations/V1__users.sql", "shared/database/app/dbMigrations"),
        ("sql-migrations/0001_users.sql", "shared/database/sql-migrations"),
        ("my-migrations/20240102030405_users/up.sql", "shared/database/my-migrations"),
    ],
)
def test_a_directory_of_migrations_is_a_stack(path: str, stack: str) -> None:
    assert list(side({path: SQL}).stacks) == [stack]


@pytest.mark.parametrize(
    "paths",
    [
        ["shared/databases/schemas/storefront.sql"],
        ["shared/databases/schemas/001_storefront.sql"],
        ["queries/1.sql", "queries/2.sql"],
        ["docker/initdb/01-init.sql", "docker/initdb/02-users.sql"],
        ["sql/001_users.sql"],
        ["sql/001_users.sql", "sql/002_orders.sql", "sql/report.sql"],
        ["migrations/readme.sql"],
        ["migrations/001_users.py"],
        ["node_modules/x/migrations/001_users.sql"],
        ["vendor/x/migrations/001_users.sql"],
        ["migrations/down/001_users.sql"],
        ["after_migration/1.sql", "after_migration/report.sql"],
        ["immigration/001_users.sql"],
        [f"migrations/{'9' * 5000}_users.sql"],
    ],
)
def test_other_sql_is_none(paths: list[str]) -> None:
    assert side(dict.fromkeys(paths, SQL)).stacks == {}


@pytest.mark.parametrize(
    "names",
    [["001_users.sql", "002_orders.sql"], ["V1__users.sql", "V2__orders.sql"], ["1_users.up.sql", "1_users.down.sql"]],
)
def test_unmistakable_names_count_in_any_directory(names: list[str]) -> None:
    assert list(side({f"sql/{name}": SQL for name in names}).stacks) == ["shared/database/sql"]


def pointed(text: str | bytes) -> dict[str, bytes | str]:
    return {"environments/production/databases/migrations.yml": text, "shared/databases/migrations/001_users.sql": SQL}


def test_an_environment_reads_the_shared_migrations() -> None:
    head = side(pointed("migrations: ../../../shared/databases/migrations\nthrough: 001_users\n"))
    assert sorted(head.stacks) == ["production/database/main", "shared/database/migrations"]
    assert head.findings == ()
    reached = head.graph.reached(["shared/databases/migrations/001_users.sql"], frozenset(head.stacks))
    assert {stack: reach.certainty for stack, reach in reached.items()} == {
        "production/database/main": "module",
        "shared/database/migrations": "direct",
    }
    reached = head.graph.reached(["environments/production/databases/migrations.yml"], frozenset(head.stacks))
    assert {stack: reach.certainty for stack, reach in reached.items()} == {"production/database/main": "direct"}
    assert head.graph.closure("production/database/main", head.snapshot) == {
        "environments/production/databases/migrations.yml",
        "shared/databases/migrations/001_users.sql",
    }


def test_a_change_beside_the_migrations_reaches_nothing() -> None:
    head = side({"migrations/001_users.sql": SQL, "migrations/README.md": "x"})
    assert head.graph.reached(["migrations/README.md"], frozenset(head.stacks)) == {}


def test_a_prisma_migration_reaches_its_set() -> None:
    head = side({"prisma/migrations/20240102030405_users/migration.sql": SQL})
    path = "prisma/migrations/20240203040506_orders/migration.sql"
    assert set(head.graph.reached([path], frozenset(head.stacks))) == {"shared/database/prisma/migrations"}


def test_a_linked_migration_is_read_where_it_lies() -> None:
    head = side(
        {"migrations/001_a.sql": SQL, "sql/orders.sql": SQL}, links={"migrations/002_b.sql": "../sql/orders.sql"}
    )
    assert set(head.graph.reached(["sql/orders.sql"], frozenset(head.stacks))) == {"shared/database/migrations"}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("migrations: 'x", "is not valid YAML", 1),
        ("migrations: ../../../..", "leaves the repository", 1),
        ("migrations: /etc", "leaves the repository", 1),
        ("# a comment\nmigrations: ../nowhere\n", "there is no environments/production/nowhere", 2),
        ("through: 001", "has no `migrations`", 1),
        ("", "has no `migrations`", 1),
        ("migrations: ../../../shared/databases/migrations\nthru: 001\n", "unknown key `thru`", 2),
        ("migrations: a\nmigrations: b\n", "has `migrations` twice", 2),
        ("migrations: {a: b}\n", "holds more than", 1),
        ("- a\n", "holds more than", 1),
        ("migrations: &x a\nthrough: *x\n", "holds more than", 2),
        ("migrations: a\n---\nmigrations: b\n", "holds more than", 3),
        (b"migrations: \xff\n", "is not UTF-8", 1),
        ("migrations: ../../../environments\n", "holds no migrations", 1),
        ("x" * 70_000, "cannot be read", None),
        ("[" * 60_000, "holds more than", 1),
        ("migrations: \x07\n", "is not valid YAML", None),
    ],
)
def test_a_wrong_migrations_file_is_a_finding(text: str | bytes, message: str, line: int | None) -> None:
    head = side(pointed(text))
    (finding,) = head.findings
    assert (finding.rule, finding.severity, finding.line) == ("database/migrations-file", "error", line)
    assert finding.path == "environments/production/databases/migrations.yml"
    assert finding.stack == "production/database/main"
    assert message in finding.message
    assert "production/database/main" in head.stacks


def test_migrations_beside_a_file_that_names_others_are_a_finding() -> None:
    files = pointed("migrations: ../../../shared/databases/migrations") | {
        "environments/production/databases/1_x.sql": SQL
    }
    (finding,) = side(files).findings
    assert "would not be run" in finding.message


@pytest.mark.parametrize(
    "path", ["migrations.yml", "environments/production/app/migrations.yml", "shared/databases/migrations.yml"]
)
def test_a_file_of_that_name_elsewhere_is_none_of_ours(path: str) -> None:
    assert side({path: "tasks: []"}).stacks == {}


def test_a_directory_that_an_environment_names_is_a_stack_whatever_its_files_are_called() -> None:
    head = side({"environments/staging/database/migrations.yml": "migrations: ../../../sql", "sql/users.sql": SQL})
    assert sorted(head.stacks) == ["shared/database/sql", "staging/database/main"]


def test_only_declared_directories_count_when_some_are() -> None:
    layout = Layout(stacks=(StackPattern(kind="database", path="sql/{environment}/{name}"),))
    files = {
        "migrations/001_x.sql": SQL,
        "sql/staging/orders/b.sql": SQL,
        "sql/staging/orders/a.sql": SQL,
        "sql/staging/x/y": "",
    }
    head = side(files, config=Config(layout=layout))
    assert list(head.stacks) == ["staging/database/orders"]


class NoContents:
    def read(self, oids: object, limit: int) -> object:
        assert not list(oids), "find opened a file"  # type: ignore[call-overload]
        return iter(())


def test_find_opens_no_migration() -> None:
    entries = {f"migrations/{number:05}_x.sql": Entry("100644", str(number)) for number in range(20_000)}
    snapshot = Snapshot(commit=None, tree="", entries=entries, blobs=NoContents())  # type: ignore[arg-type]
    assert len(database.find(snapshot, Config()).stacks) == 1


def test_nothing_is_found_in_nothing() -> None:
    assert database.find(snapshots.of({}), Config()) == database.find(snapshots.of({"a": "b"}), Config())
