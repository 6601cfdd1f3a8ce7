"""Terragrunt's units: directories with a `terragrunt.hcl` that deploys something, found by their files alone."""

from __future__ import annotations

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import Stack

FILES = ("terragrunt.hcl", "terragrunt.hcl.json")
STACK_FILE = "terragrunt.stack.hcl"


def is_unit(path: str, snapshot: Snapshot) -> bool:
    """Whether the stack at a path is a unit: Terraform alone would not see what its `terragrunt.hcl` adds."""
    at = f"{path}/" if path else ""
    return any(f"{at}{name}" in snapshot for name in FILES)


def needed(stack: Stack, inventory: Inventory) -> tuple[Stack, ...]:
    """The units whose outputs a unit reads, themselves and through others: Terragrunt reads their files for that."""
    found: dict[str, Stack] = {}
    pending = [stack.id] if is_unit(stack.path, inventory.snapshot) else []
    while pending:
        current = pending.pop()
        for on in (each.on for each in inventory.dependencies if each.stack == current):
            other = inventory.stacks.get(on)
            if other is not None and on not in found and on != stack.id and is_unit(other.path, inventory.snapshot):
                found[on] = other
                pending.append(on)
    return tuple(found.values())
