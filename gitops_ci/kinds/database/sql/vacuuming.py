"""How a VACUUM does it: FULL is an option of it that may also be written and turned off."""

from __future__ import annotations

import re

from gitops_ci.kinds.database.sql.postgres import Statement

_NAMED = b'"defname":"full"'
_OFF = re.compile(rb'"defname":"full","arg":\{(?:"String":\{"sval":"(?:false|off)"\}|"Integer":\{\})\}', re.IGNORECASE)


def is_full(statement: Statement) -> bool:
    """Whether it may write tables anew and keep everyone out: of an option that is there twice any counts."""
    node = bytes(statement.node)
    return statement.tag == "VacuumStmt" and node.count(_NAMED) > len(_OFF.findall(node))
