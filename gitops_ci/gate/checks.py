"""The rule family *checks*: findings by severity and environment, plans that failed or are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import BLOCKING_CODES, Plan
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Decision, VerdictReason

_IN_BASE = "in the base branch's gitops-ci.yml (a change of it counts once it is merged)"
_REMEDIES = {
    "engine-missing": "install the engine on the runner, or the extra that embeds it",
    "credentials": "give its plan job read-only credentials (docs/quickstart.md#3-give-plans-read-only-credentials)",
    "unreachable": "give the job network and registry access for this stack, then run it again",
    "not-rendered": "bring what it takes from elsewhere into the repository, or review it by hand: "
    "kinds.kubernetes.accepted names what need not be seen",
    "cluster-values": "keep the values in a ConfigMap of this repository that is not encrypted, or review it by hand",
    "set-offline": f"answer for the generator under kinds.kubernetes.generators {_IN_BASE}",
    "revision-missing": "check out the whole history with its tags (fetch-depth: 0), or name a revision that is there",
    "conditional": "let the template depend on values alone, or review by hand what it makes then; which APIs the "
    f"cluster has is said under kinds.kubernetes.api_versions {_IN_BASE}, and needs `helm` on PATH",
    "remote": f"review what it deploys by hand, or set kinds.kubernetes.remote to tell {_IN_BASE}",
    "timeout": "raise the timeout of its kind or --total-timeout, or make the plan smaller",
    "interrupted": "run it again",
    "engine-killed": "run it again, with more memory if it was out of it",
    "provider-failed": "run it again; if it fails again, take another version of the provider",
    "too-much-output": "make the stack smaller",
    "internal-error": "report it, with the output of -v",
    "ambiguous": f"rename one of the directories, or name the stacks under layout.stacks {_IN_BASE}",
    "no-longer-a-root": f"move or remove its state first, or name it under layout.stacks {_IN_BASE}",
    "rewritten": "take the attribute off the file, or plan it from a checkout by hand",
    "terragrunt": "have terragrunt 1.0 or later on the runner (docs/runners.md#terragrunt)",
    "submodule": "plan it where the submodule is checked out",
    "variables-missing": f"give the values: TF_VAR_* in the job, or var_files under layout.stacks {_IN_BASE}",
    "settings": f"mend var_files and backend_config under layout.stacks {_IN_BASE}",
    "backend-partial": f"name the files under layout.stacks[].backend_config {_IN_BASE}",
    "engine-version": "install the version that is asked for; a Terraform is named under kinds.terraform.versions",
    "remote-execution": "let the workspace plan locally, use a newer engine, or review its plan where it is made",
    "fork": "a maintainer looks at the code, then has this commit planned (docs/action.md#a-maintainer-has-it-planned)",
    "binding": "give it the state and the accounts of its own environment",
    "binding-unknown": f"write its backend's settings into its files, or name them under backend_config {_IN_BASE}",
    "not-allowed": "take it out, or have its owners permit it on the base branch first",
}
_WHO = {
    "engine-missing": "whoever maintains the workflow",
    "engine-version": "whoever maintains the workflow",
    "credentials": "whoever maintains the workflow",
    "unreachable": "whoever maintains the workflow",
    "terragrunt": "whoever maintains the workflow",
    "variables-missing": "whoever maintains the workflow or gitops-ci.yml",
    "not-allowed": "whoever takes it out, or the owners of gitops-ci.yml",
    "fork": "a maintainer",
}
"""Who can lift what keeps a plan from being made, where that is not anyone who can push."""
_FIX = "mend the file at the place named"
_REVIEW = "review it by hand, or mend what the message names and run it again"
_ALWAYS_ENFORCED = frozenset({"binding"})
"""Codes that block in every environment, whatever its `enforcement` says (trust.md, rule 3)."""


def reasons(
    stacks: Iterable[AffectedStack], plans: Iterable[Plan], findings: Iterable[Finding], config: Config
) -> Iterator[VerdictReason]:
    """Why the change cannot pass by its checks; nothing where all is well.

    `stacks` are all that a plan is expected of. What an environment with `enforcement: warn` lets through is told
    with the decision `pass`.
    """
    yield from _findings(findings, config)
    expected = {stack.id: stack for stack in stacks}
    planned: dict[str, list[Plan]] = {}
    for plan in plans:
        planned.setdefault(plan.stack, []).append(plan)
    for stack_id, several in planned.items():
        yield from _contradictions(stack_id, several, is_expected=stack_id in expected)
    for stack in expected.values():
        for plan in planned.get(stack.id, ()):
            always = plan.reason is not None and plan.reason.code in _ALWAYS_ENFORCED
            yield from weighed(_plan(plan, stack), stack.environment, config, always=always)
        if stack.id not in planned:
            remedy = "plan it, and give its report to the gate"
            missing = _reason("checks/plan-missing", "undecided", "has no plan", remedy, stack.id)
            yield from weighed((missing,), stack.environment, config)


def not_asked(expected: Iterable[AffectedStack], asked: Iterable[AffectedStack]) -> Iterator[VerdictReason]:
    """A run that was narrowed by options says nothing about the rest."""
    left = sorted({stack.id for stack in expected} - {stack.id for stack in asked})
    if left:
        noun = "1 affected stack was" if len(left) == 1 else f"{len(left):,} affected stacks were"
        some = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
        yield VerdictReason(
            rule="checks/not-asked",
            decision="undecided",
            message=f"{noun} not asked for: {some}",
            remedy="run it without --environment, --kind, --stack and --shard",
        )


def unclaimed(paths: Iterable[str]) -> Iterator[VerdictReason]:
    """Changed files that something is deployed from, but by no stack that was found."""
    left = list(paths)
    if left:
        noun = "1 changed file belongs" if len(left) == 1 else f"{len(left):,} changed files belong"
        some = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
        yield VerdictReason(
            rule="checks/unclaimed",
            decision="undecided",
            message=f"{noun} to no stack that gitops-ci knows: {some}",
            remedy=f"name their stacks under layout.stacks {_IN_BASE}, or review them by hand",
        )


def weighed(
    found: Iterable[VerdictReason], environment: str, config: Config, *, always: bool = False
) -> Iterator[VerdictReason]:
    """The reasons as they count in an environment: one that only warns lets them pass, visibly."""
    if always or _enforced(environment, config):
        yield from found
        return
    for reason in found:
        yield msgspec.structs.replace(reason, decision="pass", remedy=f"{environment} only warns: {reason.remedy}")


def _contradictions(stack: str, plans: list[Plan], *, is_expected: bool) -> Iterator[VerdictReason]:
    """A report that says two things of one stack, or speaks of one that nobody asked about, is not believed."""
    if len(plans) > 1:
        remedy = "give each stack's report once, all of one run"
        yield _reason("checks/plan-contradictory", "blocked", f"has {len(plans)} plans", remedy, stack)
    if not is_expected:
        remedy = "give the reports of this change only"
        yield _reason("checks/plan-foreign", "blocked", "has a plan, but this change does not affect it", remedy, stack)


def _plan(plan: Plan, stack: AffectedStack) -> Iterator[VerdictReason]:
    if plan.status not in ("failed", "skipped"):
        return
    rule = "checks/plan-failed" if plan.status == "failed" else "checks/plan-skipped"
    code = plan.reason.code if plan.reason is not None else ""
    blocks = code in BLOCKING_CODES and stack.change != "removed"  # what is removed cannot be mended any more
    decision: Decision = "blocked" if blocks else "undecided"
    message = plan.reason.message.split("\n", 1)[0] if plan.reason is not None else f"{plan.status}, without a reason"
    remedy = _REMEDIES.get(code) or (_FIX if blocks else _REVIEW)
    reason = _reason(rule, decision, message, remedy, plan.stack)
    yield msgspec.structs.replace(reason, who=_WHO.get(code, ""))


def _findings(findings: Iterable[Finding], config: Config) -> Iterator[VerdictReason]:
    for finding in findings:
        if finding.blocks:
            yield from weighed((of_finding(finding),), environment_of(finding, config), config)


def of_finding(finding: Finding) -> VerdictReason:
    """What a finding that blocks is as a reason, whichever environment it is in; a file with a line is named once."""
    file = (finding.path or "").rpartition("/")[2]
    said = finding.message.removeprefix(f"{file} ") if finding.line is not None else finding.message
    return VerdictReason(
        rule=finding.rule,
        decision="blocked",
        message=finding.message if finding.path is None else f"{_place(finding)}: {said}",
        remedy=finding.help,
        stack=finding.stack,
    )


def environment_of(finding: Finding, config: Config) -> str:
    """The environment of the finding's stack, else the one whose folder it lies in."""
    if finding.stack is not None:
        return finding.stack.partition("/")[0]
    return naming.environment_of_path(finding.path or "", config)


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line is not None else str(finding.path)


def _reason(rule: str, decision: Decision, message: str, remedy: str, stack: str) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy, stack=stack)


def _enforced(environment: str, config: Config) -> bool:
    settings = config.environment(environment)
    return settings is None or settings.enforcement == "block"
