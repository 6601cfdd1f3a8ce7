"""Rows for the empty tables of a throw-away database, so that what fails only where there are data does fail.

Three rows a table: one with every column, one with NULL wherever that is allowed, and one more like the first, so that
a new NOT NULL, UNIQUE, CHECK or type meets what it may meet. A table that takes none is named and left empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.kinds.database.server import ServerError, Session

_NAMES = """'object', c.oid::int8, 'name', c.oid::regclass::text,
  'references', (SELECT json_agg(json_build_object('table', k.confrelid::int8, 'name', k.confrelid::regclass::text,
      'columns', k.conkey, 'targets', (SELECT json_agg(quote_ident(f.attname) ORDER BY x.place)
         FROM unnest(k.confkey) WITH ORDINALITY x (number, place)
         JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = x.number)))
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f')"""
_ALL = f"""{_NAMES},
  'columns', (SELECT json_agg(json_build_object(
      'number', a.attnum, 'name', quote_ident(a.attname), 'not_null', a.attnotnull,
      'filled', a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '',
      'computed', a.attidentity = 'a' OR a.attgenerated <> '',
      'type', b.typname, 'category', b.typcategory, 'size', CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END,
      'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid),
      'unique', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                        AND a.attnum = ANY (i.indkey::int2[]))) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'checks', (SELECT json_agg(json_build_object('columns', k.conkey, 'text', pg_get_constraintdef(k.oid)))
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c')"""
_TABLES = """SELECT coalesce(json_agg(json_build_object({fields})), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%'
  AND n.nspname NOT IN ('information_schema', 'gitops_ci') {which}
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""

_LITERAL = re.compile(r"'((?:[^']|'')*)'::")
_WORD = re.compile(r"[^\W\d][\w$]*")
_VALUES: Mapping[str, str] = {
    "bool": "true",
    "uuid": "00000000-0000-4000-8000-00000000000{n}",
    "date": "2024-01-0{n}",
    "time": "0{n}:00",
    "timetz": "0{n}:00+00",
    "interval": "{n} days",
    "json": "{{}}",
    "jsonb": "{{}}",
    "bytea": "\\x0{n}",
    "inet": "192.0.2.{n}",
    "cidr": "192.0.2.{n}/32",
    "macaddr": "00:00:5e:00:53:0{n}",
    "xml": "<a>{n}</a>",
    "tsvector": "row{n}",
    "hstore": "",
}
_BY_CATEGORY: Mapping[str, str] = {
    "N": "{n}",
    "S": "{n}",
    "D": "2024-01-0{n}",
    "A": "{{}}",
    "R": "empty",
    "G": "({n},{n})",
}
"""Values by PostgreSQL's categories of types (`pg_type.typcategory`)."""


class Column(Struct, frozen=True):
    """A column; `filled` where it has a value of its own, `computed` where it takes no other."""

    number: int
    name: str
    not_null: bool
    filled: bool
    computed: bool
    type: str
    category: str
    size: int | None = None
    labels: tuple[str, ...] | None = None
    unique: bool = False


class Reference(Struct, frozen=True):
    """A foreign key."""

    table: int
    name: str
    columns: tuple[int, ...]
    targets: tuple[str, ...]


class Check(Struct, frozen=True):
    """A CHECK constraint, with the columns that it is about."""

    text: str
    columns: tuple[int, ...] | None = None


class Table(Struct, frozen=True):
    """What is to be filled."""

    object: int
    name: str
    columns: tuple[Column, ...] | None = None
    references: tuple[Reference, ...] | None = None
    checks: tuple[Check, ...] | None = None


def fill(watcher: Session, owner: Session, texts: Iterable[str] | None) -> tuple[str, ...]:
    """Puts rows into empty tables, as the migrations' role; the names of those that took none.

    Only into those that `texts` name and those that these refer to; into all of them where it is None. What the
    migrations' triggers refuse is refused. Raises ServerLostError.
    """
    which = ""
    if texts is not None:
        known = watcher.read(_TABLES.format(fields=_NAMES, which=""), tuple[Table, ...])
        numbers = ",".join(str(int(table.object)) for table in named(known, texts))
        which = f"AND c.oid = ANY ('{{{numbers}}}'::oid[])"
    asked = watcher.read(_TABLES.format(fields=_ALL, which=which), tuple[Table, ...])
    return tuple(table.name for table in ordered(asked) if not _filled(table, owner))


def named(tables: tuple[Table, ...], texts: Iterable[str]) -> tuple[Table, ...]:
    """The tables whose name is a word of one of the texts, and those that they refer to."""
    words = {word for text in texts for word in _WORD.findall(text.lower())}
    by_number = {table.object: table for table in tables}
    found: dict[int, Table] = {}
    left = [table for table in tables if set(_WORD.findall(table.name.rpartition(".")[2].lower())) <= words]
    while left:
        table = left.pop()
        if table.object not in found:
            found[table.object] = table
            left += [by_number[each.table] for each in table.references or () if each.table in by_number]
    return tuple(found.values())


def ordered(tables: tuple[Table, ...]) -> list[Table]:
    """Tables after those that they refer to, as far as that goes."""
    left = {table.object: table for table in sorted(tables, key=lambda table: table.name)}
    result: list[Table] = []
    while left:
        free = [
            table
            for table in left.values()
            if not any(each.table in left and each.table != table.object for each in table.references or ())
        ]
        result += [left.pop(table.object) for table in free or [next(iter(left.values()))]]
    return result


def _filled(table: Table, owner: Session) -> bool:
    few = f"(SELECT count(*) FROM (SELECT FROM {table.name} LIMIT 3) few)"
    statements = [f"{insert(table, number)} WHERE {few} < {number}" for number in (1, 2, 3)]
    try:
        owner.run(";".join(statements))  # most tables take all three
    except ServerError:
        return sum(_taken(statement, owner) for statement in statements) > 0
    return True


def _taken(statement: str, owner: Session) -> bool:
    try:
        owner.run(statement)
    except ServerError:
        return False
    return True


def insert(table: Table, number: int) -> str:
    """The statement for the row of that number, without its end; the second row has NULL wherever it may."""
    values = {
        column.name: value
        for column in table.columns or ()
        if not column.computed and (value := _value(table, column, number)) is not None
    }
    if not values:
        return f"INSERT INTO {table.name} SELECT"
    return f"INSERT INTO {table.name} ({', '.join(values)}) SELECT {', '.join(values.values())}"


def _value(table: Table, column: Column, number: int) -> str | None:
    """What stands for a column in a row; None where it is left to its default."""
    if column.filled and (column.not_null or number != 2):
        return None
    if number == 2 and not column.not_null:
        return "NULL"
    for reference in table.references or ():
        if column.number in reference.columns:
            if reference.table == table.object and not column.not_null:
                return "NULL"
            target = reference.targets[reference.columns.index(column.number)]
            offset = number - 1 if column.unique else 0
            return f"(SELECT {target} FROM {reference.name} ORDER BY ctid OFFSET {offset} LIMIT 1)"
    text = next(_texts(table, column, number), None)
    return None if text is None else "'" + text.replace("'", "''") + "'"


def _texts(table: Table, column: Column, number: int) -> Iterator[str]:
    """Values that a column may take, the likeliest first."""
    if column.labels:
        yield column.labels[0]
    if column.category == "S":
        for check in table.checks or ():
            if column.number in (check.columns or ()):
                yield from (found.replace("''", "'") for found in _LITERAL.findall(check.text))
    pattern = _VALUES.get(column.type) or _BY_CATEGORY.get(column.category)
    if column.type in _VALUES or pattern is not None:
        own = number if column.unique else 1
        text = (pattern or "").format(n=own)
        yield f"row{text}" if column.category == "S" and (column.size or 9) >= 4 else text
