"""The repository at one commit or work tree, read lazily as path → bytes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field

T = TypeVar("T")

MAX_FILE_BYTES = 10 * 1024 * 1024
"""Larger files are never read whole: a finding says so where a stack needs one."""

_MAX_LINKS = 40  # as Linux has it: more on one way are a loop

SYMLINK = "120000"
SUBMODULE = "160000"
EXECUTABLE = "100755"


class Entry(Struct, frozen=True, gc=False):
    """A file of a tree: git's mode (six octal digits) and the object id of its content."""

    mode: str
    oid: str


class Blobs(Protocol):
    """Where contents come from."""

    def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Each id with its bytes, or None where the content is larger than `limit` bytes."""


class Revisions(Protocol):
    """The other revisions of a repository, as far as this clone has them."""

    def __call__(self, name: str, near: Snapshot) -> Snapshot | None:
        """The snapshot of a whole commit id, or of a tag or branch by its full name (`refs/tags/v1`); None without."""


class _Seen(Struct):
    """What was looked at in a snapshot and those it was `changed` into, by object id: content decides."""

    whole: set[str] = field(default_factory=set)
    facts: dict[Callable[[bytes], Any], dict[str, Any]] = field(default_factory=dict)  # None: too large to be read


class Snapshot:
    """A tree of files. `commit` is None for a work tree; paths use `/` and are relative to the root.

    `branch` is the one that the change goes to, None where nobody says; `revisions` gives others of the repository.
    `base` is the other end of a change, which decides where both could.
    """

    branch: str | None = None
    revisions: Revisions | None = None
    base: Snapshot | None = None

    def __init__(self, *, commit: str | None, tree: str, entries: Mapping[str, Entry], blobs: Blobs) -> None:
        self.commit = commit
        self.tree = tree
        self.entries = entries
        self._blobs = blobs
        self._seen = _Seen()
        self._origin: Snapshot | None = None
        self._changed: tuple[str, ...] = ()  # where this is different from `_origin`
        self._alike: Snapshot | None = None  # has the same names, and the same links and submodules

    def changed(self, *, commit: str | None, tree: str, changes: Mapping[str, Entry | None]) -> Snapshot:
        """The snapshot that this one becomes with other files at the paths of `changes` (None: none there).

        What stays is shared with this one, so that two ends of a change cost little more than one.
        """
        entries = {**self.entries, **{path: entry for path, entry in changes.items() if entry is not None}}
        removed = {path for path, entry in changes.items() if entry is None}
        named_alike = not removed and len(entries) == len(self.entries)
        if not named_alike:
            entries = {path: entries[path] for path in sorted(entries.keys() - removed, key=_in_git)}
        changed = Snapshot(commit=commit, tree=tree, entries=entries, blobs=self._blobs)
        changed._seen = self._seen
        changed._origin, changed._changed = self, tuple(sorted(changes))
        modes = {end[path].mode for path in changes for end in (self.entries, entries)} if named_alike else {SYMLINK}
        if modes.isdisjoint((SYMLINK, SUBMODULE)):
            changed._alike = self
        return changed

    def looks_like(self, other: Snapshot) -> bool:
        """Whether nothing that was looked at in `other` is different here, so that what follows from it is the same."""
        if self._alike is not other:
            return False
        changed = self._changed
        looked_at = [path for path in changed if other.entries[path].oid in self._seen.whole]
        return not looked_at and all(
            self.facts(paths, fact) == other.facts(paths, fact)
            for fact, known in self._seen.facts.items()
            if (paths := [path for path in changed if other.entries[path].oid in known])
        )

    def changed_from(self, base: Snapshot) -> tuple[str, ...]:
        """As `changed_paths`, where the trees differ."""
        if self._origin is base:
            return self._changed
        before, after = base.entries, self.entries
        differing = {path for path, entry in after.items() if before.get(path) != entry}
        return tuple(sorted(differing | (before.keys() - after.keys())))

    def __contains__(self, path: str) -> bool:
        return path in self.entries

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes | None:
        """The bytes of one file; None where there is none or it is larger than `limit`."""
        return self.read_many((path,), limit=limit).get(path)

    def read_many(self, paths: Iterable[str], *, limit: int = MAX_FILE_BYTES) -> dict[str, bytes]:
        """The bytes of many files in one exchange; missing and too large ones are left out."""
        return dict(self.stream(paths, limit=limit))

    def stream(self, paths: Iterable[str], *, limit: int = MAX_FILE_BYTES) -> Iterator[tuple[str, bytes]]:
        """Like `read_many`, each file as it arrives, so that reading goes on while one is looked at."""
        wanted: dict[str, list[str]] = {}
        for path in paths:
            entry = self.entries.get(path)
            if entry is not None and entry.mode != SUBMODULE:
                wanted.setdefault(entry.oid, []).append(path)
        self._seen.whole.update(wanted)
        for oid, content in self._blobs.read(wanted, limit):
            if content is not None:
                yield from ((path, content) for path in wanted[oid])

    def facts(self, paths: Iterable[str], fact: Callable[[bytes], T]) -> dict[str, T]:
        """What `fact` makes of the content of each file; missing and too large ones are left out.

        It is asked once for each content, however many files and ends of a change have it, and must depend on nothing
        else and give no None.
        """
        entries = {path: self.entries[path] for path in paths if path in self.entries}
        oids = {path: entry.oid for path, entry in entries.items() if entry.mode != SUBMODULE}
        known = self._facts(oids.values(), fact)
        return {path: found for path, oid in oids.items() if (found := known[oid]) is not None}

    def facts_of(self, oids: Iterable[str], fact: Callable[[bytes], T]) -> dict[str, T]:
        """The same of contents of the repository by their ids, whether this tree has them or not."""
        wanted = tuple(oids)
        known = self._facts(wanted, fact)
        return {oid: found for oid in wanted if (found := known[oid]) is not None}

    def _facts(self, oids: Iterable[str], fact: Callable[[bytes], T]) -> Mapping[str, T | None]:
        known = self._seen.facts.setdefault(fact, {})
        missing = dict.fromkeys(oid for oid in oids if oid not in known)
        for oid, content in self._blobs.read(missing, MAX_FILE_BYTES):
            known[oid] = None if content is None else fact(content)
        return known

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Directory → names of the files directly in it; the root is the empty string."""
        if self._alike is not None:
            return self._alike.children
        listing: dict[str, list[str]] = {}
        for path in self.entries:
            directory, _, name = path.rpartition("/")
            listing.setdefault(directory, []).append(name)
        return {directory: tuple(names) for directory, names in listing.items()}

    @cached_property
    def directories(self) -> Mapping[str, tuple[str, ...]]:
        """Directory → names of its subdirectories (every directory with a file below it is a key)."""
        if self._alike is not None:
            return self._alike.directories
        listing: dict[str, set[str]] = {"": set()}
        for directory in self.children:
            current = directory
            while current:
                parent, _, name = current.rpartition("/")
                siblings = listing.setdefault(parent, set())
                listing.setdefault(current, set())
                if name in siblings:
                    break  # so are its ancestors
                siblings.add(name)
                current = parent
        return {directory: tuple(sorted(names)) for directory, names in listing.items()}

    @cached_property
    def symlinks(self) -> Mapping[str, str]:
        """Path of each symbolic link → its target as written."""
        if self._alike is not None:
            return self._alike.symlinks
        links = [path for path, entry in self.entries.items() if entry.mode == SYMLINK]
        return {path: content.decode("utf-8", "surrogateescape") for path, content in self.read_many(links).items()}

    def is_directory(self, path: str) -> bool:
        """Whether some file lies below `path` (the root always counts)."""
        return path == "" or path in self.directories

    def in_submodule(self, path: str) -> bool:
        """Whether `path` is, or lies in, a submodule: its content is not in this repository."""
        at = path
        while at:
            entry = self.entries.get(at)
            if entry is not None:
                return entry.mode == SUBMODULE
            at = at.rpartition("/")[0]
        return False

    def links_on(self, path: str) -> tuple[str, ...]:
        """The symbolic links that `resolve` follows on the way to `path`, in order: each of them is read as well."""
        followed: list[str] = []
        self._followed(path, followed)
        return tuple(dict.fromkeys(followed))

    def resolve(self, path: str) -> str | None:
        """`path` with every symbolic link followed inside the tree; None where it leaves the tree or loops.

        The result need not exist.
        """
        return self._followed(path, [])

    def _followed(self, path: str, followed: list[str]) -> str | None:
        pending = path.split("/")[::-1]
        resolved: list[str] = []
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not resolved:
                    return None
                resolved.pop()
                continue
            at = "/".join((*resolved, part))
            target = self.symlinks.get(at)
            if target is None:
                resolved.append(part)
                continue
            followed.append(at)
            if len(followed) > _MAX_LINKS or target.startswith("/"):
                return None
            pending.extend(target.split("/")[::-1])
        return "/".join(resolved)


