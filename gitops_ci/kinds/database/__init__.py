"""The kind `database`: migrations, as far as their text tells what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.database.discovery import find
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan

__all__ = ["RUNS_CODE", "check", "find", "inspect", "plan"]

RUNS_CODE = False


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What enters the database of a stack between base and head; the parser is embedded, so `tools` are not needed."""
    from gitops_ci.kinds.database import planning

    return planning.plan(stack, base, head)


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """Where a declared schema differs from what the migrations build; all else compares both ends (see `check`)."""
    from gitops_ci.kinds.database import declared

    return tuple(declared.check(stack, inventory.snapshot)) if stack.id in inventory.stacks else ()


def check(  # the plan is not needed yet
    stack: Stack,
    plan: Plan,
    base: Inventory | None,
    head: Inventory | None,
) -> tuple[Finding, ...]:
    """The rules about history and about how far an environment goes; nothing about the plan itself yet."""
    from gitops_ci.kinds.database import history

    return history.check(stack, base, head)
