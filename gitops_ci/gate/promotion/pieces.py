"""A Piece: one thing that a stack takes in and that is promoted from one environment to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gitops_ci.gate.promoted import Identity

What = Literal["module", "tree", "file", "provider", "constraint", "image", "chart", "source", "migration", "policy"]

BY_CONTENT: frozenset[What] = frozenset({"tree", "file", "migration", "policy"})
"""Where the content alone counts, whatever it is called and wherever it lies."""
WORDS: dict[What, str] = {
    "tree": "files",
    "file": "files",
    "constraint": "provider constraint",
    "migration": "migrations",
}
"""What a thing is called where it is not called by its own word."""
_NUMBER = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,4})")


class Piece(Struct, frozen=True, kw_only=True):
    """One thing: `version` says which, with `name`, or (`BY_CONTENT`) by itself.

    `shown` is the version as people know it. `path` and `line` say where it is asked for, `written` is what stands
    there for the version, `slot` tells apart what asks for the same thing twice. `fixed` is False for what may be
    another thing tomorrow: a branch, the tag `latest`, a range of versions.
    """

    what: What
    name: str
    version: str
    path: str
    shown: str = ""
    line: int | None = None
    written: str = ""
    slot: str = ""
    fixed: bool = True

    @property
    def identity(self) -> Identity:
        """What two environments have in common where both have this. A digest is the content, in any registry."""
        is_content = self.what in BY_CONTENT or self.version.startswith("sha256:")
        return self.what, "" if is_content else self.name, self.version

    @property
    def subject(self) -> str:
        """The thing without its version: `image registry.example/api`."""
        word = self.what if self.what == "migration" else WORDS.get(self.what, self.what)
        return f"{word} {self.name}"

    @property
    def label(self) -> str:
        """The thing with its version, for people."""
        return f"{self.subject} {self.shown or self.version}".rstrip()


def is_newer(one: str, other: str) -> bool:
    """Whether both are plain numbers of versions, and the first is the higher one."""
    numbers = [_NUMBER.fullmatch(each) for each in (one, other)]
    first, second = ([int(part) for part in each[1].split(".")] if each is not None else [] for each in numbers)
    return bool(first and second) and first > second


class Unread(Struct, frozen=True, kw_only=True):
    """A file of which nobody knows what it takes in. `content` is its object id: the same one is no news."""

    path: str
    content: str
    message: str
    line: int | None = None


class Contents(Struct, frozen=True):
    """What one stack takes in at one end of a change."""

    pieces: tuple[Piece, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def identities(self) -> frozenset[Identity]:
        """What it has."""
        return frozenset(piece.identity for piece in self.pieces)


def distinct(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The first of each identity."""
    found: dict[Identity, Piece] = {}
    for piece in pieces:
        found.setdefault(piece.identity, piece)
    return tuple(found.values())
