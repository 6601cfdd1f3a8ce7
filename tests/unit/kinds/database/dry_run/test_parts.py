"""The parts of the dry run that need no server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NoReturn, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gitops_ci.config import DEFAULT, Config, Database, Kinds
from gitops_ci.errors import ToolError
from gitops_ci.kinds import database
from gitops_ci.kinds.database.dry_run import errors, filling, rules, scripting, watch
from gitops_ci.kinds.database.dry_run.filling import Check, Column, Reference, Table
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.server import Cluster, ServerError, ServerLostError, with_detail, without_address
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.plan import Observation, Plan
from tests.unit.kinds.database.sides import side

MIGRATION = Migration("001_x", "migrations/001_x.sql", "versioned", (1,))


def script(text: str) -> Script:
    return scripting.of(MIGRATION, text, closely=True)


# Scripts


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a);", False),
        ("CREATE INDEX CONCURRENTLY i ON t (a);", True),
        ("DROP INDEX CONCURRENTLY i;", True),
        ("REINDEX (CONCURRENTLY) TABLE t;", True),
        ("REINDEX TABLE t;", False),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v;", False),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY;", True),
        ("VACUUM t;", True),
        ("BEGIN; CREATE TABLE t (a int); COMMIT;", True),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;", False),
    ],
)
def test_what_cannot_be_put_into_a_transaction(text: str, own: bool) -> None:
    assert script(text).own_transactions is own


@pytest.mark.parametrize(
    "head",
    [
        "-- +goose NO TRANSACTION\n-- +goose Up",
        "-- migrate:up transaction:false",
        "-- +migrate Up notransaction",
    ],
)
def test_what_base_keeps_out_of_transactions_stays_out(head: str) -> None:
    text = f"{head}\nALTER TYPE mood ADD VALUE 'fine';\nUPDATE t SET mood = 'fine' WHERE a = 1;\n"
    assert scripting.of(MIGRATION, text, closely=False).own_transactions
    assert not scripting.of(MIGRATION, text.replace(head, "--"), closely=False).own_transactions


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$;", True),
        ("CALL p();", True),
        ("DO $$ BEGIN UPDATE t SET a = 1; END $$;", False),
        ("UPDATE t SET a = 1; -- COMMIT", False),
    ],
)
def test_what_may_end_transactions_itself(text: str, may: bool) -> None:
    (statement,) = script(text).statements or ()
    assert scripting.may_commit(statement) is may


def test_roles_that_are_named_and_not_made() -> None:
    text = """CREATE ROLE made; GRANT SELECT ON t TO made, "o""dd", PUBLIC; ALTER TABLE t OWNER TO CURRENT_USER;
        CREATE POLICY p ON t TO app; GRANT pg_monitor TO app; ALTER TABLE t OWNER TO postgres;"""
    assert script(text).roles == ("app", 'o"dd')


def test_the_migrations_own_role_is_called_as_it_is_on_the_server() -> None:
    text = """SELECT 'ä postgres'; ALTER TABLE postgres OWNER TO postgres; GRANT SELECT ON t TO "postgres", other;
        ALTER TABLE a OWNER TO other; REASSIGN OWNED BY POSTGRES TO postgres;"""
    said = [scripting.said_as(each, "gitops_ci_1") for each in script(text).statements or ()]
    assert [each.strip() for each in said] == [
        "SELECT 'ä postgres'",
        "ALTER TABLE postgres OWNER TO gitops_ci_1",
        "GRANT SELECT ON t TO gitops_ci_1, other",
        "ALTER TABLE a OWNER TO other",
        "REASSIGN OWNED BY gitops_ci_1 TO gitops_ci_1",
    ]
    assert [scripting.said_as(each, "postgres") for each in script(text).statements or ()] == [
        each.text for each in script(text).statements or ()
    ]


def test_a_history_is_looked_at_only_where_that_is_needed() -> None:
    assert scripting.of(MIGRATION, "CREATE TABLE t (a int);", closely=False).statements is None
    assert scripting.of(MIGRATION, "GRANT SELECT ON t TO app;", closely=False).statements is not None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_any_name_is_one_identifier(name: str) -> None:
    written = watch.identifier(name)
    assert written[0] == written[-1] == '"'
    assert written[1:-1].replace('""', "") == written[1:-1].replace('"', ""), "no quote of it stands alone"


# Rows


def column(name: str = "a", number: int = 1, **more: object) -> Column:
    known = {"not_null": True, "filled": False, "computed": False, "type": "text", "category": "S", **more}
    return Column(number=number, name=name, **known)  # type: ignore[arg-type]  # a shorthand


@pytest.mark.parametrize(
    ("given_column", "values"),
    [
        (column(), ["'row1'", "'row1'", "'row1'"]),
        (column(unique=True), ["'row1'", "'row2'", "'row3'"]),
        (column(size=2), ["'1'", "'1'", "'1'"]),
        (column(not_null=False), ["'row1'", "NULL", "'row1'"]),
        (column(type="int8", category="N", unique=True), ["'1'", "'2'", "'3'"]),
        (column(type="jsonb", category="U"), ["'{}'"] * 3),
        (column(type="mood", category="E", labels=("it's",)), ["'it''s'"] * 3),
        (column(type="_text", category="A"), ["'{}'"] * 3),
    ],
)
def test_values_fit_their_column(given_column: Column, values: list[str]) -> None:
    table = Table(1, "t", (given_column,))
    assert [filling.insert(table, n) for n in (1, 2, 3)] == [f"INSERT INTO t (a) SELECT {each}" for each in values]


def test_what_fills_itself_is_left_to_that() -> None:
    columns = (column("id", 1, filled=True, computed=True), column("b", 2, filled=True), column("c", 3))
    assert filling.insert(Table(1, "t", columns), 1) == "INSERT INTO t (c) SELECT 'row1'"
    assert filling.insert(Table(1, "t", columns[:1]), 1) == "INSERT INTO t SELECT"


def test_a_checks_literals_are_tried_first() -> None:
    check = Check("CHECK ((a = ANY (ARRAY['dog'::text, 'cat'::text])))", (1,))
    assert "'dog'" in filling.insert(Table(1, "t", (column(),), checks=(check,)), 1)


def test_references_come_first_and_cycles_end() -> None:
    def referring(number: int, *others: int) -> Table:
        references = tuple(Reference(other, f"t{other}", (1,), ("id",)) for other in others)
        return Table(number, f"t{number}", (column(),), references)

    tables = (referring(1, 2), referring(2, 3), referring(3), referring(4, 5), referring(5, 4), referring(6, 6))
    names = [table.name for table in filling.ordered(tables)]
    assert names.index("t3") < names.index("t2") < names.index("t1")
    assert sorted(names) == ["t1", "t2", "t3", "t4", "t5", "t6"]
    assert {table.name for table in filling.named(tables, ["ALTER TABLE T1 ADD x int"])} == {"t1", "t2", "t3"}


# Errors


def refused(text: str, sqlstate: str, message: str, position: int | None = None) -> errors.RefusedError:
    one = script(text)
    assert one.statements
    return errors.explained(ServerError(sqlstate, message, position), one, one.statements[-1])


def test_the_caret_points_at_the_character() -> None:
    text = "SELECT 'ä';\n  SELECT 'geheim', $$auch$$,\n\tnothing;"
    error = refused(
        text, "42703", 'column "nothing" does not exist', text.index("nothing") - text.index("SELECT 'g") + 1
    )
    assert error.place.line == 3
    assert str(error).split("\n")[1:] == ["column 2:", " nothing;", " ^"]
    assert "geheim" not in str(error)
    assert "auch" not in str(error)


def test_values_in_messages_are_left_out() -> None:
    message = 'invalid input syntax for type integer: "geheim"'
    assert "geheim" not in str(refused("SELECT 1", "22P02", message))
    assert refused("SELECT 1", "22P02", message).of_data


@given(st.text(max_size=200), st.integers(1, 300))
def test_any_place_can_be_shown(text: str, position: int) -> None:
    one = Script("001_x", "001_x.sql", text)
    error = errors.explained(ServerError("42601", "syntax error", position), one, None)
    assert error.place.line >= 1


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [("42P01", "plan-failed"), ("23505", "plan-failed"), ("53100", "engine-failed"), ("42501", "unsupported")],
)
def test_who_is_to_blame(sqlstate: str, code: str) -> None:
    assert refused("SELECT 1", sqlstate, "x").code == code


def test_what_another_version_would_take_is_not_wrong() -> None:
    assert refused("SELECT 1", "42601", 'syntax error at or near "VIRTUAL"', 3).code == "unsupported"
    assert refused("SELECT 1", "42601", 'syntax error at or near "x"').code == "plan-failed"  # in text that it runs
    assert refused("SELECT 1", "42601", "INSERT has more expressions than target columns", 3).code == "plan-failed"
    assert refused("CALL p()", "2D000", "invalid transaction termination").code == "unsupported"
    told = refused("-- +goose Up\nCALL p()", "2D000", "invalid transaction termination")
    assert (told.code, "not known" in str(told)) == ("plan-failed", False)


# What is made of it


class NoServer:
    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        raise ToolError("no PostgreSQL was found")

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(name)


@pytest.mark.parametrize(("dry_run", "status"), [("auto", "changed"), ("required", "skipped"), ("off", "changed")])
def test_without_a_server(dry_run: str, status: str) -> None:
    head = side({"migrations/001_x.sql": "CREATE TABLE t (a int);"}, config=configured(dry_run))
    stack = head.stacks["shared/database/migrations"]
    plan = database.plan(stack, None, head, cast("Tools", NoServer()))
    assert plan.status == status
    assert plan.engine is not None
    assert plan.engine.name == "pglast"
    assert [change.address for change in plan.changes] == ["table t"]
    findings = [each.rule for each in database.check(stack, plan, None, head)]
    assert findings == (["database/not-tried"] if dry_run == "auto" else [])
    assert (plan.reason.code if plan.reason else None) == ("engine-missing" if dry_run == "required" else None)


def configured(dry_run: str) -> Config:
    return structs.replace(DEFAULT, kinds=Kinds(database=msgspec.convert({"dry_run": dry_run}, Database)))


_LOCK = {"mode": "AccessExclusiveLock", "seconds": 0.1}


def observations() -> Iterator[Observation]:
    for what in (
        "lock",
        "rewrite",
        "fails-on-data",
        "down-differs",
        "schema-differs",
        "drift-unread",
        "not-tried",
        "left-empty",
    ):
        yield msgspec.convert(
            {"what": what, "address": "table t", "message": "m", "path": "p", "line": 3, **_LOCK}, Observation
        )


def test_what_rewrites_a_table_of_production_is_an_error() -> None:
    for environment, severity in (("production", "error"), ("staging", "warning")):
        head = side({f"environments/{environment}/databases/migrations/001_a.sql": "CREATE TABLE t (a int)"})
        (stack,) = head.stacks.values()
        rewrite = Observation(what="rewrite", address="table t", message="m", path="p", line=3)
        found = database.check(stack, Plan(stack=stack.id, status="changed", observations=(rewrite,)), head, head)
        assert [(each.rule, each.severity) for each in found] == [("database/rewrite", severity)]


def test_the_advice_is_another_where_base_cannot_be_applied() -> None:
    for why, advice in (
        ("no PostgreSQL here", "Install"),
        ("what base has cannot be applied to …", "Let what base has"),
    ):
        not_tried = Observation(what="not-tried", address="s", message=f"nothing was tried: {why}")
        (found,) = rules.findings(Plan(stack="s", status="changed", observations=(not_tried,)))
        assert found.help is not None
        assert found.help.startswith(advice)


def test_what_depends_on_what_is_dropped_is_named() -> None:
    said = with_detail("2BP01", "cannot drop x", "view a depends on x\nview b depends on x\nview c x\nview d x")
    assert said == "cannot drop x: view a depends on x; view b depends on x; view c x"
    assert with_detail("23505", "duplicate key", "Key (mail)=(secret) exists.") == "duplicate key"
    for words, told in (("connection to 10.1.2.3 failed: Connection refused", ": nothing listens there"), ("?", "")):
        assert without_address(ServerLostError("engine-failed", words)) == f"no connection{told}"


def test_each_observation_has_its_rule_but_what_is_no_fault() -> None:
    plan = Plan(stack="s", status="changed", observations=tuple(observations()))
    found = rules.findings(plan)
    assert [each.rule for each in found] == [
        "database/locks",
        "database/rewrite",
        "database/fails-on-data",
        "database/down-differs",
        "database/schema-differs",
        "database/drift-unread",
        "database/not-tried",
    ]
    assert {(each.path, each.line, each.stack) for each in found} == {("p", 3, "s")}
