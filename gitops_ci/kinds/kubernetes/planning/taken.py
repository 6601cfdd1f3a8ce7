"""What is left of a directory that nobody was known to deploy, and that another stack takes now: it is no loss."""

from __future__ import annotations

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.sources import Deployment, Manifests
from gitops_ci.model.plan import Change, Problem
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import files, manifests


def over(
    changes: tuple[Change, ...], was: tuple[Stack, Deployment], base: Inventory, head: Inventory
) -> tuple[tuple[Change, ...], Problem | None]:
    """The changes of the stack of such a directory, which head has no more, without what is still there.

    Nothing here deletes that: whoever applied the directory before may do so still. It is all of it where no file
    that it is made of differs, else what its manifests still have.
    """
    stack, deployment = was
    inside = f"{stack.path}/" if stack.path else ""
    read = base.graph.closure(stack.id, base.snapshot)
    own = frozenset(id for id, each in head.stacks.items() if each.kind == "kubernetes")
    reached = head.graph.reached([path for path in read if path.startswith(inside)], own)
    if not reached:
        return changes, None
    # what an ApplicationSet that lies in it makes reads the directory, too, and deploys nothing of it
    takers = sorted(id for id, each in reached.items() if each.certainty != "file") or sorted(reached)
    is_whole = all(
        (before := base.snapshot.read(path)) is not None and before == head.snapshot.read(path) for path in read
    )
    plain = frozenset(path for each in deployment.sources if isinstance(each, Manifests) for path in each.files)
    left = [] if is_whole else [each for each in changes if each.path not in plain or not _stands(each, head)]
    if len(left) == len(changes):
        return tuple(left), None
    message = f"{', '.join(takers[:3])} {'deploys' if len(takers) == 1 else 'deploy'} this directory now"
    return tuple(left), Problem(code="taken-over", message=f"{message}: what it still has is told there, and not gone")


def _stands(change: Change, head: Inventory) -> bool:
    """Whether a manifest still has an object, by its kind and its name."""
    path = change.path or ""
    parsed = head.snapshot.facts([path], files.fact("JSON" if path.endswith(".json") else "YAML")).get(path)
    found = manifests.objects(parsed.documents) if parsed is not None else ()
    named = {(group, kind, name) for group, kind, _, name in (each.identity for each in found)}
    group, _, kind = change.type.rpartition("/")
    return (group, kind, change.address.rpartition(" ")[2].rpartition("/")[2]) in named
