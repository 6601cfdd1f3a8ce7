"""What the stacks of head were at base, as their plans found it: for the rules about what a change takes away."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.objects import Rendered
from gitops_ci.kinds.kubernetes.sources import Deployment


class Former(Struct, frozen=True):
    """How a stack was deployed at base, and what it rendered to."""

    deployment: Deployment
    rendered: Rendered


_known: WeakKeyDictionary[object, dict[str, Former]] = WeakKeyDictionary()


def remember(id: str, head: Inventory | None, deployment: Deployment, rendered: Rendered) -> None:
    """Says what the stack of an id was at base."""
    if head is not None:
        _known.setdefault(head.snapshot, {})[id] = Former(deployment, rendered)


def of(id: str, head: Inventory) -> Former | None:
    """What the stack of an id was at base; None where nobody planned it."""
    return _known.get(head.snapshot, {}).get(id)
