"""Values of YAML whose types nobody has checked: a mapping, a list, a text, or nothing of that kind."""

from __future__ import annotations

from typing import Any


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
