"""Who reads what: References, and the Graph that answers "who is reached by these changed paths?"."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Literal

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import CERTAINTIES, Certainty, Reason

Scope = Literal["file", "directory", "tree"]

_RANK = {certainty: rank for rank, certainty in enumerate(CERTAINTIES)}  # 0 is the surest
_Way = tuple[str, "_Way | None"]  # the last directory passed, and the way to there: a long one is shared, not copied
_Pending = tuple[int, int, int, "Reference", "_Way | None"]  # rank, steps, a tie-breaker, and the way so far
_Arrival = tuple[str, tuple[str, ...], int]  # stack id, directories passed, rank of the certainty


class Reference(Struct, frozen=True):
    """`reader` (a stack id, or a directory such as a module) reads `path`.

    `scope` says how much of it: exactly that file, the files directly in that directory, or everything below.
    `suffixes` narrows a directory or tree to names that end so (empty: all), `visible` to those that do not begin with
    a dot, except where a suffix is the whole name.
    """

    reader: str
    path: str
    scope: Scope
    certainty: Certainty
    suffixes: tuple[str, ...] = ()
    visible: bool = False

    def takes(self, name: str) -> bool:
        """Whether a file of that name is meant, where it is in the right place."""
        if self.suffixes and not name.endswith(self.suffixes):
            return False
        return not (self.visible and name.startswith(".") and name not in self.suffixes)


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

    @cached_property
    def _sorted_targets(self) -> list[str]:
        return sorted({reference.path for reference in self.references})

    def reached(self, changed: Iterable[str], stacks: frozenset[str]) -> dict[str, Reach]:
        """Stack id → why it is reached, for every stack of `stacks` that some changed path touches.

        Each reason is the surest way from its path, and of those the shortest; the certainty is the surest of all.
        """
        reasons: dict[str, list[Reason]] = defaultdict(list)
        best: dict[str, int] = {}
        walked: dict[frozenset[int], tuple[_Arrival, ...]] = {}  # paths that the same references touch arrive alike
        for path in changed:
            touching = self._touching(path)
            key = frozenset(map(id, touching))
            if key not in walked:
                walked[key] = tuple(self._walk(touching, stacks))
            for stack, via, rank in walked[key]:
                reasons[stack].append(Reason(path, via))
                best[stack] = min(best.get(stack, rank), rank)
        return {stack: Reach(CERTAINTIES[best[stack]], tuple(found)) for stack, found in reasons.items()}

    def _touching(self, path: str) -> list[Reference]:
        """The references to `path`, to a directory or tree that it is in, and to what would lie below it.

        The last are for what stands in a directory's place: a submodule, a link, a file where a directory was.
        """
        table = self._by_target
        directory, _, name = path.rpartition("/")
        found = list(table.get(("file", path), ()))
        above = [*table.get(("directory", directory), ()), *table.get(("tree", directory), ())]
        while directory:
            directory = directory.rpartition("/")[0]
            above += table.get(("tree", directory), ())
        found += [each for each in above if each.takes(name)]
        targets = self._sorted_targets
        for index in range(bisect_left(targets, path), len(targets)):
            target = targets[index]
            if not target.startswith(path):
                break
            if target == path or target.startswith(f"{path}/"):
                found += table.get(("directory", target), ())
                found += table.get(("tree", target), ())
                found += table.get(("file", target), ()) if target != path else ()
        return found

    def _walk(self, touching: Iterable[Reference], stacks: frozenset[str]) -> Iterator[_Arrival]:
        """From the references that a path touches to every stack, the surest and then the shortest way first."""
        order = count()
        pending: list[_Pending] = [(_RANK[each.certainty], 0, next(order), each, None) for each in touching]
        heapify(pending)
        seen: set[str] = set()
        ways: dict[tuple[str, int], tuple[_Way, _Way | None]] = {}  # one for all that a directory is passed to
        told: dict[int, tuple[str, ...]] = {}
        while pending:
            rank, steps, _, reference, via = heappop(pending)
            reader = reference.reader
            if reader in seen:
                continue
            seen.add(reader)
            passed = via
            if reference.certainty == "module":
                passed, _ = ways.setdefault((reference.path, id(via)), ((reference.path, via), via))
            if reader in stacks:
                if id(passed) not in told:
                    told[id(passed)] = _listed(passed)
                yield reader, told[id(passed)], rank
            for onward in self._readers_of_directory.get(reader, ()):
                if onward.reader not in seen:
                    heappush(pending, (max(rank, _RANK[onward.certainty]), steps + 1, next(order), onward, passed))

    def closure(self, stack: str, snapshot: Snapshot) -> frozenset[str]:
        """Paths of every file that `stack` reads in `snapshot`, itself and through others."""
        return frozenset(path for reference in self.read_by(stack) for path in _files(reference, snapshot))

    def read_by(self, stack: str) -> Iterator[Reference]:
        """Everything that `stack` reads, itself and through others."""
        pending = [stack]
        seen = {stack}
        while pending:
            for reference in self._by_reader.get(pending.pop(), ()):
                yield reference
                if reference.scope != "file" and reference.path not in seen:
                    seen.add(reference.path)
                    pending.append(reference.path)


def _listed(way: _Way | None) -> tuple[str, ...]:
    """The directories of a way in the order in which they were passed."""
    passed: list[str] = []
    while way is not None:
        passed.append(way[0])
        way = way[1]
    return tuple(reversed(passed))


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
            if reference.takes(name):
                yield at + name
        if reference.scope == "tree":
            pending.extend(at + name for name in snapshot.directories.get(directory, ()))
