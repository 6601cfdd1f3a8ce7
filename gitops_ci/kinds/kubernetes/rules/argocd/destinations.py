"""Whether the cluster that an Application names is one that there is: by the configuration, or by all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gitops_ci.kinds.kubernetes import clusters, values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.rules.argocd.application import Fault, Used, World
from gitops_ci.kinds.kubernetes.rules.declared import IN_CLUSTER

UNKNOWN = "argocd/destination-unknown"

_WORD = re.compile(r"[^\W_]+")
_LONG, _SHORTEST = 8, 4
"""Letters from which two may be wrong in a word, and below which none: `eu` is no `us` misspelt."""
_MANY = 2


def used(apps: Iterable[Application]) -> dict[str, Used]:
    """All destinations, as they are written: names and addresses alike."""
    found: dict[str, Used] = {}
    for each in apps:
        if each.cluster:
            before = found.get(each.cluster, Used(0, frozenset()))
            found[each.cluster] = Used(before.applications + 1, before.by | {(each.by.path, each.by.name)})
    return found


def faults(app: Application, world: World) -> Iterator[Fault]:
    """A destination that nobody knows: an error where the clusters are configured, else one that looks misspelt."""
    destination = values.mapping(app.spec, "destination")
    key = "name" if values.text(destination, "name") else "server"
    written = values.text(destination, key)
    if not written or "{{" in written or (key == "server" and "://" not in written):
        return
    place = ("spec", "destination", key)
    configured = world.config.kinds.kubernetes.generators.clusters
    if configured is not None:
        own = next(each for each in IN_CLUSTER if ("://" in each) == (key == "server"))
        there = [own, *(each.name if key == "name" else each.server for each in configured)]
        if not any(clusters.are_same(written, each) for each in there):
            near = next((each for each in there if _is_nearly(written, each)), "")
            meant = f" ({near} may be meant)" if near else ""
            said = f"spec.destination.{key} is none of the configured clusters{meant}"
            yield Fault(UNKNOWN, place, said, written, severity="error")
        return
    ours = world.destinations.get(written, Used(1, frozenset({(app.by.path, app.by.name)})))
    for other, use in world.destinations.items() if len(ours.by) == 1 else ():
        if use.applications >= _MANY and use.by != ours.by and _is_nearly(written, other):
            said = f"no other Application has this spec.destination.{key}, and many have {other}"
            yield Fault(UNKNOWN, place, said, written)
            return


def _is_nearly(one: str, other: str) -> bool:
    """Whether one is the other with one or two letters wrong in one word; another number is another cluster."""
    first, second = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    if len(first) != len(second):
        return False
    differing = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1:
        return False
    left, right = differing[0]
    shortest = min(len(left), len(right))
    if shortest < _SHORTEST or not (left.isalpha() and right.isalpha()):
        return False
    return _distance(left, right) <= (2 if shortest >= _LONG else 1)


def _distance(one: str, other: str) -> int:
    """How many letters have to come, go, change or trade places with the next one; three is far enough."""
    if abs(len(one) - len(other)) > 2 or max(len(one), len(other)) > 253:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        last, before, row = before, row, [index]
        for at, wanted in enumerate(other, 1):
            best = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != wanted))
            if index > 1 and at > 1 and letter == other[at - 2] and one[index - 2] == wanted:
                best = min(best, last[at - 2] + 1)
            row.append(best)
    return row[-1]
