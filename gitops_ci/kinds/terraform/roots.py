"""Finds Terraform roots in a snapshot, and what each root and each module reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, Snapshot
from gitops_ci.kinds.terraform import remote_states
from gitops_ci.kinds.terraform.reading import computed_paths, directories, referring
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.reading.directories import Directory
from gitops_ci.kinds.terraform.reading.referring import Root
from gitops_ci.kinds.terraform.terragrunt import references as of_units
from gitops_ci.kinds.terraform.terragrunt import units
from gitops_ci.kinds.terraform.terragrunt.unit import Unit
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import SHARED, Kind, Stack

__all__ = ["SOURCES", "find"]

KIND: Kind = "terraform"


def find(snapshot: Snapshot, config: Config) -> Found:
    """Every root of the snapshot; a directory without Terraform files is never one."""
    there = directories.read(snapshot)
    terragrunt = units.find(snapshot, there)
    deployed = [(stack, unit) for unit in terragrunt.units.values() for stack in _units_stacks(unit, config)]
    own = _roots(there, terragrunt.units, config)
    roots = [*own, *(Root(stack, unit.module or unit.path) for stack, unit in deployed)]
    references: list[Reference] = []
    for root in own:
        references.extend(referring.of_root(root, snapshot))
    rooted = referring.rooted(there) if deployed else frozenset[str]()
    for stack, unit in deployed:
        references.extend(of_units.of(stack, unit, snapshot, rooted))
    at = {root.directory for root in roots}
    for path, directory in there.items():
        references.extend(referring.of_directory(directory, is_root=path in at))
    references.extend(referring.through_modules(roots, there))
    references.extend(computed_paths.references(roots, there, snapshot, tuple(references)))
    references.extend(referring.of_templates(references, snapshot))
    return Found(
        stacks=tuple(root.stack for root in roots),
        references=tuple(references),
        findings=_told(there, terragrunt.findings),
        dependencies=(*remote_states.dependencies(roots, there, snapshot), *of_units.dependencies(deployed)),
    )


def _told(there: Mapping[str, Directory], of_units: Iterable[Finding]) -> Iterator[Finding]:
    """What is wrong, found where somebody asks for it."""
    for directory in there.values():
        yield from _findings(directory, there)
    yield from of_units


def _units_stacks(unit: Unit, config: Config) -> Iterator[Stack]:
    """The stacks that a unit of Terragrunt is."""
    if naming.is_declared(KIND, config):
        yield from (stack for stack, _ in naming.declared(unit.path, KIND, config))
    else:
        yield naming.place(unit.path, KIND, config)


def _roots(there: Mapping[str, Directory], of_terragrunt: Mapping[str, Unit], config: Config) -> list[Root]:
    """The roots that Terraform deploys itself: directories, and links to them.

    What links in environments deploy is no root of its own beside, nor what Terragrunt does.
    """
    local = [module for directory in there.values() for module in directory.local_modules]
    used = frozenset(module.target for module in local if module.target is not None)
    followed = frozenset(link for module in local for link in module.links)
    taken = of_terragrunt.keys() | (
        frozenset() if naming.is_declared(KIND, config) else of_units.modules(of_terragrunt)
    )
    own = [root for path, each in there.items() if path not in taken for root in _at(path, each, used, config)]
    linked = [
        root
        for path, directory in directories.linked(there, but=followed)
        for root in _at(path, directory, used, config)
    ]
    elsewhere = {root.directory for root in linked if root.stack.environment != SHARED}
    return [
        *(each for each in own if each.given or each.stack.environment != SHARED or each.directory not in elsewhere),
        *linked,
    ]


def _at(path: str, directory: Directory, used: Collection[str], config: Config) -> Iterator[Root]:
    """The roots that a directory is, seen at a path (its own, or one through a link)."""
    if naming.is_declared(KIND, config):
        for stack, given in naming.declared(path, KIND, config):
            yield Root(stack, directory.path, given)
        return
    stack = naming.place(path, KIND, config)
    is_used = directory.path in used and (path == directory.path or stack.environment == SHARED)
    if directory.has_backend or not (is_used or "modules" in path.split("/")):
        yield Root(stack, directory.path)


def _findings(directory: Directory, there: Mapping[str, Directory]) -> Iterator[Finding]:
    at = f"{directory.path}/" if directory.path else ""
    for name, found in directory.files.items():
        if found.problem:
            yield finding.make(
                "terraform/unreadable",
                "warning",
                f"{name} {found.problem}",
                help="Mend the file; until then every change below its directory counts as a change of this root.",
                path=at + name,
                line=found.problem_line,
            )
    for name in directory.unread:
        yield finding.make(
            "terraform/unreadable",
            "warning",
            f"{name} cannot be read: it is larger than {MAX_FILE_BYTES >> 20} MiB or a link that leads nowhere",
            help="Split the file, or mend the link.",
            path=at + name,
        )
    for local in directory.local_modules:
        if local.target is not None and directory.snapshot.in_submodule(local.target):
            continue  # its files are in another repository
        if local.target is None or local.target not in there:
            where = "leaves the repository" if local.target is None else "has no Terraform files"
            yield finding.make(
                "terraform/module-missing",
                "error",
                f'module "{local.module.name}": source "{local.module.source}" {where}',
                help="Give the path of a module relative to this directory, or a registry or git source.",
                path=at + local.file,
                line=local.module.line,
            )
