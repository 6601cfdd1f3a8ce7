"""What a dry run saw of each statement, and which guesses of the lint that overrules."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from gitops_ci.kinds.database.rules.catalog import RULES
from gitops_ci.kinds.database.rules.found import Found, bare
from gitops_ci.kinds.database.server import ENGINE
from gitops_ci.model.plan import Attribute, Change, Observation, Plan

KEEPS_WRITERS_OUT = frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
"""Modes of `pg_locks` that conflict with INSERT, UPDATE and DELETE."""


_COLUMN = re.compile(r'column\.("(?:[^"]|"")*"|[^".]+)')
_CONTRACT = "database/contract"
_NOT_NULL = "database/lock-not-null"
_DROPS = "/destructive-drop-"


class Lock(Struct, frozen=True):
    """A lock on a table that was there before the change; `mode` as `pg_locks` names it."""

    table: str
    mode: str


class SeenStatement(Struct, frozen=True, kw_only=True):
    """What one statement did: `line` is that of its first word in `path`.

    `rewritten` are the tables that were there before the change and got another file, `reread` those of which every row
    was read for an index or a CHECK that is made anew; `locks` those that it held on
    such tables when it ended; `proven` that it sets NOT NULL and had no row to read for that.
    """

    path: str
    line: int
    rewritten: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    reread: tuple[str, ...] = ()
    proven: bool = False


class Seen(Struct, frozen=True, dict=True):
    """What the dry run of one stack saw: the migrations that it `ran` to their end, and what was seen in which line.

    In a file that it did not run nothing is overruled. `zoned`: a column got a time zone or lost it. `gone` are the
    tables and columns of before that are no more, by path, where that is known; `lost` the names of all that went.
    """

    ran: frozenset[str] = frozenset()
    statements: tuple[SeenStatement, ...] = ()
    zoned: bool = False
    gone: tuple[tuple[str | None, Found], ...] = ()
    lost: frozenset[str] = frozenset()

    def untold(self, told: Iterable[tuple[str, Found]], last: str) -> Iterator[tuple[str, Found]]:
        """What is gone and nothing that was `told` of its file is about, by path; `last` is the newest file."""
        drops = [(path, each) for path, each in told if _DROPS in each.rule]
        places = {(path, each.statement) for path, each in drops}
        said: dict[str, str] = {}
        for path, each in drops:
            said[path] = f"{said.get(path, '')}\n{each.says}"
        for known, each in self.gone:
            path = known or last
            about = rf"(?<!\w){re.escape(each.table)}(?!\w)"
            if (known, each.line) not in places and not re.search(about, said.get(path, "")):
                yield path, each

    def overrules(self, path: str, found: Found, lines: range) -> bool:
        """Whether what was seen of the statement in these lines of a file shows that a finding is a false alarm."""
        evidence = found.evidence or RULES[found.rule].evidence
        if evidence is None or path not in self.ran:
            return False
        known = self._by_path.get(path, ())
        begin = bisect_left(known, lines.start, key=lambda each: each.line)
        there = known[begin : bisect_left(known, lines.stop, key=lambda each: each.line)]
        if found.rule == _NOT_NULL and any(each.proven for each in there):
            return True
        if evidence == "rewrite":
            return not any(each.rewritten or (each.reread and found.rule != _CONTRACT) for each in there)
        return not any(lock.mode in KEEPS_WRITERS_OUT for each in there for lock in each.locks)

    @cached_property
    def _by_path(self) -> Mapping[str, Sequence[SeenStatement]]:
        """By line: there may be as many as findings."""
        found: dict[str, list[SeenStatement]] = {}
        for each in sorted(self.statements, key=lambda each: each.line):
            found.setdefault(each.path, []).append(each)
        return found


def of(plan: Plan | None, migrations: Iterable[str]) -> Seen:
    """What was seen of the migrations (paths) of one stack as its plan was tried; nothing where it was not."""
    if plan is None or plan.engine is None or plan.engine.name != ENGINE or plan.reason is not None:
        return Seen()
    zoned = any(_zoned(each) for change in plan.changes for each in change.attributes)
    gone = tuple((change.path, found) for change in plan.changes for found in _gone(change))
    lost = frozenset(name for change in plan.changes for name in _lost(change))
    return Seen(frozenset(migrations), tuple(_statements(plan.observations)), zoned, gone, lost)


def _gone(change: Change) -> Iterator[Found]:
    """The table or the columns that a Change takes with what they hold; those of a type are values of columns."""
    name = change.address.partition(" ")[2]
    line = change.line or 1
    if change.type in ("table", "foreign table") and change.action in ("delete", "replace"):
        yield _taken("database/destructive-drop-table", f"drops the {change.type} {name} and what it holds", name, line)
    elif change.type in ("table", "foreign table", "type"):
        for each in change.attributes:
            column = _COLUMN.fullmatch(each.path)
            if column is not None and each.before is not None and each.after is None:
                yield _taken(
                    "database/destructive-drop-column",
                    f"drops the column {name}.{column[1]} and what it holds",
                    name,
                    line,
                )


def _taken(rule: str, says: str, name: str, line: int) -> Found:
    return Found(rule=rule, says=f"{says}, which was seen when it was tried", line=line, statement=line, table=name)


def _lost(change: Change) -> Iterator[str]:
    if change.action in ("delete", "replace"):
        yield bare(change.address.partition("(")[0])
        yield bare(change.address.partition("(")[0].rpartition(" ")[2])
    yield from (bare(each.path) for each in change.attributes if each.path.startswith("column.") and each.after is None)


def _zoned(attribute: Attribute) -> bool:
    """Whether a type gets or loses a time zone, or may: types with a schema may be domains over one."""
    before, after = attribute.before, attribute.after
    if not attribute.path.endswith(".type") or not isinstance(before, str) or not isinstance(after, str):
        return False
    may = all(each.startswith("timestamp") or "." in each for each in (before, after))
    return may and ("." in before + after or before.endswith("with time zone") != after.endswith("with time zone"))


def _statements(observations: Iterable[Observation]) -> Iterator[SeenStatement]:
    for each in observations:
        if each.path is None or each.line is None:
            continue
        if each.what == "rewrite":
            yield SeenStatement(path=each.path, line=each.line, rewritten=(each.address,))
        elif each.what == "reread":
            yield SeenStatement(path=each.path, line=each.line, reread=(each.address,))
        elif each.what == "proven":
            yield SeenStatement(path=each.path, line=each.line, proven=True)
        elif each.what == "lock" and each.mode is not None:
            yield SeenStatement(path=each.path, line=each.line, locks=(Lock(each.address, each.mode),))
