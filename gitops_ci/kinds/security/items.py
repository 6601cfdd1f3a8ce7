"""One thing that the files of a stack say: a rule, a permission, an object, or a file that is none of these."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from gitops_ci.model.plan import JsonValue


class Item(Struct, frozen=True, kw_only=True):
    """A thing with its identity (`key`) and its name for people (`address`, begins with its type).

    `content` is one JSON object, `marks` say what of it is secret (as `attributes.Sides` takes them). `meaning` is
    equal where two contents mean the same however they are written; None: only equal ones do. `opens` are sentences
    about what it lets happen that should not be let lightly, `closes` about what it keeps from happening. `facts` are
    for the judge of its type. `place` is the folder that counts as part of its identity, None for none. `kept` is False
    for what only gives access, so that nothing is lost where it is deleted.
    """

    key: tuple[str, ...]
    address: str
    type: str
    path: str
    line: int | None = None
    content: JsonValue
    marks: Any = None
    meaning: object = None
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    facts: Any = None
    place: str | None = None
    kept: bool = True
