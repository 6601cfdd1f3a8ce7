"""The rule family *left out*: what static rules find, and the reports do not say or say to be of no account."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.gate import checks
from gitops_ci.gate.case import Case
from gitops_ci.model.finding import Finding
from gitops_ci.model.verdict import VerdictReason


def findings(case: Case) -> tuple[Finding, ...]:
    """The findings of our own that hold the change up, and that the reports lack, call old or waived: to be shown.

    What a report says of where one is, or of what it is the same as, counts for nothing.
    """
    told = {_identity(each) for each in case.report.findings if each.blocks}
    return tuple(each for each in case.findings if each.blocks and _identity(each) not in told)


def _identity(found: Finding) -> tuple[object, ...]:
    return found.rule, found.fingerprint, found.stack, found.path, found.message


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why everything that static rules find blocks, as it counts in its environment, whatever the reports say of it.

    It comes from git alone, so that no job that ran what the pull request holds can take any of it away.
    """
    return checks.reasons((), (), case.findings, case.config)
