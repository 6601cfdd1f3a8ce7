"""What statements do that their text does not say: to tables that they do not name, and to rows that nobody saw."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from gitops_ci.kinds.database.dry_run.errors import Place
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.schema.catalog import Catalog
from gitops_ci.kinds.database.sql import bodies
from gitops_ci.kinds.database.sql.postgres import Statement
from gitops_ci.kinds.database.sql.routines import CreateFunctionStmt
from gitops_ci.kinds.database.sql.tree import strings
from gitops_ci.model.plan import Observation

_WORD = re.compile(r"[\w$]+")
_WRITES = frozenset({"CopyStmt", "DeleteStmt", "InsertStmt", "MergeStmt", "UpdateStmt"})
_OPAQUE = frozenset({"CallStmt", "DoStmt", "ExecuteStmt", "SelectStmt"})
_EVALUATES = frozenset({"AlterTableStmt", "IndexStmt", "RefreshMatViewStmt"})
"""Statements that compute defaults, types, indexes and views from functions."""
_ROUTINES = ("function", "procedure", "aggregate")
_VIEWS = ("view", "materialized view")
_CALLS = frozenset({"CallStmt", "CreateTableAsStmt", "DoStmt", "ExecuteStmt", "ExplainStmt", "SelectStmt"}) | _WRITES


def after(refused: Place, scripts: Iterable[Script], before: Catalog) -> Iterator[Observation]:
    """The first statement, from the script that was refused on, that may do more to rows than its text says.

    It calls a function of the database's own or of the change, runs text, or fires a trigger.
    """
    scripts = tuple(scripts)
    functions = _named(before, _ROUTINES) | {
        name for script in scripts for each in script.statements or () for name in _made(each)
    }
    first = next((index for index, script in enumerate(scripts) if script.path == refused.path), 0)
    fired = _fired(before)
    for script in scripts[first:]:
        for each in script.statements or ():
            if _hides(each, functions, fired):
                message = "was seen on empty tables only: nobody knows what it does to rows"
                yield Observation(
                    what="unseen",
                    address=script.path,
                    message=message,
                    path=script.path,
                    line=each.line,
                    statement=each.tag,
                )
                return


def reaches_others(scripts: Iterable[Script], before: Catalog) -> bool:
    """Whether scripts may work on tables that they do not name."""
    called, fired = _named(before, (*_ROUTINES, *_VIEWS)), _fired(before)
    statements = (each for script in scripts for each in script.statements or ())
    return any(each.tag in _OPAQUE or _hides(each, called, fired, _CALLS | _EVALUATES) for each in statements)


def calls(script: Script, before: Catalog) -> bool:
    """Whether a script runs what its text does not show: functions that base has, or text."""
    called = _named(before, _ROUTINES)
    return any(_hides(each, called, frozenset(), _CALLS | _EVALUATES) for each in script.statements or ())


def _hides(
    statement: Statement, called: Collection[str], fired: Collection[str], tags: Collection[str] = _CALLS
) -> bool:
    if statement.tag not in tags:
        return False
    if statement.tag == "DoStmt" and ((body := bodies.of(statement)).opaque or body.executes):
        return True
    if statement.tag == "ExecuteStmt" or 'U&"' in statement.text.upper():
        return True
    words = set(_WORD.findall(statement.text.lower()))
    return not words.isdisjoint(called) or (statement.tag in (*_WRITES, "DoStmt") and not words.isdisjoint(fired))


def _named(before: Catalog, kinds: Collection[str]) -> set[str]:
    return {_bare(item.name) for item in before.values() if item.kind in kinds}


def _fired(before: Catalog) -> set[str]:
    """The tables and views on which something happens of itself."""
    tables = {item.object: _bare(item.name) for item in before.values() if item.catalog == "pg_class"}
    return {tables.get(item.parent or 0, "") for item in before.values() if item.kind in ("trigger", "rule")}


def _made(statement: Statement) -> Iterator[str]:
    if statement.tag == "CreateFunctionStmt":
        yield strings(statement.read(CreateFunctionStmt).funcname)[-1].lower()


def _bare(name: str) -> str:
    """A name without its schema, quotes and arguments."""
    return name.partition("(")[0].rpartition(".")[2].strip('"').lower()
