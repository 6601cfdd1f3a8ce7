"""Every rule of the lint on the example of its documentation that fires and on the one that does not: real squawk."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from gitops_ci.kinds.database.rules import catalog
from gitops_ci.system.process import Stop
from gitops_ci.system.squawk import Squawk
from tests.unit.kinds.database.rules.linting import BASE, examples, lint, new, rules

needs_squawk = pytest.mark.skipif(
    shutil.which("squawk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}") is None,
    reason="no squawk: pip install squawk-cli",
)


@pytest.fixture
def squawk(tmp_path: Path) -> Squawk:
    return Squawk(environ=os.environ, repository=tmp_path / "repository", scratch=tmp_path, stop=Stop())


@needs_squawk
@pytest.mark.parametrize(
    ("rule", "fails", "passes"), tuple(examples()), ids=lambda text: text if "/" in text[:12] else ""
)
def test_the_examples_of_a_rule(rule: str, fails: str, passes: str, squawk: Squawk) -> None:
    found, passing = new(fails, linter=squawk), new(passes, linter=squawk)
    assert found.run.problems == passing.run.problems == ()
    assert rule in {each.rule for each in found.findings}
    assert passing.findings == ()
    weight = catalog.RULES[rule].weight
    assert {each.severity for each in found.findings if each.rule == rule} == {
        "warning" if weight == "advice" else "error"
    }


@needs_squawk
def test_a_pull_request_cannot_tell_squawk_to_look_away(squawk: Squawk) -> None:
    sql = "-- squawk-ignore-file\n-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX i ON users (id);\n"
    files = {**BASE, "migrations/002_new.sql": sql, ".squawk.toml": 'excluded_rules = ["require-concurrent"]'}
    assert ("database/lock-index", 3) in rules(lint(files, BASE, linter=squawk))


@needs_squawk
def test_a_table_that_may_be_there_already_is_not_taken_for_a_new_one(squawk: Squawk) -> None:
    known = "CREATE TABLE IF NOT EXISTS users (id int);\nCREATE INDEX i ON users (id);\n"
    assert rules(new(known, linter=squawk)) == [("database/lock-index", 2)]
    made = "CREATE TABLE visitors (id bigint);\nCREATE INDEX i ON visitors (id);\n"
    assert rules(new(made, linter=squawk)) == []
    files = {"migrations/002_a.sql": "CREATE TABLE a (id bigint);", "migrations/003_b.sql": "CREATE INDEX i ON a (id);"}
    assert rules(lint({**BASE, **files}, BASE, linter=squawk)) == []


@needs_squawk
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE orders ADD COLUMN u bigint REFERENCES users (id);", []),
        ("ALTER TABLE orders ADD COLUMN u bigint DEFAULT NULL REFERENCES users (id);", []),
        (
            "ALTER TABLE orders ADD COLUMN u bigint DEFAULT 1 REFERENCES users (id);",
            [("database/lock-constraint", 1)],
        ),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users (id),\nADD FOREIGN KEY (id) REFERENCES users (id);",
            [("database/lock-constraint", 1), ("database/lock-constraint", 2)],
        ),
    ],
)
def test_a_place_is_told_once_and_a_new_column_of_nothing_needs_no_scan(
    sql: str, expected: list[tuple[str, int]], squawk: Squawk
) -> None:
    assert rules(new(sql, linter=squawk)) == expected


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo garbage", "something that is not its JSON"),
        ('echo \'[{"file": "x"}]\'', "something that is not its JSON"),
        ("exit 0", "something that is not its JSON"),
        ("kill -SEGV $$", "ended with exit code"),
        ("exit 2", "ended with exit code 2"),
    ],
)
def test_a_broken_squawk_leaves_open_what_only_it_knows(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "squawk"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo squawk 2.0.0 && exit\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setattr("gitops_ci.system.squawk.SCRIPTS", Path("/nowhere"))
    environ = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    told = new(
        "DROP TABLE users;",
        linter=Squawk(environ=environ, repository=tmp_path / "r", scratch=tmp_path, stop=Stop()),
    )
    assert rules(told) == [("database/destructive-drop-table", 1)]
    (problem,) = told.run.problems
    assert said in problem.message


def test_no_squawk_at_all_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_ci.system.squawk.SCRIPTS", Path("/nowhere"))
    told = new(
        "DROP TABLE users;", linter=Squawk(environ={"PATH": ""}, repository=tmp_path, scratch=tmp_path, stop=Stop())
    )
    assert rules(told) == [("database/destructive-drop-table", 1)]
    (problem,) = told.run.problems
    assert problem.code == "missing"
    assert "gitops-ci[squawk]" in problem.message
