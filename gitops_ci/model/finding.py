"""A Finding: one thing a rule has to say about one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")

_NUMBER = re.compile(r"""(?<![\w.\[/:@"'`-])\d[\d,]*(?![\w\[\]/:@"'`-]|\.\w)""")
"""A number that is a word of its own: one in a name (`web01`, `bucket[0]`, `15.4`) tells which thing is meant."""

State = Literal["new", "existing", "fixed"]


class Waiver(Struct, frozen=True, kw_only=True):
    """Who accepted a finding, why and until when (an ISO date)."""

    what: str
    owner: str
    reason: str
    until: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """What a rule found: `line` and `column` count from one; `help` says what to do.

    `address` is the resource or object that it is about, as its tool writes it. `also` are the rules of other tools
    that say the same about the same place.
    """

    rule: str
    severity: Severity
    message: str
    help: str = ""
    url: str | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    stack: str | None = None
    address: str | None = None
    source: str = ""
    fingerprint: str = ""
    state: State = "new"
    waived_by: Waiver | None = None
    also: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether it holds a change up, where its environment is enforced: a new error that nobody waived."""
        return self.severity == "error" and self.state == "new" and self.waived_by is None


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

    The fingerprint survives line shifts and other counts in the message, so that a problem which grows or shrinks
    stays the problem that it was; names, with the numbers in them, are part of it. Equal ones are counted. A path is
    part of it: where a file lies says where it is deployed, so what moves to another folder is new there. It is no
    secret's: a message holds none.
    """
    return _identified(
        Finding(
            rule=rule,
            severity=severity,
            message=message,
            help=help,
            path=path,
            line=line,
            column=column,
            stack=stack,
            source=rule.partition("/")[0],
        )
    )


def about(found: Finding, address: str | None) -> Finding:
    """The finding as one about a resource or object, which is part of its fingerprint."""
    return found if address is None else _identified(msgspec.structs.replace(found, address=address))


def _identified(found: Finding) -> Finding:
    import hashlib  # loads a cryptographic library, which a run without findings does without

    said = _NUMBER.sub("#", found.message)
    identity = "\x1f".join((found.rule, found.path or "", found.stack or "", found.address or "", said))
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    return msgspec.structs.replace(found, fingerprint=digest[:32])


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in an order that does not tell who found it first: those of no single stack lead."""
    return tuple(sorted(dict.fromkeys(findings), key=place))


def place(found: Finding) -> tuple[object, ...]:
    """What findings are ordered by, from where they are down to all that they say."""
    waiver = found.waived_by
    return (
        found.stack or "",
        found.path or "",
        found.line or 0,
        found.column or 0,
        found.rule,
        found.message,
        found.state,
        found.severity,
        found.address or "",
        found.fingerprint,
        found.help,
        found.url or "",
        found.source,
        found.also,
        (waiver.what, waiver.owner, waiver.reason, waiver.until or "") if waiver is not None else (),
    )
