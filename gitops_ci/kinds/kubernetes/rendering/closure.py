"""What a kustomization takes from elsewhere and cannot have here: found before kustomize would try to fetch it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.kustomize import reading
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES, Entry
from gitops_ci.kinds.kubernetes.kustomize.tree import REMOTE
from gitops_ci.kinds.kubernetes.objects import Gap

_DEEPEST = 100


class Closure(Struct):
    """What kustomizations, and those that they take, lack here, all by the path of their file.

    `elsewhere` are the entries that lead out of the repository, `plugged` those that plugins take part in, `named` all
    entries with what they lead to: the kustomization of a directory, or a file.
    """

    gaps: list[Gap] = []
    elsewhere: dict[str, set[str]] = {}
    plugged: set[str] = set()
    named: dict[str, list[tuple[Entry, str]]] = {}

    def reached(self, path: str) -> set[str]:
        """A kustomization and those that it takes, at any depth."""
        seen = {path}
        pending = [path]
        while pending:
            new = {to for _, to in self.named.get(pending.pop(), ()) if to in self.named} - seen
            seen |= new
            pending += new
        return seen

    def takers(self, path: str) -> set[str]:
        """The kustomizations that take one."""
        return {each for each, entries in self.named.items() if any(to == path for _, to in entries)}

    def above(self, path: str) -> set[str]:
        """A kustomization and those that take it, at any depth."""
        seen = {path}
        pending = [path]
        while pending:
            new = self.takers(pending.pop()) - seen
            seen |= new
            pending += new
        return seen


def file_of(directory: str, snapshot: Snapshot) -> str | None:
    """The kustomization of a directory, links followed; None where it has none."""
    resolved = snapshot.resolve(directory)
    for name in NAMES if resolved is not None else ():
        path = snapshot.resolve(f"{resolved}/{name}".lstrip("/"))
        if path is not None and path in snapshot:
            return path
    return None


def of(directories: Sequence[str], snapshot: Snapshot, edits: str = "") -> Closure:
    """Goes through the kustomizations of directories and those that they take; a circle is kustomize's to refuse.

    `edits` is what is written into that of the first directory (YAML).
    """
    found = Closure()
    pending = [(directory, 0) for directory in directories]
    if edits and pending:
        edited = f"{pending[0][0]}/{NAMES[0]}".lstrip("/")
        for entry in reading.read(edits.encode()).entries:
            pending += [(each, 1) for each in _taken(edited, entry, snapshot, found)]
        found.elsewhere.pop(edited, None)  # kustomize refuses it: nothing is fetched
        own = file_of(directories[0], snapshot) or edited
        found.named[own] = found.named.pop(edited, [])
    seen: set[str] = set()
    while pending:
        at, depth = pending.pop()
        path = file_of(at, snapshot)
        if path is None or path in seen or depth > _DEEPEST:
            continue
        seen.add(path)
        found.named.setdefault(path, [])
        read = snapshot.facts((path,), reading.read).get(path)
        if read is None:
            continue
        if read.wrong is not None:
            message = f"{path} cannot be read: {read.wrong[1]}"
            found.gaps.append(Gap(code="invalid", message=message, path=path, line=read.wrong[0]))
        for entry in read.entries:
            pending += [(each, depth + 1) for each in _taken(path, entry, snapshot, found)]
    return found


def _taken(path: str, entry: Entry, snapshot: Snapshot, found: Closure) -> Iterator[str]:
    """The directory that an entry leads to; what is elsewhere goes to the gaps."""
    if entry.use == "plugin":
        found.plugged.add(path)
    if entry.use == "tree":
        message = f"{path} has kustomize inflate the Helm chart {entry.name}, which starts a program and downloads"
        found.elsewhere.setdefault(path, set())
        found.gaps.append(_gap(message, path, entry))
        found.named.setdefault(path, []).append((entry, ""))
        return
    own = path.rpartition("/")[0]
    target = None if "\n" in entry.name else join(own, entry.name.rstrip("/") or ".")
    local = None if target is None else snapshot.resolve(target)
    is_directory = local is not None and snapshot.is_directory(local)
    leads = file_of(local, snapshot) if local is not None and is_directory else local
    found.named.setdefault(path, []).append((entry, leads or ""))
    if local is not None and is_directory:
        yield local
    elif target is None and _is_path(entry) and not REMOTE.search(entry.name):
        message = f"{path} leads out of the repository: {entry.name}"
        found.gaps.append(Gap(code="invalid", message=message, path=path, line=entry.line))
    elif (local is None or local not in snapshot) and not entry.maybe and REMOTE.search(entry.name):
        found.elsewhere.setdefault(path, set()).add(entry.name)
        found.gaps.append(_gap(f"{path} takes what is not in this repository: {entry.name}", path, entry))


def _is_path(entry: Entry) -> bool:
    """Whether an entry is no text that is written in place."""
    return "\n" not in entry.name and (not entry.maybe or entry.use == "plugin")


_INFLATED = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")


def without(value: Mapping[str, Any], elsewhere: AbstractSet[str]) -> dict[str, Any]:
    """A kustomization without what it takes from elsewhere."""
    return {
        key: [each for each in inner if not (isinstance(each, str) and each in elsewhere)]
        if isinstance(inner, list)
        else inner
        for key, inner in value.items()
        if key not in _INFLATED
    }


def _gap(message: str, path: str, entry: Entry) -> Gap:
    return Gap(code="not-rendered", message=message, path=path, line=entry.line, what=entry.name)
