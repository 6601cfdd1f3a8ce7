"""What of a value may be told: nothing that looks like a secret, nothing that is marked as one anywhere in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.model.plan import JsonValue
from gitops_ci.policy import secrets
from gitops_ci.policy.secrets import MASK

MAX_DEPTH = 100
"""Values nested deeper are refused: no provider has them, and everything after us would have to bear them."""

_TELLING = 8
_TELLING_LETTERS = 16
"""A marked text is looked for elsewhere from this length on, one of letters alone (a word) from the second."""
_WORD = 3
"""Shorter ones are in any text, also as a word."""
_MOST_INSIDE = 32
"""Up to so many marked texts are looked for inside of longer ones, too."""

NAMING = ("name", "key", "Name", "Key")  # of the pair {name = "DB_PASSWORD", value = "…"}, as containers have it


class TooDeep(ValueError):
    """A value is nested deeper than MAX_DEPTH."""


class Masking(Struct, frozen=True):
    """What is known to be secret in one plan: texts that it marks as sensitive somewhere.

    `words` are those that are too short to be looked for inside of any text.
    """

    known: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Masking:
        """What the marked texts of a plan make together."""
        found = frozenset(texts)
        known = frozenset(filter(is_telling, found))
        return cls(known, frozenset(each for each in found - known if len(each) >= _WORD))

    def __repr__(self) -> str:
        return f"Masking({len(self.known)} texts)"

    def text(self, text: str) -> str:
        """A text without its secrets; the same object where there is none."""
        if self.known:
            if text in self.known:
                return MASK
            if len(self.known) <= _MOST_INSIDE:
                for value in self.known:
                    text = text.replace(value, MASK)
        return secrets.masked(text)

    def name(self, name: str) -> str:
        """The name of an attribute without what is marked elsewhere; its form is looked at where paths are made."""
        looked_for = self.known and (len(self.known) <= _MOST_INSIDE or name in self.known)
        return self.text(name) if looked_for else name

    def pair(self, before: JsonValue, after: JsonValue) -> tuple[JsonValue, JsonValue] | None:
        """Both sides of a place without their secrets; None where only "it changes" can be told."""
        if isinstance(before, str) and isinstance(after, str):
            return self._texts(before, after)
        one, other = self._side(before), self._side(after)
        return None if MASK in (one, other) else (one, other)

    def _texts(self, before: str, after: str) -> tuple[str, str] | None:
        if not self.known.isdisjoint((before, after)):
            return None
        shown = secrets.masked_pair(before, after)
        told = shown if shown is None or not self.known else (self.text(shown[0]), self.text(shown[1]))
        if told is None or (told[0] == told[1] and before != after) or MASK in (told[0].strip(), told[1].strip()):
            return None
        return told

    def _side(self, value: JsonValue) -> JsonValue:
        """One side: a text without its secrets, an object or list as it is or, with one secret in it, MASK."""
        if isinstance(value, str):
            told = self.text(value)
            return told if told is value or told.strip() != MASK else MASK
        if isinstance(value, dict | list):
            return MASK if any(self.text(text) is not text for text in _texts(value)) else value
        return value


def is_marked(mark: Any) -> bool:
    """Whether a mark (True, or a structure with marks deeper down) marks anything. Raises TooDeep."""
    if not mark:
        return False
    if not isinstance(mark, dict | list):
        return True
    return any(each and not isinstance(each, dict | list) for each in below(mark))


def marked_texts(value: JsonValue, mark: Any, depth: int = 0) -> Iterator[str]:
    """The texts that `mark` covers. Raises TooDeep."""
    if depth > MAX_DEPTH:
        raise TooDeep("values are nested too deeply")
    if isinstance(mark, dict) and isinstance(value, dict):
        for name, inner in mark.items():
            if inner:
                yield from marked_texts(value.get(name), inner, depth + 1)
    elif isinstance(mark, list) and isinstance(value, list):
        for item, inner in zip(value, mark, strict=False):
            yield from marked_texts(item, inner, depth + 1)
    elif is_marked(mark):
        yield from _texts(value)


def is_telling(text: str) -> bool:
    """Whether a text is long enough that the same one elsewhere is the same secret."""
    return len(text) >= (_TELLING_LETTERS if text.isalpha() else _TELLING)


def names_secret(key: str, *sides: JsonValue) -> bool:
    """Whether what `key` holds is a secret by its name, or by the name that stands beside it in either side."""
    if key in ("value", "Value"):
        beside = (side.get(naming) for side in sides if isinstance(side, dict) for naming in NAMING)
        return any(isinstance(name, str) and secrets.is_secret_name(name) for name in beside)
    return secrets.is_secret_name(key)


def holds_named_secret(value: JsonValue) -> bool:
    """Whether anything inside has the name of a secret."""
    if not isinstance(value, dict | list):
        return False
    return any(
        isinstance(each, dict) and any(names_secret(key, each) and not is_harmless(each[key]) for key in each)
        for each in below(value)
    )


def is_harmless(value: JsonValue) -> bool:
    """Whether a value is none that could be secret, whatever its name: yes or no, nothing, a reference."""
    return value is None or isinstance(value, bool) or (isinstance(value, str) and secrets.is_reference(value))


def below(value: Any) -> Iterator[Any]:
    """The value and everything inside it. Raises TooDeep."""
    pending = [(0, value)]
    while pending:
        depth, current = pending.pop()
        if depth > MAX_DEPTH:
            raise TooDeep("values are nested too deeply")
        yield current
        if isinstance(current, dict):
            pending.extend((depth + 1, inner) for inner in current.values())
        elif isinstance(current, list):
            pending.extend((depth + 1, inner) for inner in current)


def _texts(value: JsonValue) -> Iterator[str]:
    for each in below(value):
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