class _Memory:
    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        for oid in oids:
            content = self._contents[oid]
            yield oid, content if len(content) <= limit else None


def of(files: Mapping[str, bytes | str], *, links: Mapping[str, str] | None = None) -> Snapshot:
    """A Snapshot of a dict, for tests and for an empty side."""
    import hashlib

    contents: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    named = [(path, "100644", content) for path, content in files.items()]
    named += [(path, SYMLINK, target) for path, target in (links or {}).items()]
    for path, mode, content in named:
        data = content.encode() if isinstance(content, str) else content
        oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        contents[oid] = data
        entries[path] = Entry(mode, oid)
    listing = repr(sorted(entries.items())).encode("utf-8", "surrogateescape")
    tree = hashlib.sha1(listing, usedforsecurity=False).hexdigest()
    return Snapshot(commit=None, tree=tree, entries=entries, blobs=_Memory(contents))


def changed_paths(base: Snapshot, head: Snapshot) -> tuple[str, ...]:
    """Paths added, removed or altered (content or mode) between two snapshots, sorted; a rename is both."""
    if base.tree == head.tree:
        return ()
    return head.changed_from(base)


def _in_git(path: str) -> bytes:
    """What git orders the paths of a tree by."""
    return path.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=65_536)
def join(directory: str, relative: str) -> str | None:
    """`relative` seen from `directory`, normalised; None where it leaves the repository. The root is ''."""
    if relative.startswith("/"):
        return None
    joined = posixpath.normpath(f"{directory or '.'}/{relative}")
    if joined.startswith(("../", "/")) or joined == "..":
        return None
    return "" if joined == "." else joined
