"""The value of an expression as far as it is written down: text, numbers, lists and mappings of them."""

from __future__ import annotations

import json
from typing import Any, Final

from gitops_ci.kinds.terraform import blocks
from gitops_ci.kinds.terraform.blocks import Token
from gitops_ci.kinds.terraform.native_syntax import Unbalanced


class _Computed:
    """What only an evaluation of the configuration could tell."""

    def __repr__(self) -> str:
        return "COMPUTED"


COMPUTED: Final = _Computed()
Value = Any
"""A JSON value in which any part may be COMPUTED."""

_WORDS = {"true": True, "false": False, "null": None}


def of(expression: str) -> Value:
    """The value of an expression; COMPUTED where, and in so far as, it is more than a literal. Never raises."""
    try:
        found = [token for token in blocks.tokens(expression) if token.kind != "newline"]
    except Unbalanced:
        return COMPUTED
    reader = _Reader(found)
    value = reader.value()
    return value if reader.ended else COMPUTED


def text(expression: str) -> str | None:
    """The text that an expression is; None where it is no literal text."""
    value = of(expression)
    return value if isinstance(value, str) else None


class _Reader:
    """Reads one value from tokens; whatever is not a literal is passed over up to where it ends."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0

    @property
    def ended(self) -> bool:
        return self.index == len(self.tokens)

    def value(self) -> Value:
        found = self._literal()
        return found if self._at("", ",", "]", "}") else self._computed()

    def _at(self, *texts: str) -> bool:
        """Whether one of `texts` is next; the empty one stands for the end."""
        return (self.tokens[self.index].text if not self.ended else "") in texts

    def _literal(self) -> Value:
        if self.ended:
            return COMPUTED
        token = self.tokens[self.index]
        self.index += 1
        match token.kind:
            case "string":
                return _unquoted(token.text)
            case "number":
                return _number(token.text)
            case "word" if token.text in _WORDS:
                return _WORDS[token.text]
            case "open" if token.text == "[":
                return self._list()
            case "open" if token.text == "{":
                return self._mapping()
            case _:
                self.index -= 1
                return COMPUTED

    def _list(self) -> Value:
        items: list[Value] = []
        if self._at("for"):
            return self._comprehension()
        while not self._at("]"):
            items.append(self.value())
            if self._at(","):
                self.index += 1
            elif not self._at("]"):
                return COMPUTED
        self.index += 1
        return items

    def _mapping(self) -> Value:
        items: dict[str, Value] = {}
        if self._at("for"):
            return self._comprehension()
        while not self._at("}"):
            key = self._key()
            if not self._at("=", ":"):
                return COMPUTED
            self.index += 1
            value = self._item()
            if key is not None:
                items[key] = value
            if self._at(","):
                self.index += 1
        self.index += 1
        return items

    def _key(self) -> str | None:
        """The key of an item; None where it is computed, which is passed over."""
        token = self.tokens[self.index] if not self.ended else None
        if token is not None and token.kind == "word":
            self.index += 1
            return token.text
        if token is not None and token.kind == "string":
            self.index += 1
            value = _unquoted(token.text)
            return value if isinstance(value, str) else None
        self._skip("=", ":")
        return None

    def _item(self) -> Value:
        """A value of a mapping, which the end of its line ends as well: seen by what the next tokens are."""
        found = self._literal()
        if self._at(",", "}") or self._is_key():
            return found
        self._skip(",", "}", keys=True)
        return COMPUTED

    def _is_key(self) -> bool:
        following = self.tokens[self.index : self.index + 2]
        return len(following) == 2 and following[0].kind in ("word", "string") and following[1].text in ("=", ":")

    def _computed(self) -> Value:
        self._skip(",", "]", "}")
        return COMPUTED

    def _comprehension(self) -> Value:
        self._skip("]", "}")
        self.index += not self.ended
        return COMPUTED

    def _skip(self, *until: str, keys: bool = False) -> None:
        depth = 0
        while not self.ended and (depth or not (self._at(*until) or (keys and self._is_key()))):
            token = self.tokens[self.index]
            depth += (token.kind == "open") - (token.kind == "close")
            self.index += 1


def _unquoted(quoted: str) -> Value:
    body = quoted[1:-1]
    if "${" in body.replace("$${", "") or "%{" in body.replace("%%{", ""):
        return COMPUTED
    try:
        return str(json.loads(f'"{body}"', strict=False)).replace("$${", "${").replace("%%{", "%{")
    except ValueError:
        return COMPUTED


def _number(text: str) -> Value:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return COMPUTED
