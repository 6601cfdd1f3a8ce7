"""Reads of a state that belongs to another environment: its outputs, and what it holds, would be in the plan."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from gitops_ci.kinds.terraform import accounts, backends, binding
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.safety import evaluation, flow
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.safety.evaluation import Scope
from gitops_ci.kinds.terraform.safety.possible import Possible

RULE = "terraform/foreign-state"
_ALLOW = "let base have it first"
_DEEPEST = 5


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every `terraform_remote_state` whose place is bound to another environment than the root's, or is not known."""
    environment, config = closure.stack.environment, closure.inventory.config
    if not any(each.bind.backends for each in config.environments):
        return
    scope = accounts.exact(closure)
    for placed in closure.all("data", "terraform_remote_state"):
        settings = {
            each.name: _value(evaluation.of(each, Scope(scope, placed.directory))) for each in placed.body.attributes
        }
        location = backends.remote_state(settings, directory=closure.root)
        type = settings.get("backend")
        if location is None and binding.may_be_owned(type if isinstance(type, str) else None, environment, config):
            message = f"{placed.block.name} reads a state whose place only an evaluation could tell"
            told = flow.into(((placed.directory, each.expression) for each in placed.body.attributes), closure)
            key: tuple[Hashable, ...] = (RULE, placed.directory, placed.block.name, told)
            yield Breach(RULE, message, _ALLOW, placed.path, placed.block.line, key)
        owner = binding.owner_of(location, environment, config) if location is not None else None
        if owner is not None:
            message = f"{placed.block.name} reads {location}, which belongs to {owner}"
            yield Breach(RULE, message, _ALLOW, placed.path, placed.block.line, (RULE, placed.directory, location))


def _value(found: Possible, depth: int = 0) -> Value:
    """The one value that an expression has; COMPUTED where it may be another."""
    if found == ():
        return None
    if found is None or len(found) != 1 or depth > _DEEPEST:
        return COMPUTED
    [one] = found
    if isinstance(one, str):
        return one if one.isprintable() else COMPUTED  # what is not stands for something else
    if one.is_list or one.rest != ():
        return COMPUTED
    return {key: _value(part, depth + 1) for key, part in one.by_key.items()}
