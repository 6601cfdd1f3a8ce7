"""What a stack takes in, kind by kind, read as data: no engine is asked and nothing is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate.promotion.pieces import Contents
from gitops_ci.model.stack import Kind, Stack

_Read = Callable[[Stack, Inventory], Contents]


def of(stack_id: str, inventory: Inventory | None) -> Contents:
    """What the stack of that id takes in; nothing where that end lacks it."""
    stack = inventory.stacks.get(stack_id) if inventory is not None else None
    if stack is None or inventory is None:
        return Contents()
    return _readers()[stack.kind](stack, inventory)


def _readers() -> Mapping[Kind, _Read]:
    from gitops_ci.gate.promotion import databases, kubernetes, policies, terraform  # each loads its kind's reader

    return {
        "terraform": terraform.contents,
        "kubernetes": kubernetes.contents,
        "database": databases.contents,
        "security": policies.contents,
    }
