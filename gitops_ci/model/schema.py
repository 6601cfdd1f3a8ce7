"""The tables that a plan touches as they would be after it, for a text and a picture of them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Column(Struct, frozen=True, kw_only=True):
    """A column; `rest` is what its definition says beside its type, `key` what it is part of."""

    name: str
    type: str
    rest: str = ""
    key: Literal["primary", "foreign", "both"] | None = None


class Reference(Struct, frozen=True, kw_only=True):
    """A foreign key: from `columns` of a table to the table `to`; `optional` where one of them may be NULL."""

    name: str
    to: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    optional: bool = False


class Table(Struct, frozen=True, kw_only=True):
    """A table. One that is only referred to from what is `touched`, or refers to it, has its keys alone.

    `more` are its constraints, indexes, triggers and policies, a line each.
    """

    name: str
    touched: bool
    columns: tuple[Column, ...] = ()
    references: tuple[Reference, ...] = ()
    more: tuple[str, ...] = ()
