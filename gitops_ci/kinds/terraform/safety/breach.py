"""What the safety check has to say about one place of a root: a Breach."""

from __future__ import annotations

from collections.abc import Hashable

from msgspec import Struct

from gitops_ci.model.finding import Severity


class Breach(Struct, frozen=True):
    """Something that may run code, or read what the repository does not hold, as the root is planned.

    It is accepted where base has one with the same `key`: nothing but what is new is refused. `is_run` is False for
    what a plan does not run, so that it is only told. `allow` says how to permit it. `needle` is a word of the files
    that may hold the same in base, where another root may have it.
    """

    rule: str
    message: str
    allow: str
    path: str
    line: int | None
    key: Hashable
    is_run: bool = True
    severity: Severity = "error"
    needle: str | None = None
