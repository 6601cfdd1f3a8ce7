"""Declared schemas (`schemas/*.sql` beside the migrations) beside what the migrations build, as far as text tells."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import sets, versions
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.texts import MAX_BYTES, Texts
from gitops_ci.kinds.database.rules import reading
from gitops_ci.kinds.database.shapes import Shape, Shapes
from gitops_ci.kinds.database.sql.postgres import SqlError, TooDeepError
from gitops_ci.kinds.database.sql.refusals import MigrationError, decoded
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

_RULE = "database/schema-differs"
FIX = "Write the migration that makes the difference, or mend the file: both have to say the same."


def check(stack: Stack, snapshot: Snapshot) -> Iterator[Finding]:
    """Where a declared schema and the migrations differ: tables, columns, types. Nothing where none is declared."""
    now = sets.of(stack, snapshot)
    if now.pointer is not None or now.directory is None:
        return
    paths = sets.schema_files(now.directory, snapshot)
    if not paths or not now.forward:
        return
    try:
        declared, built = _declared(paths, snapshot), _built(now, snapshot)
    except MigrationError as refused:
        first = str(refused).partition("\n")[0]
        found = _finding(stack, paths[0], 1, f"cannot be compared with the migrations: {first}")
        yield msgspec.structs.replace(found, severity="warning")
        return
    except ImportError:
        return  # the plan says so
    yield from _differences(stack, paths[0], declared, built)


def compares(now: MigrationSet, paths: tuple[str, ...], snapshot: Snapshot) -> bool:
    """Whether text alone tells what schema files and migrations build."""
    try:
        _declared(paths, snapshot)
        _built(now, snapshot)
    except MigrationError:
        return False
    return True


def _declared(paths: tuple[str, ...], snapshot: Snapshot) -> Shapes:
    shapes = Shapes()
    contents = snapshot.read_many(paths, limit=MAX_BYTES)
    for path in paths:
        if path not in contents:
            raise MigrationError("unreadable", f"{path} cannot be read")
        _take(shapes, path, decoded(contents[path]))
    return shapes


def _built(now: MigrationSet, snapshot: Snapshot) -> Shapes:
    shapes = Shapes()
    texts = Texts(now, snapshot, now.forward)
    for migration in now.forward:
        try:
            _take(shapes, migration.path, texts.of(migration))
        except MigrationError as refused:
            raise MigrationError(refused.code, f"{migration.name} {refused}") from None
    return shapes


def _take(shapes: Shapes, path: str, text: str) -> None:
    try:
        for read in reading.read(text, path=path):
            if read.executes and read.tag == "DoStmt":
                raise MigrationError("unsupported", f"{path}:{read.executes[0]} runs text as SQL")
            shapes.take(read)
    except (SqlError, TooDeepError, msgspec.ValidationError):
        raise MigrationError("invalid", f"{path} cannot be parsed") from None


def _differences(stack: Stack, first: str, declared: Shapes, built: Shapes) -> Iterator[Finding]:
    for name, shape in sorted(declared.tables.items()):
        other = built.tables.get(name)
        if other is None:
            yield _finding(stack, shape.path, shape.line, f"declares the table {name}, which no migration makes")
        elif shape.columns is not None and other.columns is not None:
            yield from _columns(stack, name, shape, other)
    for name, shape in sorted(built.tables.items()):
        if name not in declared.tables:
            made = versions.shown(shape.path)
            yield _finding(stack, first, 1, f"lacks the table {name}, which {made} makes")


def _columns(stack: Stack, name: str, declared: Shape, built: Shape) -> Iterator[Finding]:
    ours, theirs = declared.columns or {}, built.columns or {}
    for column, type_ in ours.items():
        if column not in theirs:
            yield _finding(
                stack, declared.path, declared.line, f"declares the column {name}.{column}, which no migration makes"
            )
        elif theirs[column] != type_:
            says = f"declares {name}.{column} as {type_}, and the migrations make it {theirs[column]}"
            yield _finding(stack, declared.path, declared.line, says)
    for column in theirs:
        if column not in ours:
            says = f"lacks the column {name}.{column}, which the migrations make"
            yield _finding(stack, declared.path, declared.line, says)


def _finding(stack: Stack, path: str, line: int, says: str) -> Finding:
    name = path.rpartition("/")[2]
    return findings.make(_RULE, "error", f"{name} {says}", help=FIX, path=path, line=line, stack=stack.id)
