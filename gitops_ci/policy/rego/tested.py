"""How the tests of policies ended, and how much of the policies they go through."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from gitops_ci.model.plan import Problem
from gitops_ci.model.verdict import Decision
from gitops_ci.policy.rego import asking
from gitops_ci.policy.rego.engine import Covered, ProblemCode, TestResult, TestRun
from gitops_ci.policy.rego.policies import TESTS, Policies

_OF_THE_ENGINE: frozenset[ProblemCode] = frozenset({"needs-opa", "timeout", "memory", "crashed", "missing"})


class Tested(Struct, frozen=True, kw_only=True):
    """Every test, the policies' own files with what is covered of them, and what comes of it."""

    results: tuple[TestResult, ...]
    files: tuple[Covered, ...]
    problems: tuple[Problem, ...]
    minimum: float | None
    decision: Decision

    @property
    def percent(self) -> float | None:
        """Lines that tests went through, of all; None where nothing is known of that."""
        return _percent(sum(len(each.covered) for each in self.files), sum(len(each.missed) for each in self.files))

    @property
    def is_enough(self) -> bool:
        """Whether as much is covered as was asked for."""
        return self.minimum is None or (self.percent or 0.0) >= self.minimum


def _percent(covered: int, missed: int) -> float | None:
    """Rounded down: what is not whole never looks like it."""
    lines = covered + missed
    return None if lines == 0 else covered * 1000 // lines / 10


def of_file(file: Covered) -> float | None:
    """Lines of one file that tests went through, in percent."""
    return _percent(len(file.covered), len(file.missed))


def of(run: TestRun, policies: Policies, *, minimum: float | None = None) -> Tested:
    """What an engine's run says of these policies."""
    files = tuple(each for each in run.coverage if not each.path.endswith(TESTS))
    problems = (*policies.problems, *map(asking.told, run.problems))
    codes = {each.code for each in run.problems} | {each.problem.code for each in run.results if each.problem}
    told = Tested(results=run.results, files=files, problems=problems, minimum=minimum, decision="pass")
    failed = any(each.outcome == "fail" for each in run.results) or not told.is_enough
    if failed or policies.problems or codes - _OF_THE_ENGINE:
        decision: Decision = "blocked"
    else:
        decision = "undecided" if codes else "pass"
    return Tested(results=run.results, files=files, problems=problems, minimum=minimum, decision=decision)


def document(told: Tested) -> dict[str, Any]:
    """The same for machines."""
    files = [
        {"path": each.path, "percent": of_file(each), "covered": each.covered, "missed": each.missed}
        for each in told.files
    ]
    return {
        "decision": told.decision,
        "results": told.results,
        "coverage": {"percent": told.percent, "minimum": told.minimum, "files": files},
        "problems": told.problems,
    }
