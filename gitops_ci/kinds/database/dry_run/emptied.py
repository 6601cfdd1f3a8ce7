"""Which tables a migration takes every row of though no statement says so: in a function of base, a trigger."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.database.dry_run import unsaid
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.rules import reading
from gitops_ci.kinds.database.schema.catalog import Catalog
from gitops_ci.kinds.database.server import Session
from gitops_ci.kinds.database.sql import data
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import SqlError, Statement, TooDeepError
from gitops_ci.model.plan import Observation

_TABLES = """SELECT coalesce(json_agg(json_build_object('object', c.oid::int8, 'name', c.oid::regclass::text,
  'word', c.relname, 'has_rows', pg_relation_size(c.oid) > 0)), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%'
  AND n.nspname NOT IN ('information_schema', 'gitops_ci')"""
"""A table without a page has no row."""
_ONE = "SELECT {object} AS object WHERE EXISTS (SELECT FROM ONLY {name})"
_HELD = "SELECT coalesce(json_agg(object), '[]') FROM ({parts}) held"
"""`name` is as the server itself writes it, in quotes where that is needed."""
_AT_ONCE = 200
"""Tables of one query."""


class Table(Struct, frozen=True):
    """A table that holds rows of its own: a partition is one, what it is a part of is none. `word` is its bare name."""

    object: int
    name: str
    word: str
    has_rows: bool = False


def holding(watcher: Session) -> tuple[Table, ...]:
    """The tables, and whether they have a row."""
    tables = watcher.read(_TABLES, tuple[Table, ...])
    held: set[int] = set()
    perhaps = [table for table in tables if table.has_rows]
    for start in range(0, len(perhaps), _AT_ONCE):
        some = perhaps[start : start + _AT_ONCE]
        parts = " UNION ALL ".join(_ONE.format(object=int(table.object), name=table.name) for table in some)
        held.update(watcher.read(_HELD.format(parts=parts), tuple[int, ...]))
    return tuple(Table(each.object, each.name, each.word, each.object in held) for each in tables)


def seen(script: Script, before: Catalog, then: tuple[Table, ...], now: tuple[Table, ...]) -> Iterator[Observation]:
    """The tables of before that had rows `then` and have none `now`, after a script.

    One that a statement of the script deletes from, outside of functions, is the lint's: the rows that are made up here
    may all be such as it means; but not where the script calls what its text does not show.
    """
    empty = {table.object for table in now if not table.has_rows}
    lost = [table for table in then if table.has_rows and table.object in empty]
    told = tuple(_written(script)) if lost and not unsaid.calls(script, before) else ()
    for table in lost:
        item = before.get(("pg_class", table.object))
        if item is not None and not any(_is(table, each) for each in told):
            message = "had rows and has none any more"
            yield Observation(what="emptied", address=item.address, message=message, path=script.path)


def _is(table: Table, written: RangeVar) -> bool:
    schema = f"{quoted(written.schemaname)}." if written.schemaname else ""
    return table.word == written.relname and table.name.startswith(schema)


def _written(script: Script) -> Iterator[RangeVar]:
    """The tables that statements delete from."""
    try:
        reads = reading.read(script.text, path=script.path)
    except (SqlError, TooDeepError):  # the plan by text has said so
        return
    for read in reads:
        if not read.function:
            for each in (read.statement, *data.inner(read.statement)):
                yield from _deletes(each)


def _deletes(statement: Statement) -> Iterator[RangeVar]:
    if statement.tag in ("DeleteStmt", "MergeStmt"):
        relation = statement.read(data.Data).relation
        if relation is not None:
            yield relation
    elif statement.tag == "TruncateStmt":
        yield from (each.relation for each in statement.read(data.TruncateStmt).relations if each.relation)
