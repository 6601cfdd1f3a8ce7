"""What the tests of this folder share: a repository's side as the kind sees it, and the plan between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from msgspec import structs

from gitops_ci.config import DEFAULT, Config, Database, Kinds
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph
from gitops_ci.kinds import database
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Change, Plan

TOOLS = cast("Tools", None)
"""The kind needs none where nothing is tried: its parser is embedded."""
READ_ONLY = structs.replace(DEFAULT, kinds=Kinds(database=Database(dry_run="off")))


def side(
    files: Mapping[str, bytes | str], *, config: Config = READ_ONLY, links: Mapping[str, str] | None = None
) -> Inventory:
    snapshot = snapshots.of(files, links=links)
    found = database.find(snapshot, config)
    return Inventory(
        snapshot, config, {stack.id: stack for stack in found.stacks}, Graph(found.references), found.findings
    )


def planned(stack: str, base: Inventory | None, head: Inventory) -> Plan:
    known = head.stacks.get(stack) or (base.stacks[stack] if base else None)
    assert known is not None
    return database.plan(known, base, head, TOOLS)


def checked(stack: str, base: Inventory | None, head: Inventory) -> tuple[Finding, ...]:
    known = head.stacks.get(stack) or (base.stacks[stack] if base else None)
    assert known is not None
    return database.check(known, planned(stack, base, head), base, head)


def plan_of(sql: bytes | str) -> Plan:
    """The plan of one new migration, the first of its set."""
    return planned("shared/database/migrations", None, side({"migrations/001_x.sql": sql}))


def changes_of(sql: str) -> tuple[Change, ...]:
    plan = plan_of(sql)
    assert plan.reason is None, plan.reason
    return plan.changes
