"""The kind `security`: policies, permissions and secrets that are sealed, object by object; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.security.discovery import find
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan

__all__ = ["RUNS_CODE", "check", "find", "inspect", "plan"]

RUNS_CODE = False


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What becomes of each rule, permission and object of a stack between base and head; no engine is needed."""
    from gitops_ci.kinds.security import planning

    return planning.plan(stack, base, head)


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What is wrong with, or dangerous in, what one end has."""
    from gitops_ci.kinds.security import rules

    return rules.inspect(stack, inventory)


def check(stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """What only both ends together show: a weaker enforcement, a secret that was renamed and not sealed again."""
    from gitops_ci.kinds.security import rules

    return rules.check(stack, base, head)
