"""The checkov step: what a change touches is scanned at both ends in one run, and the answers are told apart."""

from __future__ import annotations

import time

from gitops_ci.config import Checkov
from gitops_ci.errors import ToolError
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy.checkov import asking, findings, telling
from gitops_ci.policy.checkov.job import Checker
from gitops_ci.policy.checkov.telling import Telling
from gitops_ci.policy.scope import Scope, Told


def check(scope: Scope, checker: Checker) -> Told:
    """What checkov has to say about a change; nothing is started where there is nothing for it to look at."""
    begin = time.monotonic()
    settings = scope.config.policy.checkov or Checkov()
    asked = asking.of(scope, settings)
    if not asked.scans:
        run = PolicyRun(name="checkov", seconds=_since(begin), problems=asked.problems)
        return Told(tuple(findings.unreadable(path, scope, telling.LARGE) for path in asked.unread), run)
    try:
        answers = checker.run(asking.job(scope, settings, asked))
    except ToolError as error:
        missing = Problem(
            code="checkov-missing", message=f"{error.message}: {error.hint}" if error.hint else error.message
        )
        return Told((), PolicyRun(name="checkov", seconds=_since(begin), problems=(*asked.problems, missing)))
    told = Telling(scope, asked, answers)
    found = tuple(told.findings())
    run = PolicyRun(
        name="checkov",
        engine=answers.engine,
        seconds=_since(begin),
        inputs=sum(len(scan.files) or 1 for name, scan in asked.scans.items() if not name.startswith("base/")),
        policies=len({check for answer in answers.answers for check in answer.checks}),
        problems=(*asked.problems, *told.problems()),
    )
    return Told(found, run)


def _since(begin: float) -> float:
    return round(time.monotonic() - begin, 3)
