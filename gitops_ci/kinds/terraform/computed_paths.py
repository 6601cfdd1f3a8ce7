"""Roots that may read outside of their directories: a path that is computed, and a `..` that may be part of it.

Where a path begins with something computed, what it begins with comes from the configuration, its variables or their
files. If nobody spells `..` in any of these, it stays below the directory that it starts from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import directories, path_reads
from gitops_ci.kinds.terraform.directories import Directory
from gitops_ci.kinds.terraform.reading import Root, users_of

_VAR_FILES = (".tfvars", ".tfvars.json")


def references(roots: Iterable[Root], there: Mapping[str, Directory], snapshot: Snapshot) -> Iterator[Reference]:
    """A reference to the whole repository for each root that may read anything in it."""
    computing = [path for path, directory in there.items() if any(not read.complete for read in directory.reads)]
    if not computing:
        return
    affected = frozenset(computing).union(*users_of(computing, there).values())
    climbing = [path for path, directory in there.items() if any(each.climbs for each in directory.files.values())]
    climbers = frozenset(climbing).union(*users_of(climbing, there).values())
    read = [root for root in roots if root.directory in affected]
    given = {root.stack.id: list(_var_files(root, snapshot)) for root in read if root.directory not in climbers}
    contents = snapshot.read_many({path for paths in given.values() for path in paths})
    climbs = {path: _climbs(content) for path, content in contents.items()}
    for root in read:
        if root.directory in climbers or any(climbs.get(path, False) for path in given[root.stack.id]):
            yield Reference(root.stack.id, "", "tree", "conservative")


def _climbs(content: bytes) -> bool:
    return b'"../' in content or path_reads.is_climbing(content.decode("utf-8", "replace"))


def _var_files(root: Root, snapshot: Snapshot) -> Iterator[str]:
    at = f"{root.directory}/" if root.directory else ""
    for name in snapshot.children.get(root.directory, ()):
        if name.endswith(_VAR_FILES):
            yield snapshot.resolve(at + name) or ""
    for name in root.given.var_files if root.given is not None else ():
        yield directories.target(snapshot, root.directory, name) or ""
