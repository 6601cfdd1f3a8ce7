"""Reads expressions and templates into the tree of `nodes`. Nothing is evaluated.

What this reader does not know is refused with Unreadable, never passed over: a call that is not seen is one that
nobody judges.
"""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.kinds.terraform.language import blocks, native_syntax, nodes, templates
from gitops_ci.kinds.terraform.language.blocks import Token
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced
from gitops_ci.kinds.terraform.language.nodes import Access, Literal, Node

MAX_DEPTH = 50
"""Expressions nested deeper are refused: no configuration needs them, and this reader is recursive."""


def parse(text: str) -> Node:
    """The tree of an expression. Raises Unreadable, with a line within `text`."""
    try:
        return _expression(text, 0, len(text), 0)
    except Unbalanced as error:
        raise blocks.unreadable(error, text) from None


def template(text: str) -> Node:
    """The tree of a text that is evaluated as a template, such as a file of `templatefile`. Raises Unreadable."""
    try:
        return _template(text, templates.pieces(text, 0, len(text), quoted=False), (0, len(text)), 0)
    except Unbalanced as error:
        raise blocks.unreadable(error, text) from None


def _expression(text: str, start: int, end: int, depth: int) -> Node:
    reader = _Reader(text, [*blocks.tokens(text, start, end)], end, depth)
    node = reader.whole()
    if reader.next.kind != "end":
        raise Unbalanced("has an expression that goes on where it should end", reader.next.start)
    return node


_WORDS = {"true": True, "false": False, "null": None}
_BINARY = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%"})


