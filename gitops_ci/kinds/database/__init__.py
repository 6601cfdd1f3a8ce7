"""The kind `database`: migrations, tried on a throw-away PostgreSQL where there is one, else read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.database.migrations.discovery import find
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan

__all__ = ["RUNS_CODE", "check", "find", "inspect", "plan"]

RUNS_CODE = False
"""A fork's migrations are read and not tried."""


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What enters the database of a stack between base and head."""
    from gitops_ci.kinds.database import planning

    return planning.plan(stack, base, head, tools)


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """Where a declared schema differs from what the migrations build; all else compares both ends (see `check`)."""
    from gitops_ci.kinds.database import declared

    return tuple(declared.check(stack, inventory.snapshot)) if stack.id in inventory.stacks else ()


def check(stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """The rules about history and about how far an environment goes, and what was seen where the plan was tried."""
    from gitops_ci.kinds.database.dry_run import rules
    from gitops_ci.kinds.database.migrations import history

    return (
        *history.check(stack, base, head),
        *rules.findings(plan, is_production=_rewrites(plan, stack, base, head)),
    )


def _rewrites(plan: Plan, stack: Stack, base: Inventory | None, head: Inventory | None) -> bool:
    """Whether a table of production was seen to be rewritten."""
    if head is None or all(seen.what not in ("rewrite", "reread") for seen in plan.observations):
        return False
    from gitops_ci.kinds.database.rules import entering

    return entering.is_production(stack, head.snapshot, base.snapshot if base is not None else None, head.config)
