"""Each rule's examples linted beside a dry run of them: what was seen overrules no rule on the example that it fires on."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from gitops_ci.config import Database
from gitops_ci.kinds import database
from gitops_ci.kinds.database.rules import catalog
from gitops_ci.kinds.database.rules.seen import KEEPS_WRITERS_OUT
from gitops_ci.model.plan import Plan
from gitops_ci.model.stack import Stack
from gitops_ci.system.process import Stop
from gitops_ci.system.squawk import Squawk
from tests.integration.throwaway import STACK, seen, tried, why_not
from tests.unit.kinds.database.rules.linting import BASE, examples, lint
from tests.unit.kinds.database.sides import side

pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(
        shutil.which("squawk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}") is None,
        reason="no squawk: pip install squawk-cli",
    ),
]

PATH = "migrations/002_new.sql"
THERE = """
ALTER TABLE orders ADD user_id int, ADD created_at timestamptz, ADD created_by text;
CREATE UNIQUE INDEX users_id_idx ON users (id);
CREATE TABLE events (at int) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM (1) TO (9);
"""
UNLESS_MADE = {
    "users_email_idx ON": "CREATE UNIQUE INDEX users_email_idx ON users (email);",
    "CREATE DOMAIN": "CREATE DOMAIN positive AS int; CREATE TABLE levels (level positive);",
}
"""What most examples find there and some make themselves."""
NOTHING_HAPPENS = "database/lock-rewrite"
"""SET LOGGED on a table that is logged: the dry run is right to overrule it."""


def beside(scratch: Path, sql: str, more: str = "") -> tuple[Plan, set[str]]:
    """The plan of a migration that was tried, and the rules that fire beside it; `more` is what base has, too."""
    made = THERE + more + "".join(text for words, text in UNLESS_MADE.items() if words not in sql)
    plan = tried(scratch, sql, BASE["migrations/001_base.sql"] + made, Database(dry_run="required", timeout=60))
    squawk = Squawk(environ=os.environ, repository=scratch / "none", scratch=scratch, stop=Stop())
    told = lint({**BASE, PATH: sql}, BASE, linter=squawk, plans=(plan,))
    return plan, {each.rule for each in told.findings}


@pytest.mark.parametrize(
    ("rule", "fails", "passes"), tuple(examples()), ids=lambda text: text if "/" in text[:12] else ""
)
def test_what_a_rule_says_and_what_is_seen_agree(rule: str, fails: str, passes: str, tmp_path: Path) -> None:
    plan, fired = beside(tmp_path, fails)
    assert (rule in fired) == (rule != NOTHING_HAPPENS)
    evidence = catalog.RULES[rule].evidence
    if evidence is not None:
        assert plan.reason is None
        assert _saw(plan, evidence) == (rule != NOTHING_HAPPENS)
    plan, fired = beside(tmp_path, passes)
    assert fired == set()
    if evidence == "rewrite":
        assert plan.reason is None
        assert not _saw(plan, evidence)


def test_what_other_time_zones_rewrite_is_found_though_it_is_not_seen(tmp_path: Path) -> None:
    plan, fired = beside(tmp_path, "ALTER TABLE orders ALTER COLUMN created_at TYPE timestamp;")
    assert not _saw(plan, "rewrite")
    assert {"database/contract", "database/lock-type-change"} <= fired


@pytest.mark.parametrize(
    ("base", "sql", "rule"),
    [
        (
            "DO $$ BEGIN EXECUTE format('CREATE TABLE orders_%s (id int)', 2024); END $$;",
            "CREATE TABLE IF NOT EXISTS orders_2024 (id int); DROP TABLE orders_2024;",
            "database/destructive-drop-table",
        ),
        (
            "CREATE SCHEMA archive; CREATE TABLE archive.n (id int);",
            "CREATE SCHEMA s; CREATE TABLE s.n (); DROP TABLE s.n; ALTER TABLE archive.n SET SCHEMA s; DROP TABLE s.n;",
            "database/destructive-drop-table",
        ),
        (
            "CREATE TYPE address AS (street text, zip text); ALTER TABLE users ADD home address;",
            "DO $$ BEGIN EXECUTE 'ALTER TYPE address DROP ATTRIBUTE zip'; END $$;",
            "database/destructive-drop-column",
        ),
    ],
)
def test_what_was_seen_to_go_is_told_though_no_text_says_so(base: str, sql: str, rule: str, tmp_path: Path) -> None:
    _, fired = beside(tmp_path, sql, base)
    assert rule in fired


def test_what_the_text_says_to_go_is_told_once(tmp_path: Path) -> None:
    sql = "-- why\nDROP TABLE orders;\nDO $$ BEGIN\n  ALTER TABLE users DROP COLUMN email;\nEND $$;"
    plan, _ = beside(tmp_path, sql)
    told = lint({**BASE, PATH: sql}, BASE, plans=(plan,))
    drops = [each.line for each in told.findings if "/destructive-drop-" in each.rule]
    assert drops == [2, 4]


def test_a_domain_over_a_time_is_one(tmp_path: Path) -> None:
    made = "CREATE DOMAIN moment AS timestamptz; ALTER TABLE users ADD at timestamp, ADD code varchar(5);"
    plan, fired = beside(tmp_path, "ALTER TABLE users ALTER COLUMN at TYPE moment;", made)
    assert not _saw(plan, "rewrite")
    assert {"database/contract", "database/lock-type-change"} <= fired
    (tmp_path / "more").mkdir()
    _, fired = beside(tmp_path / "more", "ALTER TABLE users ALTER COLUMN code TYPE varchar(9);", made)
    assert fired == set()


def test_a_tablespace_is_another_one_elsewhere(tmp_path: Path) -> None:
    plan, fired = beside(tmp_path, "ALTER TABLE users SET TABLESPACE pg_default;")
    assert not _saw(plan, "rewrite")
    assert "database/lock-rewrite" in fired


@pytest.mark.parametrize(
    ("sql", "fires"),
    [
        ("ALTER TABLE users ALTER COLUMN email SET NOT NULL;\nALTER TABLE users DROP CONSTRAINT there;", False),
        ("SET search_path = archive, public;\nALTER TABLE public.users ALTER email SET NOT NULL;", False),
        ("ALTER TABLE users ALTER id SET NOT NULL, ALTER email SET NOT NULL;", True),
        ("ALTER TABLE users DROP CONSTRAINT there, ALTER email SET NOT NULL;", True),
        ("ALTER TABLE users ALTER email SET NOT NULL; ALTER TABLE orders ALTER id SET NOT NULL;", True),
        ("SET search_path = archive, public;\nALTER TABLE users ALTER email SET NOT NULL;", True),
    ],
)
def test_not_null_that_a_check_proves_reads_nothing(sql: str, fires: bool, tmp_path: Path) -> None:
    base = (
        "ALTER TABLE users ADD CONSTRAINT there CHECK (email IS NOT NULL) NOT VALID;"
        "ALTER TABLE users VALIDATE CONSTRAINT there;"
        "ALTER TABLE orders ADD CONSTRAINT id_there CHECK (id IS NOT NULL) NOT VALID;"
        "CREATE SCHEMA archive; CREATE TABLE archive.users (email text);"
    )
    plan, fired = beside(tmp_path, sql, base)
    assert plan.reason is None
    assert ("database/lock-not-null" in fired) == fires


@pytest.mark.parametrize(
    ("type_", "fires"),
    [("varchar(9)", False), ("text", False), ('varchar(5) COLLATE "C"', True)],
)
def test_a_type_for_which_an_index_is_built_anew_is_not_overruled(
    type_: str,
    fires: bool,
    tmp_path: Path,
) -> None:
    base = "ALTER TABLE users ADD code varchar(5); CREATE INDEX ON users (code);"
    plan, fired = beside(tmp_path, f"ALTER TABLE users ALTER COLUMN code TYPE {type_};", base)
    assert not _saw(plan, "rewrite")
    assert bool(seen(plan, "reread")) == fires
    assert ("database/lock-type-change" in fired) == fires


def test_a_type_for_which_a_check_reads_every_row_is_not_overruled(tmp_path: Path) -> None:
    base = "ALTER TABLE users ADD code varchar(5) CHECK (code <> 'x');"
    plan, fired = beside(tmp_path, "ALTER TABLE users ALTER COLUMN code TYPE varchar(9);", base)
    assert [(each.address, each.line) for each in seen(plan, "reread")] == [("table users", 1)]
    assert fired == {"database/lock-type-change"}
    rules = {each.rule: each.severity for each in database.check(_stack(), plan, None, None)}
    assert rules["database/rewrite"] == "warning"


def _stack() -> Stack:
    return side(BASE).stacks[STACK]


@pytest.mark.parametrize("between", ["", "COMMIT;"])
def test_a_lock_that_is_held_while_a_constraint_is_validated_is_no_false_alarm(tmp_path: Path, between: str) -> None:
    sql = (
        f"BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID; {between}\n"
        f"ALTER TABLE users VALIDATE CONSTRAINT c; {'' if between else 'COMMIT;'}"
    )
    _, fired = beside(tmp_path, sql)
    assert fired == (set() if between else {"database/lock-constraint"})


def _saw(plan: Plan, evidence: str) -> bool:
    return any(evidence == "rewrite" or each.mode in KEEPS_WRITERS_OUT for each in seen(plan, evidence))
