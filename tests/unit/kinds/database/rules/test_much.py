"""Files of as many statements as may be: what is done for each must not look at all others.

The times are the processor's and have room for a machine twenty times slower; what looked at all took minutes here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gitops_ci.kinds.database.dry_run import observing, scripting
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.rules import calls, file, reading, seen
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.seen import Seen, SeenStatement
from gitops_ci.kinds.database.rules.squawk import Answer
from gitops_ci.model.plan import Observation
from tests.unit.kinds.database.rules.linting import BASE, Silent, lint

MANY = 20_000


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def test_many_findings_and_much_that_was_seen() -> None:
    one = file.parsed("a.sql", "LOCK TABLE orders;\n" * MANY)
    lock = seen.Lock("table orders", "AccessExclusiveLock")
    saw = Seen(
        frozenset({"a.sql"}), tuple(SeenStatement(path="a.sql", line=line, locks=(lock,)) for line in range(1, MANY, 2))
    )
    found = [Found(rule="database/lock-explicit", says="", line=line, statement=line) for line in range(1, MANY + 1)]
    with at_most(20):
        overruled = [each.line for each in found if saw.overrules("a.sql", each, one.lines(each.statement))]
    assert overruled == list(range(2, MANY + 1, 2))


def test_many_answers_about_one_statement() -> None:
    columns = ",\n".join(f"  ADD CONSTRAINT c{number} CHECK (id > {number})" for number in range(4_000))
    answers = tuple(
        Answer(file="", line=line + 1, column=2, message="Scans.", rule_name="constraint-missing-not-valid")
        for line in range(4_000)
    )
    head = {**BASE, "migrations/002_new.sql": f"ALTER TABLE users\n{columns};\n"}
    with at_most(40):
        told = lint(head, BASE, linter=Silent(*answers))
    assert len(told.findings) == 4_000


def test_many_functions_that_call_each_other() -> None:
    sql = "".join(
        f"CREATE FUNCTION f{number}() RETURNS int LANGUAGE sql AS 'SELECT f{number + 1}()';\n"
        for number in range(3_000)
    )
    reads = reading.read(f"{sql}SELECT f1500();\n", path="a.sql")
    with at_most(20):
        called = calls.of(reads)
    assert called == {f"f{number}" for number in range(1_500, 3_000)}


def test_many_calls_of_functions_that_base_has() -> None:
    base = "".join(
        f"CREATE FUNCTION f{number}() RETURNS int LANGUAGE sql AS 'UPDATE users SET email = NULL; SELECT 1';\n"
        for number in range(1_500)
    )
    sql = "".join(f"SELECT f{number}();\n" for number in range(1_500))
    before = {**BASE, "migrations/002_f.sql": base}
    with at_most(40):
        told = lint({**before, "migrations/003_new.sql": sql}, before)
    assert [each.line for each in told.findings] == list(range(1, 1_501))


def test_many_locks_and_limits() -> None:
    migration = Migration("a", "a.sql", "versioned")
    script = scripting.of(migration, "SET lock_timeout = '1s';\nLOCK TABLE orders;\n" * MANY, closely=True)
    locks = [
        Observation(what="lock", address="table orders", message="held", path="a.sql", line=line)
        for line in range(2, 2 * MANY, 2)
    ]
    with at_most(20):
        told = list(observing.bounded(locks, [script]))
    assert all(each.message.endswith(observing.BOUNDED) for each in told)
