"""Messages of policies without the secrets of what they were asked about: a policy may quote its input."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gitops_ci.policy import secrets

MAX_MESSAGE = 1000
"""Characters of a message that are told."""

_LEAST = 4
"""Shorter values of a Secret are not looked for: they are in any text."""
_LEAST_NAMED = 8


def message(text: str, known: Iterable[str], words: Iterable[str] = ()) -> str:
    """What of a message may be told, in one line: nothing that is known to be secret, nothing that looks like it.

    `known` are looked for anywhere, also escaped as in JSON, in base64 and line by line; `words` are too short for
    that and are taken out where they stand by themselves. It is cut last, so that no part of a secret is left.
    """
    for form in sorted({form for value in known for form in _forms(value)}, key=len, reverse=True):
        text = text.replace(form, secrets.MASK)
    for word in words:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", secrets.MASK, text)
    plain = " ".join(secrets.masked(text).split())
    return plain if len(plain) <= MAX_MESSAGE else f"{plain[:MAX_MESSAGE]} …"


def _forms(value: str) -> Iterator[str]:
    """How a policy may quote a text: as it is, as JSON, as base64, its lines, with its white space put together."""
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield " ".join(value.split())
    yield base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
    yield from (line.strip() for line in value.splitlines() if len(line.strip()) >= _LEAST_NAMED)


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
