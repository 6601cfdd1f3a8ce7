"""The rule family *promotion*: what enters an environment was in the one before it first, compared by content."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.promoted import Question
from gitops_ci.gate.promotion import branches, counterparts, directories, entering, weighing
from gitops_ci.gate.promotion.weighing import Held
from gitops_ci.model.pull_request import Wanted
from gitops_ci.model.verdict import VerdictReason

__all__ = ["branches", "lifted", "questions", "reasons", "wanted"]


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why something may not enter an environment yet; nothing without a pull request."""
    for held in _held(case):
        yield from weighing.weighed(held, case)


def lifted(case: Case) -> Iterator[Lifted]:
    """Who let in what was not promoted."""
    for held in _held(case):
        yield from weighing.lifted(held, case)


def questions(case: Case) -> Iterator[Question]:
    """What has to be known of the history before `reasons` can tell; none where no change needs it."""
    if case.pull_requests:
        yield from (question for each in entering.of(case) if (question := directories.question(each)) is not None)


def wanted(case: Case) -> Wanted:
    """What hotfixes depend on; the case need not have a pull request yet. Nothing where nothing can be held up."""
    affected = {stack.environment for stack in case.stacks}
    settings = [
        case.config.gate(environment.name)
        for environment in case.config.environments
        if (source := counterparts.before(environment.name, case.config)) is not None
        and (environment.name in affected or counterparts.has_own_branch(environment, source))
    ]
    asked = [each.hotfix for each in settings if each.promotion == "block"]
    is_asked = bool(asked)
    return Wanted(
        labels=tuple(dict.fromkeys(each.label for each in asked)),
        teams=tuple(dict.fromkeys(team for each in asked for team in each.approvers.teams)),
        reviews=is_asked,
        commits=is_asked,
        pushers=is_asked,
        rights=is_asked,
    )


def _held(case: Case) -> Iterator[Held]:
    if case.pull_requests:
        yield from directories.held(case)
        yield from branches.held(case)
