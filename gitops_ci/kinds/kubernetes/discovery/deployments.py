"""What each stack of a snapshot is rendered from, and where to."""

from __future__ import annotations

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.discovery import survey
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.stack import Stack


def of(stack: Stack, inventory: Inventory) -> Deployment:
    """What a stack renders from at one end of a change; nothing at an end that does not have it.

    The repository is gone through once for each snapshot.
    """
    found = survey.of(inventory.snapshot, inventory.config).deployments
    return found.get(stack.id, Deployment(sources=(), path=stack.path))
