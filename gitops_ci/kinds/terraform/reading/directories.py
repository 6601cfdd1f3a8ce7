"""Every directory with Terraform files, read once: its scans, its local modules, and the links that lead to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, partial

from msgspec import Struct

from gitops_ci.discover.snapshot import SYMLINK, Snapshot, join
from gitops_ci.kinds.terraform.reading.configuration import JSON, SOURCES
from gitops_ci.kinds.terraform.reading.scan import Module, PathRead, Scan, scan

_ELSEWHERE = ("/", "file:", "git::/", "git::file:")
"""How module sources begin that are read from the machine's disk, where the repository may lie as well."""
_MOST_LINKED = 5_000
"""Directories seen through links; a tree of links to links could name more than there are files."""

_scan_json = partial(scan, is_json=True)


class LocalModule(Struct, frozen=True):
    """A module whose source is a path; `target` is None where that leads out of the repository."""

    module: Module
    file: str
    target: str | None
    links: tuple[str, ...] = ()  # symbolic links on the way there


class Directory(Struct, frozen=True, dict=True):
    """A directory and what its files say, by name; `unread` are files of which nothing is known."""

    path: str
    files: Mapping[str, Scan]
    snapshot: Snapshot
    unread: tuple[str, ...]

    @cached_property
    def local_modules(self) -> tuple[LocalModule, ...]:
        """The modules that lie beside it."""
        return tuple(
            LocalModule(
                module,
                name,
                target(self.snapshot, self.path, module.source),
                links(self.snapshot, self.path, module.source),
            )
            for name, found in self.files.items()
            for module in found.modules
            if module.source is not None and module.source.startswith(("./", "../"))
        )

    @property
    def unresolved(self) -> bool:
        """Whether some module source cannot be known without evaluating the configuration."""
        return any(module.source is None for found in self.files.values() for module in found.modules) or any(
            found.problem for found in self.files.values()
        )

    @property
    def lies_anywhere(self) -> bool:
        """Whether a module may be any directory of the repository."""
        sources = (module.source for found in self.files.values() for module in found.modules)
        return any(source is None or source.startswith(_ELSEWHERE) for source in sources)

    @property
    def reads(self) -> Iterator[PathRead]:
        """The paths that its expressions name."""
        for found in self.files.values():
            yield from found.reads
            yield from found.states

    @property
    def has_backend(self) -> bool:
        """Whether it says where its state lies."""
        return any(found.has_backend for found in self.files.values())

    @property
    def reads_state(self) -> bool:
        """Whether it reads what another root left in its state."""
        return any(found.reads_state for found in self.files.values())


def target(snapshot: Snapshot, directory: str, relative: str) -> str | None:
    """Where a relative path leads to, links followed; None where that is outside the repository."""
    joined = join(directory, relative)
    return snapshot.resolve(joined) if joined is not None and snapshot.symlinks else joined


def links(snapshot: Snapshot, directory: str, relative: str) -> tuple[str, ...]:
    """The links on that way."""
    joined = join(directory, relative)
    return snapshot.links_on(joined) if joined is not None and snapshot.symlinks else ()


def read(snapshot: Snapshot) -> dict[str, Directory]:
    """Every directory that holds Terraform files, by its path."""
    sources = {
        path: real(snapshot, path) for path in snapshot.entries if path.endswith(SOURCES) and not _is_ignored(path)
    }
    files = [path for path in sources.values() if path is not None]
    scans = snapshot.facts((path for path in files if not path.endswith(JSON)), scan)
    scans |= snapshot.facts((path for path in files if path.endswith(JSON)), _scan_json)
    grouped: dict[str, dict[str, Scan]] = {}
    unread: dict[str, list[str]] = {}
    for path, target in sources.items():
        directory, _, name = path.rpartition("/")
        found = scans.get(target or "")
        if found is None:
            unread.setdefault(directory, []).append(name)
        grouped.setdefault(directory, {})[name] = found or Scan()
    return {path: Directory(path, files, snapshot, tuple(unread.get(path, ()))) for path, files in grouped.items()}


def _is_ignored(path: str) -> bool:
    """What Terraform passes over: its own data, and hidden files (`._main.tf`, an editor's `.#main.tf`)."""
    at = f"/{path}"
    return "/." in at and (
        "/.terraform/" in at or "/.terragrunt-cache/" in at or path.rpartition("/")[2].startswith(".")
    )


def real(snapshot: Snapshot, path: str) -> str | None:
    """The file that a path of the snapshot stands for; None for a link that leads nowhere."""
    return snapshot.resolve(path) if snapshot.entries[path].mode == SYMLINK else path


def linked(directories: Mapping[str, Directory], *, but: Collection[str]) -> Iterator[tuple[str, Directory]]:
    """Each directory as it is seen through links (`but` not these) to it or to a folder above it: the path, and itself.

    Links to a folder that they lie in themselves are circles and left out.
    """
    snapshot = next((each.snapshot for each in directories.values()), None)
    if snapshot is None or not snapshot.symlinks:
        return
    paths = sorted(directories)
    found = 0
    for link in sorted(snapshot.symlinks):
        to = snapshot.resolve(link)
        if not to or link in but or f"{link}/".startswith(f"{to}/"):
            continue
        for index in range(bisect_left(paths, to), len(paths)):
            path = paths[index]
            if not path.startswith(to) or found == _MOST_LINKED:
                break
            if path == to or path.startswith(f"{to}/"):
                found += 1
                yield link + path[len(to) :], directories[path]
