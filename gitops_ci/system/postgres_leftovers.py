"""What runs of ours have on a configured PostgreSQL, and its removal: also of runs that were killed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection

from gitops_ci.kinds.database.dry_run.watch import identifier
from gitops_ci.kinds.database.server import ServerError, ServerLostError
from gitops_ci.system.postgres_admission import OURS
from gitops_ci.system.postgres_session import PostgresSession

_NAMES = """SELECT coalesce(json_agg(name), '[]') FROM (
    SELECT datname::text AS name FROM pg_database UNION SELECT rolname FROM pg_roles) named
WHERE name LIKE 'gitops\\_ci\\_%'"""
_DATABASES = "SELECT coalesce(json_agg(datname), '[]') FROM pg_database WHERE datname LIKE 'gitops\\_ci\\_{run}\\_%'"
_ROLES = """WITH RECURSIVE made (role) AS (
    SELECT oid FROM pg_roles WHERE rolname = 'gitops_ci_{run}' OR rolname LIKE 'gitops\\_ci\\_{run}\\_%'
    UNION SELECT m.roleid FROM pg_auth_members m JOIN made ON m.member = made.role WHERE m.admin_option)
SELECT coalesce(json_agg(r.rolname ORDER BY r.rolname = 'gitops_ci_{run}'), '[]')
FROM made JOIN pg_roles r ON r.oid = made.role WHERE NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%'"""
"""The run's role, last, and those that it made or that were made for it: it may give them to others. A role that is
called like one of its databases can only be a migration's."""
_ALL_ROLES = (
    """SELECT coalesce(json_agg(rolname), '[]') FROM pg_roles WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%'"""
)
_PREPARED = "SELECT coalesce(json_agg(gid), '[]') FROM pg_prepared_xacts WHERE database = current_database()"

Connect = Callable[[str], PostgresSession]


def key(run: str) -> int:
    """The number of the advisory lock that a run holds as long as it lives."""
    return int(run, 16) - 2**63


def of_the_dead(control: PostgresSession, connect: Connect) -> None:
    """Removes what is there of runs that nobody holds the lock of."""
    found = {match[1] for name in control.read(_NAMES, tuple[str, ...]) if (match := OURS.fullmatch(name))}
    for run in found:
        if control.read(f"SELECT to_json(pg_try_advisory_lock({key(run)}))", bool):
            try:
                cleared(control, connect, run)
            finally:
                control.run(f"SELECT pg_advisory_unlock({key(run)})")


def all_roles(control: PostgresSession) -> tuple[str, ...]:
    """The roles that there are, but for superusers and PostgreSQL's own."""
    return control.read(_ALL_ROLES, tuple[str, ...])


def roles(control: PostgresSession, run: str) -> tuple[str, ...]:
    """The role of a run, and those that came of it."""
    return control.read(_ROLES.format(run=run), tuple[str, ...])


def strangers(control: PostgresSession, run: str, known: Collection[str]) -> tuple[str, ...]:
    """The roles that were not `known` before a run had its turn, and that nothing says to be of it.

    A role that it made may make others and go; whatever they are called: other runs make none meanwhile.
    """
    found = {*known, *roles(control, run)}
    return tuple(role for role in all_roles(control) if role not in found)


def cleared(
    control: PostgresSession,
    connect: Connect,
    run: str,
    but: Collection[str] = (),
    known: Collection[str] | None = None,
) -> None:
    """Removes the databases and roles of a run. Raises ServerError and ServerLostError where one stays."""
    for database in control.read(_DATABASES.format(run=run), tuple[str, ...]):
        if database not in but:
            _opened(control, identifier(database))
            _ended(connect, database)
            control.run(f"DROP DATABASE {identifier(database)} WITH (FORCE)")
    left = strangers(control, run, known) if known is not None else ()
    while left != (left := tuple(role for role in left if not _is_gone(control, role))):
        pass  # who gave another a role goes after that one
    for role in roles(control, run):
        if role not in but:
            _dropped(control, identifier(role))


def _is_gone(control: PostgresSession, role: str) -> bool:
    """Drops a role that has nothing: it may be somebody else's after all."""
    try:
        control.run(f"DROP ROLE {identifier(role)}")
    except ServerError:
        return False
    return True


def _opened(control: PostgresSession, database: str) -> None:
    """Its owner may have kept it from being dropped or looked into, and have stored settings for whoever does."""
    with contextlib.suppress(ServerError):  # it was half dropped before
        control.run(f"ALTER DATABASE {database} RESET ALL")
        control.run(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS true IS_TEMPLATE false")


def _ended(connect: Connect, database: str) -> None:
    """A transaction that was prepared keeps its database from being dropped."""
    with contextlib.suppress(ServerError, ServerLostError):
        session = connect(database)
        try:
            for gid in session.read(_PREPARED, tuple[str, ...]):
                literal = gid.replace("\\", "\\\\").replace("'", "''")
                session.run(f"ROLLBACK PREPARED E'{literal}'")
        finally:
            session.close()


def _dropped(control: PostgresSession, role: str) -> None:
    try:
        control.run(f"DROP ROLE {role}")
    except ServerError:  # it was given something in a database of others, or owns it
        control.run(f"DROP OWNED BY {role}; DROP ROLE {role}")
