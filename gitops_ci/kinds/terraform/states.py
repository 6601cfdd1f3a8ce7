"""Where every Terraform stack of a repository keeps its state."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import backends, terragrunt
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.model.stack import Stack

_known: WeakKeyDictionary[Snapshot, Mapping[str, str]] = WeakKeyDictionary()


def of(inventory: Inventory) -> Mapping[str, str]:
    """Stack id → the location of its state (`backends.location`); those that cannot be told are left out."""
    if inventory.snapshot not in _known:
        stacks = (stack for stack in inventory.stacks.values() if stack.kind == "terraform")
        found = ((stack.id, location(stack, inventory)) for stack in stacks)
        _known[inventory.snapshot] = {id: place for id, place in found if place is not None}
    return _known[inventory.snapshot]


def location(stack: Stack, inventory: Inventory) -> str | None:
    """Where one stack keeps its state; None where that cannot be told, as of a unit of Terragrunt."""
    if terragrunt.is_unit(stack.path, inventory.snapshot):
        return None
    given = calls.given(stack, inventory)
    directory = inventory.snapshot.resolve(stack.path) or stack.path  # where a link leads: the engine runs there
    backend = backends.of(directory, inventory.snapshot, backend_config=given.backend_config)
    if backend.unread:
        return None
    workspace = given.workspace or backends.DEFAULT_WORKSPACE
    return backends.location(backend.type, backend.settings, directory=directory, workspace=workspace)
