"""Rules about symbolic links: where they lead once the repository is checked out."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.layout.subject import Fault, Subject, listed, shown
from gitops_ci.discover.snapshot import SUBMODULE, Snapshot

_EXAMPLE = frozenset({"example", "sample", "template", "tmpl", "tpl", "dist"})
_CORRECT = "Add what it should lead to, correct its target, or remove it."


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
    """Links lead nowhere: round in a circle, or to nothing (one finding for all that miss the same file)."""
    missing: dict[str, list[str]] = defaultdict(list)
    for path, target in subject.snapshot.symlinks.items():
        resolved = subject.snapshot.resolve(path)
        if resolved is not None and not _exists(subject.snapshot, resolved):
            missing[resolved].append(path)
        elif resolved is None and _loops(subject.snapshot, path):
            yield Fault("warning", f"the symbolic link leads back to itself: {shown(target)}", _CORRECT, path)
    for target, paths in missing.items():
        yield _missing(subject.snapshot, target, paths)


def _missing(snapshot: Snapshot, target: str, paths: list[str]) -> Fault:
    leads = "leads" if len(paths) == 1 else "lead"
    message = f"{listed(paths, most=3)} {leads} to {shown(target)}, which is not there"
    example = _example(snapshot, target)
    if example is None:
        return Fault("warning", message, _CORRECT, paths[0])
    message += f" (there is {shown(example)}, which it seems to be made from)"
    return Fault("notice", message, "Plan it with the file in place, or commit the file.", paths[0])


def _example(snapshot: Snapshot, target: str) -> str | None:
    """The template beside a missing file, such as terraform.example.tfvars for terraform.tfvars."""
    directory, _, name = target.rpartition("/")
    wanted = name.split(".")
    for each in snapshot.children.get(directory, ()):
        words = each.split(".")
        if any(word in _EXAMPLE for word in words) and [word for word in words if word not in _EXAMPLE] == wanted:
            return f"{directory}/{each}" if directory else each
    return None


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
        current = snapshots.join(posixpath.dirname(link), posixpath.join(target, rest))
    return False


def _first_link(snapshot: Snapshot, path: str) -> str | None:
    parts = path.split("/")
    prefixes = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((prefix for prefix in prefixes if prefix in snapshot.symlinks), None)
