"""Parameters of a Gatekeeper constraint beside the schema of its template (openAPIV3Schema)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def schema(template: Mapping[str, Any]) -> Any:
    """What a ConstraintTemplate says of its parameters; None where it does not, or where it takes anything besides.

    A `legacySchema`, the default of v1beta1, lets unknown fields through.
    """
    value: Any = template
    for name in ("spec", "crd", "spec", "validation"):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return None
    old = str(template.get("apiVersion")).endswith(("/v1beta1", "/v1alpha1"))
    return None if value.get("legacySchema", old) else value.get("openAPIV3Schema")


def misfits(value: Any, known: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Where parameters are not what the schema says, and how."""
    if not isinstance(known, dict) or value is None or known.get("x-kubernetes-int-or-string"):
        return
    kinds = _TYPES.get(str(known.get("type")))
    if kinds is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        yield place, f"has to be of the type {known['type']}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, known.get("items"), (*place, index))
    elif isinstance(value, dict):
        yield from _fields(value, known, place)


def _fields(value: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    properties = known.get("properties")
    others = known.get("additionalProperties")
    named = properties if isinstance(properties, dict) else {}
    is_open = others or known.get("x-kubernetes-preserve-unknown-fields") or not named
    for name, inner in value.items():
        if name in named or isinstance(others, dict):
            yield from misfits(inner, named.get(name, others), (*place, name))
        elif not is_open:
            yield (*place, name), "is unknown to the template: it is dropped without a word"
    required = known.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            yield place, f"lacks {str(name)[:60]}, which the template requires"
