"""What must not happen to migrations that were merged, and what the newest ones must not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import manifests, ordering, promotion, sets, strangers
from gitops_ci.kinds.database.migrations import pointer as pointers
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

_ONWARD = "Leave it as it was merged and write a new migration that changes what it made."


class _End(Struct, frozen=True):
    """A migration set at one end of the change."""

    migrations: MigrationSet
    snapshot: Snapshot

    @property
    def numbered(self) -> tuple[Migration, ...]:
        return tuple(migration for migration in self.migrations.migrations if migration.role == "versioned")

    def identity(self, migration: Migration) -> str | None:
        return sets.identity(migration.path, self.snapshot)


def check(stack: Stack, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """The rules about history.

    The history of files belongs to the stack that is their directory; an environment that reads it tells only its own.
    """
    if head is None or stack.id not in head.stacks:
        return tuple(_removed(stack, base))
    now = _End(sets.of(stack, head.snapshot), head.snapshot)
    before = None
    if base is not None:
        before = _End(sets.of(base.stacks.get(stack.id, stack), base.snapshot), base.snapshot)
    found: list[Finding] = []
    if now.migrations.pointer is not None:
        found += promotion.check(stack, before.migrations if before else None, now.migrations)
        if _is_a_stack(now.migrations.directory, head, stack):
            return tuple(found)
        if before is not None and before.migrations.directory != now.migrations.directory:
            before = None
    return (*found, *_history(stack, before, now))


def _is_a_stack(directory: str | None, head: Inventory, but: Stack) -> bool:
    database = [stack for stack in head.stacks.values() if stack.kind == "database" and stack.id != but.id]
    return any(stack.path == directory for stack in database)


def _history(stack: Stack, before: _End | None, now: _End) -> Iterator[Finding]:
    old = {migration.path: migration for migration in before.migrations.forward} if before else {}
    new = [migration for migration in now.migrations.forward if migration.path not in old]
    renamed = _renamed(old, new, before, now) if before else {}
    if before is not None:
        for migration in old.values():
            if migration.role in ("repeatable", "baseline"):
                continue
            if migration.path in now.snapshot:
                yield from _edited(stack, migration, before, now)
            else:
                yield _deleted(stack, migration, renamed.get(migration.path))
    known_as = {migration.path for migration in renamed.values()}
    entered = [migration for migration in new if migration.role == "versioned" and migration.path not in known_as]
    yield from _inserted(stack, entered, before)
    yield from ordering.check(stack, entered, before.numbered if before else (), now.migrations, now.snapshot)
    yield from strangers.check(stack, now.migrations.directory, now.snapshot, before.snapshot if before else None)
    yield from _outdated(stack, before, now)
    yield from _duplicates(stack, entered, before, now)


def _renamed(old: Mapping[str, Migration], new: list[Migration], before: _End, now: _End) -> dict[str, Migration]:
    """Path at base → the migration that it became: the same content, else the same version."""
    missing = [migration for migration in old.values() if migration.path not in now.snapshot]
    if not missing:
        return {}
    by_content = {now.identity(migration): migration for migration in reversed(new)}
    by_version = {migration.version: migration for migration in reversed(new) if migration.version}
    found: dict[str, Migration] = {}
    for migration in missing:
        became = by_content.get(before.identity(migration)) or by_version.get(migration.version)
        if became is not None:
            found[migration.path] = became
    return found


def _edited(stack: Stack, migration: Migration, before: _End, now: _End) -> Iterator[Finding]:
    if before.identity(migration) == now.identity(migration):
        return
    yield findings.make(
        "database/history-edited",
        "error",
        f"{migration.name} was merged and is edited here: databases that have it will not run it again",
        help=_ONWARD,
        path=migration.path,
        line=_first_difference(_content(migration, before.snapshot), _content(migration, now.snapshot)),
        stack=stack.id,
    )


def _content(migration: Migration, snapshot: Snapshot) -> bytes | None:
    target = sets.real(migration.path, snapshot)
    return snapshot.read(target) if target is not None else None


def _first_difference(before: bytes | None, now: bytes | None) -> int | None:
    """The first line of `now` that differs; its last line where only something after it was removed."""
    if before is None or now is None:
        return None
    old, new = before.split(b"\n"), now.split(b"\n")
    same = next(
        (index for index, (left, right) in enumerate(zip(old, new, strict=False)) if left != right),
        min(len(old), len(new)),
    )
    return min(same, len(new) - 1) + 1


def _deleted(stack: Stack, migration: Migration, became: Migration | None) -> Finding:
    what = f"renamed to {became.path}" if became else "deleted"
    twice, unknown = "it may be run again under its new name", "databases that have it no longer match the repository"
    consequence = twice if became else unknown
    return findings.make(
        "database/history-deleted",
        "error",
        f"{migration.name} was merged and is {what} here: {consequence}",
        help=f"Restore {migration.path}." if became else f"Restore {migration.path}, and undo it with a new migration.",
        path=became.path if became else migration.path,
        line=1 if became else None,
        stack=stack.id,
    )


def _removed(stack: Stack, base: Inventory | None) -> Iterator[Finding]:
    """The whole set is gone: one finding. A removed `migrations.yml` takes no migration with it."""
    if base is None or pointers.file_in(stack.path, base.snapshot) is not None:
        return
    migrations = sets.of(stack, base.snapshot).forward
    if migrations:
        yield findings.make(
            "database/history-deleted",
            "error",
            f"{stack.path or 'the root'} was a migration set of {len(migrations)} and is deleted or moved here",
            help="Restore it. A new place is for an administrator to waive, once every database is looked after.",
            path=stack.path or None,
            stack=stack.id,
        )


def _inserted(stack: Stack, entered: list[Migration], before: _End | None) -> Iterator[Finding]:
    merged = before.numbered if before else ()
    if not merged:
        return
    newest = max(merged, key=lambda migration: migration.version)
    for migration in entered:
        if migration.version < newest.version:
            yield findings.make(
                "database/history-inserted",
                "error",
                f"{migration.name} sorts before {newest.name}, which is merged: "
                "databases that are past it skip it, or refuse to go on",
                help=f"Give it a version after {newest.name}.",
                path=migration.path,
                line=1,
                stack=stack.id,
            )


def _outdated(stack: Stack, before: _End | None, now: _End) -> Iterator[Finding]:
    """A manifest of checksums that does not fit, where it did or where it is new."""
    directory = now.migrations.directory
    wrong = manifests.outdated(directory, now.snapshot) if directory is not None else None
    if wrong is None or directory is None:
        return
    same_place = before is not None and before.migrations.directory == directory
    if before is not None and same_place and manifests.outdated(directory, before.snapshot) == wrong:
        return
    yield findings.make(
        "database/checksum-outdated",
        "error",
        f"{manifests.FILE} {wrong[1]}: Atlas refuses the directory",
        help="Run `atlas migrate hash` and commit what it writes, after a look at what it covers.",
        path=f"{directory}/{manifests.FILE}" if directory else manifests.FILE,
        line=wrong[0],
        stack=stack.id,
    )


def _variants(stack: Stack, before: _End | None, now: _End) -> Iterator[Finding]:
    """Files for other databases where base had none: a runner that knows nothing of them runs them as well."""
    if before is None or any(each.role == "variant" for each in before.migrations.migrations):
        return
    for each in now.migrations.migrations if before.numbered else ():
        if each.role == "variant":
            yield findings.make(
                "database/duplicate-version",
                "error",
                f"{each.name} is for another database by its name, and has the version of the one for PostgreSQL: "
                "no migration before came in several, so both may be run",
                help="Leave it out, or keep the migrations of each database in a directory of its own.",
                path=each.path,
                line=1,
                stack=stack.id,
            )


def _duplicates(stack: Stack, entered: list[Migration], before: _End | None, now: _End) -> Iterator[Finding]:
    """Versions that a new migration shares with another one; what is merged already cannot be renamed any more.

    Prisma remembers the whole name of a directory, so that two may have one version.
    """
    new = {migration.path for migration in entered}
    yield from _variants(stack, before, now)
    first: dict[tuple[int, ...], Migration] = {}
    numbered = [migration for migration in now.numbered if not migration.path.endswith("/migration.sql")]
    for migration in sorted(numbered, key=lambda migration: (migration.path in new, migration.path)):
        earlier = first.setdefault(migration.version, migration)
        if earlier is not migration and migration.path in new:
            yield findings.make(
                "database/duplicate-version",
                "error",
                f"{migration.name} has the version of {earlier.path}: only one of the two would be run",
                help=f"Give {migration.path} the next free version.",
                path=migration.path,
                line=1,
                stack=stack.id,
            )
