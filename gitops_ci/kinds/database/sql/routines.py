"""CREATE FUNCTION, PROCEDURE and TRIGGER."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.database.sql import addresses
from gitops_ci.kinds.database.sql.changes import condition, given, made
from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import Statement
from gitops_ci.kinds.database.sql.tree import Node, TypeName, strings
from gitops_ci.model.plan import Change

_EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
_INPUT = frozenset({"FUNC_PARAM_DEFAULT", "FUNC_PARAM_IN", "FUNC_PARAM_INOUT", "FUNC_PARAM_VARIADIC"})


class CreateFunctionStmt(Struct, frozen=True):
    """CREATE FUNCTION or PROCEDURE."""

    funcname: tuple[Node, ...]
    parameters: tuple[Node, ...] = ()
    returnType: TypeName | None = None  # noqa: N815
    options: tuple[Node, ...] = ()
    is_procedure: bool = False
    replace: bool = False


class CreateTrigStmt(Struct, frozen=True):
    """CREATE TRIGGER."""

    trigname: str
    relation: RangeVar
    funcname: tuple[Node, ...] = ()
    timing: int = 0
    events: int = 0
    row: bool = False
    replace: bool = False


def function(statement: Statement) -> Iterator[Change]:
    """CREATE FUNCTION or PROCEDURE; the body is not stored, path and line lead to it."""
    node = statement.read(CreateFunctionStmt)
    taken = [
        each.parameter.argType
        for each in node.parameters
        if each.parameter is not None and each.parameter.mode in _INPUT
    ]
    options = {each.option.defname: each.option.arg for each in node.options if each.option is not None}
    language, security = options.get("language"), options.get("security")
    attributes = given(
        returns=node.returnType.text if node.returnType else None,
        language=language.string.sval if language is not None and language.string is not None else None,
        security_definer=security is not None and security.boolean is not None and security.boolean.boolval,
    )
    name = addresses.signature(qualified(strings(node.funcname)), taken)
    kind = "procedure" if node.is_procedure else "function"
    yield made(statement, (kind, name), "create", attributes, reason=condition(replace=node.replace))


def trigger(statement: Statement) -> Iterator[Change]:
    """CREATE TRIGGER: a trigger's name belongs to its table."""
    node = statement.read(CreateTrigStmt)
    timing = "BEFORE" if node.timing & 2 else "INSTEAD OF" if node.timing & 64 else "AFTER"
    events = " OR ".join(word for bit, word in _EVENTS.items() if node.events & bit)
    attributes = given(
        on=node.relation.name,
        when=f"{timing} {events}",
        for_each="ROW" if node.row else "STATEMENT",
        executes=qualified(strings(node.funcname)) + "()",
    )
    name = f"{quoted(node.trigname)} on {node.relation.name}"
    yield made(statement, ("trigger", name), "create", attributes, reason=condition(replace=node.replace))
