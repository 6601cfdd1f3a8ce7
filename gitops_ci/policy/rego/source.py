"""What a file of Rego says by itself: its package, its rules, their metadata, and which parts of the input it reads.

No engine is asked: a policy has to be chosen, and its answers explained, also where none is there. Syntax of v0 and
v1 stand side by side (https://www.openpolicyagent.org/docs/policy-language); what is wrong with it an engine says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.policy.rego import metadata
from gitops_ci.policy.rego.metadata import Annotation, MetadataProblem

BARE = ""
"""What stands for the input as a whole among the parts that are read."""

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*+)|(?P<string>"(?:[^"\\\n]|\\.)*+")|(?P<raw>`[^`]*+`)|(?P<word>[^\W\d]\w*+)"""
    r"""|(?P<number>\d[\w.]*+)|(?P<newline>\n)|(?P<sign>:=|==|!=|<=|>=|\S)"""
)
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")
_GOES_ON = frozenset(
    {"if", ":=", "=", "contains", ",", "|", "&", ".", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%"}
    | {"not", "in", "some", "every", "default", "import", "package", "as", "with", "else", ":", ";"}
)
"""After one of these a line end closes no statement."""


class Token(Struct, frozen=True):
    """One word or sign; `first` on its line, `depth` brackets deep."""

    kind: str
    text: str
    line: int
    first: bool
    depth: int


class Rule(Struct, frozen=True, kw_only=True):
    """One definition of a rule; a rule may have several. `texts` are the strings in it: parts of its messages.

    `is_set` tells those that add to a set, as conftest's rules do, from those that give a value. `of_deletions`: it
    asks for an object that is deleted.
    """

    name: str
    line: int
    is_set: bool = False
    of_deletions: bool = False
    texts: tuple[str, ...] = ()
    metadata: Annotation | None = None


class Source(Struct, frozen=True, kw_only=True):
    """One file. `reads` are the first keys of the input that it looks at (BARE: all of it), `uses` what of `data`."""

    path: str
    package: tuple[str, ...]
    line: int = 1
    rules: tuple[Rule, ...] = ()
    reads: frozenset[str] = frozenset()
    uses: frozenset[tuple[str, ...]] = frozenset()
    annotations: tuple[Annotation, ...] = ()
    problems: tuple[MetadataProblem, ...] = ()


def read(path: str, text: str) -> Source:
    """What the file says; one that is no Rego gives an empty package and no rules."""
    statements = list(_statements(list(_tokens(text))))
    package: tuple[str, ...] = ()
    line = 1
    for statement in statements:
        if statement[0].text == "package":
            package, line = _reference(statement, 1), statement[0].line
            break
    heads = [(head, statement) for statement in statements if (head := _head(statement)) is not None]
    starts = {statement[0].line: statement[0].text for statement in statements}
    found, problems = metadata.read(text, starts)
    by_line = {each.target: each for each in found if each.scope == "rule"}
    rules = [
        Rule(
            name=head,
            line=tokens[0].line,
            is_set=_is_set(tokens),
            of_deletions=_asks_for_deletions(tokens),
            texts=tuple(_texts(tokens)),
            metadata=by_line.get(tokens[0].line),
        )
        for head, tokens in heads
    ]
    reads, uses = _references(statements)
    return Source(
        path=path,
        package=package,
        line=line,
        rules=tuple(rules),
        reads=reads,
        uses=uses,
        annotations=found,
        problems=problems,
    )


def _tokens(text: str) -> Iterator[Token]:
    line, depth, first = 1, 0, True
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup or "", match[0]
        if kind == "newline":
            line, first = line + 1, True
            continue
        if kind == "comment":
            continue
        depth -= found in _CLOSE
        yield Token(kind, found, line, first, depth)
        depth += found in _OPEN
        first = False
        line += found.count("\n")


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    """The package clause, imports and rules: each begins a line, outside of all brackets, with a word."""
    current: list[Token] = []
    for token in tokens:
        begins = token.first and token.depth <= 0 and token.kind == "word" and token.text != "else"
        if begins and (not current or current[-1].text not in _GOES_ON):
            if current:
                yield current
            current = []
        current.append(token)
    if current and current[0].kind == "word":
        yield current


def _head(statement: list[Token]) -> str | None:
    """The rule's name; None where the statement defines none."""
    match [token.text for token in statement[:2]]:
        case ["package" | "import", *_]:
            return None
        case ["default", name]:
            return name
        case [name, *_] if statement[0].kind == "word":
            return name
    return None


def _is_set(statement: list[Token]) -> bool:
    """Whether the head is `deny contains …` or v0's `deny[…]`; with `if` or a value the latter makes an object."""
    second = statement[1].text if len(statement) > 1 else ""
    if second != "[":
        return second == "contains"
    after = (index for index, token in enumerate(statement) if token.text == "]" and token.depth == 0)
    following = statement[(end := next(after, len(statement))) + 1 : end + 2]
    return not any(token.text in ("if", ":=", "=") for token in following)


def _asks_for_deletions(statement: list[Token]) -> bool:
    """Whether the rule has `operation == "DELETE"`, written either way."""
    texts = [token.text for token in statement]
    ways = zip(texts, texts[1:], texts[2:], strict=False)
    equal = any(way[1] in ("==", "=") and way[0] == "operation" and way[2] == '"DELETE"' for way in ways)
    reference = ('"DELETE"', "==", "input")
    return equal or any(tuple(texts[at : at + 3]) == reference and "operation" in texts[at + 3 : at + 8]
                        for at in range(len(texts)))  # fmt: skip


def _texts(statement: list[Token]) -> Iterator[str]:
    for token in statement:
        if token.kind == "raw":
            yield token.text[1:-1]
        elif token.kind == "string":
            yield _unquoted(token.text)


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def _reference(statement: list[Token], index: int) -> tuple[str, ...]:
    """The parts of `a.b["c"].d` that begins at `index`, up to the first that is no constant."""
    if index >= len(statement) or statement[index].kind != "word":
        return ()
    parts = [statement[index].text]
    index += 1
    while index + 1 < len(statement):
        sign, following = statement[index], statement[index + 1]
        if sign.text == "." and following.kind == "word":
            parts.append(following.text)
            index += 2
        elif sign.text == "[" and following.kind == "string" and index + 2 < len(statement):
            if statement[index + 2].text != "]":
                break
            parts.append(_unquoted(following.text))
            index += 3
        else:
            break
    return tuple(parts)


def _references(statements: list[list[Token]]) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    names: dict[str, tuple[str, ...]] = {"input": ("input",), "data": ("data",)}
    found = []
    for statement in statements:
        path = _reference(statement, 1) if statement[0].text == "import" else ()
        if path[:1] in (("input",), ("data",)):
            renamed = statement[-2].text == "as"
            names[statement[-1].text if renamed else path[-1]] = path
            found += [path] if path[1:] else []
    for statement in statements:
        if statement[0].text not in ("import", "package"):
            found += _named(statement, names)
    reads = {path[1] if path[1:] else BARE for path in found if path[0] == "input"}
    return frozenset(reads), frozenset(path[1:] for path in found if path[0] == "data")


def _named(statement: list[Token], names: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """What a rule reads of the input and of data; what it puts in their place (`with input as`) is not read."""
    for index, token in enumerate(statement):
        before = statement[index - 1].text if index else ""
        if token.kind == "word" and token.text in names and before not in (".", "with"):
            yield (*names[token.text], *_reference(statement, index)[1:])
