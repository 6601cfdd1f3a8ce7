"""Files that a stack reads outside of its environment's own folder: modules, bases, templates; told by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.promotion.pieces import Piece
from gitops_ci.model.stack import Stack

UNSURE = frozenset({"conservative", "downstream"})
"""Certainties of what is only guessed to be read: the whole repository may be among it."""


def pieces(stack: Stack, inventory: Inventory) -> Iterator[Piece]:
    """The modules of a stack wherever they lie, and whatever else it reads that is not its environment's own."""
    for reference in inventory.graph.read_by(stack.id):
        if reference.certainty in UNSURE:
            continue
        is_module = reference.certainty == "module"
        if (is_module or not is_own(reference.path, stack, inventory)) and not _is_root(reference, stack):
            yield from _tree(reference, inventory.snapshot)


def is_own(path: str, stack: Stack, inventory: Inventory) -> bool:
    """Whether a path belongs to the stack's environment alone: values there are its own."""
    if path == stack.path or path.startswith(f"{stack.path}/" if stack.path else ""):
        return not is_deployed_elsewhere(stack, inventory)
    return naming.environment_of_path(path, inventory.config) == stack.environment


def is_deployed_elsewhere(stack: Stack, inventory: Inventory) -> bool:
    """Whether the stack's directory is deployed to another environment as well (a workspace for each)."""
    others = inventory.stacks.values()
    return any(other.path == stack.path and other.environment != stack.environment for other in others)


def _is_root(reference: Reference, stack: Stack) -> bool:
    """Values that a stack is given by name (`direct`: `production.tfvars`) are its own wherever they lie."""
    return reference.certainty == "direct" and reference.path != stack.path


def _tree(reference: Reference, snapshot: Snapshot) -> Iterator[Piece]:
    files = Graph((reference,)).closure(reference.reader, snapshot)
    if files:
        version = digest(files, reference.path, snapshot)
        yield Piece(what="tree", name=reference.path, version=version, shown=version[:8], path=min(files))


def digest(paths: Iterable[str], root: str, snapshot: Snapshot) -> str:
    """What identifies files by their content and by where each lies below `root`."""
    inside = f"{root}/" if root else ""
    hashed = hashlib.sha256()
    for path in sorted(paths):
        entry = snapshot.entries[path]
        relative = "" if path == root else path.removeprefix(inside)
        hashed.update(f"{entry.mode} {entry.oid} {relative}\0".encode("utf-8", "surrogateescape"))
    return hashed.hexdigest()
