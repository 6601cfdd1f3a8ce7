"""SQL of ours in the throw-away database: roles, and triggers that tell every DDL, drop and rewrite.

It is run by the superuser before any migration; the migrations' role can neither see what is told nor stop it.
"""

from __future__ import annotations

import contextlib
import time

from msgspec import Struct

from gitops_ci.kinds.database.server import OWNER, ServerError, Session

WATCHERS_SETTINGS = " ".join(
    f"-c {each}"
    for each in (
        "search_path=pg_catalog,pg_temp",
        "role=none",
        "default_transaction_read_only=off",
        "lock_timeout=0",
        "statement_timeout=0",
    )
)
"""What the superuser's sessions are begun with: who owns a database may store other settings in it."""

PREPARE = f"""
CREATE ROLE {OWNER} LOGIN NOSUPERUSER CREATEROLE;
ALTER DATABASE postgres OWNER TO {OWNER};
SET allow_system_table_mods = on;
DELETE FROM pg_authid WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files');
DELETE FROM pg_database WHERE datname IN ('template0', 'template1');
RESET allow_system_table_mods;
"""
"""The migrations' role may make roles. Before PostgreSQL 16 it could then give itself those that run programs and read
files, which is why this server has none of these. Its templates have no files (`postgres_room.leave_one_database`)."""

UNTOUCHED = "gitops_ci_untouched"
"""A database as `initdb` makes it, to make others from."""

_PATH = "SET search_path = pg_catalog, pg_temp"
"""Of functions with the superuser's rights. A session's temporary types are looked up first unless named last: a
migration's `pg_temp.regclass` would have its CHECK run by the superuser (CVE-2007-2138)."""

WATCH = f"""
CREATE SCHEMA gitops_ci;
CREATE TABLE gitops_ci.event (
    at float8 NOT NULL DEFAULT extract(epoch FROM clock_timestamp()),
    what text NOT NULL, type text, identity text, catalog text, object int8, part int
);
CREATE FUNCTION gitops_ci.kept() RETURNS trigger LANGUAGE plpgsql {_PATH} AS
$$ BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE insufficient_privilege USING MESSAGE = 'what was seen is not for migrations to write';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON gitops_ci.event
FOR EACH STATEMENT EXECUTE FUNCTION gitops_ci.kept();
CREATE FUNCTION gitops_ci.told() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER {_PATH} AS
$$ BEGIN
    INSERT INTO gitops_ci.event (what, type, identity, catalog, object, part)
    SELECT 'ddl', object_type, object_identity, classid::regclass::text, objid, objsubid
    FROM pg_event_trigger_ddl_commands();
END $$;
CREATE FUNCTION gitops_ci.dropped() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
{_PATH} AS $$ BEGIN
    INSERT INTO gitops_ci.event (what, type, identity, catalog, object, part)
    SELECT 'drop', object_type, object_identity, classid::regclass::text, objid, objsubid
    FROM pg_event_trigger_dropped_objects();
END $$;
CREATE FUNCTION gitops_ci.rewritten() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
{_PATH} AS $$ BEGIN
    INSERT INTO gitops_ci.event (what, catalog, object)
    VALUES ('rewrite', 'pg_class', pg_event_trigger_table_rewrite_oid());
END $$;
CREATE EVENT TRIGGER gitops_ci_told ON ddl_command_end EXECUTE FUNCTION gitops_ci.told();
CREATE EVENT TRIGGER gitops_ci_dropped ON sql_drop EXECUTE FUNCTION gitops_ci.dropped();
CREATE EVENT TRIGGER gitops_ci_rewritten ON table_rewrite EXECUTE FUNCTION gitops_ci.rewritten();
"""

"""PostgreSQL before 16 lets who makes roles take `pg_write_all_data`: a trigger keeps what was seen from that, too."""

_NOW = "SELECT to_json(extract(epoch FROM clock_timestamp())::float8)"

FORGET = "DELETE FROM gitops_ci.event"
"""What was told before the migrations that are tried."""

_EVENTS = """SELECT coalesce(json_agg(json_build_object('at', at, 'what', what, 'type', coalesce(type, ''),
    'identity', coalesce(identity, ''), 'catalog', coalesce(catalog, ''), 'object', coalesce(object, 0),
    'part', coalesce(part, 0)) ORDER BY at), '[]') FROM gitops_ci.event"""

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""From the weakest to the strongest (https://www.postgresql.org/docs/current/explicit-locking.html)."""

_LOCKS = f"""SELECT coalesce(json_agg(json_build_object('object', relation::int8, 'mode', mode)), '[]') FROM pg_locks
    WHERE pid = {{process}} AND locktype = 'relation' AND granted AND relation BETWEEN 16384 AND {{newest}}
    AND mode IN ({", ".join(f"'{mode}'" for mode in MODES[4:])})"""
"""Those that let rows be read and written are left out."""


class Event(Struct, frozen=True):
    """What a trigger told: `at` in seconds since 1970 by the server's clock (see `ahead`); `part` is a column."""

    at: float
    what: str
    type: str
    identity: str
    catalog: str
    object: int
    part: int


class Lock(Struct, frozen=True):
    """A lock on a relation."""

    object: int
    mode: str


def ahead(session: Session) -> float:
    """The seconds that the server's clock is ahead of ours; nought where they may as well be the same."""
    least, found = float("inf"), 0.0
    for _ in range(3):
        began = time.time()
        there = session.read(_NOW, float)
        took = time.time() - began
        if took < least:
            least, found = took, there - began - took / 2
        if abs(found) <= least / 2:
            return 0.0
    return found


def events(session: Session) -> tuple[Event, ...]:
    """What was told so far, of transactions that ended well."""
    return session.read(_EVENTS, tuple[Event, ...])


def locks(session: Session, process: int, newest: int) -> tuple[Lock, ...]:
    """The locks that keep writers out which a session holds now on relations up to a number."""
    return session.read(_LOCKS.format(process=int(process), newest=int(newest)), tuple[Lock, ...])


def provide_roles(session: Session, names: tuple[str, ...], owner: str) -> None:
    """Makes the roles that there are not yet, for the `owner`: a cluster's roles are seldom made by migrations."""
    if not names:
        return
    there = set(session.read("SELECT json_agg(rolname) FROM pg_roles", list[str]))
    for name in names:
        if name not in there:
            role = identifier(name)
            with contextlib.suppress(ServerError):  # a name that no role can have
                session.run(f"CREATE ROLE {role}; GRANT {role} TO {owner} WITH ADMIN OPTION")


def provide_extensions(session: Session, names: tuple[str, ...]) -> None:
    """Makes the extensions that the configuration names. Raises ServerError where one is missing."""
    for name in names:
        session.run(f"CREATE EXTENSION IF NOT EXISTS {identifier(name)} SCHEMA public CASCADE")


def identifier(name: str) -> str:
    """A name as it has to be written, whatever is in it: the superuser runs this."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a constant, where strings are read as the standard has it."""
    return "'" + text.replace("'", "''") + "'"
