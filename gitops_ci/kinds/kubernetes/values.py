"""Values of YAML whose types nobody has checked: a mapping, a list, a text, or nothing of that kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.policy.documents.yaml_documents import Place


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping at a place; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(value: Any, *keys: str) -> list[Any]:
    """The list at a place; an empty one where there is none."""
    found = mapping(value, *keys[:-1]).get(keys[-1]) if keys else value
    return found if isinstance(found, list) else []


def mappings(value: Any, *keys: str) -> list[dict[str, Any]]:
    """The mappings in the list at a place."""
    return [each for each in listed(value, *keys) if isinstance(each, dict)]


def texts(value: Any, *keys: str) -> list[str]:
    """The texts in the list at a place."""
    return [each for each in listed(value, *keys) if isinstance(each, str)]


def text(value: Any, *keys: str) -> str:
    """The text at a place; empty where there is none."""
    found = mapping(value, *keys[:-1]).get(keys[-1])
    return found if isinstance(found, str) else ""


def at(value: Any, *place: str | int) -> Any:
    """The value at a place of any depth; None where there is none."""
    for step in place:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def digest(value: Any) -> str:
    """One short text for all of a value; what is no JSON counts by its own text."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def placed(value: Any, *keys: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The mappings in the list at a place, each with its own place."""
    for index, each in enumerate(listed(value, *keys)):
        if isinstance(each, dict):
            yield (*keys, index), each


def every_text(value: Any) -> Iterator[str]:
    """Every text in a value at any depth, keys left out."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
