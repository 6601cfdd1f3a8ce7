"""What `through` must not be: how far an environment goes through the migrations that it shares with others."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack


def check(stack: Stack, before: MigrationSet | None, now: MigrationSet) -> Iterator[Finding]:
    """What an environment's `through` must not be."""
    pointer = now.pointer
    if pointer is None or pointer.problem is not None:
        return
    if now.applied is None:
        yield findings.make(
            "database/unknown-version",
            "error",
            f"`through: {pointer.through}` names no migration of {pointer.directory}",
            help=f"Name one of {pointer.directory}: {_newest(now)}.",
            path=pointer.path,
            line=pointer.through_line,
            stack=stack.id,
        )
        return
    lost = _lost(before, now)
    if lost:
        yield findings.make(
            "database/through-moved-back",
            "error",
            f"`through` goes back: {stack.environment} has {lost[-1].name} already, "
            "and taking it off the list undoes nothing",
            help=f"Put `through` back to {lost[-1].name}, and undo it with a new migration.",
            path=pointer.path,
            line=pointer.through_line or 1,
            stack=stack.id,
        )


def _lost(before: MigrationSet | None, now: MigrationSet) -> tuple[Migration, ...]:
    """What the environment had at base and would not have at head; its directory answers for deleted files."""
    if before is None:
        return ()
    kept = {migration.name for migration in now.applied or ()}
    elsewhere = before.directory != now.directory
    there = {migration.name for migration in now.forward}
    return tuple(each for each in before.applied or () if each.name not in kept and (elsewhere or each.name in there))


def _newest(now: MigrationSet) -> str:
    names = [migration.name for migration in now.forward]
    return ", ".join(names[-5:]) or "it holds none"
