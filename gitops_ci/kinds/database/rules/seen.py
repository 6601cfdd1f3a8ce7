"""What a dry run saw of each statement, and which guesses of the lint that overrules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from gitops_ci.kinds.database.rules import zones
from gitops_ci.kinds.database.rules.catalog import RULES, Evidence
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.server import ENGINE
from gitops_ci.model.plan import Attribute, Observation, Plan

KEEPS_WRITERS_OUT = frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
"""Modes of `pg_locks` that conflict with INSERT, UPDATE and DELETE."""


class Lock(Struct, frozen=True):
    """A lock on a table that was there before the change; `mode` as `pg_locks` names it."""

    table: str
    mode: str


class SeenStatement(Struct, frozen=True, kw_only=True):
    """What one statement did: `line` is that of its first word in `path`.

    `rewritten` are the tables that were there before the change and got another file, `scanned` those of which every
    row was read under a lock that keeps everybody out; `locks` those that it held on
    such tables when it ended.
    """

    path: str
    line: int
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()

    @property
    def shows(self) -> Iterator[Evidence]:
        """What it did of what a rule guesses."""
        if self.rewritten:
            yield "rewrite"
        if self.rewritten or self.scanned:
            yield "scan"
        if any(lock.mode in KEEPS_WRITERS_OUT for lock in self.locks):
            yield "lock"


class Seen(Struct, frozen=True, dict=True):
    """What the dry run of one stack saw: the migrations that it `ran` to their end, and what was seen in which line.

    In a file that it did not run nothing is overruled. `zoned`: a column got a time zone or lost it, or may have.
    """

    ran: frozenset[str] = frozenset()
    statements: tuple[SeenStatement, ...] = ()
    zoned: bool = False

    def overrules(self, path: str, found: Found, lines: range) -> bool:
        """Whether what was seen of the statement in these lines of a file shows that a finding is a false alarm."""
        evidence = found.evidence or RULES[found.rule].evidence
        if evidence is None or path not in self.ran:
            return False
        return evidence not in self._shown(path, lines)

    def _shown(self, path: str, lines: range) -> frozenset[Evidence]:
        """What was seen in these lines of a file; looked at once, however much is found there."""
        key = path, lines
        if key not in self._known:
            there = self._by_path.get(path, ())
            first = bisect_left(there, lines.start, key=lambda each: each.line)
            end = bisect_left(there, lines.stop, key=lambda each: each.line)
            self._known[key] = frozenset(shown for each in there[first:end] for shown in each.shows)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[str, range], frozenset[Evidence]]:
        return {}

    @cached_property
    def _by_path(self) -> dict[str, list[SeenStatement]]:
        there: dict[str, list[SeenStatement]] = {}
        for each in sorted(self.statements, key=lambda each: each.line):
            there.setdefault(each.path, []).append(each)
        return there


def of(plan: Plan | None, migrations: Iterable[str]) -> Seen:
    """What was seen of the migrations (paths) of one stack as its plan was tried; nothing where it was not."""
    if plan is None or plan.engine is None or plan.engine.name != ENGINE or plan.reason is not None:
        return Seen()
    zoned = any(_zoned(each) for change in plan.changes for each in change.attributes)
    return Seen(frozenset(migrations), tuple(_statements(plan.observations)), zoned)


def _zoned(attribute: Attribute) -> bool:
    if not attribute.path.endswith(".type"):
        return False
    before, after = attribute.before, attribute.after
    return isinstance(before, str) and isinstance(after, str) and zones.may_change(before, after)


def _statements(observations: Iterable[Observation]) -> Iterator[SeenStatement]:
    for each in observations:
        if each.path is None or each.line is None:
            continue
        if each.what == "rewrite":
            yield SeenStatement(path=each.path, line=each.line, rewritten=(each.address,))
        elif each.what == "scan":
            yield SeenStatement(path=each.path, line=each.line, scanned=(each.address,))
        elif each.what == "lock" and each.mode is not None:
            yield SeenStatement(path=each.path, line=each.line, locks=(Lock(each.address, each.mode),))
