"""Applications that a change adds, changes and removes, whoever writes or generates them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory


class ApplicationChange(Struct, frozen=True, kw_only=True):
    """What becomes of one Application.

    `generator` is the ApplicationSet that makes it, empty for one that is written. `stack` is the id of what it deploys
    from this repository, None where that is nothing. `destructive`: it goes away with everything it deployed (an
    ApplicationSet without `preserveResourcesOnDeletion`, an Application with a finalizer). `path` and `line` are the
    place of what makes it, at head where it is still there. `differs` are the places in it that are not the same.
    """

    name: str
    namespace: str
    generator: str = ""
    stack: str | None = None
    action: Literal["create", "update", "delete"]
    destructive: bool = False
    path: str
    line: int | None = None
    differs: tuple[str, ...] = ()


def between(base: Inventory, head: Inventory) -> tuple[ApplicationChange, ...]:
    """The Applications that are not the same at both ends, by namespace and name."""
    raise NotImplementedError
