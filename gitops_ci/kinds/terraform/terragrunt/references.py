"""What a unit reads, as References and Dependencies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from gitops_ci.discover.inventory import Dependency
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.reading.referring import ROOT_ONLY, VERSIONS, of_links, versions_above
from gitops_ci.kinds.terraform.terragrunt import FILES
from gitops_ci.kinds.terraform.terragrunt.unit import Unit
from gitops_ci.model.stack import Stack

_CONFIGURATION = (".hcl", ".tfvars", ".json", ".yaml", ".yml")
"""Endings of what a unit may read from the folders above it where that cannot be told."""
_VERSIONS = (*VERSIONS, ".terragrunt-version")


def of(stack: Stack, unit: Unit, snapshot: Snapshot, rooted: Collection[str]) -> Iterator[Reference]:
    """What a unit reads; `rooted` are the modules that read files beside their root, wherever that is.

    Terragrunt copies the files beside `terragrunt.hcl` over the module's, so these are such files.
    """
    id = stack.id
    yield Reference(id, unit.path, "directory", "direct", (*SOURCES, *ROOT_ONLY, ".terragrunt-version", *FILES))
    yield from of_links(id, unit.path, snapshot)
    for path in versions_above(unit.path, snapshot, _VERSIONS):
        yield Reference(id, path, "file", "file")
    if unit.module is not None:
        yield Reference(id, unit.module, "directory", "module", (*SOURCES, *ROOT_ONLY))
    for path in unit.files:
        if path != unit.file:
            yield Reference(id, path, "file", "file")
    for path in unit.trees:
        yield Reference(id, path, "tree", "file")
    if unit.is_unresolved or (unit.module in rooted):
        yield Reference(id, unit.path, "tree", "conservative")
    if unit.is_unresolved:
        for directory in _above(unit.path):
            yield Reference(id, directory, "directory", "conservative", _CONFIGURATION)
    if unit.is_anywhere:
        yield Reference(id, "", "tree", "conservative", SOURCES)


def _above(directory: str) -> Iterator[str]:
    while directory:
        directory = directory.rpartition("/")[0]
        yield directory


def dependencies(stacks: Iterable[tuple[Stack, Unit]]) -> Iterator[Dependency]:
    """Which units need which: of the same instance where one is deployed several times, else every one."""
    known = list(stacks)
    at: dict[str, list[Stack]] = {}
    for stack, unit in known:
        at.setdefault(unit.path, []).append(stack)
    for stack, unit in known:
        for directory, file, line in unit.needs:
            there = [each for each in at.get(directory, ()) if each.id != stack.id]
            alike = [each for each in there if _which(each) == _which(stack)]
            for on in alike or there:
                yield Dependency(stack.id, on.id, file, line)


def _which(stack: Stack) -> tuple[str, str | None]:
    return stack.environment, stack.instance


def modules(units: Mapping[str, Unit]) -> frozenset[str]:
    """The directories that units deploy: none of them is a root by itself."""
    return frozenset(unit.module for unit in units.values() if unit.module is not None) - units.keys()
