"""Which triggers and rules of tables a migration disables and does not surely enable again afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gitops_ci.kinds.database.rules.alterations import Altered, Command
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql.identifiers import quoted

_OFF = {"AT_DisableTrig": "", "AT_DisableTrigAll": "ALL", "AT_DisableTrigUser": "USER", "AT_DisableRule": "RULE"}
_ON = {
    "AT_EnableTrig": "",
    "AT_EnableAlwaysTrig": "",
    "AT_EnableTrigAll": "ALL",
    "AT_EnableTrigUser": "USER",
    "AT_EnableRule": "RULE",
    "AT_EnableAlwaysRule": "RULE",
}
_WORDS = (b'"AT_Disable', b'"AT_Enable')
_BRANCHES = re.compile(r"\b(?:if|case|loop|for|foreach|while|exit|continue|return|exception|rollback)\b", re.IGNORECASE)
"""Words of PL/pgSQL after which it is not sure that what follows runs."""
_UNDOES = (b'"TRANS_STMT_ROLLBACK', b'"TRANS_STMT_PREPARE"')
_BEGINS = (b'"TRANS_STMT_BEGIN"', b'"TRANS_STMT_START"')
_OF_A_KEY = "RI_ConstraintTrigger_"
"""How PostgreSQL calls those of foreign keys, which are nobody's (USER)."""

_What = tuple[str, str, str]
"""The table, the word (`ALL`, `USER`, `RULE`; empty for one trigger) and the name."""


def of(reads: Sequence[Read]) -> Mapping[int, tuple[Found, ...]]:
    """What is found in the statements of one file, by their number.

    What a body disables may be enabled again in it, too, where it runs straight through.
    """
    found: dict[int, tuple[Found, ...]] = {}
    later, inside, undone = set[_What](), set[_What](), set[_What]()
    straight = _straight(reads)
    on = later
    for index in range(len(reads) - 1, -1, -1):
        read = reads[index]
        if not read.nested:
            inside.clear()
        if read.tag == "TransactionStmt":  # what is rolled back enables nothing
            node = bytes(read.statement.node)
            on = (
                undone
                if any(each in node for each in _UNDOES)
                else later
                if any(each in node for each in _BEGINS)
                else on
            )
        if read.tag != "AlterTableStmt" or not any(word in bytes(read.statement.node) for word in _WORDS):
            continue
        altered = read.statement.read(Altered)
        commands = [each.command for each in reversed(altered.cmds) if each.command]
        left: list[Found] = []
        for command in commands:
            if command.subtype in _ON:
                again = (altered.relation.name, _ON[command.subtype], command.name)
                (on if not read.nested else inside if straight[index] else undone).add(again)
            elif command.subtype in _OFF:
                known = (inside,) if read.function else (inside, later)
                if not any(_is_on(altered.relation.name, command, each) for each in known):
                    left.append(_found(read, altered.relation.name, command))
        found[index] = tuple(reversed(left))
    return found


def _straight(reads: Sequence[Read]) -> Mapping[int, bool]:
    """Of those that stand in a body whether all of it runs."""
    found: dict[int, bool] = {}
    whole, is_straight = None, False
    for index, read in enumerate(reads):
        if not read.nested:
            whole = read
        elif whole is not None:
            is_straight = _BRANCHES.search(whole.statement.text) is None
            whole = None
        found[index] = read.nested and is_straight
    return found


def _is_on(table: str, command: Command, on: set[_What]) -> bool:
    """Whether what was disabled is among what is enabled again."""
    word = _OFF[command.subtype]
    again = {(table, word, command.name)}
    if word != "RULE":
        again.add((table, "ALL", ""))
    if word == "" and not command.name.startswith(_OF_A_KEY):
        again.add((table, "USER", ""))
    return not again.isdisjoint(on)


def _found(read: Read, table: str, command: Command) -> Found:
    says = f"disables {quoted(command.name) if command.name else 'triggers'} of {table}"
    return Found(rule="database/trigger-disabled", says=says, line=read.line, statement=read.line, table=table)
