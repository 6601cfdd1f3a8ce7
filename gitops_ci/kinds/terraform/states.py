"""Where every Terraform stack of a repository keeps its state."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import backends
from gitops_ci.model.stack import Stack

_known: WeakKeyDictionary[Snapshot, Mapping[str, str]] = WeakKeyDictionary()


def of(inventory: Inventory) -> Mapping[str, str]:
    """Stack id → the location of its state (`backends.location`); those that cannot be told are left out."""
    if inventory.snapshot not in _known:
        found = {id: location(stack, inventory) for id, stack in inventory.stacks.items() if stack.kind == "terraform"}
        _known[inventory.snapshot] = {id: place for id, place in found.items() if place is not None}
    return _known[inventory.snapshot]


def location(stack: Stack, inventory: Inventory) -> str | None:
    """Where one stack keeps its state; None where that cannot be told."""
    declared = naming.declared(stack.path, "terraform", inventory.config)
    pattern = next((pattern for each, pattern in declared if each.id == stack.id), None)
    given = pattern.backend_config if pattern is not None else ()
    files = tuple(each.replace("{environment}", stack.environment) for each in given)
    workspace = pattern.workspace.replace("{environment}", stack.environment) if pattern and pattern.workspace else ""
    backend = backends.of(stack.path, inventory.snapshot, backend_config=files)
    if backend.unread:
        return None
    chosen = workspace or backends.DEFAULT_WORKSPACE
    return backends.location(backend.type, backend.settings, directory=stack.path, workspace=chosen)
