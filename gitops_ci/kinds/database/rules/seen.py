"""What a dry run saw of each statement, and which guesses of the lint that overrules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from gitops_ci.kinds.database.rules.catalog import RULES
from gitops_ci.kinds.database.rules.found import Found

KEEPS_WRITERS_OUT = frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
"""Modes of `pg_locks` that conflict with INSERT, UPDATE and DELETE."""


class Lock(Struct, frozen=True):
    """A lock on a table that was there before the change; `mode` as `pg_locks` names it."""

    table: str
    mode: str


class SeenStatement(Struct, frozen=True, kw_only=True):
    """One statement that ran: `line` is that of its first word in `path`.

    `rewritten` are the tables that were there before the change and got another file; `locks` those that it held on
    such tables when it ended.
    """

    path: str
    line: int
    rewritten: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()


class Seen(Struct, frozen=True):
    """What the dry run of one stack saw. What it did not run is not in it, and nothing is overruled there."""

    statements: tuple[SeenStatement, ...] = ()

    def by_place(self) -> Mapping[tuple[str, int], tuple[SeenStatement, ...]]:
        """The statements by path and line."""
        found: dict[tuple[str, int], tuple[SeenStatement, ...]] = {}
        for each in self.statements:
            found[each.path, each.line] = (*found.get((each.path, each.line), ()), each)
        return found


def overruled(found: Found, statements: Iterable[SeenStatement]) -> bool:
    """Whether what was seen of the statements at a finding's place shows that it is a false alarm."""
    evidence = found.evidence or RULES[found.rule].evidence
    there = tuple(statements)
    if evidence is None or not there:
        return False
    if evidence == "rewrite":
        return not any(each.rewritten for each in there)
    return not any(lock.mode in KEEPS_WRITERS_OUT for each in there for lock in each.locks)
