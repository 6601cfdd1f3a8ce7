"""Parts of a statement as its author wrote them: a column's definition, the sub-commands of ALTER TABLE."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from gitops_ci.kinds.database.sql.postgres import Statement, Token, tokens

MAX_TEXT = 300


class Clauses:
    """The tokens of a statement, cut at commas outside of parentheses."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._tokens = tokens(statement.text)
        self._starts = _in_bytes(statement.text, self._tokens)

    def at(self, location: int, *, skip: int = 0) -> str:
        """From a location of the parse tree to the end of its list item; `skip` leaves out its first words."""
        return self._joined(self._item(self._index(location) + skip))

    def commands(self, relation: int) -> list[str]:
        """The sub-commands that follow the name of a relation, given that name's location."""
        index = self._index(relation) + 1
        while index < len(self._tokens) and self._tokens[index].text in (".", "*"):
            index += 2 if self._tokens[index].text == "." else 1
        found: list[str] = []
        while index < len(self._tokens):
            item = self._item(index)
            found.append(self._joined(item))
            index += len(item) + 1
        return found

    def _index(self, location: int) -> int:
        return bisect_left(self._starts, location - self._statement.location)

    def _item(self, index: int) -> Sequence[Token]:
        depth, end = 0, index
        while end < len(self._tokens):
            text = self._tokens[end].text
            if depth == 0 and text in (",", ")", "]", ";"):
                break
            depth += (text in ("(", "[")) - (text in (")", "]"))
            end += 1
        return self._tokens[index:end]

    @staticmethod
    def _joined(item: Sequence[Token]) -> str:
        """The words of an item; whatever lay between two of them (also comments) becomes one space."""
        text, last = "", None
        for token in item:
            text += (" " if last is not None and token.start > last else "") + token.text
            last = token.end
            if len(text) > MAX_TEXT:
                return text[:MAX_TEXT] + "…"
        return text


def _in_bytes(text: str, words: Sequence[Token]) -> list[int]:
    """Where each token starts, in bytes of UTF-8: locations of the parse tree count those."""
    if text.isascii():
        return [word.start for word in words]
    found: list[int] = []
    position, count = 0, 0
    for word in words:
        count += len(text[position : word.start].encode())
        position = word.start
        found.append(count)
    return found
