"""What a migration's file name says: its version, and whether it goes up, down or is repeated.

The styles are those of the tools: Flyway (`V1__x.sql`, `R__x.sql`, `U1__x.sql`, `B1__x.sql`), golang-migrate and sqlx
(`0001_x.up.sql`, `0001_x.down.sql`), dbmate, goose and plain numbering (`001_x.sql`, `20240102030405_x.sql`), Prisma
and Diesel (`20240102030405_x/migration.sql`, `2024-01-02-030405_x/up.sql`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import Struct

Role = Literal["versioned", "unnumbered", "repeatable", "baseline", "down", "variant"]
"""A `variant` is the same migration for another database than PostgreSQL, beside the one for that or for all."""

DIRECTORY_FILES = ("migration.sql", "up.sql")
"""Files that make a directory one migration (Prisma, Diesel)."""

_FLYWAY = re.compile(r"(?P<role>[VBU])(?P<version>[0-9]{1,20}(?:[._][0-9]{1,20}){0,9})__.*\.sql", re.DOTALL)
_REPEATABLE = re.compile(r"R__.*\.sql", re.DOTALL)
_NEARLY_FLYWAY = re.compile(r"(?:[VUBvub][0-9][0-9._]*|[Rr])_.*\.sql", re.DOTALL)
_DATE = re.compile(
    r"(?P<day>[0-9]{4}[-_.][0-9]{2}[-_.][0-9]{2})(?:[-_.T](?P<time>[0-9]{4,6})(?:-(?P<count>[0-9]{4})(?=_))?)?(?=[-_.]|$)"
    r"|[0-9]{8}[-_T][0-9]{4,6}(?=[-_.]|$)"
)
"""A date, or Diesel's `2026-07-30-140000-0000`, which is later than its older `20170820180453`."""
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20}){0,9}(?=[-_.]|$)")
_DIRECTION = re.compile(r"[._-](?P<direction>up|down|do|undo)\.sql$|^[0-9]+\.(?P<early>do|undo)\.")
_UNMISTAKABLE = re.compile(r"V[0-9][0-9._]*__|[0-9]{3,20}[_-]|.*\.(?:up|down)\.sql$")

_ROLES: dict[str, Role] = {"V": "versioned", "B": "baseline", "U": "down"}
_ORDER: dict[Role, int] = {"baseline": 0, "versioned": 0, "unnumbered": 1, "repeatable": 2, "down": 3, "variant": 3}

_DIALECT = re.compile(
    r"[._-](?P<name>mysql|mariadb|postgres|postgresql|pgsql|pg|sqlite|sqlite3|mssql|sqlserver|oracle|clickhouse|cockroach)"
    r"(?:\.autocommit)?(?:\.(?:up|down))?\.sql$",
    re.IGNORECASE,
)
_POSTGRESQL = frozenset({"postgres", "postgresql", "pgsql", "pg"})
_OF_FOLDERS = _POSTGRESQL | {"mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "clickhouse", "cockroach"}
"""Words of a folder's name that are a database's; `oracle` is left out, which other things are called, too."""


class Migration(Struct, frozen=True):
    """One migration. `name` is its file's stem (or its directory's name); `version` is empty where it has none."""

    name: str
    path: str
    role: Role
    version: tuple[int, ...] = ()

    @property
    def order(self) -> tuple[int, tuple[int, ...], str]:
        """What migrations are applied by: numbered ones, then others by name, then repeatable ones."""
        return _ORDER[self.role], self.version, self.name


@lru_cache(maxsize=10_000)
def version_of(name: str) -> tuple[int, ...]:
    """The version at the beginning of a file or directory name; empty where there is none."""
    flyway = _FLYWAY.fullmatch(name)
    if flyway is not None:
        return _numbers(flyway["version"])
    date = _DATE.match(name)
    if date is not None and date["day"]:
        moment = re.sub("[^0-9]", "", date["day"]) + (date["time"] or "").ljust(6, "0")
        return int(moment), *_numbers(date["count"] or "")
    found = date or _NUMBER.match(name.removesuffix(".sql"))
    return _numbers(found[0]) if found else ()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split(r"[^0-9]", text) if part)


def is_numbered(name: str) -> bool:
    """Whether a file's name has one of the common styles."""
    return name.endswith(".sql") and bool(version_of(name) or _REPEATABLE.fullmatch(name))


