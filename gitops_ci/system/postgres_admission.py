"""Whether a configured PostgreSQL is one to try migrations on: one without data, and no environment's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.kinds.database.server import ServerError, ServerLostError
from gitops_ci.model.stack import SHARED
from gitops_ci.system import postgres_addresses, postgres_live
from gitops_ci.system.postgres_session import PostgresSession

OURS = re.compile(r"gitops_ci_([0-9a-f]{16})(?:_\w+)?")
"""What the databases and roles of a run are called; the group is the run."""
_OLDEST = 13
_MOST = 20
"""Databases that are looked into: a server with more is somebody's."""
_DATABASES = """SELECT json_agg(json_build_object('name', datname, 'takes', datallowconn) ORDER BY datname)
FROM pg_database WHERE datname <> 'template0'"""
_TABLES = """SELECT to_json(count(*)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""
_STARTED = "SELECT to_json(extract(epoch FROM pg_postmaster_start_time())::text)"
"""To the microsecond: what tells two servers apart that every role may ask."""


class _Database(Struct, frozen=True):
    name: str
    takes: bool


class Environments:
    """The environments' own databases, as far as the job has variables of `kinds.database.dsn_env`."""

    def __init__(self, config: Config, environ: Mapping[str, str], connect: Callable[[str], PostgresSession]) -> None:
        """`connect` gives a session for a DSN."""
        names = (SHARED, *(name for each in config.environments for name in (each.name, *each.aliases)))
        found = postgres_live.variables(config.kinds.database.dsn_env, names, environ)
        self._connect = connect
        self._has_own = config.kinds.database.server_env in found
        self._dsns = [environ[name] for name in found if environ[name].strip()]

    def why(self, control: PostgresSession, dsn: str) -> str | None:
        """Why a server may be that of an environment: its variable, its address, or that it is the same process."""
        if self._has_own:
            return "its variable is one that `kinds.database.dsn_env` names"
        started = control.read(_STARTED, str)
        own = _where(dsn)
        for other in self._dsns:
            if own & _where(other) or self._started(other) == started:
                return "it is the server of an environment's own database (`kinds.database.dsn_env`)"
        return None

    def _started(self, dsn: str) -> str | None:
        """None where it cannot be reached: then its address alone tells."""
        try:
            session = self._connect(dsn)
        except ServerLostError:
            return None
        try:
            return session.read(_STARTED, str)
        except (ServerError, ServerLostError):
            return None
        finally:
            session.close()


def _where(dsn: str) -> frozenset[postgres_addresses.Address]:
    return postgres_addresses.numbers(postgres_addresses.of(dsn))


def refused(control: PostgresSession, connect: Callable[[str], PostgresSession]) -> str | None:
    """Why nobody may try migrations there; `connect` gives the superuser's session in a database.

    Raises ServerError, ServerLostError.
    """
    major = control.version.partition(".")[0]
    if not major.isdigit() or int(major) < _OLDEST:
        return f"it is PostgreSQL {control.version}, and {_OLDEST} is the oldest that will do"
    if control.read("SELECT to_json(current_setting('is_superuser'))", str) != "on":
        return "its role is no superuser, and without that right nobody sees what a migration does"
    return next(_in_use(control, connect), None)


def _in_use(control: PostgresSession, connect: Callable[[str], PostgresSession]) -> Iterator[str]:
    """Migrations run in databases of their own, but roles are the whole server's."""
    found = [each for each in control.read(_DATABASES, tuple[_Database, ...]) if not OURS.fullmatch(each.name)]
    if len(found) > _MOST:
        yield f"it has {len(found)} databases: a server is needed that holds no data"
    for each in found:
        if not each.takes:
            yield f"nobody can look into its database {each.name}: a server is needed that holds no data"
            continue
        session = connect(each.name)
        try:
            tables = session.read(_TABLES, int)
        finally:
            session.close()
        if tables:
            yield f"its database {each.name} has {tables} tables: a server is needed that holds no data"
