"""The migrations of a stack in one snapshot: listed from names alone, contents are not read."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.snapshot import SYMLINK, Snapshot
from gitops_ci.kinds.database.migrations import pointer as pointers
from gitops_ci.kinds.database.migrations import versions
from gitops_ci.kinds.database.migrations.pointer import Pointer
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.model.stack import Stack

_SCHEMAS = ("schemas", "schema")
_SCRIPTS = ("roles", "role", "seeds", "seed")
_MIGRATIONS = frozenset({"migrations", "migration", "migrate"})


class MigrationSet(Struct, frozen=True):
    """Every migration of a directory in order; `pointer` is what narrows it for an environment."""

    directory: str | None
    migrations: tuple[Migration, ...] = ()
    pointer: Pointer | None = None

    @property
    def forward(self) -> tuple[Migration, ...]:
        """All but those that undo others, and variants for other databases."""
        return tuple(migration for migration in self.migrations if migration.role not in ("down", "variant"))

    @property
    def applied(self) -> tuple[Migration, ...] | None:
        """What a database of this stack has: all, or all up to `through`. None where `through` names no migration."""
        through = self.pointer.through if self.pointer else None
        if through is None:
            return self.forward
        last = self.position(through)
        if last is None:
            return None
        repeatable = tuple(migration for migration in self.forward[last + 1 :] if migration.role == "repeatable")
        return self.forward[: last + 1] + repeatable

    def position(self, through: str) -> int | None:
        """Where in `forward` the migration lies that a stem, a file's name or a version names; of several the last."""
        exact = [i for i, migration in enumerate(self.forward) if through in (migration.name, _file(migration))]
        if exact:
            return exact[-1]
        version = versions.version_of(through) if through.replace(".", "").replace("_", "").isdecimal() else ()
        same = [i for i, migration in enumerate(self.forward) if version and migration.version == version]
        return same[-1] if same else None


def _file(migration: Migration) -> str:
    file = migration.path.rpartition("/")[2]
    return migration.name if file in versions.DIRECTORY_FILES else file


def of(stack: Stack, snapshot: Snapshot) -> MigrationSet:
    """The migrations of a stack; empty where the snapshot has none."""
    pointer = pointers.read(stack.path, snapshot)
    if pointer is None:
        return MigrationSet(stack.path, listed(stack.path, snapshot))
    if pointer.directory is None:
        return MigrationSet(None, (), pointer)
    return MigrationSet(pointer.directory, listed(pointer.directory, snapshot), pointer)


def listed(directory: str, snapshot: Snapshot) -> tuple[Migration, ...]:
    """The migrations of a directory: its own files, or the directories below that are one migration each.

    Prisma runs these in the order of their names: `20250625_x` comes after `20250604120000_y`. Diesel takes the dashes
    out of what is before the first `_`. Neither of them runs a file beside such directories.
    """
    nested = _nested(directory, snapshot)
    own = () if beside_directories(directory, snapshot) else snapshot.children.get(directory, ())
    return (*versions.migrations(directory, own), *sorted(nested, key=_by_name))


def beside_directories(directory: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The paths of `.sql` files that no tool runs: beside directories of migrations, none of them with a number."""
    names = [name for name in snapshot.children.get(directory, ()) if name.endswith(".sql")]
    if not names or any(map(versions.is_numbered, names)) or not _nested(directory, snapshot):
        return ()
    return tuple(f"{directory}/{name}" if directory else name for name in names)


def _nested(directory: str, snapshot: Snapshot) -> list[Migration]:
    at = f"{directory}/" if directory else ""
    found: list[Migration] = []
    for name in snapshot.directories.get(directory, ()):
        file = migration_file(at + name, snapshot)
        if file is not None:
            found.append(Migration(name, f"{at}{name}/{file}", "versioned", versions.version_of(name)))
    return found


def _by_name(migration: Migration) -> tuple[str, str]:
    is_diesel = migration.path.endswith("/up.sql")
    return migration.name.partition("_")[0].replace("-", "") if is_diesel else "", migration.name


def entering(
    now: MigrationSet, head: Snapshot, before: MigrationSet | None, base: Snapshot | None
) -> tuple[Migration, ...]:
    """The migrations that are applied at head and were not at base; a repeatable one also when its content differs."""
    known: dict[str, str | None] = {}
    if before is not None and base is not None:
        known = {migration.name: identity(migration.path, base) for migration in before.applied or ()}
    return tuple(
        migration
        for migration in now.applied or ()
        if migration.name not in known
        or (migration.role == "repeatable" and known[migration.name] != identity(migration.path, head))
    )


def schema_files(directory: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The schema files of a directory of migrations: of its own, of its parent's, or one that has its name."""
    parent, _, name = directory.rpartition("/")
    above, _, its = parent.rpartition("/")
    if name in _MIGRATIONS:
        return _sql(parent, snapshot)
    if its in _MIGRATIONS:
        return tuple(path for path in _sql(above, snapshot) if path.endswith(f"/{name}.sql"))
    return _sql(directory, snapshot)


def scripts(directory: str, snapshot: Snapshot) -> tuple[Migration, ...]:
    """The files of roles and of seeds beside the migrations of a directory, which somebody runs: roles first."""
    parent, _, name = directory.rpartition("/")
    above, _, its = parent.rpartition("/")
    at = parent if name in _MIGRATIONS else above if its in _MIGRATIONS else directory
    folders = (f"{at}/{folder}" if at else folder for folder in _SCRIPTS)
    paths = (path for folder in folders for path in _all_sql(folder, snapshot))
    return tuple(Migration(path.rpartition("/")[2].removesuffix(".sql"), path, "repeatable") for path in paths)


def _all_sql(folder: str, snapshot: Snapshot) -> Iterator[str]:
    yield from (f"{folder}/{name}" for name in sorted(snapshot.children.get(folder, ())) if name.endswith(".sql"))
    for name in snapshot.directories.get(folder, ()):
        yield from _all_sql(f"{folder}/{name}", snapshot)


def _sql(parent: str, snapshot: Snapshot) -> tuple[str, ...]:
    at = f"{parent}/" if parent else ""
    return tuple(
        f"{at}{folder}/{name}"
        for folder in _SCHEMAS
        for name in snapshot.children.get(at + folder, ())
        if name.endswith(".sql")
    )


def migration_file(directory: str, snapshot: Snapshot) -> str | None:
    """The file that makes a directory one migration (Prisma, Diesel); None where it is none."""
    if not versions.version_of(directory.rpartition("/")[2]):
        return None
    files = snapshot.children.get(directory, ())
    return next((name for name in versions.DIRECTORY_FILES if name in files), None)


def real(path: str, snapshot: Snapshot) -> str | None:
    """The path of the file itself where `path` is a symbolic link; None where that leaves the repository."""
    entry = snapshot.entries.get(path)
    return snapshot.resolve(path) if entry is not None and entry.mode == SYMLINK else path


def identity(path: str, snapshot: Snapshot) -> str | None:
    """What identifies the content of a file (its object id), links followed."""
    target = real(path, snapshot)
    entry = snapshot.entries.get(target) if target is not None else None
    return entry.oid if entry is not None else None
