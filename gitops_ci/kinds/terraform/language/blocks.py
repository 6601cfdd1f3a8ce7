"""The structure of a Terraform file: blocks and attributes, each with its line; expressions stay text.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md and
https://developer.hashicorp.com/terraform/language/syntax/json. For files whose structure decides something (what a root
may use, where its state lies); which files a root reads is found by the faster `scan`. What Terraform would read
otherwise than this reader is refused with Unreadable, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.terraform.language import native_syntax
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced

MAX_DEPTH = 100
"""Blocks and brackets nested deeper are refused: no configuration needs them."""


class Unreadable(ValueError):
    """The file is no Terraform configuration that can be told apart with certainty; `line` is where that shows."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


class Attribute(Struct, frozen=True):
    """`name = expression`; the expression is the text as written (of JSON syntax: the JSON text)."""

    name: str
    expression: str
    line: int


class Body(Struct, frozen=True):
    """What stands between the braces of a block, or in a file."""

    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((each for each in self.attributes if each.name == name), None)

    def all(self, type: str, *labels: str) -> Iterator[Block]:
        """The blocks of that type whose labels begin so, here and not deeper."""
        for block in self.blocks:
            if block.type == type and block.labels[: len(labels)] == labels:
                yield block


class Block(Struct, frozen=True):
    """`type "label" … { body }`; `line` is that of its header."""

    type: str
    labels: tuple[str, ...]
    line: int
    body: Body

    @property
    def name(self) -> str:
        """Type and labels as an address: `data.external.x`."""
        return ".".join((self.type, *self.labels))


_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t]++ | {native_syntax.COMMENT})
  | (?P<newline>\r?\n)
  | (?P<word>[^\W\d][\w-]*+)
  | (?P<number>[0-9](?:[.]*+[0-9] | [eE][+-]?+[0-9])*+)
  | (?P<quote>")
  | <<-?(?P<heredoc>[^\W\d][\w-]*+)\r?\n
  | (?P<open>[{{(\[]) | (?P<close>[}})\]])
  | (?P<assign>=(?![=>]))
  | (?P<operator>==|=>|!=|<=|>=|&&|\|\||\.\.\.|::|[-+*/%!<>?:.,])
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"{": "}", "(": ")", "[": "]"}


class Token(Struct, frozen=True):
    """One token; `kind` is a group of the grammar (`string` for a whole quoted one), `text` includes the quotes."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of native syntax without spaces and comments. Raises Unbalanced."""
    position, last = start, len(text) if end is None else end
    while position < last:
        match = _TOKEN.match(text, position, last)
        if match is None:
            raise Unbalanced("holds a character that no configuration has here", position)
        kind, begin, position = match.lastgroup or "", position, match.end()
        if kind == "quote":
            position = native_syntax.end_of_string(text, position) + 1
            kind = "string"
        elif kind == "heredoc":
            _, position = native_syntax.heredoc(text, position, match["heredoc"])
        elif kind == "space":
            continue
        yield Token(kind, text[begin:position], begin, position)


def read(content: bytes, *, is_json: bool = False) -> Body:
    """The structure of a file. Raises Unreadable."""
    text = decoded(content)
    if is_json:
        from gitops_ci.kinds.terraform.language import json_blocks

        return json_blocks.read(text)
    try:
        return _Reader(text).file()
    except Unbalanced as error:
        raise unreadable(error, text) from None


def unreadable(error: Unbalanced, text: str) -> Unreadable:
    """The same with a line for its position."""
    return Unreadable(str(error), text.count("\n", 0, error.position) + 1)


def decoded(content: bytes) -> str:
    """The text of a file. Raises Unreadable where it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8", content[: error.start].count(b"\n") + 1) from None


class _Reader:
    """Walks the tokens of one file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = native_syntax.Lines(text)
        self.tokens = [*tokens(text), Token("end", "", len(text), len(text))]
        self.index = 0

    def file(self) -> Body:
        body = self._body(0)
        if self._peek().kind != "end":
            raise Unbalanced("has a '}' that closes nothing", self._peek().start)
        return body

    def _peek(self) -> Token:
        return self.tokens[self.index]

    def _next(self) -> Token:
        token = self.tokens[self.index]
        self.index += token.kind != "end"
        return token

    def _body(self, depth: int) -> Body:
        """Everything up to the brace that closes the body (which is left) or the end of the file."""
        if depth > MAX_DEPTH:
            raise Unbalanced("has blocks that are nested too deeply", self._peek().start)
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        while True:
            token = self._peek()
            if token.kind == "end" or token.text == "}":
                return Body(tuple(attributes), tuple(blocks))
            self.index += 1
            if token.kind == "newline":
                continue
            if token.kind != "word":
                raise Unbalanced("has something other than a block or an attribute here", token.start)
            line = self.lines.at(token.start)
            if self._peek().kind == "assign":
                self.index += 1
                attributes.append(Attribute(token.text, self._expression(), line))
            else:
                blocks.append(self._block(token.text, line, depth))

    def _block(self, type: str, line: int, depth: int) -> Block:
        labels: list[str] = []
        while (token := self._next()).text != "{":
            if token.kind == "string":
                labels.append(_label(token))
            elif token.kind == "word":
                labels.append(token.text)
            else:
                raise Unbalanced("has a block without a '{' on its line", token.start)
        body = self._body(depth + 1)
        closing = self._next()
        if closing.text != "}":
            raise Unbalanced("has a block that is not closed", token.start)
        if self._peek().kind not in ("newline", "end") and self._peek().text != "}":
            raise Unbalanced("has something behind a block on the same line", self._peek().start)
        return Block(type, tuple(labels), line, body)

    def _expression(self) -> str:
        """The text up to the end of the line, or of the block that is written on one line, outside of all brackets."""
        begin = self._peek()
        end = begin.start
        closing: list[str] = []
        while True:
            token = self._peek()
            if token.kind == "end" and closing:
                raise Unbalanced("has a bracket that is not closed", begin.start)
            if not closing and (token.kind in ("newline", "end") or token.text == "}"):
                break
            self.index += 1
            end = token.end
            if token.kind == "open":
                closing.append(_CLOSING[token.text])
                if len(closing) > MAX_DEPTH:
                    raise Unbalanced("has brackets that are nested too deeply", token.start)
            elif token.kind == "close" and (not closing or closing.pop() != token.text):
                raise Unbalanced("has a bracket that does not fit", token.start)
            elif token.kind == "heredoc" and not closing:
                break  # it ends its line
        if end == begin.start:
            raise Unbalanced("has an attribute without a value", begin.start)
        return self.text[begin.start : end]


def _label(token: Token) -> str:
    body = token.text[1:-1]
    if "\\" in body or "${" in body or "%{" in body:
        raise Unbalanced("has a label that is not plain", token.start)
    return body
