"""SealedSecrets: whether what they hold can have been encrypted, which shows without the key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.policy.secrets import judging, values

RULE = "secrets/sealed-secret"
_GCM_TAG = 16
_KEY_SIZES = range(128, 2049)
"""Bytes of an RSA modulus: 1,024 to 16,384 bits."""

Leaf = tuple[tuple[str, ...], str, str]


def in_clear(sealed: Mapping[str, Any]) -> Iterator[Leaf]:
    """What of a SealedSecret is not encrypted: place, key, value. `template.data` is in clear by its definition."""
    spec = sealed["spec"]
    held = spec.get("encryptedData")
    for key, value in held.items() if isinstance(held, Mapping) else ():
        if isinstance(value, str) and not is_sealed(value) and not values.is_nothing(value):
            yield ("spec", "encryptedData", key), str(key), value
    old = spec.get("data")
    if isinstance(old, str) and not is_sealed(old) and not values.is_nothing(old):
        yield ("spec", "data"), "data", old
    template = spec.get("template")
    data = template.get("data") if isinstance(template, Mapping) else None
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if isinstance(value, str) and judging.is_given(str(key), value):
            yield ("spec", "template", "data", key), str(key), value


def is_sealed(value: str) -> bool:
    """Whether a value is strict base64 of a session key's length (two bytes), that key, and an AES-GCM text."""
    try:
        raw = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    size = int.from_bytes(raw[:2], "big")
    return size in _KEY_SIZES and len(raw) >= 2 + size + _GCM_TAG