def is_unmistakable(name: str) -> bool:
    """Whether a file's name alone, in any directory, says that it is a migration."""
    return _UNMISTAKABLE.match(name) is not None


def migrations(directory: str, names: Sequence[str]) -> tuple[Migration, ...]:
    """The migrations among the names of the files directly in `directory`, in the order in which they are applied."""
    passed = passed_by(names)
    sql = [name for name in names if name.endswith(".sql") and name not in passed]
    numbered = [name for name in sql if is_numbered(name)]
    in_pairs = (
        bool(numbered)
        and all(_direction(name) for name in numbered)
        and any(_direction(name) in ("up", "do") for name in numbered)
    )
    flyway = _is_flyway(sql)
    at = f"{directory}/" if directory else ""
    found = [
        Migration(_stem(name, in_pairs), at + name, _role(name, in_pairs, flyway), version_of(name)) for name in sql
    ]
    return tuple(sorted(_without_variants(found), key=lambda migration: migration.order))


def shown(path: str) -> str:
    """A migration's file as it is told: with its folder where that is one migration (`20240102030405_x/up.sql`)."""
    folder, _, file = path.rpartition("/")
    return f"{folder.rpartition('/')[2]}/{file}" if file in DIRECTORY_FILES and folder else file


def passed_by(names: Sequence[str]) -> frozenset[str]:
    """The files among Flyway's that it leaves alone: named nearly as it asks for (`v4__x.sql`, `V4_x.sql`)."""
    nearly = {name for name in names if _NEARLY_FLYWAY.fullmatch(name) and not is_numbered(name)}
    return frozenset(nearly) if nearly and _is_flyway(names) else frozenset()


def _is_flyway(names: Sequence[str]) -> bool:
    return any(_FLYWAY.fullmatch(name) for name in names) and all(
        _FLYWAY.fullmatch(name) or _REPEATABLE.fullmatch(name) for name in names if is_numbered(name)
    )


def dialect(path: str) -> str | None:
    """The database that a file's name says it is for (`001_x.mysql.sql`), PostgreSQL by that name; None for none."""
    match = _DIALECT.search(path)
    if match is None:
        return None
    name = match["name"].lower()
    return "postgresql" if name in _POSTGRESQL else name


def dialect_of_folder(directory: str) -> str | None:
    """The database that the nearest folder of a path is called after (`migrations/mysql`, `mysql-persistence/db`)."""
    for folder in reversed(directory.lower().split("/")):
        words = _OF_FOLDERS.intersection(re.split(r"[^a-z0-9]+", folder))
        named = {"postgresql" if word in _POSTGRESQL else word for word in words}
        if len(named) == 1:
            return named.pop()
    return None


def _without_variants(found: list[Migration]) -> list[Migration]:
    """Marks what a runner of PostgreSQL leaves alone: beside a file for it all others.

    Where the set has such files, beside one for all databases those for others, too.
    """
    named = {each.path: dialect(each.path) for each in found if each.role == "versioned"}
    ours = {each.version for each in found if named.get(each.path) == "postgresql"}
    for_all = {each.version for each in found if ours and each.path in named and named[each.path] is None}
    return [
        msgspec.structs.replace(each, role="variant")
        if (each.version in ours and named.get(each.path, "postgresql") != "postgresql")
        or (each.version in for_all and named.get(each.path) not in (None, "postgresql"))
        else each
        for each in found
    ]


def _direction(name: str) -> str:
    match = _DIRECTION.search(name)
    return (match["direction"] or match["early"]) if match else ""


def _stem(name: str, in_pairs: bool) -> str:
    stem = name.removesuffix(".sql")
    return stem.removesuffix(".up") if in_pairs else stem


def _role(name: str, in_pairs: bool, flyway: bool) -> Role:
    """A file counts as "down" only where the whole directory follows that tool's style: elsewhere it would be run."""
    if in_pairs and _direction(name) in ("down", "undo"):
        return "down"
    if flyway:
        match = _FLYWAY.fullmatch(name)
        if match is not None:
            return _ROLES[match["role"]]
        if _REPEATABLE.fullmatch(name):
            return "repeatable"
    return "versioned" if version_of(name) else "unnumbered"
