"""What a dry run is asked: the texts of both ends as scripts, their way down, rows and declared schemas."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config_database import Database
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database import declared
from gitops_ci.kinds.database.dialects import End
from gitops_ci.kinds.database.dry_run import scripting
from gitops_ci.kinds.database.dry_run.declaring import Declared
from gitops_ci.kinds.database.dry_run.running import History, Request
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.migrations import sets
from gitops_ci.kinds.database.migrations.texts import MAX_BYTES, Texts
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.sql import refusals
from gitops_ci.kinds.database.sql.refusals import MigrationError


def of(entering: tuple[Migration, ...], ends: tuple[End | None, End], settings: Database, stack: str) -> Request:
    """What is tried of the migrations that enter between two ends. Raises MigrationError where seeds cannot be read."""
    base, head = ends
    history = _history(base) if base is not None else History()
    new = Texts(head.migrations, head.snapshot, entering)
    return Request(
        settings=settings,
        history=history,
        entering=tuple(scripting.of(each, new.of(each), closely=True) for each in entering),
        undoing=_undoing(entering, head, new),
        seeds=tuple(_seeds(settings.seed, (base or head).snapshot)) if settings.seed else (),
        declared=_declared(base, head),
        # not of a stack that the change brings: it chooses its name, and so a variable
        compared=stack if history.identity and settings.dsn_env is not None else None,
    )


def _history(base: End) -> History:
    """What base has, by git's ids of it: who has a copy of what it makes need not read it.

    What of a file is applied hangs on the markers that the others have, those included that are not applied.
    """
    applied = base.migrations.applied or ()
    if not applied:
        return History()
    ids = (sets.identity(each.path, base.snapshot) or "" for each in (*applied, *base.migrations.forward))

    def texts() -> tuple[tuple[Migration, str], ...]:
        read = Texts(base.migrations, base.snapshot, applied)
        return tuple((migration, read.of(migration)) for migration in applied)

    return History((str(len(applied)), *ids), texts)


def _undoing(entering: tuple[Migration, ...], head: End, new: Texts) -> tuple[Script, ...]:
    """The way down of the new migrations, the last first; nothing where one of them has none."""
    found = tuple(down for migration in reversed(entering) if (down := _down(migration, head, new)) is not None)
    return found if len(found) == len(entering) else ()


def _down(migration: Migration, head: End, new: Texts) -> Script | None:
    """A section of its own file, else the file that undoes it."""
    section = new.way_down(migration)
    if section is not None:
        script = _script(migration, section)
        return script if script.statements != () else None
    folder, _, file = migration.path.rpartition("/")
    if file == "up.sql":  # Diesel
        path = f"{folder}/down.sql"
        its = Migration(f"{migration.name} (down)", path, "down") if path in head.snapshot else None
    else:
        downs = (each for each in head.migrations.migrations if each.role == "down" and each.version)
        its = next((each for each in downs if each.version == migration.version), None)
    if its is None:
        return None
    try:
        return _script(its, Texts(head.migrations, head.snapshot, (its,)).of(its))
    except MigrationError:
        return None  # no file, or too large


def _script(migration: Migration, text: str) -> Script:
    """A way down; one that cannot be parsed is sent as it is, so that the server says what is wrong with it."""
    try:
        return scripting.of(migration, text, closely=True)
    except MigrationError:
        return Script(migration.name, migration.path, text)


def _declared(base: End | None, head: End) -> Declared:
    """The schema files of a directory of migrations; an environment that reads them has none of its own."""
    now, directory = head.migrations, head.migrations.directory
    paths = sets.schema_files(directory, head.snapshot) if directory is not None and now.pointer is None else ()
    if not paths:
        return Declared()
    before = sets.schema_files(directory, base.snapshot) if base is not None and directory is not None else ()
    return Declared(
        now=_schema(paths, head.snapshot),
        before=_schema(before, base.snapshot) if base is not None else (),
        whole=not declared.compares(now, paths, head.snapshot),
    )


def _schema(paths: tuple[str, ...], snapshot: Snapshot) -> tuple[Script, ...]:
    """Nothing where one of the files cannot be read, which the rule by text says."""
    contents = snapshot.read_many(paths, limit=MAX_BYTES)
    try:
        texts = {path: refusals.decoded(contents[path]) for path in paths if path in contents}
    except MigrationError:
        return ()
    found = tuple(_script(Migration(path, path, "versioned"), text) for path, text in texts.items())
    return found if len(found) == len(paths) else ()


def _seeds(path: str, snapshot: Snapshot) -> Iterator[Script]:
    """The rows of a file, or of the `.sql` files of a directory in the order of their names. Raises MigrationError."""
    names = snapshot.children.get(path)
    files = [f"{path}/{name}" for name in sorted(names) if name.endswith(".sql")] if names is not None else [path]
    for file in files:
        real = sets.real(file, snapshot)
        content = snapshot.read(real) if real is not None else None
        if content is None:
            raise MigrationError("unreadable", f"`kinds.database.seed` names {file}, which is no file of base")
        text = refusals.decoded(content)
        yield Script(file, file, text, scripting.statements(text, file, file))
