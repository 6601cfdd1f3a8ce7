"""What a value holds as lines to read and compare: text by line, JSON laid out by key, base64 decoded.

Nothing is escaped here: see `untrusted`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import JsonValue
from gitops_ci.policy import secrets
from gitops_ci.render import values

LONG = 100_000
"""Characters from which a value stays one line, so that a megabyte is never laid out only to be cut."""
_SHORT = 60
"""JSON up to this length stays on one line."""

_NAMES_BASE64 = re.compile(r"base64|user_?data|custom_?data", re.IGNORECASE)
_SHORTEST = 16
"""Characters from which base64 is not taken for a word."""
_GZIP = b"\x1f\x8b"
_LAYOUT = re.compile(r"[\t\n\r]")


class Document(Struct, frozen=True):
    """A value as lines, none for `None`.

    `decoded` says what was undone to see them (`base64`, `base64, gzip`), mostly nothing; `laid_out` whether they are
    JSON out of a text.
    """

    lines: tuple[str, ...] = ()
    decoded: str = ""
    laid_out: bool = False


def of(value: JsonValue, path: str = "") -> Document:
    """A value as lines. `path` is where it stands: what is named as base64 is decoded where it clearly is text."""
    if value is None:
        return Document()
    if not isinstance(value, str):
        return Document(tuple(_laid_out(value) or [values.one_line(value, LONG)]))
    if len(value) > LONG:
        return Document((value,))
    text, decoded = (_decoded(value) if _NAMES_BASE64.search(path) else None) or (value, "")
    laid_out = _json(text)
    return Document(tuple(laid_out or text.rstrip("\n").split("\n")), decoded, laid_out is not None)


def _json(text: str) -> list[str] | None:
    """The text's JSON with its keys in order; None for any other text, and where laying it out would hide something."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return _laid_out(json.loads(text, object_pairs_hook=_unique))
    except (ValueError, RecursionError):
        return None


def _laid_out(value: JsonValue) -> list[str] | None:
    """An object or a list as indented lines, or one line where it is short; None where that cannot be.

    Without commas at the ends of lines, so that an item which is appended changes no other line.
    """
    if not isinstance(value, (dict, list, tuple)):
        return None
    try:
        written = json.dumps(value, ensure_ascii=False, sort_keys=True)
        if len(written) <= _SHORT or len(written) > LONG:
            return [written]
        return msgspec.json.format(written, indent=2).replace(",\n", "\n").split("\n")
    except (ValueError, TypeError, RecursionError):  # NaN, keys of two types, half a surrogate pair
        return None


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """An object, unless a key is there twice: the one that would not be shown may be the one that counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _decoded(value: str) -> tuple[str, str] | None:
    """The text behind base64, and behind gzip within it, with the names of what was undone; None for anything else."""
    packed = "".join(value.split())
    if len(packed) < _SHORTEST:
        return None
    try:
        content, decoded = base64.b64decode(packed, validate=True), "base64"
        if content.startswith(_GZIP):
            content, decoded = _unzipped(content), "base64, gzip"
        text = content.decode()
    except (binascii.Error, zlib.error, ValueError):
        return None
    return (secrets.masked(text), decoded) if text and _LAYOUT.sub("", text).isprintable() else None


def _unzipped(content: bytes) -> bytes:
    """All of it, at most LONG bytes: a bomb is not text that anybody reads. Raises ValueError where that is not all."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    found = unzip.decompress(content, LONG)
    if not unzip.eof:
        raise ValueError("not all of it")
    return found
