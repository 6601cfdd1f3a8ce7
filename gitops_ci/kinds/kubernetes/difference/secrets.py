"""What of an object nobody may see: the values of Secrets, in whatever form, and the same texts elsewhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes.difference import names
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.terraform.plans.masking import Masking

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object once more."""
_VALUES = ("data", "stringData")
_SHORTEST = 6  # characters of what is hidden elsewhere though nobody knows that it is a value
_KNOWN = frozenset({"apiVersion", "kind", "metadata", "type", "immutable", *_VALUES})
"""What a Secret has: whatever else somebody wrote into it may be meant for a value (`Data`)."""


def is_secret(value: Mapping[str, Any]) -> bool:
    """Whether an object is a Secret of Kubernetes itself, or meant for one, which no cluster takes."""
    kind, api = value.get("kind"), value.get("apiVersion")
    return isinstance(kind, str) and kind.lower() == "secret" and (api is None or "/" not in f"{api}")


def known(objects: Iterable[Object]) -> Masking:
    """What the Secrets of both ends hold, which is secret wherever it stands."""
    several = [each for each in objects if is_secret(each.value)]
    held = (text for each in several for text in _texts(each.value))
    return Masking.of((*held, *names.generated(several)))  # the name is a hash of the values


def _texts(secret: Mapping[str, Any]) -> Iterator[str]:
    for field in _VALUES:
        for value in _mapping(secret.get(field)).values():
            if not isinstance(value, str) or not value:
                continue
            yield value
            other = _decoded(value) if field == "data" else _encoded(value)
            if other:
                yield other
    yield from _held(value for key, value in secret.items() if key not in _KNOWN or not _is_well(key, value))


def _is_well(key: str, value: Any) -> bool:
    """Whether a known field has a form in which its values are known to be secret, or not to be."""
    if key in _VALUES:
        return isinstance(value, Mapping) and all(isinstance(each, str) or not each for each in value.values())
    return key not in ("type", "immutable") or isinstance(value, str | bool | None)


def _held(values: Iterable[Any]) -> Iterator[str]:
    """All texts and numbers in what has no business in a Secret."""
    pending = list(values)
    while pending:
        each = pending.pop()
        if isinstance(each, Mapping):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
        elif isinstance(each, str | int | float) and not isinstance(each, bool) and len(f"{each}") >= _SHORTEST:
            yield f"{each}"


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode("utf-8", "replace")).decode()


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def whole(secret: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret as the server keeps it: what is given in clear (`stringData`) is part of its `data`, and wins."""
    given = _mapping(secret.get("stringData"))
    encoded = {key: _encoded(str(value)) for key, value in given.items()}
    held = {**_mapping(secret.get("data")), **encoded}
    others = {key: value for key, value in secret.items() if key not in _VALUES}
    return {**others, "data": held} if held else others


def marks(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Which places of an object are secret, in the shape of a plan's own marks."""
    applied = _APPLIED in _mapping(_mapping(value.get("metadata")).get("annotations"))
    found: dict[str, Any] = {"metadata": {"annotations": {_APPLIED: True}}} if applied else {}
    if is_secret(value):
        data = value.get("data")
        found["data"] = dict.fromkeys(data, True) if isinstance(data, Mapping) else True
        found |= {key: True for key, held in value.items() if key not in _KNOWN or not _is_well(key, held)}
    return found or None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
