"""Rules of Rego by their text: where each begins and ends, in v0 and v1 syntax; nothing is compiled or evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from gitops_ci.kinds.security import rego_words
from gitops_ci.kinds.security.rego_words import RegoError, Token

_INFIX = frozenset({"else", "if", "contains", "with", "as", "in"})
"""Names that go on with a statement."""
_PREFIX = _INFIX | {"default", "import", "package", "not", "some", "every"}
"""Names after which a statement goes on."""


class Definition(Struct, frozen=True):
    """One of the definitions of a rule: its text, and its words apart from how they are laid out.

    `conditions` are the expressions of its body, each as its words; None where it has none of its own, or `else`.
    `metadata` is the annotation above it.
    """

    name: str
    line: int
    text: str
    head: tuple[str, ...]
    conditions: tuple[tuple[str, ...], ...] | None
    metadata: str = ""

    @property
    def words(self) -> tuple[object, ...]:
        """What it is however it is laid out."""
        return self.head, self.conditions, self.metadata


class Parsed(Struct, frozen=True):
    """A module: its package, what it imports, its own annotation, its definitions in order."""

    package: str
    line: int
    imports: tuple[str, ...]
    metadata: str
    definitions: tuple[Definition, ...]


def parse(text: str) -> Parsed:
    """The definitions of a module. Raises RegoError where brackets or strings are not closed or no package is named."""
    tokens, comments = rego_words.read(text)
    package, line, described = "", 0, ""
    imports: list[str] = []
    definitions: list[Definition] = []
    annotations = _Annotations(comments)
    for statement in _statements(tokens):
        first = statement[0]
        metadata = annotations.before(first.line)
        words = [token.text for token in statement]
        if not package:
            if first.text != "package" or len(statement) < 2:
                raise RegoError(first.line, "a module begins with its package")
            package, line, described = "".join(words[1:]), first.line, metadata
        elif first.text == "import":
            imports.append(" ".join(_dotted(words[1:])))
        else:
            definitions += _definitions(text, statement, metadata)
    if not package:
        raise RegoError(1, "a module begins with its package")
    return Parsed(package, line, tuple(sorted(imports)), described, tuple(definitions))


def _statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The statements of a module: a name that follows a whole operand begins the next one."""
    current: list[Token] = []
    for token in tokens:
        if token.depth == 0 and token.text == ";":
            if current:
                yield current
            current = []
            continue
        if current and _begins(current[-2:], token):
            yield current
            current = []
        current.append(token)
    if current:
        yield current


def _begins(before: Sequence[Token], token: Token) -> bool:
    """Whether a statement begins with `token`, after the last two words of another."""
    return not token.depth and token.sort == "name" and token.text not in _INFIX and _ends(before)


def _definitions(text: str, statement: Sequence[Token], metadata: str) -> Iterator[Definition]:
    """The definition that a statement is; those that it is where it has several bodies behind each other."""
    words = statement[1:] if statement[0].text == "default" and len(statement) > 1 else statement
    name = words[0].text
    for dot, part in zip(words[1::2], words[2::2], strict=False):
        if dot.text != "." or part.sort != "name":
            break
        name += f".{part.text}"
    bodies = list(_bodies(statement))
    if not bodies:
        whole = tuple(token.text for token in statement)
        written = text[statement[0].start : statement[-1].end]
        yield Definition(name, statement[0].line, written, whole, None, metadata)
        return
    head = tuple(token.text for token in statement[: bodies[0][0]])
    for number, (opening, closing) in enumerate(bodies):
        first = statement[opening if number else 0]
        written = text[first.start : statement[closing].end]
        yield Definition(
            name, first.line, written, head, tuple(_expressions(statement[opening + 1 : closing])), metadata
        )


def _bodies(statement: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where the bodies of a rule begin and end; none where it has none, or `else`."""
    start = next((index for index in range(len(statement)) if _opens_body(statement, index)), None)
    edges = [index for index in range(start or 0, len(statement)) if not statement[index].depth]
    if start is not None and all(statement[index].text in "{}" for index in edges):
        yield from zip(edges[::2], edges[1::2], strict=True)


def _opens_body(statement: Sequence[Token], index: int) -> bool:
    token = statement[index]
    if token.depth or token.text != "{" or index == 0:
        return False
    previous = statement[index - 1]
    return previous.text == "if" or previous.sort in ("close", "name", "text", "raw", "number")


def _expressions(inside: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    """What a body asks for, expression by expression: each begins on a line of its own, or after `;`."""
    current: list[Token] = []
    for token in inside:
        if token.depth == 1 and token.text == ";":
            if current:
                yield tuple(each.text for each in current)
            current = []
            continue
        if current and token.depth == 1 and token.line > current[-1].line and _ends(current[-2:]) and _starts(token):
            yield tuple(each.text for each in current)
            current = []
        current.append(token)
    if current:
        yield tuple(each.text for each in current)


def _ends(words: Sequence[Token]) -> bool:
    """Whether something whole ends with these last words: `x`, `"x"`, `}`, also the `in` of `future.keywords.in`."""
    last, dotted = words[-1], len(words) > 1 and words[-2].text == "."
    if last.sort == "name":
        return dotted or last.text not in _PREFIX
    return last.sort in ("close", "text", "raw", "number")


def _starts(token: Token) -> bool:
    return token.sort in ("name", "text", "raw", "number", "open") and token.text not in _INFIX - {"contains"}


def _dotted(words: Sequence[str]) -> Iterator[str]:
    """`a . b as c` as `a.b as c`."""
    joined = ""
    for word in words:
        if word == "as":
            yield from (joined, word)
            joined = ""
        else:
            joined += word
    yield joined


class _Annotations:
    """Blocks of comments that begin with `# METADATA`, by the line after their last."""

    def __init__(self, comments: Sequence[tuple[int, str]]) -> None:
        self._found: list[tuple[int, str]] = []
        block: list[str] | None = None
        last = 0
        for line, comment in comments:
            if comment.lstrip("# \t").rstrip() == "METADATA":
                block = []
                self._found.append((line, ""))
            elif block is not None and line == last + 1:
                block.append(comment.removeprefix("#").removeprefix(" ").rstrip())
                self._found[-1] = (line, "\n".join(block))
            else:
                block = None
            last = line

    def before(self, line: int) -> str:
        """The annotations that end above `line` and were not asked for yet, the nearest last."""
        taken = [block for at, block in self._found if at < line]
        self._found = [each for each in self._found if each[0] >= line]
        return "\n".join(filter(None, taken))
