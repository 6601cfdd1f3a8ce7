"""Which environment a stack is promoted from, and which stack of that environment is its counterpart."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.config import Config, Environment
from gitops_ci.discover.inventory import Inventory
from gitops_ci.model.stack import Stack


def before(environment: str, config: Config) -> Environment | None:
    """The environment that this one is promoted from."""
    settings = config.environment(environment)
    return None if settings is None or settings.promotes_from is None else config.environment(settings.promotes_from)


def of(stack: Stack, environment: str, inventory: Inventory) -> tuple[Stack, ...]:
    """The stacks of `environment` with the same kind and name: that of the same instance, else all of them."""
    named = inventory.named.get((environment, stack.kind, stack.name), ())
    return tuple(each for each in named if each.instance == stack.instance) or named


def has_own_branch(environment: Environment, source: Environment) -> bool:
    """Whether it is promoted from one branch to another, and not from one directory to another."""
    return environment.branch is not None and source.branch is not None and environment.branch != source.branch


def enters(environment: Environment | None, branches: Iterable[str]) -> bool:
    """Whether what is merged into these branches enters the environment: into its own, where it has one."""
    return environment is None or environment.branch is None or environment.branch in frozenset(branches)
