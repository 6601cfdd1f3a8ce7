"""An environment's own database compared with what base's migrations build, on two real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_ci.config import Database
from gitops_ci.kinds import database
from gitops_ci.kinds.database.server import WATCHER, Session
from gitops_ci.model.plan import Plan
from tests.integration.throwaway import seen, servers, tried, why_not
from tests.unit.kinds.database.sides import side

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, mail text);"
NEW = "ALTER TABLE users ADD COLUMN age int;"
SETTINGS = Database(dry_run="required", timeout=60, dsn_env="{environment}_DSN")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[str, Session]]:
    """The DSN of an environment's database and a session that may change it."""
    with servers(tmp_path).own("nothing", 60) as cluster:
        yield f"host={cluster.directory} user={WATCHER} dbname=postgres", cluster.connect(WATCHER)


def compared(scratch: Path, dsn: str, new: str = NEW) -> Plan:
    return tried(scratch, new, USERS, SETTINGS, variables={"SHARED_DSN": dsn})


def test_what_was_changed_by_hand_is_drift(tmp_path: Path, live: tuple[str, Session]) -> None:
    dsn, session = live
    session.run(
        "SET search_path = public;" + USERS.replace("text", "varchar(9)") + "CREATE INDEX by_hand ON users (mail);"
    )
    session.run("SET search_path = public; CREATE TABLE schema_migrations (version text PRIMARY KEY);")
    plan = compared(tmp_path, dsn)
    found = {change.address: change for change in plan.drift}
    assert found.keys() == {"table users", "index by_hand"}
    (mail,) = found["table users"].attributes
    assert (mail.path, mail.before, mail.after) == ("column.mail.type", "text", "character varying(9)")
    assert [change.address for change in plan.changes] == ["table users"]
    session.run("SET search_path = public; SELECT mail FROM users")  # it is still there


def test_a_database_as_it_should_be_has_none(tmp_path: Path, live: tuple[str, Session]) -> None:
    dsn, session = live
    session.run(f"SET search_path = public; {USERS}")
    assert compared(tmp_path, dsn).drift == ()
    assert tried(tmp_path, NEW, USERS, SETTINGS).drift == ()


def test_drift_is_told_where_nothing_enters(tmp_path: Path, live: tuple[str, Session]) -> None:
    plan = tried(tmp_path, {}, USERS, SETTINGS, variables={"SHARED_DSN": live[0]})
    assert plan.status == "unchanged"
    assert [(change.action, change.address) for change in plan.drift] == [("delete", "table users")]


def test_a_stack_that_the_change_brings_is_not_compared(tmp_path: Path, live: tuple[str, Session]) -> None:
    live[1].run("CREATE TABLE public.of_somebody_else (id int)")
    plan = tried(tmp_path, USERS, {"README.md": ""}, SETTINGS, variables={"SHARED_DSN": live[0]})
    assert ([change.address for change in plan.changes], plan.drift) == (["table users"], ())


@pytest.mark.parametrize("dsn", ["host=/nowhere password=geheim", "postgres://:::geheim", "geheim"])
def test_one_that_cannot_be_read_is_said_without_its_dsn(tmp_path: Path, dsn: str) -> None:
    plan = compared(tmp_path, dsn)
    assert plan.status == "changed"
    (unread,) = seen(plan, "drift-unread")
    assert "geheim" not in unread.message
    head = side({"migrations/001_base.sql": USERS})
    stack = next(iter(head.stacks.values()))
    assert "database/drift-unread" in {each.rule for each in database.check(stack, plan, head, head)}


def test_a_migration_does_not_see_the_dsn_and_the_database_is_only_read(
    tmp_path: Path, live: tuple[str, Session]
) -> None:
    dsn, session = live
    session.run("CREATE ROLE reader LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    plan = compared(tmp_path, dsn.replace(WATCHER, "reader"))
    assert [change.address for change in plan.drift if change.type == "table"] == ["table users"]
    stranger = tried(tmp_path, NEW, USERS, SETTINGS, variables={"SHARED_DSN": dsn}, stranger=True)
    assert (stranger.drift, stranger.status) == ((), "skipped")
