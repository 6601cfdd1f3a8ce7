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
_PLAIN = ("apiVersion", "kind", "metadata", "type", "immutable", "data")


def is_secret(value: Mapping[str, Any]) -> bool:
    """Whether an object is a Secret of Kubernetes itself."""
    return value.get("kind") == "Secret" and value.get("apiVersion") == "v1"


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
        found["data"] = dict.fromkeys(_mapping(value.get("data")), True)
        found |= {key: True for key in value if key not in _PLAIN}  # whoever misspells `data` still means it
    return found or None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
