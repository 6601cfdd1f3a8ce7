"""The rule family *policies*: a checker that could not answer leaves the change undecided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.gate import checks
from gitops_ci.gate.case import Case
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import Checker, PolicyRun
from gitops_ci.model.verdict import VerdictReason

UNANSWERED = "checks/policy-unanswered"

_REMEDIES = {
    "missing": "install it on the runner (docs/dependencies.md), or take its section out of gitops-ci.yml",
    "needs-opa": "install opa on the runner, or write the policy without what the message names",
    "timeout": "make the policy or the input smaller, or raise its time limit in gitops-ci.yml",
    "memory": "make the input smaller, or run it on a larger machine",
    "crashed": "run it again; if it fails again, report it with the output of -v",
    "syntax": "mend the policy at the place named",
    "compile": "mend the policy at the place named",
    "evaluation": "mend the policy at the place named",
}
_LOOK = "look at what the message names by hand, or mend it and run it again"
_WHO = {"missing": "whoever maintains the workflow", "needs-opa": "whoever maintains the workflow"}


def unanswered(runs: Iterable[PolicyRun], config: Config) -> Iterator[VerdictReason]:
    """A reason for each question that a checker left open, as it counts in the environment of the file it is about."""
    for run in runs:
        for problem in run.problems:
            reason = of_problem(run, problem)
            yield from checks.weighed((reason,), naming.environment_of_path(problem.path or "", config), config)


def unasked(case: Case) -> Iterator[VerdictReason]:
    """A reason for each checker that base's configuration asks for, and of which no report has an answer.

    Which ones answered is a claim of the jobs that planned: one that leaves a checker out leaves out what it found.
    """
    answered = {run.name for run in case.report.policies}
    for name in _asked(case):
        if name not in answered:
            yield VerdictReason(
                rule=UNANSWERED,
                decision="undecided",
                message=f"{name} is asked for, and no report has an answer of it",
                remedy="run the jobs again, and give their own reports",
            )


def _asked(case: Case) -> Iterator[Checker]:
    """The checkers that always answer where they are asked for, whatever a change is about."""
    asked = case.config.policy
    if asked.checkov is not None:
        yield "checkov"
    if asked.builtin is not None:
        yield "builtin"
    if asked.rego != () and any(path.endswith(".rego") for path in case.base.snapshot.entries):
        from gitops_ci.policy.rego import policies

        rules = case.base.snapshot
        if policies.read(policies.configured(case.config, rules), rules).entries:
            yield "rego"


def of_problem(run: PolicyRun, problem: Problem) -> VerdictReason:
    """What a checker's problem means for the verdict, whichever environment it is about."""
    place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    where = f"{place}: " if problem.path else ""
    return VerdictReason(
        rule=UNANSWERED,
        decision="undecided",
        message=f"{where}{run.name} gave no answer: {problem.message.split(chr(10), 1)[0]}",
        remedy=_REMEDIES.get(problem.code, _LOOK),
        who=_WHO.get(problem.code, ""),
    )


def merged(runs: Iterable[PolicyRun]) -> tuple[PolicyRun, ...]:
    """The runs of several jobs, those of one checker with one engine as one: what they looked at is added up."""
    together: dict[object, PolicyRun] = {}
    for run in runs:
        key = (run.name, run.engine)
        other = together.get(key)
        if other is not None:
            run = msgspec.structs.replace(  # noqa: PLW2901  # the sum of both
                run,
                seconds=round(run.seconds + other.seconds, 3),
                inputs=run.inputs + other.inputs,
                policies=max(run.policies, other.policies),
                problems=tuple(dict.fromkeys((*other.problems, *run.problems))),
            )
        together[key] = run
    return tuple(together.values())
