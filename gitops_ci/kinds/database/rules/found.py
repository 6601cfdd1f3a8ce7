"""What one rule of the lint found in one statement, before anybody weighs it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.kinds.database.rules.catalog import Evidence


class Found(Struct, frozen=True, kw_only=True):
    """A rule and its place in a migration: `line` and `column` count from one.

    `statement` is the line of the first word of the statement that it is about, `table` the relation as it is written,
    empty where it is about none. `says` completes "file …". `step` is what it is of a change in two steps: `contract`
    takes away, `both` takes away and adds at once. `evidence` is what overrules it beside what its rule says.
    `perhaps` is the name of what goes IF EXISTS, where that takes nothing away but what nobody knows of.
    """

    rule: str
    says: str
    line: int
    column: int | None = None
    statement: int = 0
    table: str = ""
    step: Literal["", "contract", "both"] = ""
    evidence: Evidence | None = None
    perhaps: str = ""


def bare(name: str) -> str:
    """The last part of a name as it is written, without quotes and brackets."""
    return name.rpartition(".")[2].strip('"`()')
