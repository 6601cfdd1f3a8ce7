"""Schemas of custom resources: what the CRDs of the repository say, and what it keeps of others, as JSON Schema.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from gitops_ci.kinds.kubernetes.schemas.kept import Kept, Name

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.schemas.validation import Validator

MAX_DEPTH = 60
_KEPT = (
    "enum", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
    "maxItems", "minItems", "maxProperties", "minProperties", "multipleOf", "required",
)  # fmt: skip
_WITHIN = ("allOf", "anyOf", "oneOf")
_EMBEDDED = ("apiVersion", "kind", "metadata")
_GROUP = "apiextensions.k8s.io"


class Known(Struct, frozen=True):
    """The schemas that CRDs of a repository have, by group, version and kind; None where a version has none.

    `scopes` says of a group and kind whether its objects are in a namespace. `kept` asks for a schema that is kept
    beside them, where no CRD has one.
    """

    schemas: Mapping[Name, dict[str, Any] | None] = {}
    scopes: Mapping[tuple[str, str], bool] = {}
    kept: Callable[[Name], Kept | None] = lambda _: None
    built: dict[Name, Validator | None] = field(default_factory=dict)

    def validator(self, name: Name) -> Validator | None:
        """What validates such an object; None where no CRD has a schema that can be used."""
        if name not in self.built:
            schema = self.schemas.get(name)
            kept = self.kept(name) if schema is None else None
            self.built[name] = _built(kept.schema if kept is not None else schema)
        return self.built[name]


def is_definition(value: Mapping[str, Any]) -> bool:
    """Whether an object is a CRD."""
    version = value.get("apiVersion")
    is_ours = isinstance(version, str) and version.startswith(f"{_GROUP}/")
    return value.get("kind") == "CustomResourceDefinition" and is_ours


def known(definitions: Iterable[Mapping[str, Any]], kept: Callable[[Name], Kept | None] = lambda _: None) -> Known:
    """What CRDs define, and what is kept beside them."""
    schemas: dict[Name, dict[str, Any] | None] = {}
    scopes: dict[tuple[str, str], bool] = {}
    for each in definitions:
        spec = _mapping(each.get("spec"))
        group, kind = spec.get("group"), _mapping(spec.get("names")).get("kind")
        if isinstance(group, str) and isinstance(kind, str):
            scopes[group, kind] = spec.get("scope") != "Cluster"
            for version, schema in _versions(spec):
                schemas[group, version, kind] = schemas.get((group, version, kind)) or schema
    return Known(schemas, scopes, kept)


def _versions(spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    shared = _mapping(_mapping(spec.get("validation")).get("openAPIV3Schema"))  # v1beta1
    versions = spec.get("versions")
    if not isinstance(versions, list) and isinstance(spec.get("version"), str):
        versions = [{"name": spec["version"]}]
    for each in versions if isinstance(versions, list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str) and each.get("served", True) is not False:
            schema = _mapping(_mapping(each.get("schema")).get("openAPIV3Schema")) or shared
            yield each["name"], schema or None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _built(schema: dict[str, Any] | None) -> Validator | None:
    from gitops_ci.kinds.kubernetes.schemas import validation

    if schema is None:
        return None
    try:
        return validation.built(converted(schema, is_object=True))
    except ValueError:
        return None


def converted(schema: Mapping[str, Any], depth: int = 0, *, is_object: bool = False) -> dict[str, Any]:
    """JSON Schema of a structural schema; a reference is none of its words, so nothing is ever fetched.

    Raises ValueError where it is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    made: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    if isinstance(schema.get("required"), list):
        given = _mapping(schema.get("properties"))  # a default is set before anybody looks
        names = [name for name in schema["required"] if isinstance(name, str)]
        made["required"] = [name for name in names if "default" not in _mapping(given.get(name))]
    for key in _WITHIN:
        if isinstance(schema.get(key), list):
            made[key] = [_within(each, depth) for each in schema[key] if isinstance(each, dict)]
    if isinstance(schema.get("not"), dict):
        made["not"] = _within(schema["not"], depth)
    if schema.get("x-kubernetes-int-or-string"):
        return {key: each for key, each in made.items() if key != "pattern"} | {"type": ["integer", "string", "null"]}
    made |= _type(schema)
    if isinstance(schema.get("items"), dict):
        made["items"] = converted(schema["items"], depth + 1)
    return made | _properties(schema, depth, is_object=is_object or bool(schema.get("x-kubernetes-embedded-resource")))


def _type(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Its type, or null: the API server takes a null that may not be out before it looks."""
    made: dict[str, Any] = {}
    if isinstance(schema.get("type"), str):
        made["type"] = [schema["type"], "null"]
    elif isinstance(schema.get("type"), list):  # in JSON Schema, not in a CRD
        made["type"] = sorted({"null", *(each for each in schema["type"] if isinstance(each, str))})
    if isinstance(schema.get("enum"), list):
        made["enum"] = [*schema["enum"], None]
    return made


def _within(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """A part that only says more of what stands around it, and so forbids no field."""
    made = converted(schema, depth + 1)
    made.pop("additionalProperties", None)
    return made


def _properties(schema: Mapping[str, Any], depth: int, *, is_object: bool) -> dict[str, Any]:
    properties = _mapping(schema.get("properties"))
    made = {name: converted(each, depth + 1) for name, each in properties.items() if isinstance(each, dict)}
    if is_object:
        made |= {name: {} for name in _EMBEDDED}
    told: dict[str, Any] = {"properties": made} if made else {}
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        told["additionalProperties"] = converted(more, depth + 1)
    elif properties and (more is None or more is False) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        told["additionalProperties"] = False
    return told
