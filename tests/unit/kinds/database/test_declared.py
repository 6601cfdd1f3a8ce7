from __future__ import annotations

import pytest

from gitops_ci.kinds import database
from tests.unit.kinds.database.sides import side

STACK = "shared/database/migrations"
MIGRATIONS = {
    "migrations/001_a.sql": "CREATE TABLE users (id bigserial, email varchar(20), old int);\nCREATE TEMP TABLE t (i int);",
    "migrations/002_b.sql": "ALTER TABLE users DROP COLUMN old, ALTER COLUMN email TYPE varchar(40);\n"
    "ALTER TABLE public.users RENAME email TO mail;\nCREATE TABLE tags AS SELECT 1 AS one;",
}
SCHEMA = "CREATE TABLE public.users (id int8, mail character varying(40));\nCREATE TABLE tags (one int);"


def said(schema: str, *, path: str = "schemas/app.sql", **migrations: str) -> list[str]:
    inventory = side({**MIGRATIONS, path: schema, **migrations})
    found = database.inspect(inventory.stacks[STACK], inventory)
    assert all(each.rule == "database/schema-differs" for each in found)
    assert all((each.severity == "warning") == ("cannot be compared" in each.message) for each in found)
    return [f"{each.path}:{each.line} {each.message.partition(' ')[2]}" for each in found]


def test_what_the_migrations_build_may_be_declared() -> None:
    assert said(SCHEMA) == []
    assert said(SCHEMA.replace("CREATE", "\n\nCREATE"), path="schema/users.sql") == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (SCHEMA.replace("40", "20"), "1 declares users.mail as varchar(20), and the migrations make it varchar(40)"),
        (SCHEMA.replace("mail", "email"), "1 declares the column users.email, which no migration makes"),
        (SCHEMA.replace("id int8, ", ""), "1 lacks the column users.id, which the migrations make"),
        (SCHEMA + "\nCREATE TABLE more ();", "3 declares the table more, which no migration makes"),
        (SCHEMA.replace("int8", "uuid"), "1 declares users.id as uuid, and the migrations make it bigint"),
        (SCHEMA.partition("\n")[0], "1 lacks the table tags, which 002_b.sql makes"),
    ],
)
def test_a_difference_is_found_where_it_is_declared(schema: str, expected: str) -> None:
    assert f"schemas/app.sql:{expected}" in said(schema)


def test_what_cannot_be_compared_is_said() -> None:
    dynamic = {"migrations/003_c.sql": "DO $$ BEGIN EXECUTE 'CREATE TABLE x ()'; END $$;"}
    (only,) = said(SCHEMA, **dynamic)
    assert "cannot be compared with the migrations: 003_c migrations/003_c.sql:1 runs text as SQL" in only
    assert said("CREATE TABEL x", path="schemas/a.sql") == [
        "schemas/a.sql:1 cannot be compared with the migrations: schemas/a.sql cannot be parsed"
    ]


def test_a_schema_file_belongs_to_its_migrations_and_seeds_and_roles_to_none() -> None:
    files = {
        "db/migrations/app/001_a.sql": "CREATE TABLE a ();",
        "db/schemas/app.sql": "CREATE TABLE b ();",
        "db/schemas/other.sql": "CREATE TABLE c ();",
        "db/seeds/001_rows.sql": "INSERT INTO a DEFAULT VALUES;",
        "db/roles/001_roles.sql": "CREATE ROLE app;",
    }
    inventory = side(files)
    assert list(inventory.stacks) == ["shared/database/migrations/app"]
    found = database.inspect(inventory.stacks["shared/database/migrations/app"], inventory)
    assert sorted(each.message for each in found) == [
        "app.sql declares the table b, which no migration makes",
        "app.sql lacks the table a, which 001_a.sql makes",
    ]
    assert "db/schemas/app.sql" in inventory.graph.closure("shared/database/migrations/app", inventory.snapshot)
