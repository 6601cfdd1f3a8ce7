"""The kind `kubernetes`: the objects that manifests, kustomizations, charts and Argo CD's Applications render to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.discovery.stacks import find
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan

__all__ = ["RUNS_CODE", "check", "find", "inspect", "plan"]

RUNS_CODE = False
"""Templates are filled in by kustomize and Helm, which start no program and reach no network (`system.renderers`)."""


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What becomes of each object of a stack between base and head."""
    from gitops_ci.kinds.kubernetes.planning import stacks

    return stacks.plan(stack, base, head, tools)


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What is wrong with what a stack deploys at one end: its rendering where planned, else its plain manifests."""
    from gitops_ci.kinds.kubernetes import rendering, rules
    from gitops_ci.kinds.kubernetes.discovery import deployments

    if stack.id not in inventory.stacks:
        return rules.left(stack, inventory)
    own = inventory.stacks[stack.id]
    return rules.inspect(own, deployments.of(own, inventory), rendering.known(own, inventory), inventory)


def check(stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """Nothing: the plan says what becomes of each object, and `inspect` what is wrong at each end."""
    return ()
