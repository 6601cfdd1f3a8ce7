"""The tables that a dry run touched as its catalog has them, with those that they refer to and that refer to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from gitops_ci.kinds.database.schema import catalog
from gitops_ci.kinds.database.schema.catalog import Catalog, Constraint, Item, Key
from gitops_ci.model.plan import Change
from gitops_ci.model.schema import Column, Reference, Table

_TABLES = frozenset({"table", "foreign table"})
_IN_TYPE = frozenset({"index", "trigger", "policy", "rule"})


def of(after: Catalog, changes: Iterable[tuple[Key, Change]]) -> tuple[Table, ...]:
    """Touched ones first, each by name; nothing where no table is touched."""
    tables = {item.object: item for item in after.values() if item.catalog == "pg_class" and item.kind in _TABLES}
    changed = [after[key] for key, change in changes if key in after and change.type != "privileges"]
    numbers = {item.object if item.object in tables and item.kind in _TABLES else item.parent for item in changed}
    touched = {number: tables[number] for number in numbers if number in tables}
    lines: dict[int, list[str]] = {}
    for item in sorted(after.values(), key=lambda item: item.address):
        if item.parent in touched and item.kind in _IN_TYPE:
            lines.setdefault(item.parent, []).append(_line(item))
    near = {number for item in touched.values() for number in _targets(item)} | {
        number for number, item in tables.items() if not touched.keys().isdisjoint(_targets(item))
    }
    whole = [_table(item, tables, lines.get(item.object, ())) for item in touched.values()]
    beside = [_keys(tables[each], tables, touched) for each in near - touched.keys() if each in tables]
    return (*sorted(whole, key=lambda each: each.name), *sorted(beside, key=lambda each: each.name))


def _targets(item: Item) -> set[int]:
    return {each.target for each in item.constraints or () if each.target is not None}


def _line(item: Item) -> str:
    definition = (item.attributes or {}).get("definition")
    return definition if isinstance(definition, str) else item.address


def _table(item: Item, tables: Mapping[int, Item], more: Iterable[str]) -> Table:
    columns = tuple(
        Column(
            name=each.name,
            type=each.type,
            rest=each.text.removeprefix(each.type).strip(),
            key=_key(each, item.constraints or ()),
        )
        for each in item.columns or ()
    )
    constraints = (f"CONSTRAINT {each.name} {each.text}" for each in item.constraints or ())
    references = tuple(_references(item, tables))
    return Table(name=item.name, touched=True, columns=columns, references=references, more=(*constraints, *more))


def _keys(item: Item, tables: Mapping[int, Item], touched: Mapping[int, Item]) -> Table:
    """A table beside: its primary key, and what refers to a touched one."""
    references = tuple(_references(item, {number: tables[number] for number in touched}))
    names = {name for each in references for name in each.columns}
    columns = tuple(
        Column(name=each.name, type=each.type, key=key)
        for each in item.columns or ()
        if (key := _key(each, item.constraints or ())) in ("primary", "both") or each.name in names
    )
    return Table(name=item.name, touched=False, columns=columns, references=references)


def _key(column: catalog.Column, constraints: Iterable[Constraint]) -> Literal["primary", "foreign", "both"] | None:
    kinds = {each.kind for each in constraints if column.number in (each.columns or ())}
    if "p" in kinds:
        return "both" if "f" in kinds else "primary"
    return "foreign" if "f" in kinds else None


def _references(item: Item, tables: Mapping[int, Item]) -> Iterator[Reference]:
    columns = {each.number: each for each in item.columns or ()}
    alone = {frozenset(each.columns or ()) for each in item.constraints or () if each.kind in ("p", "u")}
    for each in item.constraints or ():
        if each.target is not None and each.target in tables:
            own = [columns[number] for number in each.columns or () if number in columns]
            yield Reference(
                name=each.name,
                to=tables[each.target].name,
                columns=tuple(column.name for column in own),
                unique=frozenset(each.columns or ()) in alone,
                optional=not all(column.not_null for column in own),
            )
