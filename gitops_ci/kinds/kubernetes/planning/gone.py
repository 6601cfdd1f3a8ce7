"""What is said of what an object of Argo CD or Flux deployed where that goes, and of the object itself."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes import cascading
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.plan import Change
from gitops_ci.policy import secrets

_DEPLOYING = (f"{ARGO}/Application", f"{KUSTOMIZE_CONTROLLER}/Kustomization", f"{HELM_CONTROLLER}/HelmRelease")


def told(
    changes: Iterable[Change], was: Deployment | None, base: Inventory | None, head: Inventory | None
) -> tuple[Change, ...]:
    """The changes of a stack; `was` is how base deployed it, where what did so goes.

    An object that deploys something names its stack. What goes with its deployer is only sure to go where something
    here deletes that one.
    """
    if base is None:
        return tuple(changes)
    is_written = was is not None and was.by and (head is None or not _is_generated(was, base, head))
    doubt = _doubt(was, base) if was is not None and is_written else ""
    return tuple(_of(each, doubt, base) if each.action in ("delete", "forget", "replace") else each for each in changes)


def _of(change: Change, doubt: str, base: Inventory) -> Change:
    reason = change.reason or ""
    if change.type in _DEPLOYING and cascading.DEPLOYED in reason:
        stack = _stack(change, base)
        reason = reason.replace(cascading.DEPLOYED, f"{cascading.DEPLOYED} ({stack})", 1) if stack else reason
    if doubt and change.action != "forget":
        reason = f"{reason}; {doubt}" if reason else doubt
    return structs.replace(change, reason=secrets.masked(reason)) if reason != (change.reason or "") else change


def _stack(change: Change, base: Inventory) -> str:
    """The stack of what an object deploys; empty where that is nothing of this repository, or not known."""
    by = f"{change.type.rpartition('/')[2]} {change.address.rpartition(' ')[2].rpartition('/')[2]}"
    found = {id: each.path for id, each in survey.of(base.snapshot, base.config).deployments.items() if each.by == by}
    near = [id for id, path in found.items() if path == change.path] or list(found)
    return near[0] if len(near) == 1 else ""


def _is_generated(was: Deployment, base: Inventory, head: Inventory) -> bool:
    """Whether a set made the deployer and is still there: Argo CD deletes what it makes no more."""
    made = survey.of(base.snapshot, base.config).applications.values()
    owners = {(each.by.path, each.by.name) for each in made if each.generator and was.by == f"Application {each.name}"}
    after = survey.of(head.snapshot, head.config).renderings
    return any((each.by.path, each.by.name) in owners for each in after)


def _doubt(was: Deployment, base: Inventory) -> str:
    """That nobody here says whether a deployer goes when its file does; empty where what deploys the file prunes."""
    reached = base.graph.reached((was.path,), frozenset(base.stacks))
    holding = (deployments.of(base.stacks[id], base) for id in reached)
    if any(each.prune for each in holding if each.path != was.path):
        return ""
    return f"only if the {was.by} is deleted: nobody here says what prunes {was.path}"
