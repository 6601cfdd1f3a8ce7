"""What the value of a rule says: messages, exceptions, or something that nobody could make findings of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.model.plan import JsonValue
from gitops_ci.policy.documents.yaml_documents import Place

_BESIDE = ("details", "metadata")


class Message(Struct, frozen=True, kw_only=True):
    """One thing that a rule has to say, and where it says that it is.

    `text` is as the rule gave it: it may quote secrets (`hiding.message` takes them out).
    """

    text: str
    line: int | None = None
    place: Place | None = None
    address: str | None = None


class WrongShape(ValueError):
    """The value is none that conftest's conventions know."""


def messages(value: JsonValue) -> Iterator[Message]:
    """The messages of a rule's value: a set of texts, or of objects with `msg`. Raises WrongShape."""
    if not isinstance(value, list):
        raise WrongShape(f"gives {_kind(value)} instead of a set of messages")
    for each in value:
        if isinstance(each, str):
            yield Message(text=_said(each))
        elif isinstance(each, dict):
            text = each.get("msg")
            if not isinstance(text, str):
                raise WrongShape(f"gives an object with {_kind(text) if 'msg' in each else 'nothing'} as its `msg`")
            yield Message(
                text=_said(text),
                line=next((v for v in _beside(each, "line") if isinstance(v, int) and v > 0 and v is not True), None),
                place=next(filter(None, map(_place, _beside(each, "path"))), None),
                address=next((v for key in ("address", "resource") for v in _beside(each, key) if _is_text(v)), None),
            )
        else:
            raise WrongShape(f"gives {_kind(each)} as a message")


def excused(value: JsonValue) -> frozenset[str]:
    """The endings of rules that `exception` excuses (conftest: `exception[_][_]`). Raises WrongShape."""
    found: set[str] = set()
    for each in _members(value):
        found.update(name for name in _members(each) if isinstance(name, str))
    return frozenset(found)


def ending(rule: str) -> str:
    """What of a rule's name exceptions mean: `deny_run_as_root` is `run_as_root`, `deny` is the empty text."""
    if rule in ("deny", "violation", "warn"):
        return ""
    for prefix in ("violation_", "deny_", "warn_"):
        rule = rule.removeprefix(prefix)
    return rule


def _members(value: JsonValue) -> list[Any]:
    match value:
        case list():
            return value
        case dict():
            return list(value.values())
        case None:
            return []
        case _:
            raise WrongShape(f"gives {_kind(value)} instead of lists of rules' names")


def _beside(message: dict[str, Any], key: str) -> Iterator[Any]:
    for holder in (message, *(message.get(name) for name in _BESIDE)):
        if isinstance(holder, dict) and key in holder:
            yield holder[key]


def _place(path: Any) -> Place | None:
    """Keys and indices as a list, or written `spec.containers[0].image`."""
    if isinstance(path, list):
        return tuple(path) if all(isinstance(each, str | int) for each in path) else None
    if not isinstance(path, str):
        return None
    found: list[str | int] = []
    for part in path.lstrip("$.").split("."):
        name, *indices = part.split("[")
        found += [name] if name else []
        for index in indices:
            written = index.rstrip("]").strip("\"'")
            found.append(int(written) if written.isdecimal() else written)
    return tuple(found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _said(text: str) -> str:
    if not text.strip():
        raise WrongShape("gives an empty message")
    return text


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "null"
