"""The schema of a database as its catalog has it: one item an object, read with one query a kind of object."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.schema import queries
from gitops_ci.kinds.database.server import Session

Key = tuple[str, int]
"""What identifies an object while it lives: its catalog and its number there. A rename does not change it."""


class Column(Struct, frozen=True):
    """A column; `number` stays when it is renamed."""

    number: int
    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    generated: str | None = None
    identity: str | None = None
    collation: str | None = None
    privileges: dict[str, str] | None = None
    comment: str | None = None

    @property
    def text(self) -> str:
        """As its author might have written it."""
        parts = (
            self.type,
            f"COLLATE {self.collation}" if self.collation else "",
            f"GENERATED ALWAYS AS {self.generated}" if self.generated else "",
            f"GENERATED {self.identity.upper()} AS IDENTITY" if self.identity else "",
            f"DEFAULT {self.default}" if self.default is not None else "",
            "NOT NULL" if self.not_null else "",
        )
        return " ".join(part for part in parts if part)


class Constraint(Struct, frozen=True):
    """A constraint of a table or a domain; `kind` as `pg_constraint.contype`, `target` a foreign key's other table."""

    object: int
    name: str
    text: str
    kind: str = ""
    target: int | None = None
    columns: tuple[int, ...] | None = None
    comment: str | None = None


class Item(Struct, frozen=True, kw_only=True):
    """An object. `name` has its schema, except `public`; `parent` is the number of the table that it belongs to."""

    catalog: str
    object: int
    kind: str
    name: str
    parent: int | None = None
    attributes: dict[str, str | bool | None] | None = None
    columns: tuple[Column, ...] | None = None
    constraints: tuple[Constraint, ...] | None = None
    privileges: dict[str, str] | None = None
    comment: str | None = None

    @property
    def key(self) -> Key:
        """What identifies it."""
        return self.catalog, self.object

    @property
    def address(self) -> str:
        """What a plan calls it."""
        return f"{self.kind} {self.name}"


class _Comment(Struct, frozen=True):
    catalog: str
    object: int
    number: int
    text: str


Catalog = Mapping[Key, Item]


def read(session: Session) -> Catalog:
    """Every object of the database that is no extension's, PostgreSQL's own ones left out."""
    said: dict[Key, dict[int, str]] = {}
    for each in session.read(queries.COMMENTS, tuple[_Comment, ...]):
        said.setdefault((each.catalog, each.object), {})[each.number] = each.text
    items = (item for query in queries.ALL for item in session.read(query, tuple[Item, ...]))
    return {item.key: _commented(_with_parts(item, said), said.get(item.key)) for item in items}


def encoded(catalog: Catalog) -> bytes:
    """A catalog as it can be kept beside the database that it is of."""
    return msgspec.json.encode(tuple(catalog.values()))


def decoded(kept: bytes) -> Catalog | None:
    """What was encoded; None where that cannot be read."""
    try:
        return {item.key: item for item in msgspec.json.decode(kept, type=tuple[Item, ...])}
    except msgspec.DecodeError:
        return None


def _with_parts(item: Item, said: Mapping[Key, Mapping[int, str]]) -> Item:
    """With the comments of its constraints."""
    if not item.constraints or not any(("pg_constraint", each.object) in said for each in item.constraints):
        return item
    constraints = tuple(
        msgspec.structs.replace(each, comment=said.get(("pg_constraint", each.object), {}).get(0))
        for each in item.constraints
    )
    return msgspec.structs.replace(item, constraints=constraints)


def _commented(item: Item, said: Mapping[int, str] | None) -> Item:
    if not said:
        return item
    columns = item.columns and tuple(
        msgspec.structs.replace(column, comment=said.get(column.number)) for column in item.columns
    )
    return msgspec.structs.replace(item, comment=said.get(0), columns=columns)
