"""The files that a program of a root may run or read: around it, and what its block and its scripts name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety.closure import READ_AS_DATA, Closure

_PATH = re.compile(r"[\w./@+-]+")
_CLIMBS = re.compile(r"/?\.\.(?:/\.\.)*/?")
_LONGEST = 1 << 20  # bytes of a script that are looked at
_MOST = 500  # scripts that are followed


def files(directory: str, told: Iterable[str], closure: Closure) -> frozenset[tuple[str, str]]:
    """Paths and ids of contents; `told` is what flows into the block in `directory` (`flow.into`).

    The root's directory and the block's own, whatever is named there, with the folder that a named file is in, and
    what those files name in their turn. All that the root may read, where `..` is put together with other words.
    """
    walk = _Walk(closure.snapshot)
    walk.tree(closure.root)
    walk.tree(directory)
    for text in told:
        at, is_expression, expression = text.partition("\0")
        for word in _PATH.findall(expression) if is_expression else ():
            if _CLIMBS.fullmatch(word) and "(" in expression:
                return closure.others
            walk.named(word, {at, closure.root})
    while walk.pending:
        if len(walk.followed) > _MOST:
            return closure.others
        path = walk.pending.pop()
        walk.tree(path.rpartition("/")[0])
        content = (closure.snapshot.read(path) or b"")[:_LONGEST]
        for word in set(_PATH.findall(content.decode("utf-8", "replace"))):
            walk.named(word, {path.rpartition("/")[0], closure.root, *walk.folders})
    entries = closure.snapshot.entries
    return frozenset((path, entries[path].oid) for path in walk.found if not path.endswith(READ_AS_DATA))


class _Walk:
    """What was found so far; `folders` are those that the block names, where a program may run."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.found: set[str] = set()
        self.pending: list[str] = []
        self.followed: set[str] = set()
        self.folders: set[str] = set()
        self._trees: set[str] = set()

    def named(self, word: str, bases: Iterable[str]) -> None:
        """A word that may be a path, seen from any of some directories."""
        if not word.strip("./") and ".." not in word:
            return
        for base in bases:
            target = closures.inside(self._snapshot, base, word.lstrip("/"))
            if target is None or target in self.followed:
                continue
            if target in self._snapshot.entries:
                self.followed.add(target)
                self.found.add(target)
                self.pending.append(target)
            elif target in self._snapshot.children or target in self._snapshot.directories:
                self.folders.add(target)
                self.tree(target)

    def tree(self, directory: str) -> None:
        """Everything below a directory."""
        pending = [directory]
        while pending:
            current = pending.pop()
            if current not in self._trees:
                self._trees.add(current)
                at = f"{current}/" if current else ""
                self.found.update(at + name for name in self._snapshot.children.get(current, ()))
                pending += [at + name for name in self._snapshot.directories.get(current, ())]
