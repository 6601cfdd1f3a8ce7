"""A source at another revision of the repository, as an end of a change of its own."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Pinned
from gitops_ci.model.stack import Stack

_references: WeakKeyDictionary[Snapshot, tuple[Reference, ...]] = WeakKeyDictionary()


def inventory(source: Pinned, stack: Stack, known: Inventory) -> Inventory | None:
    """What there is at that revision, as far as the stack reads it; None where the clone has it no more."""
    snapshot = known.snapshot
    there = snapshot.revisions(source.commit, snapshot) if snapshot.revisions is not None else None
    if there is None:
        return None
    if there not in _references:
        repository = Repository(there, known.config)
        _references[there] = (*repository.kustomizations.references(), *repository.charts.references())
    own = (Reference(stack.id, path, scope, "direct", suffixes) for path, scope, suffixes in source.reads)
    return Inventory(
        snapshot=there,
        config=known.config,
        stacks={stack.id: stack},
        graph=Graph((*own, *_references[there])),
    )
