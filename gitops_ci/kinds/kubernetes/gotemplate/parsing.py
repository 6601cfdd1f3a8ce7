"""The text of a Go template as nodes (https://pkg.go.dev/text/template)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.kubernetes.gotemplate.nodes import (
    Action,
    Assigned,
    Branch,
    Call,
    Command,
    Constant,
    Field,
    Jump,
    Name,
    Node,
    Operand,
    Pipeline,
    Template,
    Text,
    Variable,
)
from gitops_ci.kinds.kubernetes.gotemplate.quoting import constant
from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem

_ACTION = re.compile(
    r"\{\{(-(?=\s))?(?:\s*(/\*.*?\*/)\s*?|((?:[^\"'`}]|\}(?!\})|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`)*?))((?<=\s)-)?\}\}",
    re.DOTALL,
)
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<text>\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.|[^'\\\n])+')|(?P<sign>:=|[=|(),])"
    r"|(?P<variable>\$\w*)|(?P<field>\.[^\W\d]\w*)|(?P<number>[+-]?(?:\d|\.\d)[\w.]*(?:(?<=[eEpP])[+-]\d+)?)|(?P<dot>\.)|(?P<word>[^\W\d]\w*)"
)
_BRANCHES = frozenset({"if", "with", "range", "define", "block"})
_MOST_DEPTH = 50


class Token(Struct, frozen=True):
    """A word of an action; `apart` says that a space is before it."""

    kind: str
    text: str
    apart: bool


class Parsed(Struct, frozen=True):
    """A template, and those that it defines by name."""

    nodes: tuple[Node, ...]
    named: dict[str, tuple[Node, ...]]


def parse(text: str) -> Parsed:
    """The nodes of a template. Raises TemplateProblem at what Go would not take."""
    parser = _Parser(_pieces(text))
    nodes, end = parser.nodes(0)
    if end is not None:
        raise TemplateProblem(f"unexpected {{{{{end[0].text}}}}}")
    return Parsed(nodes, parser.named)


def _pieces(text: str) -> Iterator[str | tuple[Token, ...]]:
    """Text and the words of actions in turn; what `{{-` and `-}}` trim is gone, and so are comments."""
    at, trim = 0, False
    while (start := text.find("{{", at)) >= 0:
        found = _ACTION.match(text, start)
        if found is None:
            raise TemplateProblem("an action that is not closed")
        before = text[at:start]
        before = before.lstrip(" \t\r\n") if trim else before
        yield before.rstrip(" \t\r\n") if found[1] else before
        if found[2] is None:
            yield tuple(_tokens(found[3]))
        at, trim = found.end(), bool(found[4])
    yield text[at:].lstrip(" \t\r\n") if trim else text[at:]


def _tokens(action: str) -> Iterator[Token]:
    at, apart = 0, True
    while at < len(action):
        found = _TOKEN.match(action, at)
        if found is None:
            raise TemplateProblem(f"unexpected {action[at : at + 10]!r} in an action")
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found[0], apart)
        apart, at = found.lastgroup == "space", found.end()


class _Parser:
    def __init__(self, pieces: Iterator[str | tuple[Token, ...]]) -> None:
        self._pieces = pieces
        self._words: list[Token] = []
        self.named: dict[str, tuple[Node, ...]] = {}

    def nodes(self, depth: int) -> tuple[tuple[Node, ...], tuple[Token, ...] | None]:
        """Nodes up to the end, or to an `end` or `else` that belongs to somebody around, which is given, too."""
        if depth > _MOST_DEPTH:
            raise TemplateProblem("nested too deeply")
        found: list[Node] = []
        for piece in self._pieces:
            if isinstance(piece, str):
                found += [Text(piece)] if piece else []
                continue
            if not piece:
                raise TemplateProblem("an empty action")
            word = piece[0].text if piece[0].kind == "word" else ""
            if word in ("end", "else"):
                return tuple(found), piece
            found.append(self._node(word, piece, depth))
        return tuple(found), None

    def _node(self, word: str, piece: tuple[Token, ...], depth: int) -> Node:
        self._words = list(
            reversed(piece[1:] if word in _BRANCHES or word in ("template", "break", "continue") else piece)
        )
        match word:
            case "define" | "block":
                name = self._named()
                given = self._optional() if word == "block" else None
                self._done()
                self.named[name] = self._body(depth)
                return Text("") if word == "define" else Template(name, given)
            case "template":
                name, given = self._named(), self._optional()
                self._done()
                return Template(name, given)
            case "break" | "continue":
                self._done()
                return Jump(word == "break")
            case "if" | "with" | "range":
                return self._branch(word, depth)
            case _:
                pipeline = self._pipeline()
                self._done()
                return Action(pipeline)

    def _branch(self, word: str, depth: int) -> Branch:
        pipeline = self._pipeline(is_range=word == "range")
        self._done()
        body, end = self.nodes(depth + 1)
        otherwise: tuple[Node, ...] = ()
        if end is not None and end[0].text == "else":
            if len(end) > 1 and end[1].text in ("if", "with") and word != "range":
                self._words = list(reversed(end[2:]))
                return Branch(word, pipeline, body, (self._branch(end[1].text, depth + 1),))
            if len(end) > 1:
                raise TemplateProblem(f"unexpected {end[1].text} after else")
            otherwise, end = self.nodes(depth + 1)
        _ended(word, end)
        return Branch(word, pipeline, body, otherwise)

    def _body(self, depth: int) -> tuple[Node, ...]:
        body, end = self.nodes(depth + 1)
        _ended("define", end)
        return body

    def _named(self) -> str:
        if not self._words or self._words[-1].kind != "text":
            raise TemplateProblem("a template without a name")
        return str(constant(self._words.pop().text))

    def _optional(self) -> Pipeline | None:
        return self._pipeline() if self._words else None

    def _done(self) -> None:
        if self._words:
            raise TemplateProblem(f"unexpected {self._words[-1].text} in an action")

    def _next(self) -> str:
        return self._words[-1].text if self._words else ""

    def _pipeline(self, *, is_range: bool = False) -> Pipeline:
        assigned = self._assigned(is_range=is_range)
        commands = [self._command()]
        while self._next() == "|":
            self._words.pop()
            commands.append(self._command())
        return Pipeline(tuple(commands), assigned)

    def _assigned(self, *, is_range: bool) -> Assigned | None:
        """`$a :=`, `$a =` and, of a range, `$a, $b :=`."""
        words = self._words
        names = []
        if is_range and len(words) > 3 and words[-2].text == "," and words[-1].kind == words[-3].kind == "variable":
            names = [words[-1].text, words[-3].text]
            del words[-3:]
        elif len(words) > 1 and words[-1].kind == "variable" and words[-2].text in (":=", "="):
            names = [words.pop().text]
        if not names:
            return None
        sign = words.pop().text if words else ""
        if sign not in (":=", "="):
            raise TemplateProblem("variables without := or =")
        return Assigned(tuple(names), sign == ":=")

    def _command(self) -> Command:
        operands = []
        while self._words and self._next() not in ("|", ")", ":=", "=", ","):
            operands.append(self._operand())
        if not operands:
            raise TemplateProblem("a command that is missing")
        return Command(tuple(operands))

    def _operand(self) -> Operand:
        token = self._words.pop()
        operand: Operand
        match token.kind:
            case "sign" if token.text == "(":
                operand = Call(self._pipeline())
                if self._next() != ")":
                    raise TemplateProblem("a parenthesis that is not closed")
                self._words.pop()
            case "text" | "number":
                operand = Constant(constant(token.text))
            case "variable":
                operand = Variable(token.text)
            case "field":
                operand = Field(None, token.text[1:])
            case "dot":
                operand = Field(None, "")
            case "word":
                operand = (
                    Constant({"true": True, "false": False, "nil": None}[token.text])
                    if token.text in ("true", "false", "nil")
                    else Name(token.text)
                )
            case _:
                raise TemplateProblem(f"unexpected {token.text}")
        while self._words and self._words[-1].kind == "field" and not self._words[-1].apart:
            if isinstance(operand, Constant | Name):
                raise TemplateProblem(f"unexpected {self._words[-1].text}")
            operand = Field(operand, self._words.pop().text[1:])
        return operand


def _ended(word: str, end: tuple[Token, ...] | None) -> None:
    if end is None or end[0].text != "end" or len(end) > 1:
        raise TemplateProblem(f"{{{{{word}}}}} without {{{{end}}}}")
