"""Who reads what: References, and the Graph that answers "who is reached by these changed paths?"."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import CERTAINTIES, Certainty, Reason

Scope = Literal["file", "directory", "tree"]


class Reference(Struct, frozen=True):
    """`reader` (a stack id, or a directory such as a module) reads `path`.

    `scope` says how much of it: exactly that file, the files directly in that directory, or everything below.
    `suffixes` narrows a directory or tree to names that end so (empty: all).
    """

    reader: str
    path: str
    scope: Scope
    certainty: Certainty
    suffixes: tuple[str, ...] = ()


class Reach(Struct, frozen=True):
    """How a set of changed paths reaches one stack."""

    certainty: Certainty
    reasons: tuple[Reason, ...]


class Graph:
    """All references of a snapshot. A reader that is itself a directory passes a change on to its own readers."""

    def __init__(self, references: Iterable[Reference]) -> None:
        self.references = tuple(references)

    @cached_property
    def _by_target(self) -> Mapping[tuple[Scope, str], list[Reference]]:
        table: dict[tuple[Scope, str], list[Reference]] = defaultdict(list)
        for reference in self.references:
            table[reference.scope, reference.path].append(reference)
        return table

    @cached_property
    def _readers_of_directory(self) -> Mapping[str, list[Reference]]:
        table: dict[str, list[Reference]] = defaultdict(list)
        for reference in self.references:
            if reference.scope != "file":
                table[reference.path].append(reference)
        return table

    @cached_property
    def _by_reader(self) -> Mapping[str, list[Reference]]:
        table: dict[str, list[Reference]] = defaultdict(list)
        for reference in self.references:
            table[reference.reader].append(reference)
        return table

    def reached(self, changed: Iterable[str], stacks: frozenset[str]) -> dict[str, Reach]:
        """Stack id → why it is reached, for every stack of `stacks` that some changed path touches.

        Each reason is the shortest way from its path; the certainty is the surest of all reasons.
        """
        reasons: dict[str, list[Reason]] = defaultdict(list)
        best: dict[str, Certainty] = {}
        for path in changed:
            for reader, via, certainty in self._walk(path, stacks):
                reasons[reader].append(Reason(path, via))
                best[reader] = min(best.get(reader, certainty), certainty, key=CERTAINTIES.index)
        return {reader: Reach(best[reader], tuple(found)) for reader, found in reasons.items()}

    def _touching(self, path: str) -> Iterable[Reference]:
        table = self._by_target
        yield from table.get(("file", path), ())
        directory = path.rpartition("/")[0]
        name = path[len(directory) :].lstrip("/")
        for reference in table.get(("directory", directory), ()):
            if not reference.suffixes or name.endswith(reference.suffixes):
                yield reference
        ancestor = path
        while ancestor:
            ancestor = ancestor.rpartition("/")[0]
            for reference in table.get(("tree", ancestor), ()):
                if not reference.suffixes or name.endswith(reference.suffixes):
                    yield reference

    def _walk(self, path: str, stacks: frozenset[str]) -> Iterable[tuple[str, tuple[str, ...], Certainty]]:
        """Breadth first from one changed path to every stack: (stack id, directories passed, certainty)."""
        pending: deque[tuple[Reference, tuple[str, ...], Certainty]] = deque(
            (reference, (), reference.certainty) for reference in sorted(self._touching(path), key=_sureness)
        )
        seen: set[str] = set()
        while pending:
            reference, via, certainty = pending.popleft()
            if reference.reader in seen:
                continue
            seen.add(reference.reader)
            if reference.reader in stacks:
                yield reference.reader, via, certainty
                continue
            for onward in self._readers_of_directory.get(reference.reader, ()):
                weaker = max(certainty, onward.certainty, key=CERTAINTIES.index)
                pending.append((onward, (*via, reference.reader), weaker))

    def closure(self, stack: str, snapshot: Snapshot) -> frozenset[str]:
        """Paths of every file that `stack` reads in `snapshot`, itself and through others."""
        files: set[str] = set()
        pending = [stack]
        seen = {stack}
        while pending:
            for reference in self._by_reader.get(pending.pop(), ()):
                files.update(_files(reference, snapshot))
                if reference.scope != "file" and reference.path not in seen:
                    seen.add(reference.path)
                    pending.append(reference.path)
        return frozenset(files)


def _sureness(reference: Reference) -> int:
    return CERTAINTIES.index(reference.certainty)


def _files(reference: Reference, snapshot: Snapshot) -> Iterable[str]:
    if reference.scope == "file":
        if reference.path in snapshot:
            yield reference.path
        return
    pending = [reference.path]
    while pending:
        directory = pending.pop()
        at = f"{directory}/" if directory else ""
        for name in snapshot.children.get(directory, ()):
            if not reference.suffixes or name.endswith(reference.suffixes):
                yield at + name
        if reference.scope == "tree":
            pending.extend(at + name for name in snapshot.directories.get(directory, ()))
