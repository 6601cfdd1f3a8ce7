"""An object against a JSON schema: what is wrong with it, told without any of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from gitops_ci.kinds.kubernetes.schemas import misfits
from gitops_ci.kinds.kubernetes.schemas.misfits import Misfit, kind_of, meant, types
from gitops_ci.policy.documents.yaml_documents import Place

_ITSELF = "file:///object"


class Compiled(Protocol):
    """A schema that is ready to be used."""

    def is_valid(self, instance: Any) -> bool:
        """Whether a value fits."""

    def iter_errors(self, instance: Any) -> Iterator[Any]:
        """Why it does not."""


class Validator(Struct, frozen=True):
    """A compiled schema, and the documents that its parts are found in by their address."""

    compiled: Compiled
    documents: Mapping[str, Any]

    def misfits(self, value: Mapping[str, Any]) -> tuple[Misfit, ...]:
        """What does not fit, in the order of the places."""
        if self.compiled.is_valid(value):
            return ()
        errors = self.compiled.iter_errors(value)
        return misfits.ordered(each for error in errors for each in _misfits(error, self._fields))

    def _fields(self, location: str) -> Mapping[str, Any]:
        """The properties beside a keyword of the schema, which is an address and a JSON pointer into it."""
        address, _, pointer = location.partition("#")
        at = self.documents.get(address)
        for step in pointer.split("/")[1:-1]:
            key = step.replace("~1", "/").replace("~0", "~")
            at = at.get(key) if isinstance(at, Mapping) else at[int(key)] if isinstance(at, list) else None
        found = at.get("properties") if isinstance(at, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def built(schema: Mapping[str, Any], others: Mapping[str, Any] | None = None, registry: Any = None) -> Validator:
    """A validator that fetches nothing and takes linear time for a pattern; `others` are what `registry` has.

    Raises ValueError for a schema that is none.
    """
    import jsonschema_rs

    patterns = jsonschema_rs.RegexOptions(size_limit=1 << 20)
    whole = {**schema, "$id": _ITSELF}
    try:
        compiled: Compiled = jsonschema_rs.Draft202012Validator(
            whole, registry=registry, offline=True, validate_formats=False, pattern_options=patterns
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ValueError(type(error).__name__) from None
    return Validator(compiled, {_ITSELF: whole, **(others or {})})


def _misfits(error: Any, fields: Callable[[str], Mapping[str, Any]]) -> Iterator[Misfit]:
    place: Place = tuple(error.instance_path)
    told = error.kind.as_dict()
    match error.kind.name:
        case "required":
            yield Misfit((*place, told["property"]), "is missing", is_missing=True)
        case "additionalProperties":
            known = fields(error.absolute_keyword_location or "").keys() - error.instance.keys()
            for name in told["unexpected"]:
                yield Misfit((*place, name), "is no field that there is", unknown=True, meant=meant(name, known))
        case "type":
            yield Misfit(place, f"is {kind_of(error.instance)}, and has to be {types(told['types'])}")
        case "enum":
            options = [str(each) for each in told["options"] if each is not None]
            near = meant(str(error.instance), options)
            yield Misfit(place, f"has to be one of {', '.join(options[:12])}", meant=near)
        case "anyOf" | "oneOf":
            yield from _alternatives(place, error, told)
        case name:
            yield Misfit(place, f"breaks the schema's `{name}`")


def _alternatives(place: Place, error: Any, told: Mapping[str, Any]) -> Iterator[Misfit]:
    inner = [each for group in told.get("context", ()) for each in group]
    if inner and all(each.kind.name == "type" and tuple(each.instance_path) == place for each in inner):
        names = {name for each in inner for name in each.kind.as_dict()["types"]}
        yield Misfit(place, f"is {kind_of(error.instance)}, and has to be {types(names)}")
    else:
        yield Misfit(place, "fits none of the forms that it may have, or several")
