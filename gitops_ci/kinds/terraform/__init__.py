"""The kind `terraform`: root modules, planned by a real Terraform or OpenTofu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform.roots import find
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan

__all__ = ["RUNS_CODE", "check", "find", "inspect", "plan"]

RUNS_CODE = True


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What the change does to one root (see `planning.plan`, imported when a plan is asked for)."""
    from gitops_ci.kinds.terraform import planning

    return planning.plan(stack, base, head, tools)


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What the static rules say of one root and its modules (see `rules`, imported when somebody asks)."""
    from gitops_ci.kinds.terraform import rules

    return rules.findings(stack, inventory)


def check(stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """What a plan has to say beside its changes, and what a change adds to a root that is not allowed."""
    from gitops_ci.kinds.terraform import caveats, safety

    return (*caveats.findings(stack, plan, base, head), *safety.findings(stack, base, head))
