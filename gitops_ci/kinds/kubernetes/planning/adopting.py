"""A directory that nothing here was known to deploy, and something new says that it does: whoever did so still may."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.kinds.kubernetes import difference, rendering
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.discovery.directories import Directories
from gitops_ci.kinds.kubernetes.objects import Rendered
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.plan import Change, Problem
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets


def hidden(
    stack: Stack,
    ends: tuple[Deployment, Deployment],
    before: Rendered,
    told: Iterable[Change],
    at: tuple[Inventory, Tools],
) -> Problem | None:
    """Why a plan is not all, where a change of the directory does not show in what its new deployer makes of it.

    That deployer is evidence of the change itself: it may be at another revision, patch the change away, or never be
    applied. `before` is what base's directory renders to, `told` what the plan tells.
    """
    was, is_now = ends
    if was.by or not is_now.by:
        return None
    alone = _alone(stack, *at)
    if alone is None or (alone.gaps and not before.gaps):
        why = "what the directory is by itself cannot be told" if alone is None else alone.gaps[0].message
        return _problem(stack, is_now, why)
    known: dict[tuple[str, str], list[Change]] = {}
    for each in told:
        known.setdefault(_key(each), []).append(each)
    for each in difference.between(before.objects, alone.objects, Pruning(None)).changes:
        if not any(_tells(one, each) for one in known.get(_key(each), ())):
            return _problem(stack, is_now, f"{each.address} is another one there")
    return None


def _key(change: Change) -> tuple[str, str]:
    """An object without its namespace, which a deployer may give it."""
    return change.type, change.address.rpartition(" ")[2].rpartition("/")[2]


def _tells(one: Change, other: Change) -> bool:
    """Whether all of a change of the directory is in a change that is told."""
    if one.address != other.address or one.action != other.action:
        return True
    return all(each in one.attributes for each in other.attributes)


def _problem(stack: Stack, by: Deployment, why: str) -> Problem:
    message = (
        f"not rendered: nothing here was known to deploy {stack.path or 'the root'}, and {by.by} now does;"
        f" whoever did so may go on, and what changes for them is not what is told: {why}"
    )
    return Problem(code="not-rendered", message=secrets.masked(message), path=by.path, line=by.line)


def _alone(stack: Stack, inventory: Inventory, tools: Tools) -> Rendered | None:
    """What the directory renders to by itself; None where nothing would find it."""
    repository = Repository(inventory.snapshot, inventory.config)
    directories = Directories(repository)
    is_declared = naming.is_declared("kubernetes", inventory.config)
    found = directories.declared() if is_declared else directories.guessed()
    deployed = next((each for one, each in found if one.path == stack.path), None)
    if deployed is None:
        return None
    own = structs.replace(stack, id=f"{stack.id} by itself")
    reads = (Reference(own.id, each.path, each.scope, each.certainty, each.suffixes) for each in deployed.reads)
    graph = Graph((*reads, *repository.kustomizations.references(), *repository.charts.references()))
    there = Inventory(snapshot=inventory.snapshot, config=inventory.config, stacks={own.id: own}, graph=graph)
    return rendering.rendered(Deployment(sources=deployed.sources, path=stack.path), own, there, tools)
