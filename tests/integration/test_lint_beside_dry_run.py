"""Each rule's examples linted beside a dry run of them: what was seen overrules no rule on the example that it fires on."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from gitops_ci.config import Database
from gitops_ci.kinds.database.rules import catalog
from gitops_ci.kinds.database.rules.seen import KEEPS_WRITERS_OUT
from gitops_ci.model.plan import Plan
from gitops_ci.system.process import Stop
from gitops_ci.system.squawk import Squawk
from tests.integration.throwaway import seen, tried, why_not
from tests.unit.kinds.database.rules.linting import BASE, examples, lint

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


def beside(scratch: Path, sql: str) -> tuple[Plan, set[str]]:
    """The plan of a migration that was tried, and the rules that fire beside it."""
    made = THERE + "".join(text for words, text in UNLESS_MADE.items() if words not in sql)
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
    if evidence in ("rewrite", "scan"):
        assert plan.reason is None
        assert not _saw(plan, evidence)


def test_what_other_time_zones_rewrite_is_found_though_it_is_not_seen(tmp_path: Path) -> None:
    plan, fired = beside(tmp_path, "ALTER TABLE orders ALTER COLUMN created_at TYPE timestamp;")
    assert not _saw(plan, "rewrite")
    assert {"database/contract", "database/lock-type-change"} <= fired


ORDERS = "ALTER TABLE orders ADD at timestamp, ADD nick varchar(20), ADD word text;"


@pytest.mark.parametrize(
    ("base", "sql", "rule"),
    [
        ("CREATE DOMAIN moment AS timestamptz;", "ALTER COLUMN at TYPE moment", "database/lock-type-change"),
        ("", "SET TABLESPACE pg_default", "database/lock-rewrite"),
        (
            "CREATE INDEX i ON orders (nick);",
            'ALTER COLUMN nick TYPE varchar(20) COLLATE "C"',
            "database/lock-type-change",
        ),
        (
            "CREATE INDEX i ON orders (id) WHERE nick <> 'x';",
            "ALTER nick TYPE varchar(40)",
            "database/lock-type-change",
        ),
        ("ALTER TABLE orders ADD CHECK (nick <> 'x');", "ALTER nick TYPE varchar(40)", "database/lock-type-change"),
        (
            "CREATE TABLE part () INHERITS (orders); ALTER TABLE part ADD CHECK (nick <> 'x');",
            "ALTER nick TYPE text",
            "",
        ),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (word IS NOT NULL) NOT VALID;", "ALTER word SET NOT NULL", ""),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (word <> '');", "ALTER word SET NOT NULL", ""),
    ],
)
def test_what_reads_or_moves_every_row_is_found_though_nothing_is_rewritten(
    base: str, sql: str, rule: str, tmp_path: Path
) -> None:
    told = _beside(tmp_path, f"{ORDERS} {base}", f"ALTER TABLE orders {sql};")
    assert (rule or ("database/lock-type-change" if "TYPE" in sql else "database/lock-not-null")) in told


@pytest.mark.parametrize(
    ("base", "sql"),
    [
        ("CREATE INDEX i ON orders (nick);", "ALTER nick TYPE varchar(40)"),
        ("", "ALTER nick TYPE text"),
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT c CHECK (word IS NOT NULL) NOT VALID;"
                " ALTER TABLE orders VALIDATE CONSTRAINT c;"
            ),
            "ALTER word SET NOT NULL; ALTER TABLE orders DROP CONSTRAINT c",
        ),
    ],
)
def test_what_reads_nothing_is_not_found(base: str, sql: str, tmp_path: Path) -> None:
    assert _beside(tmp_path, f"{ORDERS} {base}", f"ALTER TABLE orders {sql};") == set()


def _beside(scratch: Path, base: str, sql: str) -> set[str]:
    before = {"migrations/001_base.sql": BASE["migrations/001_base.sql"] + base}
    plan = tried(scratch, sql, before["migrations/001_base.sql"], Database(dry_run="required", timeout=60))
    assert plan.reason is None
    squawk = Squawk(environ=os.environ, repository=scratch / "none", scratch=scratch, stop=Stop())
    return {each.rule for each in lint({**before, PATH: sql}, before, linter=squawk, plans=(plan,)).findings}


def _saw(plan: Plan, evidence: str) -> bool:
    return any(evidence != "lock" or each.mode in KEEPS_WRITERS_OUT for each in seen(plan, evidence))
