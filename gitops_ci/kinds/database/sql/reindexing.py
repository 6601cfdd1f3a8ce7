"""How a REINDEX does it: CONCURRENTLY is an option of it that may also be written and turned off."""

from __future__ import annotations

import re

from gitops_ci.kinds.database.sql.postgres import Statement

_NAMED = b'"defname":"concurrently"'
_ON = re.compile(
    rb'"defname":"concurrently"(?:(?!,"arg")|,"arg":\{"(?:String":\{"sval":"(?:true|on)"|Integer":\{"ival":1)\})',
    re.IGNORECASE,
)
_OF_MANY = (b'"kind":"REINDEX_OBJECT_SCHEMA"', b'"kind":"REINDEX_OBJECT_SYSTEM"', b'"kind":"REINDEX_OBJECT_DATABASE"')


def is_concurrent(statement: Statement) -> bool:
    """Whether it surely lets others write meanwhile: of an option that is there twice the last counts."""
    node = bytes(statement.node)
    return node.count(_NAMED) == 1 and _ON.search(node) is not None


def turns_it_off(statement: Statement) -> bool:
    """Whether the word is there and means nothing."""
    return _NAMED in bytes(statement.node) and not is_concurrent(statement)


def is_of_many(statement: Statement) -> bool:
    """Whether it goes through every table of a schema or a database, one transaction each."""
    node = bytes(statement.node)
    return any(kind in node for kind in _OF_MANY)
