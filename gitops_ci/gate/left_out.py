"""The rule family *left out*: what static rules find, and the reports do not say or say to be of no account."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.gate import checks
from gitops_ci.gate.case import Case
from gitops_ci.model.finding import Finding
from gitops_ci.model.verdict import VerdictReason


def findings(case: Case) -> tuple[Finding, ...]:
    """The findings of our own that hold the change up, and that the reports lack, call old, or call waived.

    They come from git alone, so that no job that ran what the pull request holds can take one away.
    """
    told = {(each.rule, each.fingerprint) for each in case.report.findings if each.blocks}
    return tuple(each for each in case.findings if each.blocks and (each.rule, each.fingerprint) not in told)


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why these block, as they count in their environment."""
    return checks.reasons((), (), findings(case), case.config)
