"""In which order stacks are planned: one that reads another's state comes after it; circles are cut, and said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

if TYPE_CHECKING:
    from gitops_ci.discover.inventory import Dependency, Inventory

Edges = Mapping[str, frozenset[str]]
"""Stack id → the stacks whose state it reads."""


def between(base: Inventory | None, head: Inventory) -> Edges:
    """Who reads whose state: as head has it, and as base has it for the stacks that only base has."""
    removed = [each for each in base.dependencies if each.stack not in head.stacks] if base is not None else []
    return _edges((*head.dependencies, *removed))


def _edges(dependencies: Iterable[Dependency]) -> Edges:
    found: dict[str, set[str]] = {}
    for each in dependencies:
        if each.on != each.stack:
            found.setdefault(each.stack, set()).add(each.on)
    return {stack: frozenset(producers) for stack, producers in found.items()}


def waits(stacks: Iterable[str], edges: Edges) -> Edges:
    """For each of the stacks those of them that it waits for. Stacks in a circle do not wait for each other."""
    wanted = frozenset(stacks)
    return _cut({stack: edges.get(stack, frozenset()) & wanted for stack in wanted})[0]


def _cut(edges: Edges) -> tuple[Edges, list[frozenset[str]]]:
    """The edges without circles, and the circles whose stacks were taken apart for that."""
    circles: list[frozenset[str]] = []
    while True:
        try:
            TopologicalSorter({stack: sorted(edges[stack]) for stack in sorted(edges)}).prepare()
        except CycleError as error:
            circle = frozenset(error.args[1])
            circles.append(circle)
            edges = {stack: read - circle if stack in circle else read for stack, read in edges.items()}
        else:
            return edges, circles


def circles(dependencies: tuple[Dependency, ...]) -> Iterator[Finding]:
    """Stacks that read each other's state: whichever is planned or applied first does not know the other's result."""
    if not dependencies:
        return
    for circle in _cut(_edges(dependencies))[1]:
        first = min(circle)
        inside = [each for each in dependencies if each.stack == first and each.on in circle]
        place = min(inside, key=lambda each: (each.path or "", each.line or 0))
        yield finding.make(
            "terraform/state-circle",
            "warning",
            f"{', '.join(sorted(circle))} read each other's state: none of them can be planned or applied first",
            help="Give one of the values by a variable, or move what both need to a stack of its own.",
            path=place.path,
            line=place.line,
            stack=first,
        )
