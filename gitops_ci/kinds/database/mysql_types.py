"""Whether a column's new type in MySQL holds what its old one does, told from the migrations before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from gitops_ci.kinds.database import mysql_reading, mysql_tables
from gitops_ci.kinds.database.mysql_reading import UNREAD, Statement
from gitops_ci.kinds.database.sql.refusals import MigrationError

_INTEGERS = ("BOOLEAN", "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT")
_CAPACITIES = {"TINYTEXT": 255, "TEXT": 2**16 - 1, "MEDIUMTEXT": 2**24 - 1, "LONGTEXT": 2**32 - 1}
_BLOBS = {"TINYBLOB": 255, "BLOB": 2**16 - 1, "MEDIUMBLOB": 2**24 - 1, "LONGBLOB": 2**32 - 1}
_BYTES_A_CHARACTER = 4
_WIDER = frozenset({("FLOAT", "DOUBLE"), ("DATE", "DATETIME")})


class Types:
    """The types of columns as migrations leave them; `earlier` are the texts before, read when somebody asks."""

    def __init__(self, earlier: Iterable[str] = ()) -> None:
        self._earlier = earlier
        self._later: list[Statement] = []
        self._read: dict[str, tuple[Statement, ...]] = {}
        self._before: dict[str, dict[str, Any] | None] = {}

    def take(self, each: Statement) -> None:
        """One more statement that is applied."""
        if each.kind not in ("Insert", "Update", "Delete", "Select", "Set"):
            self._later.append(each)

    def narrows(self, table: str, action: Any) -> bool:
        """Whether MODIFY or CHANGE of a table may lose something: also where its type before is not known."""
        old = self._columns(table).get(_old_name(action))
        new = action.this.args.get("kind")
        return old is None or new is None or not _holds(old, new)

    @cached_property
    def _texts(self) -> tuple[str, ...] | None:
        """What was before; None where that cannot be read."""
        try:
            return tuple(self._earlier)
        except MigrationError:
            return None

    def _columns(self, table: str) -> dict[str, Any]:
        """The types of a table's columns, as far as they are known; none where something before cannot be read."""
        bare = _bare(table)
        word = re.compile(rf"(?<!\w){re.escape(bare)}(?!\w)", re.IGNORECASE)
        if bare not in self._before:
            self._before[bare] = self._at_first(bare, word)
        before = self._before[bare]
        if before is None:
            return {}
        found = dict(before)
        _follow(self._later, bare, word, found)
        return found

    def _at_first(self, bare: str, word: re.Pattern[str]) -> dict[str, Any] | None:
        """The same before this plan's migrations; None where something cannot be read."""
        found: dict[str, Any] = {}
        for text in self._texts or ():
            if word.search(text) is None:
                continue
            if text not in self._read:
                try:
                    self._read[text] = mysql_reading.parse(text)
                except MigrationError:
                    return None
            _follow(self._read[text], bare, word, found)
        return found if self._texts is not None else None


def _follow(statements: Iterable[Statement], bare: str, word: re.Pattern[str], found: dict[str, Any]) -> None:
    for each in statements:
        if _hides(each, word):
            found.clear()
        elif (each.kind == "Alter" or _makes_a_table(each)) and _bare(_table(each.tree)) == bare:
            _apply(each, found)


def _makes_a_table(each: Statement) -> bool:
    """CREATE INDEX, too, names a table, and leaves its columns as they are."""
    return each.kind == "Create" and str(each.tree.args.get("kind")).upper() == "TABLE"


def _hides(each: Statement, word: re.Pattern[str]) -> bool:
    """Whether a table may be another one after a statement: it is dropped, renamed, or nobody knows."""
    first = str(each.tree.this).upper() if each.kind == "Command" else ""
    if first in ("CALL", "EXECUTE", "PREPARE"):
        return True
    is_one = each.kind == UNREAD or first == "RENAME" or (each.kind == "Drop" and each.tree.args.get("kind") == "TABLE")
    is_one = is_one or (_makes_a_table(each) and mysql_tables.is_temporary(each))
    return is_one and word.search(each.tree.sql("mysql")) is not None


def _apply(each: Statement, found: dict[str, Any]) -> None:
    if each.kind == "Create":
        made = each.tree.this.args.get("expressions") or () if each.tree.this is not None else ()
        columns = {one.name.lower(): one.args.get("kind") for one in made if type(one).__name__ == "ColumnDef"}
        if not (found and each.tree.args.get("exists")):
            found.clear()
            found.update(columns)
    for action in each.tree.args.get("actions") or ():
        match type(action).__name__:
            case "ColumnDef":
                found[action.name.lower()] = action.args.get("kind")
            case "ModifyColumn":
                found.pop(_old_name(action), None)
                found[action.this.name.lower()] = action.this.args.get("kind")
            case "RenameColumn":
                found[action.args["to"].name.lower()] = found.pop(action.this.name.lower(), None)
            case _:
                pass


def _old_name(action: Any) -> str:
    renamed = action.args.get("rename_from")
    return str(renamed.name if renamed is not None else action.this.name).lower()


def _table(tree: Any) -> str:
    from sqlglot import expressions as exp

    table = tree.find(exp.Table)
    return str(table.name) if table is not None else ""


def _bare(table: str) -> str:
    return table.rpartition(".")[2].strip("`").lower()


def _holds(old: Any, new: Any) -> bool:
    """Whether every value of one type is one of the other, too."""
    if old.sql("mysql").upper() == new.sql("mysql").upper():
        return True
    before, after = str(old.this.name), str(new.this.name)
    if before.removeprefix("U") in _INTEGERS:
        return _holds_integers(before, after)
    numbers, wider = _numbers(old), _numbers(new)
    if before in ("VARCHAR", "CHAR"):
        length = numbers[0] if numbers else 1
        return (after == "VARCHAR" and bool(wider) and wider[0] >= length) or (
            _BYTES_A_CHARACTER * length <= _CAPACITIES.get(after, 0) or (before == after and wider > numbers)
        )
    if before == after == "DECIMAL":
        (digits, scale), (more, finer) = _decimal(numbers), _decimal(wider)
        return more - finer >= digits - scale and finer >= scale
    if before == after and before in ("ENUM", "SET"):
        return {each.sql() for each in old.expressions} <= {each.sql() for each in new.expressions}
    if before == after and before in ("DATETIME", "TIMESTAMPTZ", "TIME", "VARBINARY", "BIT"):
        return wider >= numbers
    sizes = _CAPACITIES if before in _CAPACITIES else _BLOBS
    return (before, after) in _WIDER or (before in sizes and sizes.get(after, 0) >= sizes[before])


def _holds_integers(before: str, after: str) -> bool:
    unsigned, now_unsigned = before.startswith("U"), after.startswith("U")
    old, new = before.removeprefix("U"), after.removeprefix("U")
    if new not in _INTEGERS or (now_unsigned and not unsigned):
        return False
    needed = _INTEGERS.index(old) + (1 if unsigned and not now_unsigned else 0)
    return _INTEGERS.index(new) >= needed


def _decimal(numbers: tuple[int, ...]) -> tuple[int, int]:
    """MySQL's precision and scale, 10 and 0 where none is written."""
    return (numbers[0] if numbers else 10), (numbers[1] if len(numbers) > 1 else 0)


def _numbers(kind: Any) -> tuple[int, ...]:
    written = [str(each.name) for each in kind.expressions]
    return tuple(int(each) for each in written if each.isdecimal())
