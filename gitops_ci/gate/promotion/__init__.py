"""The rule family *promotion*: what enters an environment was in the one before it first, compared by content."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config_gate import Hotfix
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.promoted import Question
from gitops_ci.gate.promotion import branches, counterparts, directories, entering, weighing
from gitops_ci.gate.promotion.weighing import Held
from gitops_ci.model.verdict import VerdictReason

__all__ = ["branches", "hotfixes", "lifted", "questions", "reasons"]


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


def hotfixes(case: Case) -> Iterator[Hotfix]:
    """What may let something in; the case need not have a pull request yet. None where nothing can be held up."""
    affected = {stack.environment for stack in case.stacks}
    for environment in case.config.environments:
        source = counterparts.before(environment.name, case.config)
        gate = case.config.gate(environment.name)
        if source is None or gate.promotion != "block":
            continue
        if environment.name in affected or counterparts.has_own_branch(environment, source):
            yield gate.hotfix


def _held(case: Case) -> Iterator[Held]:
    if case.pull_requests:
        yield from directories.held(case)
        yield from branches.held(case)
