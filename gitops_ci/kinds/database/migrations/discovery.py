"""Which directories are migration sets, and what each one reads; no migration is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.config import KIND_DIRECTORIES, Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import foreign, sets, strangers, versions
from gitops_ci.kinds.database.migrations import pointer as pointers
from gitops_ci.kinds.database.migrations.pointer import Pointer
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import SHARED, Certainty, Stack

SQL = (".sql",)
READ = (*SQL, "atlas.sum", "migration_lock.toml")
"""How the names end of what a migration set is made of."""
_POINTERS = frozenset(pointers.FILES)
_MIGRATION_FOLDERS = frozenset({"migrations", "migration", "migrate", "databases"})
_MIGRATION_WORDS = frozenset({"migrations", "migration", "migrate"})
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9/]+|(?<=[a-z])(?=[A-Z])|/")
_OTHER_FOLDERS = frozenset(
    {
        "schemas",
        "schema",
        "seeds",
        "seed",
        "roles",
        "fixtures",
        "queries",
        "down",
        "undo",
        "rollback",
        "rollbacks",
        "revert",
    }
)
_FOREIGN_FOLDERS = frozenset({"node_modules", "vendor", "testdata"})


def find(snapshot: Snapshot, config: Config) -> Found:
    """The stacks of this kind: directories of migrations, and environments that name one in a `migrations.yml`."""
    if naming.is_declared("database", config):
        stacks = list(_declared(snapshot, config))
        read = {stack.path: pointers.read(stack.path, snapshot) for stack in stacks}
    else:
        directories = _pointer_directories(snapshot, config)
        read = {directory: pointers.read(directory, snapshot) for directory in directories}
        targets = {pointer.directory for pointer in read.values() if pointer and pointer.directory is not None}
        sources = {*_directories(snapshot), *(target for target in targets if sets.listed(target, snapshot))}
        stacks = [naming.place(directory, "database", config) for directory in sorted({*directories, *sources})]
    references: list[Reference] = []
    problems: list[Finding] = []
    for stack in stacks:
        pointer = read.get(stack.path)
        references += _references(stack, pointer, snapshot)
        problems += _problems(stack, pointer, snapshot)
    return Found(tuple(stacks), tuple(references), tuple(problems))


def _declared(snapshot: Snapshot, config: Config) -> Iterator[Stack]:
    for directory in snapshot.directories:
        for stack, _ in naming.declared(directory, "database", config):
            if pointers.file_in(directory, snapshot) is not None or sets.listed(directory, snapshot):
                yield stack


def _pointer_directories(snapshot: Snapshot, config: Config) -> list[str]:
    return [
        directory
        for directory, names in snapshot.children.items()
        if not _POINTERS.isdisjoint(names)
        and any(KIND_DIRECTORIES.get(part) == "database" for part in directory.split("/"))
        and naming.place(directory, "database", config).environment != SHARED
    ]


def _directories(snapshot: Snapshot) -> Iterator[str]:
    yield from (directory for directory in snapshot.children if foreign.tool(directory, snapshot) is not None)
    for directory in dict.fromkeys(path.rpartition("/")[0] for path in snapshot.entries if path.endswith(SQL)):
        sql = [name for name in snapshot.children[directory] if name.endswith(SQL)]
        if _is_foreign(directory):
            continue
        if any(name in versions.DIRECTORY_FILES for name in sql) and sets.migration_file(directory, snapshot):
            parent = directory.rpartition("/")[0]
            if _MIGRATION_FOLDERS.intersection(parent.split("/")) or _has_the_word(parent):
                yield parent
        elif _holds_migrations(directory, sql):
            yield directory


def _is_foreign(directory: str) -> bool:
    parts = directory.split("/")
    return parts[-1] in _OTHER_FOLDERS or any(part in _FOREIGN_FOLDERS or part.startswith(".") for part in parts)


def _holds_migrations(directory: str, sql: list[str]) -> bool:
    """Below a folder called after migrations one numbered file is enough; elsewhere all have to be unmistakable.

    One whose name has the word among others (`migration_postgres`) needs one file that is unmistakable there.
    """
    if _MIGRATION_FOLDERS.intersection(directory.split("/")):
        return any(versions.is_numbered(name) for name in sql)
    if _has_the_word(directory):
        return any(versions.is_numbered(name) and _is_of_a_tool(name) for name in sql)
    return len(sql) > 1 and all(versions.is_numbered(name) and versions.is_unmistakable(name) for name in sql)


def _has_the_word(directory: str) -> bool:
    return not _MIGRATION_WORDS.isdisjoint(word.lower() for word in _BETWEEN_WORDS.split(directory))


def _is_of_a_tool(name: str) -> bool:
    return versions.is_unmistakable(name) or name.startswith("R__")


def _references(stack: Stack, pointer: Pointer | None, snapshot: Snapshot) -> Iterator[Reference]:
    if pointer is not None:
        yield Reference(stack.id, pointer.path, "file", "direct")
        if pointer.directory is None:
            return
    directory = stack.path if pointer is None or pointer.directory is None else pointer.directory
    migrations = sets.listed(directory, snapshot)
    nested = any(migration.path.rpartition("/")[0] != directory for migration in migrations)
    suffixes = foreign.SUFFIXES if foreign.tool(directory, snapshot) is not None else READ
    certainty: Certainty = "direct" if pointer is None else "module"
    yield Reference(stack.id, directory, "tree" if nested else "directory", certainty, suffixes)
    for path in strangers.of(directory, snapshot):
        yield Reference(stack.id, path, "file", certainty)
    if pointer is None:
        for path in sets.schema_files(directory, snapshot):
            yield Reference(stack.id, path, "file", "direct")
    for script in sets.scripts(stack.path, snapshot):
        yield Reference(stack.id, script.path, "file", "direct")
    for migration in migrations:
        target = sets.real(migration.path, snapshot)
        if target is not None and target != migration.path:
            yield Reference(stack.id, target, "file", "file")


def _problems(stack: Stack, pointer: Pointer | None, snapshot: Snapshot) -> Iterator[Finding]:
    if pointer is None:
        return
    if pointer.problem is not None:
        yield _wrong(stack, pointer, pointer.problem, pointer.problem_line)
    elif pointer.directory is not None and not sets.listed(pointer.directory, snapshot):
        yield _wrong(stack, pointer, f"names {pointer.directory}, which holds no migrations", 1)
    elif pointer.directory != stack.path and any(
        versions.is_numbered(name) for name in snapshot.children.get(stack.path, ())
    ):
        yield _wrong(
            stack,
            pointer,
            "lies beside migrations of its own, but names another directory: those beside it would not be run",
            1,
        )


def _wrong(stack: Stack, pointer: Pointer, problem: str, line: int | None) -> Finding:
    return findings.make(
        "database/migrations-file",
        "error",
        f"migrations.yml {problem}",
        help="Write `migrations: <directory relative to this file>` and, to stop early, `through: <migration>`.",
        path=pointer.path,
        line=line,
        stack=stack.id,
    )
