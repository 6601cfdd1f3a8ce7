"""What a file does to one object in one Change, as far as that stays true."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gitops_ci.kinds.database.sql.changes import STATEMENT
from gitops_ci.model.plan import Attribute, Change

ROWS = "insert.rows"

_OF_DATA = ("insert.", "update.", "merge.", "copy.")

Key = tuple[str, str]


def folded(changes: Iterable[Change]) -> list[Change]:
    """The Changes of a file, in order.

    A plain update joins the creation or plain update of the same object before it. What destroys stays on its own, so
    that its line is its own; a deletion or a move ends what can be joined.
    """
    result: list[Change] = []
    attributes: list[dict[Key, Attribute]] = []
    last: dict[str, int] = {}
    for change in changes:
        at = last.get(change.address)
        if at is not None and change.action == "update" and not change.destructive:
            _join(attributes[at], change.attributes)
            continue
        if change.action in ("create", "update") and not change.destructive and not _is_statement(change):
            last[change.address] = len(result)
        else:
            last.pop(change.address, None)
            last.pop(change.previous_address or "", None)
        result.append(change)
        attributes.append({})
        _join(attributes[-1], change.attributes)
    whole = zip(result, attributes, strict=True)
    return _numbered([msgspec.structs.replace(change, attributes=tuple(own.values())) for change, own in whole])


def _join(attributes: dict[Key, Attribute], more: Iterable[Attribute]) -> None:
    """Adds attributes: row counts are summed up, and what is said of data is not repeated."""
    for attribute in more:
        if attribute.path == ROWS and isinstance(attribute.after, int):
            counted = attributes.get((ROWS, ""))
            rows = attribute.after + (counted.after if counted is not None else 0)
            attributes[ROWS, ""] = Attribute(path=ROWS, after=rows)
        elif attribute.path.startswith(_OF_DATA):
            attributes.setdefault((attribute.path, repr(attribute.after)), attribute)
        else:
            attributes[attribute.path, str(len(attributes))] = attribute


def _is_statement(change: Change) -> bool:
    return change.address.startswith(f"{STATEMENT} ")


def _numbered(changes: list[Change]) -> list[Change]:
    """Several statements of one line get addresses of their own."""
    seen: dict[str, int] = {}
    for index, change in enumerate(changes):
        if _is_statement(change):
            seen[change.address] = count = seen.get(change.address, 0) + 1
            if count > 1:
                changes[index] = msgspec.structs.replace(change, address=f"{change.address} ({count})")
    return changes
