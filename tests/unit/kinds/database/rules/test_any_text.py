"""Whatever a migration says, the lint and the plan answer: no text may end in an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.kinds.database import mysql
from gitops_ci.kinds.database.rules.squawk import Answer
from gitops_ci.kinds.database.sql.refusals import MigrationError
from tests.unit.kinds.database.rules.linting import BASE, Silent, lint
from tests.unit.kinds.database.sides import planned, side

_WORDS = st.sampled_from(
    [
        *(
            "SELECT 1",
            "DROP TABLE",
            "ALTER TABLE users",
            "users",
            "ADD COLUMN",
            "x int",
            "NOT NULL",
            "DEFAULT",
            "now()",
        ),
        *("CREATE TABLE", "IF NOT EXISTS", "CREATE INDEX", "CONCURRENTLY", "ON", "(", ")", ",", ";", "\n", "--", "/*"),
        *(
            "*/",
            "DO $$",
            "$$",
            "BEGIN",
            "END",
            "EXECUTE 'x'",
            "LANGUAGE plpgsql",
            "AS",
            "'",
            '"',
            "`",
            "é",
            "\\i",
            "\0",
        ),
        *(
            "-- +goose Up\n",
            "-- migrate:down\n",
            "RENAME TO",
            "TRUNCATE",
            "DELETE FROM",
            "UPDATE users SET x=1",
            "é" * 40,
        ),
        *(
            "GRANT ALL ON users TO PUBLIC",
            "WITH a AS (",
            "CASCADE",
            "COPY users FROM STDIN",
            "\ufeff",
            ":x",
            "${x}",
            "$1",
        ),
    ]
)
_TEXTS = st.lists(_WORDS, max_size=20).map(" ".join) | st.text(max_size=60)


@settings(max_examples=300, deadline=None)
@given(_TEXTS, st.integers(0, 5), st.integers(0, 50))
def test_any_text_is_answered(sql: str, line: int, column: int) -> None:
    answer = Answer(file="", line=line, column=column, message=sql, rule_name="require-concurrent-index-creation")
    files: dict[str, bytes | str] = {**BASE, "migrations/002_x.sql": sql.encode("utf-8", "surrogatepass")}
    told = lint(files, BASE, linter=Silent(answer))
    assert all(found.line is not None and found.line >= 1 for found in told.findings)
    plan = planned("shared/database/migrations", side(BASE), side(files))
    unread = {problem.path for problem in told.run.problems if problem.path}
    assert bool(unread) == (plan.status == "failed")


@settings(max_examples=300, deadline=None)
@given(_TEXTS)
def test_any_text_is_answered_as_mysql(sql: str) -> None:
    try:
        found, changes = mysql.found(sql), mysql.changes(sql, path="x.sql", source="x")
    except MigrationError:
        return
    assert all(each.line >= 1 for each in found)
    assert len({change.address for change in changes}) == len(changes)
