"""The plan of a migration set: the statements of the migrations that head has and base has not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database import postgres, refusals, sections, sets, statements
from gitops_ci.kinds.database.postgres import SqlError
from gitops_ci.kinds.database.refusals import MigrationError
from gitops_ci.kinds.database.sets import MigrationSet
from gitops_ci.kinds.database.versions import Migration
from gitops_ci.model import plan as plans
from gitops_ci.model.plan import BLOCKING_CODES, Change, Plan, Problem
from gitops_ci.model.stack import Stack

MAX_BYTES = 4 * 1024 * 1024
"""Larger migrations are not parsed: the parse tree is about forty times as large."""


def plan(stack: Stack, base: Inventory | None, head: Inventory | None) -> Plan:
    """What enters the database of a stack between base and head.

    A migration set that was removed plans nothing: deleting its files undoes nothing in a database.
    """
    started = time.perf_counter()
    if head is None or stack.id not in head.stacks:
        message = f"{stack.path} was removed: that alone changes nothing in a database, what was applied stays"
        return Plan(
            stack=stack.id, status="unchanged", reason=Problem(code="removed", message=message, path=stack.path)
        )
    now = sets.of(stack, head.snapshot)
    wrong = _wrong(now)
    if wrong is not None:
        return Plan(stack=stack.id, status="failed", reason=wrong)
    entering = _entering(now, head.snapshot, stack, base)
    if not entering:
        return Plan(stack=stack.id, status="unchanged", seconds=time.perf_counter() - started)
    try:
        engine = postgres.engine()
    except ImportError:
        message = "database migrations are read with pglast, which is not installed: pip install 'gitops-ci[database]'"
        return plans.problem(stack.id, "skipped", "engine-missing", message)
    read = _Reading(now, head.snapshot).all(entering)
    result = _result(stack, read)
    return msgspec.structs.replace(result, engine=engine, seconds=time.perf_counter() - started)


def _wrong(now: MigrationSet) -> Problem | None:
    """Why the environment's `migrations.yml` does not say what it has."""
    pointer = now.pointer
    if pointer is None:
        return None
    if pointer.problem is not None:
        return Problem(
            code="invalid", message=f"migrations.yml {pointer.problem}", path=pointer.path, line=pointer.problem_line
        )
    if now.applied is None:
        message = f"`through: {pointer.through}` names no migration of {pointer.directory}"
        return Problem(code="invalid", message=message, path=pointer.path, line=pointer.through_line)
    if not now.migrations:
        return Problem(
            code="invalid",
            message=f"migrations.yml names {pointer.directory}, which holds no migrations",
            path=pointer.path,
            line=1,
        )
    return None


def _entering(now: MigrationSet, snapshot: Snapshot, stack: Stack, base: Inventory | None) -> tuple[Migration, ...]:
    """The migrations that are applied at head and were not at base; a repeatable one also when its content differs."""
    known: dict[str, str | None] = {}
    if base is not None:
        before = sets.of(base.stacks.get(stack.id, stack), base.snapshot)
        known = {migration.name: sets.identity(migration.path, base.snapshot) for migration in before.applied or ()}
    return tuple(
        migration
        for migration in now.applied or ()
        if migration.name not in known
        or (migration.role == "repeatable" and known[migration.name] != sets.identity(migration.path, snapshot))
    )


class _Read(Struct, frozen=True):
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


class _Reading:
    """Reads migrations of one set, in order."""

    def __init__(self, migrations: MigrationSet, snapshot: Snapshot) -> None:
        self._migrations = migrations
        self._snapshot = snapshot

    def all(self, entering: Sequence[Migration]) -> _Read:
        """Every Change, and a Problem for every file that cannot be read."""
        contents = self._contents(entering)
        changes: list[Change] = []
        problems: list[Problem] = []
        for migration in entering:
            try:
                changes += self._one(migration, contents)
            except MigrationError as refused:
                problems.append(
                    Problem(
                        code=refused.code, message=f"{migration.name} {refused}", path=migration.path, line=refused.line
                    )
                )
        return _Read(tuple(changes), tuple(problems))

    def _contents(self, migrations: Sequence[Migration]) -> dict[str, bytes]:
        real = {migration.path: sets.real(migration.path, self._snapshot) for migration in migrations}
        found = self._snapshot.read_many([path for path in real.values() if path is not None], limit=MAX_BYTES)
        return {path: found[target] for path, target in real.items() if target is not None and target in found}

    def _one(self, migration: Migration, contents: Mapping[str, bytes]) -> tuple[Change, ...]:
        content = contents.get(migration.path)
        if content is None:
            limit = MAX_BYTES // 1024**2
            raise MigrationError(
                "unreadable",
                f"is larger than {limit} MiB or no file of this repository: split it, or load its data otherwise",
            )
        text = self._applied_part(refusals.decoded(content))
        try:
            return statements.read(text, path=migration.path, source=migration.name)
        except SqlError as error:
            raise refusals.explained(text, error) from None

    def _applied_part(self, text: str) -> str:
        """The text without its way down, provided that every migration of the set is of that tool.

        Where one is not, another runner would run the whole file: then the section is not left out on its word.
        """
        line = sections.down_line(text)
        if line is None:
            return text
        tool = sections.tool(text)
        others = self._migrations.forward
        contents = self._contents(others)
        foreign = [
            each.path
            for each in others
            if sections.tool(contents.get(each.path, b"").decode("utf-8", "replace")) != tool
        ]
        if tool is None or foreign:
            other = (
                f", but {foreign[0]} has no such markers"
                if foreign
                else " without one that says where the way up begins"
            )
            raise MigrationError(
                "unsupported", f"has a section for the way down{other}: whether it is run is not known here", line
            )
        return sections.up(text, tool)


def _result(stack: Stack, read: _Read) -> Plan:
    summary = plans.summarise(read.changes)
    if read.problems:
        first = next((problem for problem in read.problems if problem.code in BLOCKING_CODES), read.problems[0])
        more = f" (and {len(read.problems) - 1} more files that cannot be read)" if len(read.problems) > 1 else ""
        reason = msgspec.structs.replace(first, message=first.message + more)
        return Plan(stack=stack.id, status="failed", reason=reason, changes=read.changes, summary=summary)
    changed = any(change.action != "read" for change in read.changes)
    return Plan(stack=stack.id, status="changed" if changed else "unchanged", changes=read.changes, summary=summary)
