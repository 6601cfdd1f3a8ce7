"""Everything that one snapshot holds: each kind's stacks, the graph over all of them, what is wrong already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover import layout, order
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Kind, Stack
from gitops_ci.policy import severity


class Dependency(Struct, frozen=True):
    """A stack that reads what another one makes (its state): ids, and the place that says so.

    An ordering edge: a change of `on` may reach `stack` once it is applied, and not before.
    """

    stack: str
    on: str
    path: str | None = None
    line: int | None = None


class Found(Struct, frozen=True):
    """What a kind sees in a snapshot: its stacks, what they and their parts read, what is wrong already."""

    stacks: tuple[Stack, ...] = ()
    references: tuple[Reference, ...] = ()
    findings: tuple[Finding, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


class Inventory(Struct, frozen=True):
    """Everything discovered in one snapshot, over all kinds; `ambiguous` ids name more than one directory."""

    snapshot: Snapshot
    config: Config
    stacks: Mapping[str, Stack]
    graph: Graph
    findings: tuple[Finding, ...]
    ambiguous: frozenset[str] = frozenset()
    dependencies: tuple[Dependency, ...] = ()


class Finder(Protocol):
    """The part of a kind that discovery needs."""

    def find(self, snapshot: Snapshot, config: Config) -> Found:
        """The stacks of this kind. Bad content becomes findings, never an exception."""


def take(snapshot: Snapshot, config: Config, kinds: Mapping[Kind, Finder]) -> Inventory:
    """Discovers `snapshot`. Two stacks with one id are a finding, and neither can be planned."""
    found = [kind.find(snapshot, config) for kind in kinds.values()]
    stacks = sorted((stack for each in found for stack in each.stacks), key=lambda stack: (stack.id, stack.path))
    findings = [finding for each in found for finding in each.findings]
    findings += layout.findings(snapshot, stacks, config)
    dependencies = tuple(dependency for each in found for dependency in each.dependencies)
    findings += order.circles(dependencies)
    unique: dict[str, Stack] = {}
    for stack in stacks:
        unique.setdefault(stack.id, stack)
    return Inventory(
        snapshot=snapshot,
        config=config,
        stacks=unique,
        graph=Graph(reference for each in found for reference in each.references),
        findings=severity.applied(findings, config),
        ambiguous=frozenset(stack.id for stack in stacks if unique[stack.id].path != stack.path),
        dependencies=dependencies,
    )
