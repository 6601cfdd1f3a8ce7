"""Applications that a change adds, changes and removes, whoever writes or generates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import survey
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.manifests import Declared


class ApplicationChange(Struct, frozen=True, kw_only=True):
    """What becomes of one Application; None at an end that does not have it.

    `stack` is the id of what it deploys from this repository, None where that is nothing. `destructive`: it goes away
    with everything it deployed (an ApplicationSet without `preserveResourcesOnDeletion`, a finalizer).
    """

    before: Application | None
    after: Application | None
    stack: str | None
    destructive: bool = False


_Told = Mapping[str, tuple[ApplicationChange, ...]]
_known: WeakKeyDictionary[Snapshot, tuple[Snapshot, _Told]] = WeakKeyDictionary()


def between(base: Inventory, head: Inventory) -> Iterator[ApplicationChange]:
    """The Applications that are not the same at both ends, by namespace and name.

    What a set made at base and cannot be rendered at head is not told: nobody knows what becomes of it.
    """
    before, after = (survey.of(end.snapshot, end.config) for end in (base, head))
    unknown = {_set(each.by) for each in after.renderings if each.troubles}
    remaining = {_set(each.by) for each in after.renderings}
    for key in sorted(before.applications.keys() | after.applications.keys()):
        old, new = before.applications.get(key), after.applications.get(key)
        if new is not None:
            if old is None or old.value != new.value:
                yield ApplicationChange(before=old, after=new, stack=after.stacks.get(key))
        elif old is not None and not (old.generator and _set(old.by) in unknown):
            stays = old.kept and _set(old.by) in remaining
            destructive = old.cascade and not stays
            yield ApplicationChange(before=old, after=None, stack=before.stacks.get(key), destructive=destructive)


def told_with(base: Inventory, head: Inventory) -> _Told:
    """Id of a stack → the changes of Applications that its plan tells, beside its own objects; found once.

    Those of what it deploys, and those that a set in one of its files makes of other repositories. What is written in a
    file that some stack deploys is one of that stack's objects already.
    """
    known = _known.get(head.snapshot)
    if known is None or known[0] is not base.snapshot:
        known = _known[head.snapshot] = base.snapshot, _told(base, head)
    return known[1]


def _told(base: Inventory, head: Inventory) -> _Told:
    deployers = {
        **survey.of(base.snapshot, base.config).deployers,
        **survey.of(head.snapshot, head.config).deployers,
    }
    found: dict[str, list[ApplicationChange]] = {}
    for each in between(base, head):
        application = each.after or each.before
        assert application is not None
        is_object = not application.generator and application.by.path in deployers
        stack = each.stack if each.stack is not None else deployers.get(application.by.path)
        if stack is not None and not is_object:
            found.setdefault(stack, []).append(each)
    return {id: tuple(changes) for id, changes in found.items()}


def _set(by: Declared) -> tuple[str, str]:
    return by.namespace, by.name
