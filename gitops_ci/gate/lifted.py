"""What is left of the reasons of a verdict once somebody has answered for some of them."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.model.verdict import Lifted, VerdictReason

__all__ = ["Lifted", "Outcome"]


class Outcome(Struct, frozen=True):
    """The reasons that are left, and what was lifted."""

    reasons: tuple[VerdictReason, ...]
    lifted: tuple[Lifted, ...] = ()
