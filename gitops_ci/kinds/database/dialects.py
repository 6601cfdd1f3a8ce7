"""For which database a set of migrations is: what its names, its tool's lock file or the configuration say."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.config_database import Dialect
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import versions
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.texts import Texts
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.sql import refusals
from gitops_ci.kinds.database.sql.postgres import SqlError, TooDeepError
from gitops_ci.kinds.database.sql.refusals import MigrationError

POSTGRESQL = "postgresql"
MYSQL = frozenset({"mysql", "mariadb"})
_LOCK = "migration_lock.toml"
_PROVIDER = re.compile(r'^\s*provider\s*=\s*"([a-z]{1,20})"', re.MULTILINE)


class End(Struct, frozen=True):
    """A migration set at one end of a change."""

    migrations: MigrationSet
    snapshot: Snapshot


def of_set(before: End | None, now: End, engine: Dialect | None) -> str:
    """The database of a set: configured, of Prisma's lock file, else of the first migration's name, folders or text.

    Where base has migrations it is told from them: what a change adds has no say in how it is read.
    """
    if engine is not None:
        return "mysql" if engine in MYSQL else engine
    end = before if before is not None and before.migrations.forward else now
    found = _told(end.migrations, end.snapshot)
    return "mysql" if found in MYSQL else found


def _told(now: MigrationSet, snapshot: Snapshot) -> str:
    at = f"{now.directory}/" if now.directory else ""
    lock = snapshot.read(at + _LOCK) if at + _LOCK in snapshot else None
    provider = _PROVIDER.search(lock.decode("utf-8", "replace")) if lock is not None else None
    if provider is not None:
        return provider[1]
    first = next(iter(now.forward), None)
    if first is None:
        return POSTGRESQL
    folder = now.directory or ""
    return versions.dialect(first.path) or versions.dialect_of_folder(folder) or _written(first, now, snapshot)


def is_mysql(migration: Migration, its_set: str) -> bool:
    """Whether a migration is MySQL's; else it is PostgreSQL's. Raises MigrationError for what is neither.

    A name that says otherwise than its set (`002_x.mysql.sql` among PostgreSQL's) may be run or not: nobody knows here.
    """
    named = versions.dialect(migration.path) or its_set
    named = "mysql" if named in MYSQL else named
    if named != its_set:
        raise MigrationError("unsupported", f"is for {named[:20]} by its name, and its set is for {its_set[:20]}")
    if named not in (POSTGRESQL, "mysql"):
        raise MigrationError("unsupported", f"is for {named[:20]}: only PostgreSQL, MySQL and MariaDB can be read")
    return named == "mysql"


def _written(first: Migration, now: MigrationSet, snapshot: Snapshot) -> str:
    """PostgreSQL unless its parser refuses the text and it has signs of another one."""
    from gitops_ci.kinds.database import mysql
    from gitops_ci.kinds.database.sql import postgres

    try:
        text = Texts(now, snapshot, (first,)).of(first)
    except MigrationError:
        return POSTGRESQL
    try:
        for _ in postgres.parse(text, path=first.path, source=first.name):
            break
    except SqlError:
        looks = refusals.looks_like(text)
        if looks == "MySQL":
            return "mysql" if mysql.takes(text) else POSTGRESQL
        return looks.lower() if looks is not None else POSTGRESQL
    except TooDeepError:
        return POSTGRESQL
    return POSTGRESQL
