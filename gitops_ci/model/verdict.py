"""The Verdict: pass, blocked or undecided, each reason with its remedy."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Decision = Literal["pass", "blocked", "undecided"]
NOTES = frozenset({"gate/ordering"})
"""Rules that tell something worth knowing and decide nothing."""
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
    def is_note(self) -> bool:
        """Whether it only tells something; any other that passes does so because its environment only warns."""
        return self.decision == "pass" and self.rule in NOTES


class Verdict(Struct, frozen=True, kw_only=True):
    """The decision and its reasons; `left_out` names what could not be judged here and why that is fine."""

    decision: Decision
    reasons: tuple[VerdictReason, ...] = ()
    left_out: tuple[str, ...] = ()
