"""What every rendering tells of the policy step: each checker with what it looked at, found and left open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import Checker, PolicyRun
from gitops_ci.model.report import Report
from gitops_ci.render import words
from gitops_ci.render.comment.heading import deciding

NAMES: dict[Checker, str] = {
    "rego": "Rego",
    "builtin": "built-in policies",
    "checkov": "checkov",
    "secrets": "secrets",
    "database": "migrations",
}


class Checked(Struct, frozen=True):
    """One checker's run and how many of its findings are new, from before, fixed and waived."""

    run: PolicyRun
    new: int
    existing: int
    fixed: int
    waived: int
    compared: bool = True

    @property
    def found(self) -> str:
        """The counts in words; empty for nothing. Without a base nothing is new, only found."""
        counts = {
            "new" if self.compared else "found": self.new,
            "from before": self.existing,
            "fixed": self.fixed,
            "waived": self.waived,
        }
        return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)

    @property
    def engine(self) -> str:
        """The engine with its version and where it came from; empty for none."""
        engine = self.run.engine
        return f"{engine.name} {engine.version} ({engine.source})" if engine is not None else ""

    @property
    def looked_at(self) -> str:
        """How many rules were asked about how many inputs."""
        inputs = words.several(self.run.inputs, "input") if self.run.inputs else "nothing here to ask about"
        return f"{words.several(self.run.policies, 'rule')}, {inputs}" if self.run.policies else inputs


def of(report: Report) -> tuple[Checked, ...]:
    """Every checker that was asked, in order."""
    states = Counter(map(_state, report.findings))
    return tuple(
        Checked(
            run=run,
            new=states[run.name, "new"],
            existing=states[run.name, "existing"],
            fixed=states[run.name, "fixed"],
            waived=states[run.name, "waived"],
            compared=report.base is not None,
        )
        for run in report.policies
    )


def _state(finding: Finding) -> tuple[str, str]:
    waived = finding.waived_by is not None and finding.state != "fixed"
    return finding.source, "waived" if waived else finding.state


def unsaid(report: Report) -> list[tuple[PolicyRun, Problem]]:
    """What checkers left open and the reasons of the verdict do not tell already."""
    said = {reason.message for reason in deciding(report)}
    return [
        (run, problem)
        for run in report.policies
        for problem in run.problems
        if not _is_told(problem.message.partition("\n")[0], said)
    ]


def _is_told(message: str, said: Iterable[str]) -> bool:
    return any(message in each for each in said)
