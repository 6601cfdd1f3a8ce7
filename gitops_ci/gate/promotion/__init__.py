"""The rule family *promotion*: what enters an environment was in the one before it first, compared by content."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Promoted, Question
from gitops_ci.gate.promotion import branches, directories, entering
from gitops_ci.model.verdict import VerdictReason

__all__ = ["Promoted", "Question", "branches", "questions", "reasons"]


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why something may not enter yet, and each hotfix that was let in; nothing without a pull request."""
    if case.pull_requests:
        yield from directories.reasons(case)
        yield from branches.reasons(case)


def questions(case: Case) -> Iterator[Question]:
    """What has to be known of the history before `reasons` can tell; none where no change needs it."""
    if case.pull_requests:
        yield from (question for each in entering.of(case) if (question := directories.question(each)) is not None)
