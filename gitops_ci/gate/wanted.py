"""What has to be read of a pull request to judge who agrees to it."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import approvals, codeowners, destroy, loosening, owners, promotion, waivers
from gitops_ci.gate.case import Case
from gitops_ci.model.pull_request import Wanted


def of(case: Case) -> Wanted:
    """The teams, labels and people that approvals, owners, destroys, hotfixes, overrides and waivers depend on.

    The case need not have a pull request yet. Nothing is wanted where nothing is asked.
    """
    asked = tuple(dict.fromkeys(_approvers(case)))
    labels = dict.fromkeys(_labels(case))
    is_asked = bool(asked or labels)
    return Wanted(
        labels=tuple(labels),
        teams=tuple(dict.fromkeys(team for each in asked for team in each.teams)),
        users=tuple(dict.fromkeys(user for each in asked for user in each.users)),
        reviews=is_asked,
        commits=is_asked,
        pushers=is_asked,
        rights=is_asked,
        neighbours=any(stack.change != "unmodified" for stack in case.stacks),
    )


def _approvers(case: Case) -> Iterator[Approvers]:
    yield from (need.approvers for need in approvals.needs(case.stacks, case.config))
    yield from (some.approvers for some in destroy.guarded(case))
    yield from (need.approvers for need in waivers.needs(case))
    yield from (need.approvers for need in loosening.needs(case))
    yield from (hotfix.approvers for hotfix in promotion.hotfixes(case))
    for owned in owners.needs(case, codeowners.read(case.base.snapshot)):
        if owned.owners is not None and owned.owners.approvers.named:
            yield owned.owners.approvers
    for environment in _environments(case):
        if case.config.gate(environment).override.approvers.named:
            yield case.config.gate(environment).override.approvers


def _labels(case: Case) -> Iterator[str]:
    yield from (hotfix.label for hotfix in promotion.hotfixes(case))
    if destroy.guarded(case):
        yield destroy.LABEL
    for environment in _environments(case):
        override = case.config.gate(environment).override
        if override.approvers.named:
            yield override.label


def _environments(case: Case) -> tuple[str, ...]:
    affected = (stack.environment for stack in case.stacks if stack.change != "unmodified")
    reported = (finding.stack.partition("/")[0] for finding in case.report.findings if finding.stack is not None)
    return tuple(dict.fromkeys((*affected, *reported)))
