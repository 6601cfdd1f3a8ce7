"""What a protected branch does not ask for, or lets somebody go around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from msgspec import Struct

from gitops_ci.doctor.settings import Branch, Check
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity

ACTIONS = 15368
"""The App that GitHub Actions is: every workflow of every branch writes as this one."""

_ANY = -1
_RULESETS = "Settings, Rules, Rulesets, the ruleset of this branch (or Settings, Branches, its protection rule)"


class Asked(Struct, frozen=True, kw_only=True):
    """What a branch should require, and what a person needs to see to that.

    `context` is the status; `jobs` are names of jobs that are mistaken for it; `workflow` the file that gives it, and
    `owned` whether CODEOWNERS gives that file an owner.
    """

    repository: str
    context: str
    jobs: frozenset[str] = frozenset()
    workflow: str | None = None
    owned: bool = False


def findings(branch: Branch, asked: Asked) -> Iterator[Finding]:
    """What is wrong with one branch."""
    if branch.protected is False:
        message = f"{branch.name}: nothing protects this branch: whoever may write pushes and merges what they like"
        help = (
            f"Settings, Rules, Rulesets, New branch ruleset: target {branch.name}, require a pull request and the"
            f" status {asked.context}."
        )
        yield finding.make("doctor/branch-unprotected", "error", message, help=help)
        return
    yield from _required(branch, asked)
    yield from _around(branch, asked)
    yield from _order(branch)


def _required(branch: Branch, asked: Asked) -> Iterator[Finding]:
    """Whether the status is required, and who can set it."""
    if branch.checks is None:
        return
    ours = [check for check in branch.checks if check.context == asked.context]
    if branch.workflows and not ours:
        return  # an organisation requires a workflow itself, whatever its jobs are called
    if not ours:
        yield _not_required(branch, asked)
    elif any(check.app in (None, _ANY) for check in ours):
        message = f"{branch.name}: {asked.context} is required from any source: whoever may write can set it, with curl"
        help = f"{_RULESETS}: beside {asked.context} choose the source GitHub Actions, or better a GitHub App of yours."
        yield finding.make("doctor/check-any-source", "error", message, help=help)
    elif any(check.app == ACTIONS for check in ours) and not branch.workflows:
        yield _editable(branch, asked)


def _not_required(branch: Branch, asked: Asked) -> Finding:
    alike = [check.context for check in branch.checks or () if _alike(check, asked)]
    help = f"{_RULESETS}: Require status checks to pass, add {asked.context}, source GitHub Actions or your GitHub App."
    if alike:
        message = (
            f"{branch.name}: required is {', '.join(alike)}, and the verdict is the status {asked.context}:"
            " a job's name depends on who calls it, and a job that is skipped counts as passed"
        )
        return finding.make("doctor/check-named-otherwise", "error", message, help=help)
    message = f"{branch.name}: the status {asked.context} is not required: what is blocked can be merged"
    return finding.make("doctor/check-not-required", "error", message, help=help)


def _alike(check: Check, asked: Asked) -> bool:
    last = check.context.rpartition(" / ")[2]
    return "gitops-ci" in check.context.lower() or check.context in asked.jobs or last in asked.jobs


def _editable(branch: Branch, asked: Asked) -> Finding:
    """GitHub Actions sets the status, and a pull request brings its own workflows."""
    guarded = asked.owned and branch.code_owners is True
    severity: Severity = "warning" if guarded else "error"
    left = " (its code owners have to approve that)" if guarded else ""
    message = (
        f"{branch.name}: a pull request can edit a workflow to set {asked.context} itself{left}: it is required from"
        " GitHub Actions, which every workflow of every branch is"
    )
    help = (
        "Require the status from a GitHub App of yours whose key only this workflow gets (docs/runners.md); or, in an"
        " organisation, Settings, Rules, Rulesets: Require workflows to pass before merging, pinned to a commit."
        " At least give .github/ an owner in CODEOWNERS and require review from Code Owners."
    )
    return finding.make("doctor/workflow-editable", severity, message, help=help, path=asked.workflow)


def _around(branch: Branch, asked: Asked) -> Iterator[Finding]:
    """Who need not ask the gate."""
    if branch.bypass:
        message = f"{branch.name}: {'; '.join(branch.bypass)} can merge what is blocked"
        help = (
            f"{_RULESETS}: empty the bypass list; in a protection rule tick Do not allow bypassing the above settings"
            f" (gh api -X POST {_protection(asked, branch)}/enforce_admins)."
        )
        yield finding.make("doctor/bypass", "error", message, help=help)
    if branch.pull_request is False:
        message = f"{branch.name}: no pull request is required: a commit that passed somewhere can be pushed"
        help = f"{_RULESETS}: tick Require a pull request before merging."
        yield finding.make("doctor/pull-request-not-required", "error", message, help=help)
    if branch.force_push:
        message = f"{branch.name}: its history can be overwritten, and with it the configuration that decides"
        help = f"{_RULESETS}: tick Block force pushes (or take away Allow force pushes)."
        yield finding.make("doctor/force-push-allowed", "error", message, help=help)
    if branch.code_owners is False:
        message = (
            f"{branch.name}: code owners need not approve what changes workflows, gitops-ci.yml and CODEOWNERS itself"
        )
        help = f"{_RULESETS}: Require a pull request before merging, tick Require review from Code Owners."
        yield finding.make("doctor/codeowners-review-off", "warning", message, help=help)


def _order(branch: Branch) -> Iterator[Finding]:
    """What is merged is what was judged."""
    if branch.queue == "HEADGREEN":
        message = f"{branch.name}: the merge queue merges what fails, where the last pull request of a group passes"
        help = f"{_RULESETS}: Require merge queue, tick Require all queue entries to pass required checks (ALLGREEN)."
        yield finding.make("doctor/queue-merges-failing", "error", message, help=help)
    if branch.queue is None and branch.up_to_date is False:
        message = f"{branch.name}: a pull request is merged as it was planned, also when the branch has moved since"
        help = f"{_RULESETS}: tick Require branches to be up to date before merging, or use a merge queue."
        yield finding.make("doctor/not-up-to-date", "warning", message, help=help)


def _protection(asked: Asked, branch: Branch) -> str:
    return f"repos/{asked.repository}/branches/{quote(branch.name, safe='')}/protection"


def names(jobs: Iterable[str]) -> frozenset[str]:
    """What checks of these jobs are called, also where a reusable workflow of ours makes them."""
    return frozenset((*jobs, "gate", "detect", "plan"))
