"""What deploys a stack goes to another namespace: the old one takes its objects with it, a new one makes them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes import difference
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.discovery.survey import Survey
from gitops_ci.kinds.kubernetes.objects import Rendered
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.plan import Change
from gitops_ci.policy import secrets


def is_it(was: Deployment, is_now: Deployment, head: Survey | None) -> bool:
    """Whether what deploys it is in another namespace than before, and no longer where it was.

    Where one of the two does not say where it is nobody can tell.
    """
    if not (was.home and is_now.home) or was.by != is_now.by or was.home == is_now.home:
        return False
    others = head.deployments.values() if head is not None else ()
    return not any((each.by, each.home, each.cluster) == (was.by, was.home, was.cluster) for each in others)


def changes(ends: tuple[Rendered, Rendered], was: Deployment, is_now: Deployment, fate: Pruning) -> Iterator[Change]:
    """What becomes of the objects: those that go with the old one are made anew, and those that stay are taken over."""
    before, after = ends[0].objects, ends[1].objects
    there = {each.address for each in difference.between((), after, fate).changes}
    gone = {each.address: each for each in difference.between(before, (), fate).changes if each.action == "delete"}
    yield from (each for each in difference.between(before, after, fate).changes if each.address not in gone)
    moves = f"{was.by} goes from namespace {was.home} to {is_now.home}, so this is deleted and made anew"
    for address, each in gone.items():
        if address not in there:
            yield each
            continue
        reason = secrets.masked("; ".join(filter(None, (moves, each.reason))))
        yield structs.replace(each, action="replace", create_before_destroy=None, reason=reason, attributes=())
