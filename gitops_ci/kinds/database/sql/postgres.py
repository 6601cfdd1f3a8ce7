"""PostgreSQL's own parser (pglast), behind one narrow door: text in, typed statements and tokens out.

The parse tree is taken as JSON: unlike pglast's tree of Python objects, writing it checks the depth of the C stack, so
that a hostile file ends in an error and not in a crash, and it is three times as fast.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from gitops_ci.model.plan import Engine

ABSENT = Raw()
"""The default of a node that is only asked for being there."""

_HIDDEN = frozenset({"SCONST", "USCONST", "BCONST", "XCONST", "SQL_COMMENT", "C_COMMENT"})

T = TypeVar("T")


class SqlError(Exception):
    """The text is not PostgreSQL; `index` is where, in characters (None: at the end or unknown)."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


class TooDeepError(Exception):
    """The text nests deeper than the parser or its reader goes."""


class _Lexeme(Protocol):
    start: int
    end: int
    name: str


class _Parser(Protocol):
    ParseError: type[Exception]

    def parse_sql_json(self, query: str) -> str: ...
    def parse_plpgsql_json(self, query: str) -> str: ...
    def scan(self, query: str) -> Sequence[_Lexeme]: ...
    def get_postgresql_version(self) -> tuple[int, ...]: ...


class Token(Struct, frozen=True):
    """A word or sign, without comments; `start` and `end` (exclusive) in characters."""

    text: str
    start: int
    end: int


class Statement(Struct, frozen=True, kw_only=True):
    """One statement. `tag` is its node's name (`CreateStmt`), `line` where its first word is, counted from one."""

    tag: str
    node: Raw
    text: str
    source: str
    path: str
    line: int
    location: int = 0

    def read(self, type_: type[T]) -> T:
        """The node as `type_`, whose fields are named as PostgreSQL names them; others are ignored."""
        return msgspec.json.decode(self.node, type=type_)

    def within(self, tag: str, node: Raw) -> Statement:
        """A statement inside this one (of a CTE, of CREATE SCHEMA)."""
        return msgspec.structs.replace(self, tag=tag, node=node)


class _Parsed(Struct, frozen=True):
    class Item(Struct, frozen=True):
        stmt: dict[str, Raw]
        stmt_location: int = 0
        stmt_len: int = 0

    stmts: tuple[Item, ...] = ()


@cache
def _parser() -> _Parser:
    return cast(_Parser, importlib.import_module("pglast.parser"))


def engine() -> Engine:
    """The parser's version and that of the PostgreSQL whose grammar it is; raises ImportError where it is missing."""
    version = str(importlib.import_module("pglast").__version__).removeprefix("v")
    postgresql = ".".join(str(part) for part in _parser().get_postgresql_version())
    return Engine(name="pglast", version=f"{version} (PostgreSQL {postgresql})", source="embedded")


def parse(text: str, *, path: str, source: str) -> Iterator[Statement]:
    """The statements of a file called `source` in plans. Raises SqlError or TooDeepError before the first one."""
    parsed = _tree(text)
    data = text.encode()
    line, seen = 1, 0
    for item in parsed.stmts:
        line += data.count(b"\n", seen, item.stmt_location)
        seen = item.stmt_location
        end = item.stmt_location + item.stmt_len if item.stmt_len else len(data)
        for tag, node in item.stmt.items():
            yield Statement(
                tag=tag,
                node=node,
                text=data[item.stmt_location : end].decode(),
                source=source,
                path=path,
                line=line,
                location=item.stmt_location,
            )


def _tree(text: str) -> _Parsed:
    parser = _parser()
    try:
        return msgspec.json.decode(parser.parse_sql_json(text), type=_Parsed)
    except parser.ParseError as error:
        message, index = (*error.args, None, None)[:2]
        if "stack depth" in str(message) or "memory exhausted" in str(message):
            raise TooDeepError from None
        raise SqlError(str(message), index if isinstance(index, int) else None) from None
    except RecursionError:
        raise TooDeepError from None


def plpgsql(text: str) -> Raw:
    """The bodies of a DO block or a function in PL/pgSQL, as its own parser tells them (JSON). Raises SqlError."""
    parser = _parser()
    try:
        return Raw(parser.parse_plpgsql_json(text).encode())
    except parser.ParseError as error:
        raise SqlError(str(error.args[0])) from None
    except RecursionError:
        raise SqlError("nests too deeply") from None


def literals(text: str) -> tuple[range, ...]:
    """Where a text has strings, quoted names and comments, in characters. Raises SqlError where that is not known."""
    parser = _parser()
    try:
        lexemes = parser.scan(text)
    except Exception as error:  # noqa: BLE001  # whatever it is, the text is then not shown
        raise SqlError(type(error).__name__) from None
    found = (range(lexeme.start, lexeme.end + 1) for lexeme in lexemes if lexeme.name in _HIDDEN)
    quoted = (range(lexeme.start, lexeme.end + 1) for lexeme in lexemes if text.startswith(('"', "U&"), lexeme.start))
    return (*found, *quoted)


def tokens(text: str) -> tuple[Token, ...]:
    """The words and signs of a text. Raises SqlError where it is none of SQL."""
    parser = _parser()
    try:
        lexemes = parser.scan(text)
    except parser.ParseError as error:
        raise SqlError(str(error.args[0])) from None
    return tuple(
        Token(text[lexeme.start : lexeme.end + 1], lexeme.start, lexeme.end + 1)
        for lexeme in lexemes
        if lexeme.name not in ("SQL_COMMENT", "C_COMMENT")
    )
