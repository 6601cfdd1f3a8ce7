"""What squawk is asked and what it answers; whoever runs it satisfies `Linter`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.rules import catalog
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.model.plan import Engine

SYNTAX = "syntax-error"

_IGNORE = re.compile(r"squawk-ignore", re.IGNORECASE)
_LONGEST = 300
"""Characters of a message that are shown."""


class Answer(Struct, frozen=True, kw_only=True):
    """One finding of squawk; `line` and `column` count from nought."""

    file: str
    line: int
    column: int
    message: str
    rule_name: str


class Answers(Struct, frozen=True, kw_only=True):
    """What squawk said, by the path that it was asked about."""

    engine: Engine
    by_path: Mapping[str, tuple[Answer, ...]]


class Linter(Protocol):
    """Squawk, as the lint may use it."""

    def run(self, texts: Mapping[str, str]) -> Answers:
        """Asks about the texts that enter one database, in their order: what one makes is known to the next.

        Raises ToolError where there is no complete answer, and says why.
        """


def asked(text: str, blank: Iterable[range]) -> str:
    """What squawk gets to read: a pull request's own word that something be ignored counts for nothing.

    `blank` are ranges of bytes that it must not take at its word (a table that may be there already).
    """
    read = _IGNORE.sub("squawk_ignore", text)
    parts = tuple(blank)
    if not parts:
        return read
    data = bytearray(read.encode())
    for part in parts:
        data[part.start : part.stop] = re.sub(rb"[^\n]", b" ", bytes(data[part.start : part.stop]))
    return data.decode()


def decoded(output: bytes) -> tuple[Answer, ...]:
    """Squawk's JSON. Raises ToolError where it is none."""
    try:
        return msgspec.json.decode(output, type=tuple[Answer, ...])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        raise ToolError("squawk answered with something that is not its JSON") from None


def found(answer: Answer, *, statement: int, table: str) -> Iterator[Found]:
    """A finding of ours for one of squawk's; none for those that are not asked for, or that a newer squawk has.

    They are left out here and not by squawk's own option, which refuses a name that its version does not have.
    """
    rule = catalog.SQUAWK.get(answer.rule_name)
    if rule is not None:
        says = " ".join(answer.message.split())[:_LONGEST].rstrip(".")
        yield Found(
            rule=rule,
            says=f"meets squawk's {answer.rule_name}: {says[:1].lower()}{says[1:]}",
            line=answer.line + 1,
            column=answer.column + 1,
            statement=statement,
            table=table,
        )
