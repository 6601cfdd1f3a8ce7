"""What an ALTER TABLE reads or builds anew beside what triggers tell, asked in the session that runs it.

Migrations may choose the search path there, so nothing here is looked up by it.
"""

from __future__ import annotations

from msgspec import Struct, field

from gitops_ci.kinds.database.dry_run.watch import literal
from gitops_ci.kinds.database.server import Session
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import Statement

_NUMBERS = """SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    made.relation::pg_catalog.int8, made.number::pg_catalog.int8)), '[]') FROM (
  SELECT i.indrelid, c.relfilenode FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c
    ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  UNION ALL SELECT k.conrelid, k.oid FROM pg_catalog.pg_constraint k WHERE k.contype OPERATOR(pg_catalog.=) 'c'
) made (relation, number) WHERE made.relation OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"""
"""The files of indexes and the numbers of CHECK constraints: what has another one was built, or looked at, anew."""
_PROVEN = """SELECT coalesce(pg_catalog.json_agg(a.attname), '[]')
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({}) AND k.contype OPERATOR(pg_catalog.=) 'c'
    AND k.convalidated AND NOT k.connoinherit AND pg_catalog.pg_get_constraintdef(k.oid) OPERATOR(pg_catalog.=)
      pg_catalog.concat('CHECK ((', pg_catalog.quote_ident(a.attname), ' IS NOT NULL))')"""
"""The columns of which a CHECK says that they are not NULL: no row is read then (NotNullImpliedByRelConstraints)."""


class _Command(Struct, frozen=True):
    subtype: str = ""
    name: str = ""


class _Element(Struct, frozen=True):
    its: _Command = field(default=_Command(), name="AlterTableCmd")


class _Altered(Struct, frozen=True):
    relation: RangeVar = RangeVar()
    cmds: tuple[_Element, ...] = ()


class Looking:
    """A statement before and after it ran, in a transaction that is open."""

    def __init__(self, owner: Session, statement: Statement) -> None:
        """What there is before it."""
        self._owner = owner
        node = bytes(statement.node) if statement.tag == "AlterTableStmt" else b""
        self._before = _numbers(owner) if b'"AT_AlterColumnType"' in node else None
        self.proven: bool | None = None
        """Whether every NOT NULL that it sets is proven, so that no row is read; None where it sets none."""
        if b'"AT_SetNotNull"' in node:
            self.proven = _is_proven(owner, statement.read(_Altered))

    def anew(self) -> frozenset[int]:
        """The tables, by number, of which an index was built anew or a CHECK was looked at for each row."""
        if self._before is None:
            return frozenset()
        return frozenset(relation for relation, _ in _numbers(self._owner) - self._before)


def _numbers(owner: Session) -> frozenset[tuple[int, int]]:
    return frozenset(owner.read(_NUMBERS, tuple[tuple[int, int], ...]))


def _is_proven(owner: Session, node: _Altered) -> bool:
    """Not where it does something else as well, such as to drop the constraint first."""
    if any(each.its.subtype != "AT_SetNotNull" for each in node.cmds):
        return False
    known = owner.read(_PROVEN.format(literal(node.relation.name)), tuple[str, ...])
    return all(each.its.name in known for each in node.cmds)
