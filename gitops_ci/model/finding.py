"""A Finding: one thing a rule has to say about one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")

_NUMBER = re.compile(r"\d+")

State = Literal["new", "existing", "fixed"]


class Waiver(Struct, frozen=True, kw_only=True):
    """Who accepted a finding, why and until when (an ISO date)."""

    what: str
    owner: str
    reason: str
    until: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """What a rule found: `line` and `column` count from one; `help` says what to do."""

    rule: str
    severity: Severity
    message: str
    help: str = ""
    url: str | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    stack: str | None = None
    source: str = ""
    fingerprint: str = ""
    state: State = "new"
    waived_by: Waiver | None = None


def make(
    rule: str,
    severity: Severity,
    message: str,
    *,
    help: str,
    path: str | None = None,
    line: int | None = None,
    column: int | None = None,
    stack: str | None = None,
) -> Finding:
    """A Finding with its source (the rule's family) and a fingerprint.

    The fingerprint survives line shifts and other numbers in the message, so that a problem which grows or shrinks
    stays the problem that it was.
    """
    import hashlib  # loads a cryptographic library, which a run without findings does without

    identity = "\x1f".join((rule, path or "", stack or "", _NUMBER.sub("#", message)))
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        help=help,
        path=path,
        line=line,
        column=column,
        stack=stack,
        source=rule.partition("/")[0],
        fingerprint=hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32],
    )


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in an order that does not tell who found it first: those of no single stack lead."""
    return tuple(sorted(dict.fromkeys(findings), key=_place))


def _place(found: Finding) -> tuple[str, str, int, int, str, str, str]:
    return (
        found.stack or "",
        found.path or "",
        found.line or 0,
        found.column or 0,
        found.rule,
        found.message,
        found.state,
    )
