"""What a rule says before it becomes a Finding of a stack."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.model.finding import Severity


class Told(Struct, frozen=True):
    """A rule's id, its message and its place; `severity` where it is another one than the rule's."""

    rule: str
    message: str
    path: str
    line: int | None = None
    severity: Severity | None = None
