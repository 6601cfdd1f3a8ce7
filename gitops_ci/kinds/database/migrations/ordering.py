"""What new migrations should have, given those that are there: the next number, as many digits, a way down."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import sections, sets, versions
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

_COUNTED = 100_000
"""Versions from here on are dates and times, where gaps mean nothing."""
_DIGITS = re.compile(r"[0-9]+(?=[-_.]|$)")
_DASHES = re.compile(r"(?<=[0-9])-(?=[0-9])")
_BY_NUMBER = re.compile(r"[VUB][0-9].*__|.*\.(?:up|down)\.sql$", re.DOTALL)
"""Names of tools that compare numbers as numbers: Flyway, golang-migrate, sqlx. Others go by name."""


def check(
    stack: Stack, entered: Sequence[Migration], merged: Sequence[Migration], now: MigrationSet, snapshot: Snapshot
) -> Iterator[Finding]:
    """What is found of the migrations that `entered` beside those that are `merged` (all versioned ones)."""
    if entered:
        yield from _skipped(stack, entered, merged)
        yield from _width(stack, entered, now)
        yield from _without_down(stack, entered, now, snapshot)


def _skipped(stack: Stack, entered: Sequence[Migration], merged: Sequence[Migration]) -> Iterator[Finding]:
    """A number that is left out where all before were counted one by one."""
    known = sorted({each.version[0] for each in merged if len(each.version) == 1})
    if len(known) < 2 or known[-1] >= _COUNTED or known[-1] - known[0] + 1 != len(known):
        return
    last = known[-1]
    for each in sorted(entered, key=lambda migration: migration.version):
        if len(each.version) != 1 or each.version[0] <= last:
            continue
        if each.version[0] > last + 1:
            yield findings.make(
                "database/skipped-version",
                "warning",
                f"{each.name} leaves out {last + 1}: so far every number was taken",
                help=f"Give it the version {last + 1}, or find out where that one is.",
                path=each.path,
                line=1,
                stack=stack.id,
            )
        last = each.version[0]


def _width(stack: Stack, entered: Sequence[Migration], now: MigrationSet) -> Iterator[Finding]:
    """A number with more or fewer digits that sorts elsewhere by name than by value."""
    numbered = [each for each in now.migrations if each.role == "versioned" and len(each.version) == 1]
    if any(_BY_NUMBER.match(_file(each)) for each in numbered):
        return
    new = {each.path for each in entered}
    widths = Counter(len(match[0]) for each in numbered if (match := _DIGITS.match(_file(each))))
    usual = max(widths, key=lambda width: (widths[width], -width), default=0)
    for each in entered:
        digits = _DIGITS.match(_file(each))
        if digits is None or len(each.version) != 1 or len(digits[0]) == usual:
            continue
        for other in numbered:
            its = _DIGITS.match(_file(other))
            if its is None or len(its[0]) == len(digits[0]) or (other.path in new and other.path >= each.path):
                continue
            if (each.version < other.version) != (_file(each) < _file(other)):
                yield findings.make(
                    "database/mixed-width",
                    "warning",
                    f"{each.name} comes {_place(each, other)} {other.name} by its number and not by its name",
                    help="Fill the number up with zeros, or begin a longer row of digits that sorts after all others.",
                    path=each.path,
                    line=1,
                    stack=stack.id,
                )
                break


def _place(each: Migration, other: Migration) -> str:
    return "before" if each.version < other.version else "after"


def _file(migration: Migration) -> str:
    """The name that a tool sorts by: the file's, or that of the directory that is one migration (Diesel: no dashes)."""
    name = migration.path.rpartition("/")[2]
    if name == "up.sql":
        return _DASHES.sub("", migration.name)
    return migration.name if name in versions.DIRECTORY_FILES else name


def _without_down(
    stack: Stack, entered: Sequence[Migration], now: MigrationSet, snapshot: Snapshot
) -> Iterator[Finding]:
    """A new migration without a way down, where most of the others have one."""
    others = [each for each in now.forward if each.role == "versioned" and each not in entered]
    if not others:
        others = [each for each in now.forward if each.role == "versioned"]
    with_section = _with_section((*entered, *others), snapshot)
    down = {each.version for each in now.migrations if each.role == "down"}
    have = [each for each in others if _has_down(each, down, with_section, snapshot)]
    if not have or 2 * len(have) <= len(others):
        return
    for each in entered:
        if not _has_down(each, down, with_section, snapshot):
            yield findings.make(
                "database/missing-down",
                "warning",
                f"{each.name} has no way down, which {len(have)} of {len(others)} others have",
                help="Write it, or say in it that there is none (a file or section with a comment).",
                path=each.path,
                line=1,
                stack=stack.id,
            )


def _with_section(migrations: Sequence[Migration], snapshot: Snapshot) -> frozenset[str]:
    """Which of them have both ways in one file, as some tools do it."""
    real = {each.path: sets.real(each.path, snapshot) for each in migrations}
    known = snapshot.facts([path for path in real.values() if path is not None], _has_section)
    return frozenset(path for path, target in real.items() if target is not None and known.get(target, False))


def _has_section(content: bytes) -> bool:
    return sections.down_line(content.decode("utf-8", "replace")) is not None


def _has_down(each: Migration, down: set[tuple[int, ...]], with_section: frozenset[str], snapshot: Snapshot) -> bool:
    if each.version in down or each.path in with_section:
        return True
    directory, _, file = each.path.rpartition("/")
    return file == "up.sql" and f"{directory}/down.sql" in snapshot
