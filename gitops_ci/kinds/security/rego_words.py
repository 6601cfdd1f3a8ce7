"""The words of Rego: names, strings, brackets and operators with their places; comments apart."""

from __future__ import annotations

import re

from msgspec import Struct

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\f\v]+) | (?P<newline>\n) | (?P<comment>\#[^\n]*)
    | (?P<raw>`[^`]*`) | (?P<text>"(?:[^"\\\n]|\\.)*")
    | (?P<name>[^\W\d]\w*) | (?P<number>\d[\w.]*(?:[eE][+-]?\d+)?)
    | (?P<open>[\[({]) | (?P<close>[\])}])
    | (?P<operator>:=|==|!=|<=|>=|[^\w\s"`])
    """,
    re.VERBOSE,
)
_CLOSES = {"[": "]", "(": ")", "{": "}"}
_NESTED = 20
"""How deep strings with expressions inside (`$"…{x}…"`) may be nested."""


class RegoError(Exception):
    """Why a text is no Rego; the line counts from one."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Token(Struct, frozen=True, gc=False):
    """A word of the text that counts, with its place and the depth of brackets that it stands in."""

    sort: str
    text: str
    start: int
    end: int
    line: int
    depth: int


def read(text: str) -> tuple[list[Token], list[tuple[int, str]]]:
    """The words of a text in order, and its comments by line. Raises RegoError."""
    found: list[Token] = []
    comments: list[tuple[int, str]] = []
    opened: list[tuple[str, int]] = []
    at, line = 0, 1
    while at < len(text):
        sort, end = _next(text, at, line)
        word = text[at:end]
        if sort == "comment":
            comments.append((line, word))
        elif sort == "close":
            if not opened or _CLOSES[opened.pop()[0]] != word:
                raise RegoError(line, f"`{word}` closes nothing")
            found.append(Token(sort, word, at, end, line, len(opened)))
        elif sort not in ("space", "newline"):
            found.append(Token(sort, word, at, end, line, len(opened)))
            if sort == "open":
                opened.append((word, line))
        line += word.count("\n")
        at = end
    if opened:
        raise RegoError(opened[-1][1], f"`{opened[-1][0]}` is not closed")
    return found, comments


def _next(text: str, at: int, line: int) -> tuple[str, int]:
    """The sort of the word at a place, and where it ends."""
    if text.startswith(('$"', "$`"), at):
        return "text", _template_end(text, at + 1, line, 0)
    match = _TOKEN.match(text, at)
    if match is None or match.lastgroup is None:
        raise RegoError(line, "a string that is not closed" if text[at] in '"`' else "a character that is no Rego")
    return match.lastgroup, match.end()


def _template_end(text: str, at: int, line: int, depth: int) -> int:
    """Where a string ends that has expressions in braces, which may have strings of their own."""
    quote, braces, index = text[at], 0, at + 1
    while index < len(text) and depth < _NESTED:
        character = text[index]
        if character == "\\" and not braces:
            index += 2
        elif not braces and character == quote:
            return index + 1
        elif braces and text.startswith(('$"', "$`"), index):
            index = _template_end(text, index + 1, line, depth + 1)
        elif braces and character in '"`':
            index = _next(text, index, line)[1]
        else:
            braces += (character == "{") - (character == "}" and braces > 0)
            index += 1
    raise RegoError(line, "a string that is not closed")
