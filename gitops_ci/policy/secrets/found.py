"""One secret in one content, as it is kept: where, what for, and a digest that tells two values apart and no more."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from gitops_ci.policy.secrets import detector

_LONGEST_NAME = 80


class Found(Struct, frozen=True, gc=False):
    """A secret: `name` is what it is given to or whose it is; `value` is a digest under a key of this process."""

    rule: str
    name: str
    line: int
    value: bytes

    def __repr__(self) -> str:
        return f"Found({self.rule}, {self.name!r}, line {self.line})"


def make(rule: str, name: str, line: int, value: str) -> Found:
    """A Found of which nothing leads back to `value`; a name that holds a part of the secret is left out."""
    bare = "".join(value.split())
    shown = detector.masked(name[:_LONGEST_NAME])
    if len(bare) >= 4 and bare in shown:
        shown = ""
    return Found(rule, shown, line, digest(bare))


def digest(bare: str) -> bytes:
    """What tells a value (without white space) from others, in this process only: no guess can be tried on it later."""
    from hashlib import blake2b  # loads a cryptographic library, which a run without findings does without

    return blake2b(bare.encode("utf-8", "surrogatepass"), key=_key(), digest_size=16).digest()


@cache
def _key() -> bytes:
    return os.urandom(32)


def distinct(every: Iterable[Found]) -> tuple[Found, ...]:
    """Each secret once, as what it was found to be first, in the order of lines.

    Two readers of a file see the same value in the same line, or under the same name a line apart.
    """
    kept: list[Found] = []
    known: set[tuple[bytes, int] | tuple[bytes, int, str]] = set()
    for each in every:
        here = (each.value, each.line)
        near = {(each.value, each.line + shift, each.name) for shift in (1, -1)}
        if here not in known and known.isdisjoint(near):
            kept.append(each)
            known |= {here, (*here, each.name)}
    return tuple(sorted(kept, key=lambda one: one.line))
