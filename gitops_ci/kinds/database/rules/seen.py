"""What a dry run saw of each statement, and which guesses of the lint that overrules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from gitops_ci.kinds.database.rules.catalog import RULES
from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.server import ENGINE
from gitops_ci.model.plan import Attribute, Change, Observation, Plan

KEEPS_WRITERS_OUT = frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
"""Modes of `pg_locks` that conflict with INSERT, UPDATE and DELETE."""


class Lock(Struct, frozen=True):
    """A lock on a table that was there before the change; `mode` as `pg_locks` names it."""

    table: str
    mode: str


class SeenStatement(Struct, frozen=True, kw_only=True):
    """What one statement did: `line` is that of its first word in `path`.

    `rewritten` are the tables that were there before the change and got another file; `locks` those that it held on
    such tables when it ended.
    """

    path: str
    line: int
    rewritten: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()


class Seen(Struct, frozen=True):
    """What the dry run of one stack saw: the migrations that it `ran` to their end, and what was seen in which line.

    In a file that it did not run nothing is overruled. `zoned`: a column got a time zone or lost it. `gone`: the names
    of objects and columns that went.
    """

    ran: frozenset[str] = frozenset()
    statements: tuple[SeenStatement, ...] = ()
    zoned: bool = False
    gone: frozenset[str] = frozenset()

    def overrules(self, path: str, found: Found, lines: range) -> bool:
        """Whether what was seen of the statement in these lines of a file shows that a finding is a false alarm."""
        evidence = found.evidence or RULES[found.rule].evidence
        if evidence is None or path not in self.ran:
            return False
        there = [each for each in self.statements if each.path == path and each.line in lines]
        if evidence == "rewrite":
            return not any(each.rewritten for each in there)
        return not any(lock.mode in KEEPS_WRITERS_OUT for each in there for lock in each.locks)


def of(plan: Plan | None, migrations: Iterable[str]) -> Seen:
    """What was seen of the migrations (paths) of one stack as its plan was tried; nothing where it was not."""
    if plan is None or plan.engine is None or plan.engine.name != ENGINE or plan.reason is not None:
        return Seen()
    zoned = any(_zoned(each) for change in plan.changes for each in change.attributes)
    gone = frozenset(name for change in plan.changes for name in _gone(change))
    return Seen(frozenset(migrations), tuple(_statements(plan.observations)), zoned, gone)


def _gone(change: Change) -> Iterator[str]:
    if change.action in ("delete", "replace"):
        yield bare(change.address.partition("(")[0])
        yield bare(change.address.partition("(")[0].rpartition(" ")[2])
    yield from (bare(each.path) for each in change.attributes if each.path.startswith("column.") and each.after is None)


def _zoned(attribute: Attribute) -> bool:
    ends = [each.endswith("with time zone") for each in (attribute.before, attribute.after) if isinstance(each, str)]
    return attribute.path.endswith(".type") and len(set(ends)) == 2


def _statements(observations: Iterable[Observation]) -> Iterator[SeenStatement]:
    for each in observations:
        if each.path is None or each.line is None:
            continue
        if each.what == "rewrite":
            yield SeenStatement(path=each.path, line=each.line, rewritten=(each.address,))
        elif each.what == "lock" and each.mode is not None:
            yield SeenStatement(path=each.path, line=each.line, locks=(Lock(each.address, each.mode),))
