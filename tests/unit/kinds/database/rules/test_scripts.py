from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import database
from gitops_ci.kinds.database.rules import entering
from gitops_ci.policy.scope import Scope
from tests.unit.kinds.database.rules.linting import BASE, lint, rules
from tests.unit.kinds.database.sides import side

SHARED = {f"shared/databases/{path}": text for path, text in BASE.items()}


@pytest.mark.parametrize(
    ("path", "sql", "rule"),
    [
        ("roles/app.sql", "CREATE ROLE app SUPERUSER;", "superuser"),
        ("seeds/002_rows.sql", "DELETE FROM users;", "destructive-delete-all"),
        ("seed/development/rows.sql", "TRUNCATE users;", "destructive-truncate"),
    ],
)
def test_files_of_roles_and_seeds_are_linted(path: str, sql: str, rule: str) -> None:
    at = f"shared/databases/{path}"
    assert rules(lint({**SHARED, at: sql}, SHARED)) == [(f"database/{rule}", 1)]
    there = {**SHARED, at: "SELECT 1;"}
    assert rules(lint({**SHARED, at: sql}, there)) == [(f"database/{rule}", 1)]


def test_one_that_is_as_it_was_is_not_told() -> None:
    base = {**SHARED, "shared/databases/roles/app.sql": "CREATE ROLE app SUPERUSER;"}
    told = lint({**base, "shared/databases/seeds/1.sql": "INSERT INTO users VALUES (1, 'a');"}, base)
    assert told.findings == ()
    assert told.run.inputs == 1


def test_what_cannot_be_read_is_undecided() -> None:
    told = lint({**SHARED, "shared/databases/seeds/1.sql": "\\i other.sql"}, SHARED)
    assert [each.code for each in told.run.problems] == ["database-unsupported"]


def test_a_table_that_the_change_makes_may_be_emptied_by_its_seed() -> None:
    made = {"shared/databases/migrations/002_n.sql": "CREATE TABLE n (id bigint);"}
    assert rules(lint({**SHARED, **made, "shared/databases/seeds/n.sql": "DELETE FROM n;"}, SHARED)) == []


def test_a_change_of_one_reaches_the_migrations_beside_it() -> None:
    path = "environments/production/databases/roles/app.sql"
    pointer = {"environments/production/databases/migrations.yml": "migrations: ../../../shared/databases/migrations"}
    head = side({**SHARED, **pointer, path: "SELECT 1", "shared/databases/roles/a.sql": "SELECT 1"})
    assert set(head.graph.reached([path], frozenset(head.stacks))) == {"production/database/main"}
    reached = head.graph.reached(["shared/databases/roles/a.sql"], frozenset(head.stacks))
    assert set(reached) == {"shared/database/migrations"}


def test_nothing_that_was_tried_speaks_for_them() -> None:
    files = {**SHARED, "shared/databases/seeds/1.sql": "SELECT 1", "shared/databases/migrations/002_b.sql": "SELECT 1"}
    base, head = snapshots.of(SHARED), snapshots.of(files)
    stacks = {stack.id: stack for stack in database.find(head, DEFAULT).stacks}
    (each,) = entering.of(Scope(rules=base, base=base, head=head, config=DEFAULT, stacks=stacks))
    assert each.scripts == {"shared/databases/seeds/1.sql"}
    assert [migration.name for migration in each.migrations] == ["002_b", "1"]
