"""What looks like a secret: by the name of a value, or by the value itself; one detector for plans, messages and rules.

Names: a word such as `password` or `private_key` at the end (`db_password`, `apiKey`), whatever the value is. Values:
tokens with a form of their own, private keys, passwords in addresses and assignments inside longer text, random words
right behind a naming one, and all of these in base64, also of gzip. No secret: references (ARNs, `$VARIABLES`), what
SOPS has encrypted, certificates, digests, UUIDs.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gitops_ci.policy.secrets import patterns

MASK = "(sensitive)"
"""What stands for a secret inside a text."""

CHANGED = "(sensitive, changed)"
"""The same for a secret that the other side of a change does not have."""

_SHORT = 200
_ENCODED = 24  # characters of base64 that could hold one
_GZIP = b"\x1f\x8b"
_UNPACKED = 1_000_000
"""Bytes that are unpacked of a text: a bomb costs no more, and no cloud takes as much user data."""
_LEAST = 8
"""Shorter texts hold no secret that could be told from a word."""


class Secret(NamedTuple):
    """A secret in a text: what kind it is, where it begins and ends, and how it is written (the pattern's group)."""

    kind: str
    start: int
    end: int
    how: str = ""


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether something of this name is a secret by its name alone."""
    return patterns.NAME.search(patterns.CAMEL.sub("_", name).lower().replace(".", "_").replace(" ", "_")) is not None


def is_reference(text: str) -> bool:
    """Whether a text only says where a secret is, or is one that is encrypted: an ARN, or what SOPS writes."""
    return patterns.REFERENCE.fullmatch(text) is not None


def find(text: str) -> tuple[Secret, ...]:
    """The secrets in a text, in order, none within another. Linear in the length of the text."""
    if len(text) < _LEAST:
        return ()
    if len(text) <= _SHORT:
        return _found_in_short(text)
    return _found(text)


def masked(text: str) -> str:
    """The text with MASK in place of every secret; the same object where there is none."""
    return replaced(text, find(text), {})


def masked_pair(before: str, after: str) -> tuple[str, str] | None:
    """Both sides of a change without their secrets; None where what is left does not show that they differ."""
    in_before, in_after = find(before), find(after)
    if not in_before and not in_after:
        return before, after
    known = {before[each.start : each.end] for each in in_before}
    fresh = {after[each.start : each.end]: CHANGED for each in in_after} if known else {}
    for value in known:
        fresh.pop(value, None)
    left = replaced(before, in_before, {}), replaced(after, in_after, fresh)
    return None if left[0] == left[1] and before != after else left


def replaced(text: str, secrets: tuple[Secret, ...], names: dict[str, str]) -> str:
    """The text with each secret replaced by its name, or by MASK."""
    if not secrets:
        return text
    parts, at = [], 0
    for each in secrets:
        parts += [text[at : each.start], names.get(text[each.start : each.end], MASK)]
        at = each.end
    return "".join([*parts, text[at:]])


def candidates(text: str, but: frozenset[str] = frozenset()) -> Iterator[Secret]:
    """Everything that one of the patterns takes for a secret, also where two of them overlap, `but` some kinds."""
    if len(text) >= _ENCODED and "base64" not in but:
        yield from _encoded(text)
    if patterns.HINT.search(text.lower()) is not None:
        yield from _plain(text, but)


def given_at(text: str, start: int, end: int) -> Iterator[Secret]:
    """What is given to the name that begins at `start`, whatever an open quote before it would swallow."""
    match = patterns.ASSIGNED.match(text, start, end)
    return _groups("assignment", match) if match is not None else iter(())


def _found(text: str) -> tuple[Secret, ...]:
    spans = sorted(candidates(text), key=lambda secret: (secret.start, -secret.end))
    kept: list[Secret] = []
    for each in spans:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=each.end)
    return tuple(kept)


_found_in_short = lru_cache(maxsize=8192)(_found)


_KINDS = (
    ("private key", patterns.PRIVATE_KEY, ("private",)),
    ("token", patterns.TOKENS, ("",)),
    ("password in an address", patterns.IN_ADDRESS, ("://",)),
    ("assignment", patterns.ASSIGNED, ("=", ":")),
    ("line", patterns.YAML, (": ", ":\t")),
    ("option", patterns.OPTION, ("-",)),
    ("named value", patterns.NAME_AND_VALUE, ("value",)),
    ("element", patterns.ELEMENT, ("</",)),
    ("credential", patterns.HEADER, ("auth", "bearer", "login", "'", "chpasswd", "curl")),
)
"""Kind, pattern, and texts (in lower case) of which one is in everything that the pattern finds."""


def _plain(text: str, but: frozenset[str] = frozenset()) -> Iterator[Secret]:
    lower = text.lower()
    for kind, pattern, needed in _KINDS:
        if kind not in but and any(each in lower for each in needed):
            yield from _all(kind, pattern, text)
    for match in patterns.NEAR.finditer(text) if "random value" not in but else ():
        if _is_random(match.group("value")):
            yield Secret("random value", *match.span("value"))


def _all(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Secret]:
    """What every match holds. Of a quoted value that is harmless the inside is searched, too: a quote may stay open.

    Linear: each opening quote ends what the one before it of its kind could swallow.
    """
    at = 0
    while (match := pattern.search(text, at)) is not None:
        found = tuple(_groups(kind, match))
        yield from found
        inside = max((match.start(name) for name in pattern.groupindex.keys() & patterns.ENCLOSED), default=-1)
        at = match.end() if found or inside < 0 else inside


def _groups(kind: str, match: re.Match[str]) -> Iterator[Secret]:
    """The parts of a match that are secret: all of it where the pattern has no groups."""
    if not match.re.groupindex:
        yield Secret(kind, *match.span())
    for name in match.re.groupindex.keys() - patterns.ASIDE:
        if (value := match.group(name)) and patterns.HARMLESS.match(value) is None:
            yield Secret(kind, *match.span(name), name.rstrip("0123456789"))


def _encoded(text: str) -> Iterator[Secret]:
    """Base64 of text that holds a secret, as user data is often given."""
    for match in patterns.BASE64.finditer(text):
        word = match.group()
        if len(word) % 4:
            continue
        try:
            content = _unpacked(base64.b64decode(word, validate=True)).decode()
        except (binascii.Error, zlib.error, ValueError):
            continue
        if patterns.HINT.search(content.lower()) is not None and next(_plain(content), None) is not None:
            yield Secret("base64", *match.span())


def _unpacked(content: bytes) -> bytes:
    """What gzip holds, up to the most that user data may be; anything else as it is."""
    if not content.startswith(_GZIP):
        return content
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content, _UNPACKED)


def _is_random(word: str) -> bool:
    """Whether a word has the mix of a generated one: digests (one case) and identifiers (no digits) have not."""
    upper = sum(character.isupper() for character in word)
    lower = sum(character.islower() for character in word)
    digits = sum(character.isdigit() for character in word)
    return min(upper, lower) >= 3 and digits >= 1 and len(set(word)) >= 14 and word.count("/") < 3
