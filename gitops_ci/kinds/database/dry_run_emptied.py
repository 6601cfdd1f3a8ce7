"""Which tables a migration takes every row of, however it does: in a function of base, a trigger, text run as SQL."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.database.catalog import Catalog
from gitops_ci.kinds.database.dry_run_scripts import Script
from gitops_ci.kinds.database.server import Session
from gitops_ci.model.plan import Observation

_TABLES = """SELECT coalesce(json_agg(json_build_object('object', c.oid::int8, 'name', c.oid::regclass::text)), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%'
  AND n.nspname NOT IN ('information_schema', 'gitops_ci')"""
_ONE = "SELECT {object} AS object WHERE EXISTS (SELECT FROM ONLY {name})"
_HELD = "SELECT coalesce(json_agg(object), '[]') FROM ({parts}) held"
"""`name` is as the server itself writes it, in quotes where that is needed."""
_AT_ONCE = 200
"""Tables of one query."""


class Table(Struct, frozen=True):
    """A table that holds rows of its own: a partition is one, what it is a part of is none."""

    object: int
    name: str


def holding(watcher: Session) -> dict[int, bool]:
    """The tables by number, and whether they have a row."""
    tables = watcher.read(_TABLES, tuple[Table, ...])
    held: set[int] = set()
    for start in range(0, len(tables), _AT_ONCE):
        parts = " UNION ALL ".join(
            _ONE.format(object=int(table.object), name=table.name) for table in tables[start : start + _AT_ONCE]
        )
        held.update(watcher.read(_HELD.format(parts=parts), tuple[int, ...]))
    return {table.object: table.object in held for table in tables}


def seen(script: Script, watcher: Session, held: dict[int, bool], before: Catalog) -> Iterator[Observation]:
    """The tables of before that had rows in `held` and have none after a script; `held` is what it is then."""
    if not any(held.values()):
        return
    now = holding(watcher)
    for number, had in held.items():
        item = before.get(("pg_class", number))
        if had and item is not None and now.get(number) is False:
            message = "had rows and has none any more"
            yield Observation(what="emptied", address=item.address, message=message, path=script.path)
    held.clear()
    held.update(now)
