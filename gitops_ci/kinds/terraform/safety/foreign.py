"""Reads of a state that belongs to another environment: its outputs, and what it holds, would be in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.kinds.terraform import backends, binding
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure

RULE = "terraform/foreign-state"
_ALLOW = "let base have it first"


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every `terraform_remote_state` whose place is bound to another environment than the root's."""
    environment, config = closure.stack.environment, closure.inventory.config
    if not any(each.bind.backends for each in config.environments):
        return
    for placed in closure.all("data", "terraform_remote_state"):
        location = backends.remote_state(backends.settings_of(placed.body), directory=closure.root)
        owner = binding.owner_of(location, environment, config) if location is not None else None
        if owner is not None:
            message = f"{placed.block.name} reads {location}, which belongs to {owner}"
            key = (RULE, placed.directory, location)
            yield Breach(RULE, message, _ALLOW, placed.path, placed.block.line, key)
