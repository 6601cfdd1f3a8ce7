"""Which tables of before a statement reads every row of while nobody may write them, as PostgreSQL itself counts it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from gitops_ci.kinds.database.dry_run.errors import Place
from gitops_ci.kinds.database.server import Session
from gitops_ci.kinds.database.sql.postgres import Statement

_COUNTS = """SELECT pg_catalog.json_build_object('on', pg_catalog.current_setting('track_counts'), 'tables',
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::pg_catalog.int8,
        pg_catalog.pg_stat_get_xact_numscans(c.oid)))
    FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'))"""
"""A session is told of its own transaction alone, so the migrations' role asks: nothing in it is looked up by path."""
_MAY_READ_ALL = (b'"AT_AlterColumnType"', b'"AT_SetNotNull"')
"""What reads every row, writes all anew or does neither, as the table is."""


class _Counts(Struct, frozen=True):
    are_kept: str = field(name="on")
    tables: tuple[tuple[int, int], ...] | None = None


class Scans:
    """The scans of one try: `seen` has where they were, and of which table by its number (None: it is not known)."""

    def __init__(self, owner: Session) -> None:
        self._owner = owner
        self.seen: list[tuple[Place, int | None]] = []

    def before(self, statement: Statement) -> Mapping[int, int] | None:
        """The counts before a statement, its transaction being open; None where it is of no interest."""
        node = bytes(statement.node)
        if statement.tag != "AlterTableStmt" or not any(each in node for each in _MAY_READ_ALL):
            return None
        return self._counts()

    def after(self, place: Place, then: Mapping[int, int]) -> None:
        """What a statement read, its transaction being open still."""
        now = self._counts()
        if not now or not then:
            self.seen.append((place, None))
        self.seen += ((place, number) for number, count in now.items() if count > then.get(number, 0))

    def _counts(self) -> dict[int, int]:
        """Scans by table; none where they are not counted."""
        counts = self._owner.read(_COUNTS, _Counts)
        return dict(counts.tables or ()) if counts.are_kept == "on" else {}
