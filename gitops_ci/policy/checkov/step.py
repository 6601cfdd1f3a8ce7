"""The checkov step: what a change touches is scanned at both ends in one run, and the answers are told apart."""

from __future__ import annotations

import time

from gitops_ci.config import Checkov
from gitops_ci.errors import ToolError
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy.checkov import asking
from gitops_ci.policy.checkov.job import Answers, Checker
from gitops_ci.policy.checkov.telling import Telling
from gitops_ci.policy.scope import Scope, Told


def check(scope: Scope, checker: Checker) -> Told:
    """What checkov has to say about a change; nothing is started where there is nothing for it to look at."""
    begin = time.monotonic()
    settings = scope.config.policy.checkov or Checkov()
    asked = asking.of(scope, settings, renders_charts=checker.renders_charts)
    answers = Answers(engine=None, ending="finished")
    try:
        if asked.scans:
            answers = checker.run(asking.job(scope, settings, asked))
    except ToolError as error:
        return Told((), PolicyRun(name="checkov", seconds=_since(begin), problems=(*asked.problems, _missing(error))))
    told = Telling(scope, asked, answers)
    found = tuple(told.findings())
    run = PolicyRun(
        name="checkov",
        engine=answers.engine,
        seconds=_since(begin),
        inputs=sum(
            len(scan.files) or 1 for name, scan in asked.scans.items() if not name.startswith(("base/", "before/"))
        ),
        policies=len({check for answer in answers.answers for check in answer.checks}),
        problems=(*asked.problems, *told.problems()),
    )
    return Told(found, run)


def _missing(error: ToolError) -> Problem:
    said = f"{error.message}: {error.hint}" if error.hint else error.message
    return Problem(code="checkov-missing", message=said)


def _since(begin: float) -> float:
    return round(time.monotonic() - begin, 3)
