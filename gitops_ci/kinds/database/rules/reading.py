"""The statements of one migration with the line of their first word, and what is written in PL/pgSQL bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.sql import bodies, postgres
from gitops_ci.kinds.database.sql.postgres import SqlError, Statement, TooDeepError
from gitops_ci.kinds.database.sql.routines import CreateFunctionStmt
from gitops_ci.kinds.database.sql.tree import strings

_SPACE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)


_WHERE = re.compile(
    r"\b(?:current_setting|inet_(?:server|client)_(?:addr|port)|pg_backend_pid|current_(?:user|role|database|catalog)"
    r"|session_user|pg_is_in_recovery|pg_postmaster_start_time|pg_control_system|pg_stat_\w+|pg_read_file)\b"
    r"|\bversion\s*\(",
    re.IGNORECASE,
)


class Read(Struct, frozen=True, kw_only=True):
    """A statement. `line` is where its first word is; `nested` that it stands in a DO block or a function.

    `executes` are the lines of its body where text is run as SQL, `opaque` that its body cannot be read. `function` is
    the name (without its schema) of the function that it makes, or stands in.
    """

    statement: Statement
    line: int
    nested: bool = False
    executes: tuple[int, ...] = ()
    opaque: bool = False
    function: str = ""

    @property
    def tag(self) -> str:
        """The name of its node in PostgreSQL's tree."""
        return self.statement.tag

    @property
    def asks_where(self) -> bool:
        """Whether its text has a word that tells where, when or by whom it is run; comments count, to be safe."""
        return _WHERE.search(self.statement.text) is not None


def read(text: str, *, path: str) -> tuple[Read, ...]:
    """Every statement in order, those of a body after it. Raises SqlError or TooDeepError."""
    try:
        return tuple(each for statement in postgres.parse(text, path=path, source=path) for each in _read(statement))
    except RecursionError:
        raise TooDeepError from None


def _read(statement: Statement) -> Iterator[Read]:
    begin = _SPACE.match(statement.text)
    line = statement.line + statement.text.count("\n", 0, begin.end() if begin else 0)
    if statement.tag not in ("DoStmt", "CreateFunctionStmt"):
        yield Read(statement=statement, line=line)
        return
    body = bodies.of(statement)
    name = strings(statement.read(CreateFunctionStmt).funcname)[-1] if statement.tag == "CreateFunctionStmt" else ""
    yield Read(statement=statement, line=line, executes=body.executes, opaque=body.opaque, function=name)
    for at, query in body.queries:
        yield from _nested(statement, at, query, name)
    for tag, tree in body.trees:
        yield Read(statement=statement.within(tag, tree), line=line, nested=True, function=name)


def _nested(outer: Statement, line: int, query: str, function: str) -> Iterator[Read]:
    """The statements of a query in a body; what only PL/pgSQL understands is none that a rule is about."""
    try:
        for inner in postgres.parse(query, path=outer.path, source=outer.source):
            for each in _read(msgspec.structs.replace(inner, line=line)):
                yield msgspec.structs.replace(each, nested=True, function=each.function or function)
    except SqlError:
        return
