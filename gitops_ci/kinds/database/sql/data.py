"""INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY: columns and counts, never a value."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw, Struct

from gitops_ci.kinds.database.sql.changes import after, given, made
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT, Statement
from gitops_ci.kinds.database.sql.tree import Node, WithClause
from gitops_ci.model.plan import Attribute, Change

_WITH = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_HOLD = frozenset({"ExplainStmt", "PrepareStmt", "CopyStmt", "DeclareCursorStmt", "CreateTableAsStmt", "RuleStmt"})


class Query(Struct, frozen=True):
    """What a SELECT, or the source of an INSERT, may hold."""

    valuesLists: tuple[Raw, ...] = ()  # noqa: N815
    withClause: WithClause | None = None  # noqa: N815
    intoClause: IntoClause | None = None  # noqa: N815


class IntoClause(Struct, frozen=True):
    """The table that a query makes."""

    rel: RangeVar


class Source(Struct, frozen=True):
    """The query of an INSERT."""

    SelectStmt: Query | None = None


class Data(Struct, frozen=True):
    """An INSERT, UPDATE, DELETE, MERGE or COPY."""

    relation: RangeVar | None = None
    cols: tuple[Node, ...] = ()
    selectStmt: Source | None = None  # noqa: N815
    targetList: tuple[Node, ...] = ()  # noqa: N815
    whereClause: Raw = ABSENT  # noqa: N815
    withClause: WithClause | None = None  # noqa: N815
    mergeWhenClauses: tuple[Raw, ...] = ()  # noqa: N815
    is_from: bool = False
    is_program: bool = False
    filename: str = ""


class Holder(Struct, frozen=True):
    """A statement that holds others: EXPLAIN, PREPARE, COPY, DECLARE, CREATE TABLE AS (`query`) and CREATE RULE."""

    query: dict[str, Raw] = {}
    actions: tuple[dict[str, Raw], ...] = ()


class TruncateStmt(Struct, frozen=True):
    """TRUNCATE."""

    relations: tuple[Node, ...]
    behavior: str = ""


def insert(statement: Statement) -> Iterator[Change]:
    """INSERT: the columns, and how many rows where they are written out."""
    node = statement.read(Data)
    query = node.selectStmt.SelectStmt if node.selectStmt else None
    rows = 1 if query is None else len(query.valuesLists) or "from a query"
    yield _data(
        statement, node.relation, (*given(**{"insert.columns": _targets(node.cols)}), after("insert.rows", rows))
    )


def update(statement: Statement) -> Iterator[Change]:
    """UPDATE: the columns, and whether a WHERE narrows it."""
    node = statement.read(Data)
    attributes = (
        after("update.columns", _targets(node.targetList)),
        after("update.where", bool(bytes(node.whereClause))),
    )
    yield _data(statement, node.relation, attributes)


def delete(statement: Statement) -> Iterator[Change]:
    """DELETE: whether a WHERE narrows it."""
    node = statement.read(Data)
    yield _data(statement, node.relation, (after("delete.where", bool(bytes(node.whereClause))),), destructive=True)


def merge(statement: Statement) -> Iterator[Change]:
    """MERGE: destructive where one of its branches deletes."""
    node = statement.read(Data)
    deletes = any(b'"CMD_DELETE"' in bytes(clause) for clause in node.mergeWhenClauses)
    yield _data(statement, node.relation, (after("merge.branches", len(node.mergeWhenClauses)),), destructive=deletes)


def truncate(statement: Statement) -> Iterator[Change]:
    """TRUNCATE of one or more tables."""
    node = statement.read(TruncateStmt)
    text = "CASCADE" if node.behavior == "DROP_CASCADE" else True
    for each in node.relations:
        yield _data(statement, each.relation, (after("truncate", text),), destructive=True)


def copy(statement: Statement) -> Iterator[Change]:
    """COPY from or to a file or a program on the server (data inside the file is refused before)."""
    node = statement.read(Data)
    place = "a program" if node.is_program else "a file" if node.filename else "the client"
    yield _data(statement, node.relation, (after("copy.from" if node.is_from else "copy.to", place),))


def reads_client(statement: Statement) -> bool:
    """Whether a COPY takes the lines that follow it as data."""
    node = statement.read(Data)
    return node.is_from and not node.filename


def into(statement: Statement) -> RangeVar | None:
    """The table that a SELECT … INTO makes."""
    clause = statement.read(Query).intoClause
    return clause.rel if clause is not None else None


def inner(statement: Statement) -> Iterator[Statement]:
    """What of the queries that a statement holds, or that stand in its WITH clause, may change data on its own."""
    held: list[dict[str, Raw]] = []
    if statement.tag in _WITH:
        clause = statement.read(Data).withClause
        held += (each.cte.ctequery for each in (clause.ctes if clause else ()) if each.cte is not None)
    elif statement.tag in _HOLD:
        node = statement.read(Holder)
        held += (node.query, *node.actions)
    for query in held:
        for tag, tree in query.items():
            found = statement.within(tag, tree)
            if tag == "SelectStmt":
                yield from inner(found)
            else:
                yield found


def _targets(nodes: tuple[Node, ...]) -> list[str]:
    return [quoted(each.target.name) for each in nodes if each.target is not None]


def _data(
    statement: Statement, relation: RangeVar | None, attributes: tuple[Attribute, ...], *, destructive: bool = False
) -> Change:
    table = f"in {relation.name}" if relation is not None else "of a query"
    return made(statement, ("data", table), "update", attributes, destructive=destructive)
