"""One thing that does not fit a schema, in words: where, what, and what was probably meant."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from gitops_ci.policy.documents.yaml_documents import Place

_TYPES = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a mapping", "array": "a list", "null": "nothing",
}  # fmt: skip
_LIKE = 0.8
_MOST = 500
"""Things that do not fit in one object: of more, which somebody made on purpose, nothing is told."""
_LONGEST = 100
"""Letters of a name that is compared with others."""


class Misfit(Struct, frozen=True, order=True):
    """One thing that does not fit: where, and what; `unknown` where it is a field that there is not.

    `meant` is the name or word that it is nearly, empty where none is. `doubtful`: a newer version may have it.
    """

    place: Place
    message: str
    unknown: bool = False
    is_missing: bool = False
    meant: str = ""
    doubtful: bool = False

    @property
    def said(self) -> str:
        """The place, what is wrong there, and what was meant."""
        hint = f": did you mean `{self.meant}`?" if self.meant else ""
        return f"{shown(self.place)} {self.message}{hint}"


def ordered(found: Iterable[Misfit]) -> tuple[Misfit, ...]:
    """Each once, by place; what is only missing since its name is misspelt is no mistake of its own."""
    several = set(itertools.islice(found, _MOST))
    misspelt = {(*each.place[:-1], each.meant) for each in several if each.unknown and each.meant}
    left = (each for each in several if not (each.is_missing and each.place in misspelt))
    return tuple(sorted(left, key=lambda each: (tuple(map(str, each.place)), each.message)))


def meant(name: str, known: Iterable[str]) -> str:
    """The one of `known` that a name is nearly; empty where none is. Capitals do not count."""
    if len(name) > _LONGEST:
        return ""
    import difflib  # of what is misspelt only

    by_letters = {each.casefold(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.casefold(), by_letters, n=1, cutoff=_LIKE)
    return by_letters[near[0]] if near else ""


def types(names: Iterable[str]) -> str:
    """Types of JSON Schema as people say them; null is left out."""
    told = [_TYPES.get(name, name) for name in sorted(names) if name != "null"]
    return " or ".join(told) or _TYPES["null"]


def kind_of(value: Any) -> str:
    """What a value is, without the value."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def shown(place: Place) -> str:
    """A place as people write it: `spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or "/" in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text or "the object"
