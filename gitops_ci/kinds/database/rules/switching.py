"""Which triggers and rules a migration disables and does not enable again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitops_ci.kinds.database.rules.alterations import TRIGGERS_OFF, Altered, Command
from gitops_ci.kinds.database.rules.reading import Read

_SWITCHES = re.compile(rb'"AT_(?:En|Dis)able')
_TRIGGERS_ON = frozenset(
    {"AT_EnableTrig", "AT_EnableTrigAll", "AT_EnableTrigUser", "AT_EnableRule", "AT_EnableAlwaysTrig"}
)


def left_disabled(reads: Sequence[Read]) -> frozenset[int]:
    """The statements, by number, that disable a trigger or rule which no later one enables again.

    What stands in a body may not run: it enables only what a body disables.
    """
    enabled: dict[str, set[tuple[str, bool]]] = {}
    left: set[int] = set()
    for index, read in reversed(tuple(enumerate(reads))):
        if read.tag != "AlterTableStmt" or not _SWITCHES.search(bytes(read.statement.node)):
            continue
        node = read.statement.read(Altered)
        known = enabled.setdefault(node.relation.name, set())
        for command in (each.command for each in reversed(node.cmds) if each.command):
            ways = _switched(command)
            if command.subtype in _TRIGGERS_ON:
                known.add((ways[0], read.nested))
            elif command.subtype in TRIGGERS_OFF and known.isdisjoint(
                (way, nested) for way in ways for nested in (False, read.nested)
            ):
                left.add(index)
    return frozenset(left)


def _switched(command: Command) -> tuple[str, ...]:
    """What is switched on or off, and what else switches it as well."""
    match command.subtype:
        case "AT_EnableTrigAll" | "AT_DisableTrigAll":
            return ("all",)
        case "AT_EnableTrigUser" | "AT_DisableTrigUser":
            return "user", "all"
        case "AT_EnableRule" | "AT_DisableRule":
            return (f"rule {command.name}",)
        case _:
            return f"trigger {command.name}", "user", "all"
