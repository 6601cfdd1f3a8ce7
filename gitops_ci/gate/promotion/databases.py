"""What a database takes in: the migrations that it has, by their content."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.promotion.pieces import Contents, Piece, Unread
from gitops_ci.kinds.database.migrations import foreign, sets
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.model.stack import Stack


def contents(stack: Stack, inventory: Inventory) -> Contents:
    """The migrations up to the version that the environment's pointer names; all where it names none."""
    snapshot = inventory.snapshot
    found = sets.of(stack, snapshot)
    pointer = found.pointer
    if pointer is not None and (found.applied is None or pointer.problem is not None):
        said = pointer.problem or f"names no migration of {pointer.directory}"
        line = pointer.problem_line if pointer.problem is not None else pointer.through_line
        content = snapshot.entries[pointer.path].oid
        return Contents((), (Unread(path=pointer.path, content=content, message=said, line=line),))
    return Contents((*_migrations(found, snapshot), *_programs(found, snapshot)))


def _migrations(found: MigrationSet, snapshot: Snapshot) -> Iterator[Piece]:
    pointer = found.pointer
    for migration in found.applied or ():
        content = sets.identity(migration.path, snapshot)
        if content is not None:
            yield Piece(
                what="migration",
                name=migration.name,
                version=content,
                shown=content[:8],
                path=pointer.path if pointer is not None and pointer.through is not None else migration.path,
                line=pointer.through_line if pointer is not None else None,
                written=(pointer.through if pointer is not None else None) or "",
                slot=migration.path,
            )


def _programs(found: MigrationSet, snapshot: Snapshot) -> Iterator[Piece]:
    """Migrations of Rails and Alembic, which are programs: each of their files."""
    directory = found.directory
    if directory is None or foreign.tool(directory, snapshot) is None:
        return
    for name in snapshot.children.get(directory, ()):
        if name.endswith(foreign.SUFFIXES):
            path = f"{directory}/{name}".lstrip("/")
            content = snapshot.entries[path].oid
            yield Piece(what="migration", name=name, version=content, shown=content[:8], path=path, slot=path)
