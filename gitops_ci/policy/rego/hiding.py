"""Messages of policies without the secrets of what they were asked about: a policy may quote its input."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gitops_ci.policy import secrets

_LEAST = 4
"""Shorter values of a Secret are not looked for: they are in any text."""
_LEAST_NAMED = 8


def message(text: str, known: Iterable[str]) -> str:
    """The text without what is known to be secret, and without what looks like it."""
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, secrets.MASK)
    return secrets.masked(text)


def of(payload: bytes) -> frozenset[str]:
    """The texts of an input that are secret by a name in it: what a Secret holds, what `password` and the like do."""
    return frozenset(_secret(msgspec.json.decode(payload)))


def _secret(value: Any) -> Iterator[str]:
    pending: list[tuple[str, Any, bool]] = [("", value, False)]
    while pending:
        key, current, inside = pending.pop()
        match current:
            case dict():
                is_secret = current.get("kind") == "Secret"
                for name, inner in current.items():
                    within = inside or (is_secret and name in ("data", "stringData"))
                    pending.append((name, inner, within))
            case list():
                pending.extend((key, inner, inside) for inner in current)
            case str() if inside and len(current) >= _LEAST:
                yield current
                yield from _decoded(current)
            case str() if len(current) >= _LEAST_NAMED and secrets.is_secret_name(key):
                if not secrets.is_reference(current):
                    yield current
            case _:
                pass


def _decoded(text: str) -> Iterator[str]:
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return
    if len(plain) >= _LEAST:
        yield plain
