"""Roots that may read outside of their directories: a path that is computed, and a `..` that may be part of it.

Where a path begins with something computed, what it begins with comes from the configuration, its variables or their
files. If nobody spells `..` in any of these, it stays below the directory that it starts from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.reading import directories
from gitops_ci.kinds.terraform.reading.directories import Directory
from gitops_ci.kinds.terraform.reading.referring import Root, users_of

_VAR_FILES = (".tfvars", ".tfvars.json")
_VALUES = (".json", ".yaml", ".yml", ".csv", ".txt", ".tfvars")
"""Files that a configuration takes values from; a program or template may well spell `..` for itself."""
_UP = re.compile(rb"(?<![^\s\"'/:=,\[])\.\.(?![^\s\"'/,\]])")


def references(
    roots: Iterable[Root], there: Mapping[str, Directory], snapshot: Snapshot, known: Iterable[Reference]
) -> Iterator[Reference]:
    """A reference to the whole repository for each root that may read anything in it; `known` are all others."""
    computing = [path for path, directory in there.items() if any(not read.complete for read in directory.reads)]
    if not computing:
        return
    affected = frozenset(computing).union(*users_of(computing, there).values())
    climbing = {path for path, directory in there.items() if any(each.climbs for each in directory.files.values())}
    read = [root for root in roots if root.directory in affected]
    values = {root.stack.id: list(_var_files(root, snapshot)) for root in read}
    elsewhere: dict[str, list[str]] = {}
    for each in known:
        if each.scope == "file" and each.certainty == "file" and each.path.endswith(_VALUES):
            values.setdefault(each.reader, []).append(each.path)
        elif _is_elsewhere(each, there):
            elsewhere.setdefault(each.path, []).append(each.reader)
    for path, tree in _values_below(elsewhere, snapshot):
        for reader in elsewhere[tree]:
            values.setdefault(reader, []).append(path)
    climbing |= _climbing(values, snapshot)
    climbers = climbing.union(*users_of(climbing, there).values())
    for root in read:
        if root.directory in climbers or root.stack.id in climbers:
            yield Reference(root.stack.id, "", "tree", "conservative")


def _is_elsewhere(reference: Reference, there: Mapping[str, Directory]) -> bool:
    """Whether a computed path leads below a folder that lies outside of the directory that names it."""
    if reference.scope != "tree" or reference.suffixes or not reference.path:
        return False
    return reference.reader in there and not f"{reference.path}/".startswith(f"{reference.reader}/")


def _values_below(trees: Collection[str], snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The files below some folders that values may come from, each with the folder."""
    for path in snapshot.entries if trees else ():
        if path.endswith(_VALUES):
            above = path
            while above:
                above = above.rpartition("/")[0]
                if above in trees:
                    yield path, above


def _climbing(values: Mapping[str, Collection[str]], snapshot: Snapshot) -> set[str]:
    """The readers of files that spell `..` somewhere."""
    paths = {path for each in values.values() for path in each}
    found = {path for path, spells in snapshot.facts(paths, _spells_up).items() if spells}
    return {reader for reader, each in values.items() if not found.isdisjoint(each)}


def _spells_up(content: bytes) -> bool:
    return _UP.search(content) is not None


def _var_files(root: Root, snapshot: Snapshot) -> Iterator[str]:
    at = f"{root.directory}/" if root.directory else ""
    for name in snapshot.children.get(root.directory, ()):
        if name.endswith(_VAR_FILES):
            yield snapshot.resolve(at + name) or ""
    for name in root.given.var_files if root.given is not None else ():
        yield directories.target(snapshot, root.directory, name) or ""
