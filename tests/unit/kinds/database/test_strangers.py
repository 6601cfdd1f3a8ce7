from __future__ import annotations

import pytest

from gitops_ci.discover import affected
from tests.unit.kinds.database.sides import checked, side

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


def test_a_directory_of_one_migration_is_looked_into() -> None:
    path = "prisma/migrations/20240102000000_b/migration.SQL"
    assert said({path: "DROP TABLE a"}, NESTED, "shared/database/prisma/migrations") == [("error", path)]


def test_the_stack_is_affected_by_it() -> None:
    base, head = side(BASE), side({**BASE, "migrations/003_new.SQL": "DROP TABLE users"})
    assert [each.id for each in affected.between(base, head)] == [SHARED]
