"""What Argo CD's and Flux's own objects may hold: the tables `*.fields`, and a value against one of them.

No package has these schemas. The tables say what an API server refuses: names, types, words, what is required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes.schemas.misfits import Misfit, kind_of, meant, ordered, types
from gitops_ci.policy.documents.yaml_documents import Place

GROUPS = {"argoproj.io": "argocd", **dict.fromkeys(
    [f"{each}.toolkit.fluxcd.io" for each in ("source", "kustomize", "helm", "notification", "image")], "flux"
)}  # fmt: skip
"""The API groups that tables are about, each with its table."""

_SHARED = """
Metadata: name text, generateName text, namespace text, labels {text}, annotations {text}, finalizers [text]
  ownerReferences any, creationTimestamp any, deletionGracePeriodSeconds any, deletionTimestamp any, generation any
  managedFields any, resourceVersion any, selfLink any, uid any
"""
_ALWAYS = "apiVersion text, kind text, "
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h))+")
_MORE = "*"
_MOST = 12
"""Words that are named."""
_OPEN = re.compile(r"\$\{|\{\{")
"""What is filled in later: such a text may become anything."""


class Field(Struct, frozen=True):
    """What a field of an object is: its type as the table writes it, and whether it has to be there."""

    type: str
    required: bool


class Table(Struct, frozen=True):
    """One file: kinds by (apiVersion, kind), the fields of types, and words that stand for several."""

    kinds: Mapping[tuple[str, str], str]
    types: Mapping[str, Mapping[str, Field]]
    words: Mapping[str, str]

    def misfits(self, value: Any, type: str, place: Place = ()) -> Iterator[Misfit]:
        """What of a value does not fit a type; null fits each, as an API server drops it."""
        if value is None or type == "any" or (isinstance(value, str) and _OPEN.search(value)):
            return
        type = self.words.get(type, type)
        if type in self.types:
            yield from self._fields(value, self.types[type], place)
        elif type[0] == "[":
            if not isinstance(value, list):
                yield _mistyped(value, "array", place)
                return
            for index, each in enumerate(value):
                yield from self.misfits(each, type[1:-1], (*place, index))
        elif type[0] == "{":
            if not isinstance(value, Mapping):
                yield _mistyped(value, "object", place)
                return
            for key, each in value.items():
                yield from self.misfits(each, type[1:-1], (*place, key))
        else:
            yield from _scalar(value, type, place)

    def _fields(self, value: Any, fields: Mapping[str, Field], place: Place) -> Iterator[Misfit]:
        if not isinstance(value, Mapping):
            yield _mistyped(value, "object", place)
            return
        for key in value:
            if key not in fields and not _OPEN.search(key):
                near = meant(key, fields.keys() - value.keys())
                at = (*place, key)
                yield Misfit(at, "is no field that there is", unknown=True, meant=near, doubtful=not near)
        for key, field in fields.items():
            if key in value:
                yield from self.misfits(value[key], field.type, (*place, key))
            elif field.required:
                yield Misfit((*place, key), "is missing", is_missing=True)


def _scalar(value: Any, type: str, place: Place) -> Iterator[Misfit]:
    if "|" in type:
        words = [each for each in type.split("|") if each not in ("", _MORE)]
        near = meant(str(value), words)
        if value not in words and (near or not type.endswith(_MORE)):
            said = f"has to be one of {', '.join(words[:_MOST])}{', …' * (len(words) > _MOST)}"
            yield Misfit(place, said, meant=near, doubtful=not near)
    elif not SCALARS[type](value):
        yield _mistyped(value, _NAMES[type], place)
    elif type == "duration" and not _DURATION.fullmatch(value):
        yield Misfit(place, "has to be a duration, such as 10m or 1h30m")


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


SCALARS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "duration": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "whole": _is_whole,
    "number-or-text": lambda value: isinstance(value, str) or _is_whole(value),
    "mapping": lambda value: isinstance(value, Mapping),
}
_NAMES = {
    "text": "string", "duration": "string", "boolean": "boolean", "whole": "integer", "mapping": "object",
    "number-or-text": "integer string",
}  # fmt: skip


def _mistyped(value: Any, names: str, place: Place) -> Misfit:
    return Misfit(place, f"is {kind_of(value)}, and has to be {types(names.split())}")


def knows(api_version: str, kind: str) -> bool:
    """Whether a table has such objects."""
    table = of(api_version)
    return table is not None and (api_version, kind) in table.kinds


def misfits(value: Mapping[str, Any], api_version: str, kind: str) -> tuple[Misfit, ...]:
    """What does not fit in an object that a table has, in the order of the places."""
    table = of(api_version)
    if table is None or (api_version, kind) not in table.kinds:
        return ()
    return ordered(table.misfits(value, table.kinds[api_version, kind]))


def of(api_version: str) -> Table | None:
    """The table that has the kinds of an API group; None where none has."""
    name = GROUPS.get(api_version.rpartition("/")[0])
    return read(Path(__file__).with_name(f"{name}.fields").read_text("utf-8")) if name is not None else None


@cache
def read(text: str) -> Table:
    """The table of a text. A line that is indented goes on with the one before it."""
    kinds: dict[tuple[str, str], str] = {}
    found: dict[str, Mapping[str, Field]] = {}
    words: dict[str, str] = {}
    for line in re.sub(r"\n +", ", ", re.sub(r"#.*", "", _SHARED + text)).splitlines():
        head, colon, rest = line.partition(": ")
        if colon:
            name = head.rpartition(" ")[2]
            if head.startswith("kind "):
                _, api_version, name = head.split(" ")
                kinds[api_version, name] = f"kind {name}"
                head, rest = kinds[api_version, name], _ALWAYS + rest
            found[head] = dict(_field(each) for each in rest.split(", "))
        elif " = " in line:
            name, _, words[name] = line.partition(" = ")
    return Table(kinds, found, words)


def _field(text: str) -> tuple[str, Field]:
    name, type = text.split(" ")
    return name.removesuffix("!"), Field(type, name.endswith("!"))
