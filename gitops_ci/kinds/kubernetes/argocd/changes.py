"""Applications that a change adds, changes and removes, whoever writes or generates them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.discovery import survey
from gitops_ci.kinds.kubernetes.reading.manifests import Declared


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
    """The Applications that are not the same at both ends, by namespace and name.

    What a set made at base and cannot be rendered at head is not told: nobody knows what becomes of it.
    """
    before, after = (survey.of(end.snapshot, end.config) for end in (base, head))
    unknown = {_set(each.by) for each in after.renderings if each.troubles}
    remaining = {_set(each.by) for each in after.renderings}
    found = []
    for key in sorted(before.applications.keys() | after.applications.keys()):
        old, new = before.applications.get(key), after.applications.get(key)
        if new is not None:
            differs = () if old is None else tuple(_differing(old.value, new.value))
            if old is None or differs:
                stack = after.stacks.get(key)
                found.append(_change(new, "create" if old is None else "update", stack, differs=differs))
        elif old is not None and not (old.generator and _set(old.by) in unknown):
            stays = old.kept and _set(old.by) in remaining
            destructive = old.cascade and not stays
            found.append(_change(old, "delete", before.stacks.get(key), destructive=destructive))
    return tuple(found)


def _set(by: Declared) -> tuple[str, str]:
    return by.namespace, by.name


def _change(
    application: Application,
    action: Literal["create", "update", "delete"],
    stack: str | None,
    *,
    destructive: bool = False,
    differs: tuple[str, ...] = (),
) -> ApplicationChange:
    return ApplicationChange(
        name=application.name,
        namespace=application.namespace,
        generator=application.generator,
        stack=stack,
        action=action,
        destructive=destructive,
        path=application.by.path,
        line=application.by.line,
        differs=differs,
    )


def _differing(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """The places (`spec.source.path`) at which two values are not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differing(old.get(key), new.get(key), f"{at}.{key}" if at else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differing(one, other, f"{at}[{index}]")
    elif old != new:
        yield at
