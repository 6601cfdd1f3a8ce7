"""What stacks render to, as the policy step judges it in place of the files that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.places import Places
from gitops_ci.kinds.kubernetes.sources import Manifests
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import files, kustomizations, manifests
from gitops_ci.policy.scope import Made, Rendering


def of(stacks: Iterable[Stack], inventory: Inventory | None) -> Rendering:
    """What those of the stacks render to that were planned, and rendered without a gap.

    Plain manifests are judged as they are written, and so is what a stack takes, too, that could not be rendered.
    """
    if inventory is None:
        return Rendering()
    objects: list[Made] = []
    instead_of: set[str] = set()
    left: set[str] = set()
    for stack in stacks:
        own = inventory.stacks.get(stack.id)
        if own is None or own.kind != "kubernetes":
            continue
        closure = inventory.graph.closure(own.id, inventory.snapshot)
        found = rendering.known(own, inventory)
        sources = deployments.of(own, inventory).sources
        if found is None or found.gaps or all(isinstance(each, Manifests) for each in sources):
            left |= closure
            continue
        instead_of |= set(_rendered(closure, inventory))
        places = Places(closure, inventory.snapshot)
        objects += (
            Made(value=each.value, stack=own.id, directory=own.path, where=partial(places.of, each))
            for each in found.objects
        )
    return Rendering(objects=tuple(objects), instead_of=frozenset(instead_of - left))


def _rendered(closure: Iterable[str], inventory: Inventory) -> Iterator[str]:
    """The files of a closure that only become objects by a rendering: what kustomizations take, and templates."""
    paths = sorted(closure)
    snapshot = inventory.snapshot
    charts = [path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == "Chart.yaml"]
    for path, parsed in snapshot.facts(filter(kustomizations.is_one, paths), files.fact("YAML")).items():
        yield path
        yield from kustomizations.read(path, parsed, snapshot).taken
    yield from (path for path in paths if manifests.is_template(path, charts))
