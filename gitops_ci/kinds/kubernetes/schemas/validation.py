"""An object against a schema: what is wrong with it, told without any of its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from gitops_ci.policy.documents.yaml_documents import Place

_TYPES = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a mapping", "array": "a list", "null": "nothing",
}  # fmt: skip


class Validator(Protocol):
    """A schema that is ready to be used."""

    def is_valid(self, instance: Any) -> bool:
        """Whether a value fits."""

    def iter_errors(self, instance: Any) -> Iterator[Any]:
        """Why it does not."""


class Misfit(Struct, frozen=True, order=True):
    """One thing that does not fit: where, and what; `unknown` where it is a field that there is not."""

    place: Place
    message: str
    unknown: bool = False
    is_missing: bool = False


def built(schema: Mapping[str, Any], registry: Any = None) -> Validator:
    """A validator that fetches nothing and takes linear time for a pattern.

    Raises ValueError for a schema that is none.
    """
    import jsonschema_rs

    patterns = jsonschema_rs.RegexOptions(size_limit=1 << 20)
    try:
        validator: Validator = jsonschema_rs.Draft202012Validator(
            dict(schema), registry=registry, offline=True, validate_formats=False, pattern_options=patterns
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ValueError(type(error).__name__) from None
    return validator


def misfits(value: Mapping[str, Any], validator: Validator) -> tuple[Misfit, ...]:
    """What does not fit, in the order of the places."""
    if validator.is_valid(value):
        return ()
    found = {each: None for error in validator.iter_errors(value) for each in _misfits(error)}
    return tuple(sorted(found, key=lambda each: (tuple(map(str, each.place)), each.message)))


def _misfits(error: Any) -> Iterator[Misfit]:
    place: Place = tuple(error.instance_path)
    told = error.kind.as_dict()
    match error.kind.name:
        case "required":
            yield Misfit((*place, told["property"]), "is missing", is_missing=True)
        case "additionalProperties":
            yield from (
                Misfit((*place, name), "is no field that there is", unknown=True) for name in told["unexpected"]
            )
        case "type":
            yield Misfit(place, f"is {_kind(error.instance)}, and has to be {_types(told['types'])}")
        case "enum":
            options = [each for each in told["options"] if each is not None]
            yield Misfit(place, f"has to be one of {', '.join(map(str, options[:12]))}")
        case "anyOf" | "oneOf":
            yield from _alternatives(place, error, told)
        case name:
            yield Misfit(place, f"breaks the schema's `{name}`")


def _alternatives(place: Place, error: Any, told: Mapping[str, Any]) -> Iterator[Misfit]:
    inner = [each for group in told.get("context", ()) for each in group]
    if inner and all(each.kind.name == "type" and tuple(each.instance_path) == place for each in inner):
        types = {name for each in inner for name in each.kind.as_dict()["types"]}
        yield Misfit(place, f"is {_kind(error.instance)}, and has to be {_types(types)}")
    else:
        yield Misfit(place, "fits none of the forms that it may have, or several")


def _types(names: Any) -> str:
    told = [_TYPES.get(name, name) for name in sorted(names) if name != "null"]
    return " or ".join(told) or _TYPES["null"]


def _kind(value: Any) -> str:
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
