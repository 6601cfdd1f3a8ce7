"""What a rule says before it becomes a Finding of a stack."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.model.finding import Severity


class Told(Struct, frozen=True, kw_only=True):
    """A rule's id, its message and its place; `severity` where it is another one than the rule's.

    `address` is the object that it is about. `everywhere`: it is said of the whole repository, once.
    `anywhere`: the place is one of many that would do, and no other finding where another one is named.
    """

    rule: str
    message: str
    path: str | None = None
    line: int | None = None
    severity: Severity | None = None
    address: str | None = None
    everywhere: bool = False
    anywhere: bool = False
