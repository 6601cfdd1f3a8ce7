"""What a stack takes in, kind by kind, read as data: no engine is asked and nothing is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.promotion.pieces import Contents
from gitops_ci.model.stack import Kind, Stack

_Read = Callable[[Stack, Inventory], Contents]
_read_before: WeakKeyDictionary[Snapshot, dict[str, tuple[Config, Contents]]] = WeakKeyDictionary()
"""Several rules ask for the same: a snapshot is one thing by one configuration."""


def of(stack_id: str, inventory: Inventory | None) -> Contents:
    """What the stack of that id takes in; nothing where that end lacks it."""
    stack = inventory.stacks.get(stack_id) if inventory is not None else None
    if stack is None or inventory is None:
        return Contents()
    known = _read_before.setdefault(inventory.snapshot, {})
    if stack_id not in known or known[stack_id][0] is not inventory.config:
        known[stack_id] = (inventory.config, _readers()[stack.kind](stack, inventory))
    return known[stack_id][1]


def _readers() -> Mapping[Kind, _Read]:
    from gitops_ci.gate.promotion import databases, kubernetes, policies, terraform  # each loads its kind's reader

    return {
        "terraform": terraform.contents,
        "kubernetes": kubernetes.contents,
        "database": databases.contents,
        "security": policies.contents,
    }
