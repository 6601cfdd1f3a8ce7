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
    """Each object with what it was, in order of head and then of base; of several with one identity the last counts."""
    before = {_identity(each): each for each in base}
    after = {_identity(each): each for each in head}
    yield from ((before.get(identity), each) for identity, each in after.items())
    yield from ((each, None) for identity, each in before.items() if identity not in after)


def _identity(each: Object) -> Identity:
    identity = each.identity
    group = _NOW.get((identity.group, identity.kind), identity.group)
    return identity if group == identity.group else structs.replace(identity, group=group)
