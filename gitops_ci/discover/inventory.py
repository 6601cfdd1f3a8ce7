"""Everything that one snapshot holds: each kind's stacks, the graph over all of them, what is wrong already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Protocol

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Kind, Stack


class Dependency(Struct, frozen=True):
    """A stack that reads what another one makes (its state): ids, and the place that says so.

    An ordering edge: a change of `on` may reach `stack` once it is applied, and not before.
    """

    stack: str
    on: str
    path: str | None = None
    line: int | None = None


class Found(Struct, frozen=True):
    """What a kind sees in a snapshot: its stacks, what they and their parts read, what is wrong already.

    `findings` is gone through once, and only where somebody asks for them. `excerpts` are what a stack (its id) takes
    of a file (its path) that others take something else of: where that is the same at both ends, a change of the file
    itself does not reach the stack. `through` is the stack that makes what a stack (its id) takes of a file (its path).
    """

    stacks: tuple[Stack, ...] = ()
    references: tuple[Reference, ...] = ()
    findings: Iterable[Finding] = ()
    dependencies: tuple[Dependency, ...] = ()
    excerpts: Mapping[tuple[str, str], object] = {}
    through: Mapping[tuple[str, str], str] = {}


class Inventory(Struct, frozen=True, dict=True):
    """Everything discovered in one snapshot, over all kinds; `ambiguous` ids name more than one directory.

    `told` is what the kinds and the layout rules have to say, gone through when `findings` are first asked for: what a
    change affects does not depend on them.
    """

    snapshot: Snapshot
    config: Config
    stacks: Mapping[str, Stack]
    graph: Graph
    told: Iterable[Finding] = ()
    ambiguous: frozenset[str] = frozenset()
    dependencies: tuple[Dependency, ...] = ()
    excerpts: Mapping[tuple[str, str], object] = {}
    through: Mapping[tuple[str, str], str] = {}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, as severe as the rules themselves have it."""
        return tuple(self.told)

    @cached_property
    def named(self) -> Mapping[tuple[str, Kind, str], tuple[Stack, ...]]:
        """The stacks of each environment, kind and name: the instances of one."""
        found: dict[tuple[str, Kind, str], tuple[Stack, ...]] = {}
        for stack in self.stacks.values():
            key = (stack.environment, stack.kind, stack.name)
            found[key] = (*found.get(key, ()), stack)
        return found

    @cached_property
    def deployed_to(self) -> Mapping[str, frozenset[str]]:
        """The environments that each directory of a stack is deployed to."""
        found: dict[str, frozenset[str]] = {}
        for stack in self.stacks.values():
            found[stack.path] = found.get(stack.path, frozenset()) | {stack.environment}
        return found


class Finder(Protocol):
    """The part of a kind that discovery needs."""

    def find(self, snapshot: Snapshot, config: Config) -> Found:
        """The stacks of this kind. Bad content becomes findings, never an exception."""


def take(
    snapshot: Snapshot, config: Config, kinds: Mapping[Kind, Finder], *, near: Inventory | None = None
) -> Inventory:
    """Discovers `snapshot`. Two stacks with one id are a finding, and neither can be planned.

    `near` is what was found, by the same configuration, in a snapshot that this one is a change of: where the change
    touches nothing that was looked at, there is nothing else to find. It is the base of the change, which decides.
    """
    if near is not None and near.snapshot is not snapshot:
        snapshot.base = near.snapshot
    if near is not None and snapshot.looks_like(near.snapshot):
        return structs.replace(near, snapshot=snapshot, told=_told_anew(snapshot, config, kinds))
    found = [kind.find(snapshot, config) for kind in kinds.values()]
    stacks = sorted((stack for each in found for stack in each.stacks), key=lambda stack: (stack.id, stack.path))
    dependencies = tuple(dependency for each in found for dependency in each.dependencies)
    unique: dict[str, Stack] = {}
    for stack in stacks:
        unique.setdefault(stack.id, stack)
    return Inventory(
        snapshot=snapshot,
        config=config,
        stacks=unique,
        graph=Graph(reference for each in found for reference in each.references),
        told=_told(found, snapshot, stacks, config),
        ambiguous=frozenset(stack.id for stack in stacks if unique[stack.id].path != stack.path),
        dependencies=dependencies,
        excerpts={key: excerpt for each in found for key, excerpt in each.excerpts.items()},
        through={key: stack for each in found for key, stack in each.through.items()},
    )


def _told_anew(snapshot: Snapshot, config: Config, kinds: Mapping[Kind, Finder]) -> Iterator[Finding]:
    yield from take(snapshot, config, kinds).told


def _told(found: Iterable[Found], snapshot: Snapshot, stacks: Iterable[Stack], config: Config) -> Iterator[Finding]:
    from gitops_ci.discover import layout, order  # many rules, which not every command asks

    for each in found:
        yield from each.findings
    yield from order.circles(tuple(dependency for each in found for dependency in each.dependencies))
    yield from layout.findings(snapshot, stacks, config)
