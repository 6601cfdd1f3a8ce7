"""The plan of a migration set: the statements of the migrations that head has and base has not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.database import dialects, mysql, mysql_reading
from gitops_ci.kinds.database.dialects import End
from gitops_ci.kinds.database.dry_run import trying
from gitops_ci.kinds.database.migrations import foreign, sets, strangers
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.texts import Texts
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.mysql_types import Types
from gitops_ci.kinds.database.sql import postgres, refusals, statements
from gitops_ci.kinds.database.sql.postgres import SqlError
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model import plan as plans
from gitops_ci.model.plan import BLOCKING_CODES, Change, Plan, Problem
from gitops_ci.model.stack import Stack


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What enters the database of a stack between base and head.

    A migration set that was removed plans nothing: deleting its files undoes nothing in a database.
    """
    started = time.perf_counter()
    if head is None or stack.id not in head.stacks:
        message = f"{stack.path} was removed: that alone changes nothing in a database, what was applied stays"
        return Plan(
            stack=stack.id, status="unchanged", reason=Problem(code="removed", message=message, path=stack.path)
        )
    tool = foreign.tool(stack.path, head.snapshot)
    if tool is not None:
        message = f"{stack.path} holds migrations of {tool}, which are programs: only SQL can be read"
        problem = Problem(code="unsupported", message=message, path=stack.path)
        return Plan(stack=stack.id, status="failed", reason=problem)
    now = sets.of(stack, head.snapshot)
    wrong = _wrong(now)
    if wrong is not None:
        return Plan(stack=stack.id, status="failed", reason=wrong)
    before = sets.of(base.stacks.get(stack.id, stack), base.snapshot) if base is not None else None
    entering = sets.entering(now, head.snapshot, before, base.snapshot if base is not None else None)
    settings = head.config.kinds.database
    old = base.snapshot if base is not None else None
    programs = strangers.programs(now.directory, head.snapshot, old) if now.pointer is None else ()
    if not entering and not programs and (before is None or settings.dsn_env is None):
        return Plan(stack=stack.id, status="unchanged", seconds=time.perf_counter() - started)
    earlier = End(before, base.snapshot) if base is not None and before is not None else None
    try:
        dialect = dialects.of_set(earlier, End(now, head.snapshot), head.config.kinds.database.engine)
        engine = mysql.engine() if dialect == "mysql" else postgres.engine()
        texts = Texts(now, head.snapshot, entering)
        read = _read(texts, entering, dialect, (Types(_merged(earlier)), lambda: _spellings(earlier)))
        read = _Read(read.changes, (*read.problems, *map(_program, programs)))
    except ImportError as missing:
        name = (missing.name or "").partition(".")[0]
        message = f"database migrations are read with {name}, which is not installed: pip install 'gitops-ci[database]'"
        return plans.problem(stack.id, "skipped", "engine-missing", message)
    result = msgspec.structs.replace(_result(stack, read), engine=engine)
    if dialect == dialects.POSTGRESQL and result.reason is None and settings.dry_run != "off":
        result = trying.tried(result, entering, (earlier, End(now, head.snapshot)), tools, settings)
    return msgspec.structs.replace(result, seconds=time.perf_counter() - started)


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


class _Read(Struct, frozen=True):
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


def _program(path: str) -> Problem:
    message = f"{path.rpartition('/')[2]} is a program among migrations: what it does cannot be told, only SQL is read"
    return Problem(code="unsupported", message=message, path=path)


def _spellings(base: End | None) -> frozenset[str] | None:
    """How base writes markers; None where it has no migrations."""
    if base is None or not base.migrations.forward:
        return None
    return Texts(base.migrations, base.snapshot, base.migrations.forward).spellings()


def _merged(earlier: End | None) -> Iterator[str]:
    """The texts of what base has, read when somebody asks. Raises MigrationError."""
    if earlier is None:
        return
    applied = earlier.migrations.applied or ()
    texts = Texts(earlier.migrations, earlier.snapshot, applied)
    for migration in applied:
        yield texts.of(migration)


def _read(
    texts: Texts,
    entering: Sequence[Migration],
    dialect: str,
    base: tuple[Types, Callable[[], frozenset[str] | None]],
) -> _Read:
    """Every Change, and a Problem for every file that cannot be read, wholly or in part, or that its tool refuses.

    `base` is what it says of types and how it writes markers, read when somebody asks.
    """
    types, spellings = base
    changes: list[Change] = []
    problems: list[Problem] = []
    for migration in entering:
        try:
            texts.marked(migration, spellings)
            if not dialects.is_mysql(migration, dialect):
                changes += _changes(migration, texts.of(migration))
                continue
            text = texts.of(migration)
            changes += mysql.changes(text, path=migration.path, source=migration.name, types=types)
            mysql_reading.refuse_unknown(text)
        except MigrationError as refused:
            message = f"{migration.name} {refused}"
            problems.append(Problem(code=refused.code, message=message, path=migration.path, line=refused.line))
    return _Read(tuple(changes), tuple(problems))


def _changes(migration: Migration, text: str) -> tuple[Change, ...]:
    try:
        return statements.read(text, path=migration.path, source=migration.name)
    except SqlError as error:
        raise refusals.explained(text, error) from None


def _result(stack: Stack, read: _Read) -> Plan:
    summary = plans.summarise(read.changes)
    if read.problems:
        first = next((problem for problem in read.problems if problem.code in BLOCKING_CODES), read.problems[0])
        more = f" (and {len(read.problems) - 1} more files that cannot be read)" if len(read.problems) > 1 else ""
        reason = msgspec.structs.replace(first, message=first.message + more)
        return Plan(stack=stack.id, status="failed", reason=reason, changes=read.changes, summary=summary)
    changed = any(change.action != "read" for change in read.changes)
    return Plan(stack=stack.id, status="changed" if changed else "unchanged", changes=read.changes, summary=summary)
