"""Which object before is which object after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes.objects import Identity, Object

Pair = tuple[Object | None, Object | None]

_NOW: dict[tuple[str, str], str] = {
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "Deployment"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "PodSecurityPolicy"): "policy",
    ("", "Event"): "events.k8s.io",
}
"""Groups out of which Kubernetes has moved a kind: the object stays the same one."""


def pairs(base: Iterable[Object], head: Iterable[Object]) -> Iterator[Pair]:
    """Each object with what it was, in order of head and then of base.

    Of several with one identity nobody knows which one counts: one that only one end has is never passed over.
    """
    before, after = _by_identity(base), _by_identity(head)
    yield from (_told(before.get(identity, []), several) for identity, several in after.items())
    yield from ((several[-1], None) for identity, several in before.items() if identity not in after)


def _by_identity(objects: Iterable[Object]) -> dict[Identity, list[Object]]:
    found: dict[Identity, list[Object]] = {}
    for each in objects:
        found.setdefault(_identity(each), []).append(each)
    return found


def _told(before: list[Object], after: list[Object]) -> Pair:
    """The objects of one identity that differ, if any do."""
    if len(before) < 2 and len(after) < 2:
        return (before[0] if before else None), after[0]
    gone = [each for each in before if all(each.value != other.value for other in after)]
    new = [each for each in after if all(each.value != other.value for other in before)]
    was = (gone or before)[-1] if before else None
    return was, (new or after)[-1]


def _identity(each: Object) -> Identity:
    identity = each.identity
    group = _NOW.get((identity.group, identity.kind), identity.group)
    return identity if group == identity.group else structs.replace(identity, group=group)
