"""All kustomizations of a snapshot: what each reads, which of them no other one takes, what leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.kustomize import reading
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES, Entry, Kustomized
from gitops_ci.model.stack import Certainty

REMOTE = re.compile(
    r"://|^[\w.-]+@[\w.-]+:|^(?:github\.com|gitlab\.com|bitbucket\.org)[/:]|//"
    r"|\?(?:ref|version|timeout|submodules)=|\.git(?:/|$)"
)


class Target(Struct, frozen=True):
    """Where an entry leads; `kind` is `file`, `directory`, `tree`, or else `remote`, `text` or `missing`."""

    entry: Entry
    kind: str
    path: str


class Tree(Struct, frozen=True, dict=True):
    """The kustomizations of a snapshot; a directory has one at most, and kustomize refuses a second."""

    snapshot: Snapshot

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Directory → the path of its kustomization."""
        found: dict[str, str] = {}
        for directory, names in self.snapshot.children.items():
            name = next((each for each in NAMES if each in names), None)
            if name is not None:
                found[directory] = f"{directory}/{name}" if directory else name
        return found

    @cached_property
    def read(self) -> Mapping[str, Kustomized]:
        """Directory → what its kustomization says."""
        content = self.snapshot.facts(self.files.values(), reading.read)
        return {directory: content[path] for directory, path in self.files.items() if path in content}

    @cached_property
    def targets(self) -> Mapping[str, tuple[Target, ...]]:
        """Directory → where the entries of its kustomization lead, those of its plugins' configurations, too."""
        first = {
            directory: tuple(self._target(directory, entry) for entry in each.entries)
            for directory, each in self.read.items()
        }
        configuring = {directory: self._configuring(targets, first) for directory, targets in first.items()}
        plugins = self.snapshot.facts(frozenset().union(*configuring.values()), reading.plugins)
        return {
            directory: (
                *targets,
                *(self._target(directory, entry) for path in configuring[directory] for entry in plugins.get(path, ())),
            )
            for directory, targets in first.items()
        }

    def _configuring(self, targets: Iterable[Target], first: Mapping[str, tuple[Target, ...]]) -> tuple[str, ...]:
        """Files that configure plugins: those that are named, and what a directory that is named brings.

        What they name in turn kustomize takes from the directory that has the plugins.
        """
        pending = [each for each in targets if each.entry.use == "plugin"]
        files: dict[str, None] = {}
        seen = set[str]()
        while pending:
            target = pending.pop()
            real = self.snapshot.resolve(target.path) or target.path
            if target.kind == "file":
                files[real] = None
            elif target.kind == "directory" and real not in seen:
                seen.add(real)
                pending += first.get(real, ())
        return tuple(files)

    def _target(self, directory: str, entry: Entry) -> Target:
        """A name as kustomize looks at it: a file, a directory, else a place elsewhere, else text."""
        name = entry.name
        path = None if "\n" in name or len(name) > 1000 else join(directory, name.rstrip("/") or ".")
        real = self.snapshot.resolve(path) if path is not None else None
        if path is not None and real is not None:
            if real in self.snapshot:
                return Target(entry, "file", path)
            if self.snapshot.is_directory(real):
                return Target(entry, "tree" if entry.use == "tree" else "directory", path)
        if REMOTE.search(name) and entry.use in ("resource", "component", "plugin", "file"):
            return Target(entry, "remote", name)
        if entry.maybe:
            return Target(entry, "text", "")
        return Target(entry, "missing", path or "")

    def references(self) -> Iterator[Reference]:
        """What each directory with a kustomization reads, itself."""
        for directory, targets in self.targets.items():
            inside = f"{directory}/" if directory else ""
            for target in targets:
                if target.path or target.kind == "directory":
                    yield from self._references(directory, target, target.path.startswith(inside))

    def _references(self, directory: str, target: Target, is_inside: bool) -> Iterator[Reference]:
        """To a target as it is named, to the links on the way, and to where they lead."""
        certainty: Certainty = "direct" if is_inside else "file"
        if target.kind in ("file", "missing"):
            yield Reference(directory, target.path, "file", certainty)
        if target.kind not in ("file", "directory", "tree"):
            return
        links = self.snapshot.links_on(target.path)
        yield from (Reference(directory, link, "file", "file") for link in links)
        paths = (target.path, self.snapshot.resolve(target.path) or target.path) if links else (target.path,)
        for path in paths:
            if target.kind == "directory":
                yield Reference(directory, path, "directory", "module", NAMES)
            elif target.kind == "tree":
                yield Reference(directory, path, "tree", "module")
            elif links:
                yield Reference(directory, path, "file", "file")

    @cached_property
    def _onward(self) -> Mapping[str, tuple[str, ...]]:
        """Directory → those that its kustomization takes."""
        return {
            directory: tuple(
                self.snapshot.resolve(each.path) or each.path for each in targets if each.kind in ("directory", "tree")
            )
            for directory, targets in self.targets.items()
        }

    @cached_property
    def _takers(self) -> Mapping[str, frozenset[str]]:
        """Directory → those whose kustomizations take it."""
        found: dict[str, set[str]] = {}
        for directory, targets in self._onward.items():
            for target in targets:
                found.setdefault(target, set()).add(directory)
        return {directory: frozenset(takers) for directory, takers in found.items()}

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Directories whose kustomization no other one takes, and that is no component: something deploys them.

        What takes a directory that takes it does not count: a circle does not make stacks go away.
        """
        read, nobody = self.read, frozenset[str]()
        return tuple(
            each
            for each in self.files
            if not (each in read and read[each].is_component)
            and self._takers.get(each, nobody) <= self._circular.get(each, nobody)
        )

    def above(self, directory: str) -> frozenset[str]:
        """A directory, if it has a kustomization, and those whose kustomizations take it at any depth."""
        seen = {directory} & self.files.keys()
        pending = [directory]
        while pending:
            new = self._takers.get(pending.pop(), frozenset()) - seen
            seen |= new
            pending += new
        return frozenset(seen)

    def reached(self, starts: Iterable[str]) -> frozenset[str]:
        """Directories, and those that their kustomizations take at any depth."""
        seen = set(starts)
        pending = list(seen)
        while pending:
            new = [each for each in self._onward.get(pending.pop(), ()) if each not in seen]
            seen.update(new)
            pending += new
        return frozenset(seen)

    @cached_property
    def _circular(self) -> Mapping[str, frozenset[str]]:
        """Each directory that takes itself in the end → what it reaches."""
        left = {directory for directory, onward in self._onward.items() if onward}
        nobody = frozenset[str]()
        pending = list(left)
        while pending:  # takes away what leads nowhere, or what nothing leads to, until only circles are left
            each = pending.pop()
            onward, takers = self._onward.get(each, ()), self._takers.get(each, nobody)
            if each in left and (left.isdisjoint(onward) or left.isdisjoint(takers)):
                left.remove(each)
                pending += [*onward, *takers]
        reached = {each: self.reached(self._onward[each]) for each in left}
        return {each: found for each, found in reached.items() if each in found}

    def circles(self) -> Iterator[tuple[str, Target]]:
        """Directories of kustomizations that take themselves, each with the entry that leads back."""
        for directory in sorted(self._circular):
            for target in self.targets[directory]:
                real = self.snapshot.resolve(target.path) or target.path
                if target.kind == "directory" and (real == directory or directory in self._circular.get(real, ())):
                    yield directory, target
                    break
