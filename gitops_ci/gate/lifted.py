"""What would hold a change up and does not, because somebody answers for it: for the comment and the record."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.model.verdict import VerdictReason

How = Literal["review", "label", "waiver"]


class Lifted(Struct, frozen=True, kw_only=True):
    """Who let what pass, and why.

    `rule` would have held it up, `what` says in words what exactly was let pass, `where` in which environment or stack.
    `by` are logins in lower case, or the owner that a waiver names. `until` is its last day (an ISO date); None where
    it holds for `commit` only. `label` is the one that was set, with the hash of what it is for.
    """

    rule: str
    how: How
    what: str
    by: tuple[str, ...]
    where: str = ""
    why: str = ""
    until: str | None = None
    pull_request: int | None = None
    commit: str | None = None
    label: str | None = None


class Outcome(Struct, frozen=True):
    """The reasons that are left, and what was lifted."""

    reasons: tuple[VerdictReason, ...]
    lifted: tuple[Lifted, ...] = ()
