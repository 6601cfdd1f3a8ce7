"""What nobody saw on rows: where a migration fails on those that are made up, it is planned on empty tables only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gitops_ci.kinds.database import bodies
from gitops_ci.kinds.database.catalog import Catalog
from gitops_ci.kinds.database.dry_run_errors import Place
from gitops_ci.kinds.database.dry_run_scripts import Script
from gitops_ci.kinds.database.postgres import Statement
from gitops_ci.kinds.database.routines import CreateFunctionStmt
from gitops_ci.kinds.database.tree import strings
from gitops_ci.model.plan import Observation

_WORD = re.compile(r"[\w$]+")
_WRITES = frozenset({"CopyStmt", "DeleteStmt", "InsertStmt", "MergeStmt", "UpdateStmt"})
_CALLS = frozenset({"CallStmt", "CreateTableAsStmt", "DoStmt", "ExecuteStmt", "ExplainStmt", "SelectStmt"}) | _WRITES


def after(refused: Place, scripts: Iterable[Script], before: Catalog) -> Iterator[Observation]:
    """The first statement, from the script that was refused on, that may do more to rows than its text says.

    It calls a function of the database's own or of the change, runs text, or fires a trigger.
    """
    scripts = tuple(scripts)
    first = next((index for index, script in enumerate(scripts) if script.path == refused.path), 0)
    functions = {_bare(item.name) for item in before.values() if item.kind in ("function", "procedure")}
    functions |= {name for script in scripts for each in script.statements or () for name in _made(each)}
    tables = {item.object: _bare(item.name) for item in before.values() if item.catalog == "pg_class"}
    fired = {tables.get(item.parent or 0, "") for item in before.values() if item.kind in ("trigger", "rule")}
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


def _hides(statement: Statement, functions: set[str], fired: set[str]) -> bool:
    if statement.tag not in _CALLS:
        return False
    if statement.tag == "DoStmt" and ((body := bodies.of(statement)).opaque or body.executes):
        return True
    if statement.tag == "ExecuteStmt" or 'U&"' in statement.text.upper():
        return True
    words = set(_WORD.findall(statement.text.lower()))
    return not words.isdisjoint(functions) or (statement.tag in (*_WRITES, "DoStmt") and not words.isdisjoint(fired))


def _made(statement: Statement) -> Iterator[str]:
    if statement.tag == "CreateFunctionStmt":
        yield strings(statement.read(CreateFunctionStmt).funcname)[-1].lower()


def _bare(name: str) -> str:
    """A name without its schema, quotes and arguments."""
    return name.partition("(")[0].rpartition(".")[2].strip('"').lower()
