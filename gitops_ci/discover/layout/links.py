"""Rules about symbolic links: where they lead once the repository is checked out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.layout.subject import Fault, Subject, shown
from gitops_ci.discover.snapshot import SUBMODULE, Snapshot


def symlink_escapes(subject: Subject) -> Iterator[Fault]:
    """A link leads out of the repository: what is planned would depend on the machine, or copy its files."""
    for path, target in subject.snapshot.symlinks.items():
        if subject.snapshot.resolve(path) is None and not _loops(subject.snapshot, path):
            yield Fault(
                "error",
                f"the symbolic link leads out of the repository, to {shown(target)}",
                "Let it point to a file of this repository by a relative path, or put a copy in its place.",
                path,
            )


def symlink_dangling(subject: Subject) -> Iterator[Fault]:
    """A link leads nowhere: to nothing, or round in a circle."""
    for path, target in subject.snapshot.symlinks.items():
        resolved = subject.snapshot.resolve(path)
        loops = resolved is None and _loops(subject.snapshot, path)
        if loops or (resolved is not None and not _exists(subject.snapshot, resolved)):
            yield Fault(
                "warning",
                f"the symbolic link leads {'back to itself' if loops else 'nowhere'}: {shown(target)}"
                + ("" if loops else " does not exist"),
                "Correct its target, or remove it.",
                path,
            )


def _exists(snapshot: Snapshot, path: str) -> bool:
    if path in snapshot or snapshot.is_directory(path):
        return True
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return any(snapshot.entries[each].mode == SUBMODULE for each in above if each in snapshot)


def _loops(snapshot: Snapshot, path: str) -> bool:
    """Whether following links from `path`, folders' links included, comes back to one already passed."""
    seen: set[str] = set()
    current: str | None = path
    while current is not None:
        link = _first_link(snapshot, current)
        if link is None:
            return False
        if link in seen:
            return True
        seen.add(link)
        target = snapshot.symlinks[link]
        rest = current[len(link) :].lstrip("/")
        current = None if target.startswith("/") else snapshots.join(posixpath.dirname(link), posixpath.join(target, rest))
    return False


def _first_link(snapshot: Snapshot, path: str) -> str | None:
    parts = path.split("/")
    prefixes = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((prefix for prefix in prefixes if prefix in snapshot.symlinks), None)
