"""Why values are no Config: what the shipped JSON Schema expected at each key, and the nearest that is valid."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from typing import Any

import msgspec

from gitops_ci.config_file.document import Path


def unmet(data: object, error: msgspec.ValidationError, shipped: str) -> Iterator[tuple[Path, str]]:
    """Every key that is not as the `shipped` schema has it; `error` is the first of them in msgspec's words."""
    import jsonschema  # slow to import, and only a bad file pays for it

    schema = json.loads(resources.files("gitops_ci").joinpath("schema", shipped).read_bytes())
    found = list(jsonschema.Draft202012Validator(schema).iter_errors(data))
    for each in found:
        yield from _explained(each)
    if not found:  # JSON Schema takes 1.0 for 1, and not-a-number for any number
        yield decoded(str(error))


def decoded(message: str) -> tuple[Path, str]:
    """Where msgspec's words say that something is wrong, and what."""
    said, _, where = message.partition(" - at `$")
    path = (int(index) if index else key for key, index in re.findall(r"([^.\[\]`]+)|\[(\d+)\]", where))
    return tuple(path), said[:1].lower() + said[1:].replace("`", "")


def _explained(error: Any) -> Iterator[tuple[Path, str]]:
    where: Path = tuple(error.absolute_path)
    schema, instance = error.schema, error.instance
    if error.validator == "additionalProperties":
        for key in instance.keys() - schema["properties"].keys():
            yield (*where, key), f"unknown key{_nearest(key, schema['properties'])}"
    elif error.validator == "required":
        for key in (key for key in schema["required"] if key not in instance):
            yield (*where, key), f"missing; expected {_described(schema['properties'][key])}"
    elif error.validator == "anyOf":
        yield from _of_alternatives(error)
    else:
        yield where, f"expected {_described(schema)}{_found(schema, instance)}"


def _of_alternatives(error: Any) -> Iterator[tuple[Path, str]]:
    """What the alternative expected that is of the value's type; all of them where none is."""
    schemas = [each for each in error.schema["anyOf"] if each.get("type") != "null"]
    choices: dict[str, Any] = {"enum": [value for each in schemas for value in each.get("enum", ())]}
    inner = [each for each in error.context if not _is_null(each)]
    deeper = [each for each in inner if each.validator not in ("type", "enum") or len(each.relative_path)]
    if deeper:
        for each in deeper:
            yield from _explained(each)
    elif choices["enum"] and isinstance(error.instance, str):
        yield tuple(error.absolute_path), f"expected {_described(choices)}{_found(choices, error.instance)}"
    else:
        told = dict.fromkeys(_described(each.schema) for each in inner)
        yield tuple(error.absolute_path), f"expected {', or '.join(told)}{_found(inner[0].schema, error.instance)}"


def _is_null(error: Any) -> bool:
    return bool(error.schema.get("type") == "null" or error.schema.get("enum") == [None])


def _nearest(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key.lower(), known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{meant} (keys here: {', '.join(sorted(known))})"


def _described(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        words = [str(value) for value in schema["enum"]]
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    kind = schema.get("type")
    if kind == "string" and "examples" in schema:
        return f"text such as {' or '.join(schema['examples'])}"
    if kind == "string":
        least = f" of at least {schema['minLength']} characters" if schema.get("minLength", 1) > 1 else ""
        limit = least or (f" of at most {schema['maxLength']} characters" if "maxLength" in schema else "")
        letters = "; letters, digits, . _ and -, the first a letter or digit" if "pattern" in schema else ""
        return f"text{limit}{letters}"
    if kind == "number":
        return f"a number above {schema.get('exclusiveMinimum', '-∞')}, at most {schema.get('maximum', '∞')}"
    if kind == "object" and schema.get("properties"):
        return f"a mapping with keys out of {', '.join(sorted(schema['properties']))}"
    return {"array": "a list", "object": "a mapping"}.get(str(kind), str(kind))


def _found(schema: Mapping[str, Any], instance: object) -> str:
    """The type of what is there where it is the wrong one; never the value, which may be a secret."""
    wanted = "string" if "enum" in schema and isinstance(schema["enum"][0], str) else schema.get("type", "number")
    match instance:
        case str() if "enum" in schema and wanted == "string":
            near = difflib.get_close_matches(instance.lower(), map(str, schema["enum"]), n=1)
            return f"; did you mean {near[0]}?" if near else ""
        case None:
            return ", found nothing"
        case bool() if wanted == "string":
            return ", found true or false (as YAML reads on, off, yes and no): put text in quotes"
        case bool():
            return ", found true or false"
        case int() | float():
            return ", found a number: put text in quotes" if wanted == "string" else ""
        case str():
            return "" if wanted == "string" else ", found text"
        case list():
            return ", found a list"
        case _:
            return ", found a mapping"
