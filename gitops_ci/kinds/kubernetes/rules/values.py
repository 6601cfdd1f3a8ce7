"""Values of an object, whatever somebody wrote in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.policy.documents.yaml_documents import Place


def at(value: Any, *place: str | int) -> Any:
    """The value at a place; None where there is none."""
    for step in place:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: Any, *place: str | int) -> str:
    """The text at a place; empty where there is none."""
    found = at(value, *place)
    return found if isinstance(found, str) else ""


def mapping(value: Any, *place: str | int) -> Mapping[str, Any]:
    """The mapping at a place; empty where there is none."""
    found = at(value, *place)
    return found if isinstance(found, Mapping) else {}


def items(value: Any, *place: str | int) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The mappings in the list at a place, each with its own place."""
    found = at(value, *place)
    for index, each in enumerate(found if isinstance(found, list) else ()):
        if isinstance(each, Mapping):
            yield (*place, index), each


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys left out."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
