"""Changes of Applications in the plan of what they deploy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes import difference
from gitops_ci.kinds.kubernetes.argocd import changes
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.argocd.changes import ApplicationChange
from gitops_ci.kinds.kubernetes.manifests import ARGO
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.model.plan import Change, Plan, summarise
from gitops_ci.model.stack import Stack

_GOES = "everything that it deployed is deleted with it"
_STAYS = "what it deployed is left behind"


def announced(plan: Plan, stack: Stack, base: Inventory | None, head: Inventory | None) -> Plan:
    """The plan with what becomes of the Applications that it is about, before all else."""
    if base is None or head is None:
        return plan
    told = [change for each in changes.told_with(base, head).get(stack.id, ()) for change in _told(each)]
    if not told:
        return plan
    every = (*told, *plan.changes)
    status = "changed" if plan.status == "unchanged" else plan.status
    return msgspec.structs.replace(plan, changes=every, summary=summarise(every), status=status)


def _told(change: ApplicationChange) -> Iterator[Change]:
    ends = ([] if each is None else [_object(each)] for each in (change.before, change.after))
    for each in difference.between(*ends, prune=True).changes:
        if each.action != "delete":
            yield each
            continue
        reason = _GOES if change.destructive else _STAYS
        yield msgspec.structs.replace(each, destructive=change.destructive, reason=reason)


def _object(application: Application) -> Object:
    return Object(
        identity=Identity(ARGO, "Application", application.namespace, application.name),
        api_version=f"{ARGO}/v1alpha1",
        value=application.value,
        path=application.by.path,
        line=application.by.line,
    )
