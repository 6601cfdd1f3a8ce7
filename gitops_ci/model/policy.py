"""A PolicyRun: what one checker (Rego, checkov, secrets …) looked at, with what, and what kept it from an answer."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.model.plan import Engine, Problem

Checker = Literal["rego", "builtin", "checkov", "secrets", "database"]


class PolicyRun(Struct, frozen=True, kw_only=True):
    """One checker's part of a run. Its findings are the report's.

    `inputs` is how many documents or files it looked at, `policies` how many rules it asked (0: not counted). Each of
    `problems` leaves a question open, so that the change cannot pass: undecided.
    """

    name: Checker
    engine: Engine | None = None
    seconds: float = 0.0
    inputs: int = 0
    policies: int = 0
    problems: tuple[Problem, ...] = ()
