"""Files that a stack reads and shares with other environments: modules, bases, templates; told by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.promotion.pieces import Piece, What
from gitops_ci.model.stack import Kind, Stack

_UNSURE = frozenset({"conservative", "downstream"})
"""Certainties of what is only guessed to be read: the whole repository may be among it."""

_Readers = Mapping[str, frozenset[str]]
_readers: WeakKeyDictionary[Snapshot, dict[Kind, tuple[Config, _Readers]]] = WeakKeyDictionary()


def references(stack: Stack, inventory: Inventory) -> Iterator[Reference]:
    """What a stack is known to read, itself and through others."""
    return (each for each in inventory.graph.read_by(stack.id) if each.certainty not in _UNSURE)


def files(reference: Reference, snapshot: Snapshot) -> frozenset[str]:
    """The files that one reference means; the submodule that they lie in, of which git knows the commit alone."""
    found = Graph((reference,)).closure(reference.reader, snapshot)
    at = reference.path if not found and snapshot.in_submodule(reference.path) else ""
    while at and at not in snapshot.entries:
        at = at.rpartition("/")[0]
    return frozenset((at,)) if at else found


def is_own(path: str, stack: Stack, inventory: Inventory) -> bool:
    """Whether a file belongs to the stack's environment alone, so that values in it are its own.

    It lies in the environment's folder, or no stack of another environment is known to read it.
    """
    if lies_in(path, stack):
        return not is_deployed_elsewhere(stack, inventory)
    if naming.environment_of_path(path, inventory.config) == stack.environment:
        return True
    return _environments(stack.kind, inventory).get(path, frozenset()) <= {stack.environment}


def lies_in(path: str, stack: Stack) -> bool:
    """Whether a path is the stack's directory, or in it."""
    return path == stack.path or path.startswith(f"{stack.path}/" if stack.path else "")


def is_deployed_elsewhere(stack: Stack, inventory: Inventory) -> bool:
    """Whether the stack's directory is deployed to another environment as well (a workspace for each)."""
    return len(inventory.deployed_to[stack.path]) > 1


def _environments(kind: Kind, inventory: Inventory) -> _Readers:
    """By path the environments of the stacks of a kind that read it."""
    known = _readers.setdefault(inventory.snapshot, {})
    if kind not in known or known[kind][0] is not inventory.config:
        found: dict[str, set[str]] = {}
        for stack in inventory.stacks.values():
            for reference in references(stack, inventory) if stack.kind == kind else ():
                for path in files(reference, inventory.snapshot):
                    found.setdefault(path, set()).add(stack.environment)
        known[kind] = (inventory.config, {path: frozenset(names) for path, names in found.items()})
    return known[kind][1]


def piece(name: str, paths: Iterable[str], snapshot: Snapshot, *, what: What = "tree") -> Piece:
    """Files as one thing, by their content and by where each lies below `name`."""
    listed = sorted(paths)
    inside = f"{name}/" if name else ""
    hashed = hashlib.sha256()
    for path in listed:
        entry = snapshot.entries[path]
        relative = "" if path == name else path.removeprefix(inside)
        hashed.update(f"{entry.mode} {entry.oid} {relative}\0".encode("utf-8", "surrogateescape"))
    version = hashed.hexdigest()
    return Piece(what=what, name=name, version=version, shown=version[:8], path=listed[0])
