"""Bodies in PL/pgSQL: which statements they hold, and where they run text as SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.sql import postgres
from gitops_ci.kinds.database.sql.postgres import SqlError, Statement
from gitops_ci.kinds.database.sql.tree import Node, strings

_STATEMENT = 0
"""How PostgreSQL marks an expression that is a whole statement (RAW_PARSE_DEFAULT)."""
_DYNAMIC = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"})


_SOMETHING = re.compile(rb'"(?:parseMode":\s*0|PLpgSQL_stmt_dynexecute|PLpgSQL_stmt_dynfors|dynquery)\b')
"""What a tree has in which there is anything to find; that of most triggers has nothing, and takes long to walk."""


class Options(Struct, frozen=True):
    """What DO and CREATE FUNCTION have in common."""

    args: tuple[Node, ...] = ()
    options: tuple[Node, ...] = ()
    sql_body: Any = None


class Body(Struct, frozen=True):
    """What a body holds: `queries` with the line in the file, the lines that execute text; `opaque`: it is not read.

    `trees` are the statements of a body that is no string (BEGIN ATOMIC), by tag.
    """

    queries: tuple[tuple[int, str], ...] = ()
    trees: tuple[tuple[str, msgspec.Raw], ...] = ()
    executes: tuple[int, ...] = ()
    opaque: bool = False


def of(statement: Statement) -> Body:
    """The body of a DO block or a function. One in another language than SQL and PL/pgSQL is opaque."""
    node = statement.read(Options)
    language = "plpgsql" if statement.tag == "DoStmt" else "sql"
    text = ""
    for each in (*node.args, *node.options):
        option = each.option
        if option is None or option.arg is None:
            continue
        value = option.arg.string.sval if option.arg.string else ""
        if option.defname == "language":
            language = value.lower()
        elif option.defname == "as":
            text = value or next(iter(strings(option.arg.items.items if option.arg.items else ())), "")
    at = statement.text.find(text)
    first = statement.line + statement.text.count("\n", 0, max(at, 0))
    if language == "sql":
        return Body(queries=((first, text),) if text else (), trees=tuple(_trees(node.sql_body)))
    if language != "plpgsql":
        return Body(opaque=True)
    try:
        tree = postgres.plpgsql(statement.text)
        found = tuple(_walked(tree)) if _SOMETHING.search(bytes(tree)) else ()
    except (SqlError, RecursionError):
        return Body(opaque=True)
    return Body(
        queries=tuple((first + line - 1, query) for line, query, dynamic in found if not dynamic),
        executes=tuple(first + line - 1 for line, _, dynamic in found if dynamic),
    )


def _trees(node: Any) -> Iterator[tuple[str, msgspec.Raw]]:
    """The statements in lists of lists; `Any` is a JSON value."""
    if isinstance(node, list):
        for each in node:
            yield from _trees(each)
    elif isinstance(node, dict):
        for tag, value in node.items():
            if tag == "List":
                yield from _trees(value.get("items"))
            else:
                yield tag, msgspec.Raw(msgspec.json.encode(value))


def _walked(functions: msgspec.Raw) -> Iterator[tuple[int, str, bool]]:
    """Line in the body, query, and whether that is an expression whose value is run; `Any` is a JSON value."""
    waiting: list[tuple[Any, int]] = [(msgspec.json.decode(functions), 1)]
    while waiting:
        node, line = waiting.pop()
        if isinstance(node, list):
            waiting += ((each, line) for each in reversed(node))
        elif isinstance(node, dict):
            here = node.get("lineno", line)
            for name, value in node.items():
                if name in _DYNAMIC or name == "dynquery":
                    yield value.get("lineno", here), "", True
                elif name == "PLpgSQL_expr" and value.get("parseMode") == _STATEMENT:
                    yield here, value.get("query", ""), False
            waiting += ((each, here) for each in reversed(list(node.values())))
