"""The Verdict: pass, blocked or undecided, each reason with its remedy."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Decision = Literal["pass", "blocked", "undecided"]
EXIT_CODES: dict[Decision, int] = {"pass": 0, "blocked": 1, "undecided": 3}


class VerdictReason(Struct, frozen=True, kw_only=True):
    """Why a decision fell: the rule, what it saw, what lifts it and who can (empty: anyone)."""

    rule: str
    decision: Decision
    message: str
    remedy: str
    who: str = ""
    stack: str | None = None

    @property
    def is_told(self) -> bool:
        """Whether it holds nothing up: its environment only warns, or the rule only tells."""
        return self.decision == "pass"


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


class Verdict(Struct, frozen=True, kw_only=True):
    """The decision and its reasons; `left_out` names what could not be judged here and why that is fine.

    `lifted` is what would have held it up, and who let it pass: of the gate only, which knows the pull request.
    """

    decision: Decision
    reasons: tuple[VerdictReason, ...] = ()
    left_out: tuple[str, ...] = ()
    lifted: tuple[Lifted, ...] = ()
