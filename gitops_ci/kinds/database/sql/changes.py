"""How a statement becomes a Change: the address is `type name`, with the schema where one is written."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gitops_ci.kinds.database.sql.postgres import Statement
from gitops_ci.model.plan import Action, Attribute, Change, JsonValue

STATEMENT = "statement"
"""The first word of an address that is a place and not an object."""

PRESENT = "present"
"""What stands for the state before of a thing that is removed: the text of a migration does not tell more."""


def made(
    statement: Statement,
    object_: tuple[str, str],
    action: Action,
    attributes: Iterable[Attribute] = (),
    *,
    destructive: bool | None = None,
    reason: str | None = None,
) -> Change:
    """What a statement does to an object (type, name); a deletion is destructive unless told otherwise."""
    kind, name = object_
    return Change(
        address=f"{kind} {name}" if name else kind,
        type=kind,
        action=action,
        reason=reason,
        path=statement.path,
        line=statement.line,
        destructive=action == "delete" if destructive is None else destructive,
        attributes=tuple(attributes),
    )


def moved(statement: Statement, kind: str, old: str, new: str) -> Change:
    """An object that gets another name or schema."""
    change = made(statement, (kind, new), "move")
    return msgspec.structs.replace(change, previous_address=f"{kind} {old}")


def after(path: str, value: JsonValue) -> Attribute:
    """Something that is set."""
    return Attribute(path=path, after=value)


def gone(path: str) -> Attribute:
    """Something that is removed."""
    return Attribute(path=path, before=PRESENT)


def given(**values: JsonValue) -> tuple[Attribute, ...]:
    """Attributes for the values that are there."""
    return tuple(after(path, value) for path, value in values.items() if value not in (None, False, "", []))


def condition(*, if_not_exists: bool = False, replace: bool = False) -> str | None:
    """The words of a CREATE that make it depend on what is there."""
    return "IF NOT EXISTS" if if_not_exists else "OR REPLACE" if replace else None