class _Reader:
    """Reads one expression from tokens. Line ends count only directly inside of the braces of a mapping."""

    def __init__(self, text: str, tokens: list[Token], end: int, depth: int) -> None:
        self.text = text
        self.tokens = [*tokens, Token("end", "", end, end)]
        self.index = 0
        self.depth = depth
        self.lines_count = [False]

    @property
    def next(self) -> Token:
        if not self.lines_count[-1]:
            while self.tokens[self.index].kind == "newline":
                self.index += 1
        return self.tokens[self.index]

    def take(self, *texts: str) -> Token:
        """The next token, which has to be one of `texts` where any are given."""
        token = self.next
        if texts and (token.text not in texts or token.kind == "string"):
            raise Unbalanced(f"has an expression that lacks {' or '.join(texts)}", token.start)
        self.index += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        token = self.next
        return token.text in texts and token.kind not in ("string", "heredoc")

    def whole(self) -> Node:
        """A conditional, or what is less."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unbalanced("has expressions that are nested too deeply", self.next.start)
        node = self._operation()
        if self.at("?"):
            self.take()
            yes = self.whole()
            self.take(":")
            no = self.whole()
            node = nodes.Conditional(node.start, no.end, node, yes, no)
        self.depth -= 1
        return node

    def _operation(self) -> Node:
        operands = [self._unary()]
        while self.next.kind == "operator" and self.next.text in _BINARY:
            self.take()
            operands.append(self._unary())
        return (
            operands[0] if len(operands) == 1 else nodes.Operation(operands[0].start, operands[-1].end, tuple(operands))
        )

    def _unary(self) -> Node:
        start, signs = self.next.start, 0
        while self.at("!", "-"):
            self.take()
            signs += 1
        node = self._accessed(self._term())
        return nodes.Operation(start, node.end, (node,)) if signs else node

    def _accessed(self, node: Node) -> Node:
        """A term with the steps that follow it: `.name`, `.0`, `.*`, `[…]`."""
        steps = 0
        while self.at(".", "["):
            steps += 1
            if steps > MAX_DEPTH:
                raise Unbalanced("has a name of too many parts", self.next.start)
            if self.take().text == "[":
                node = self._indexed(node)
                continue
            token = self.take()
            if token.kind not in ("word", "number") and token.text != "*":
                raise Unbalanced("has a '.' without a name", token.start)
            names = token.text.split(".") if token.kind == "number" else [token.text]
            for name in names:
                node = Access(node.start, token.end, node, None if name == "*" else name)
        return node

    def _indexed(self, node: Node) -> Node:
        self.lines_count.append(False)
        if self.at("*"):
            self.take()
            index, key = None, None
        else:
            index = self.whole()
            key = _key(index)
        return Access(node.start, self._close("]").end, node, key, None if key is not None else index)

    def _close(self, text: str) -> Token:
        closing = self.take(text)
        self.lines_count.pop()
        return closing

    def _term(self) -> Node:
        token = self.take()
        match token.kind:
            case "string":
                return _quoted(self.text, token, self.depth)
            case "heredoc":
                return _heredoc(self.text, token, self.depth)
            case "number":
                return Literal(token.start, token.end, _number(token))
            case "word":
                return self._named(token)
            case "open" if token.text == "(":
                self.lines_count.append(False)
                node = self.whole()
                self._close(")")
                return node
            case "open" if token.text == "[":
                return self._sequence(token)
            case "open":
                return self._mapping(token)
            case _:
                raise Unbalanced("has an expression that is not complete", token.start)

    def _named(self, token: Token) -> Node:
        name = token.text
        while self.at("::"):
            self.take()
            part = self.take()
            if part.kind != "word":
                raise Unbalanced("has a '::' without a name", part.start)
            name += f"::{part.text}"
        if self.at("("):
            return self._call(token, name)
        if "::" in name:
            raise Unbalanced("has a namespace without a call", token.start)
        if name in _WORDS:
            return Literal(token.start, token.end, _WORDS[name])
        return nodes.Reference(token.start, token.end, name)

    def _call(self, token: Token, name: str) -> nodes.Call:
        self.take("(")
        self.lines_count.append(False)
        arguments: list[Node] = []
        is_expanded = False
        while not self.at(")") and not is_expanded:
            arguments.append(self.whole())
            is_expanded = self.at("...")
            if is_expanded:
                self.take()
            elif not self.at(")"):
                self.take(",")
        return nodes.Call(token.start, self._close(")").end, name, tuple(arguments), is_expanded)

    def _sequence(self, opening: Token) -> Node:
        self.lines_count.append(False)
        if self.at("for"):
            return self._for(opening)
        items: list[Node] = []
        while not self.at("]"):
            items.append(self.whole())
            if not self.at("]"):
                self.take(",")
        return nodes.Sequence(opening.start, self._close("]").end, tuple(items))

    def _mapping(self, opening: Token) -> Node:
        self.lines_count.append(False)
        if self.at("for"):
            return self._for(opening)
        self.lines_count[-1] = True
        items: list[tuple[Node, Node]] = []
        while True:
            while self.next.kind == "newline":
                self.take()
            if self.at("}"):
                return nodes.Mapping(opening.start, self._close("}").end, tuple(items))
            key = self._name_of_item()
            self.take("=", ":")
            while self.next.kind == "newline":
                self.take()
            items.append((key, self.whole()))
            if not self.at("}") and self.next.kind != "newline":
                self.take(",")

    def _name_of_item(self) -> Node:
        token, following = self.next, self.tokens[self.index + 1 : self.index + 2]
        if token.kind == "word" and following and following[0].text in ("=", ":"):
            self.take()
            return Literal(token.start, token.end, token.text)
        return self.whole()

    def _for(self, opening: Token) -> Node:
        self.take("for")
        names = [self.take()]
        if self.at(","):
            self.take()
            names.append(self.take())
        if any(each.kind != "word" for each in names):
            raise Unbalanced("has a for without a name", opening.start)
        self.take("in")
        collection = self.whole()
        self.take(":")
        value = self.whole()
        key = None
        if opening.text == "{":
            self.take("=>")
            key, value = value, self.whole()
            if self.at("..."):
                self.take()
        condition = None
        if self.at("if"):
            self.take()
            condition = self.whole()
        closing = self._close("]" if opening.text == "[" else "}")
        words = tuple(each.text for each in names)
        return nodes.For(opening.start, closing.end, words, collection, key, value, condition)


def _key(index: Node) -> str | None:
    """What an index is where it is written down."""
    return str(index.value) if isinstance(index, Literal) and isinstance(index.value, str | int) else None


def _number(token: Token) -> int | float:
    try:
        return int(token.text) if token.text.isdigit() else float(token.text)
    except ValueError:
        raise Unbalanced("holds a number that is none", token.start) from None


def _quoted(text: str, token: Token, depth: int) -> Node:
    pieces = templates.pieces(text, token.start + 1, token.end - 1, quoted=True)
    return _template(text, pieces, (token.start, token.end), depth)


def _heredoc(text: str, token: Token, depth: int) -> Node:
    start = text.index("\n", token.start) + 1
    tag = token.text[2:].lstrip("-").split("\n", 1)[0].rstrip("\r")
    end, _ = native_syntax.heredoc(text, start, tag)
    pieces = templates.pieces(text, start, end, quoted=False)
    found = _template(text, pieces, (token.start, token.end), depth)
    is_indented = token.text.startswith("<<-")
    return nodes.Template(found.start, found.end, (found,), is_computed=True) if is_indented else found


def _template(text: str, pieces: Iterable[templates.Piece], span: tuple[int, int], depth: int) -> Node:
    """A template; one that is nothing but text is that text."""
    found = tuple(pieces)
    if all(piece.kind == "text" for piece in found):
        return Literal(*span, "".join(piece.text for piece in found))
    parts: list[Node] = []
    for piece in found:
        match piece.kind:
            case "text":
                parts.append(Literal(piece.start, piece.end, piece.text))
            case _ if piece.end > piece.start:
                parts.append(_expression(text, piece.start, piece.end, depth + 1))
    is_computed = any(piece.trims or piece.kind == "directive" for piece in found)
    return nodes.Template(*span, tuple(parts), is_computed)
