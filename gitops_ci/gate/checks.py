"""The rule family *checks*: findings by severity and environment, plans that failed or are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.config import Config
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import BLOCKING_CODES, Plan
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Decision, VerdictReason

_REMEDIES = {
    "engine-missing": "install the engine on the runner, or the extra that embeds it",
    "unreachable": "give the job network, registry access or credentials for this stack, then run it again",
    "no-planner": "review it by hand: no verdict can be had for this kind yet",
    "timeout": "raise kinds.terraform.timeout, or make the plan smaller",
    "interrupted": "run it again",
}
_FIX = "mend the configuration at the place named"


def reasons(
    stacks: Iterable[AffectedStack], plans: Iterable[Plan], findings: Iterable[Finding], config: Config
) -> Iterator[VerdictReason]:
    """Why the change cannot pass by its checks; nothing where all is well."""
    yield from _findings(findings, config)
    planned = {plan.stack: plan for plan in plans}
    for stack in stacks:
        if not _enforced(stack.environment, config):
            continue
        plan = planned.get(stack.id)
        if plan is None:
            yield _reason(
                "checks/plan-missing", "undecided", "has no plan", "plan it, and give its report to the gate", stack.id
            )
        elif plan.status in ("failed", "skipped") and plan.reason is not None:
            code = plan.reason.code
            decision: Decision = "blocked" if code in BLOCKING_CODES else "undecided"
            rule = "checks/plan-failed" if plan.status == "failed" else "checks/plan-skipped"
            message = plan.reason.message.split("\n", 1)[0]
            yield _reason(
                rule,
                decision,
                message,
                _REMEDIES.get(code, _FIX if decision == "blocked" else "run it again"),
                stack.id,
            )


def _findings(findings: Iterable[Finding], config: Config) -> Iterator[VerdictReason]:
    for finding in findings:
        if finding.severity != "error" or finding.state != "new" or finding.waived_by is not None:
            continue
        if finding.stack is None or _enforced(finding.stack.partition("/")[0], config):
            yield VerdictReason(
                rule=finding.rule,
                decision="blocked",
                message=finding.message if finding.path is None else f"{_place(finding)}: {finding.message}",
                remedy=finding.help,
                stack=finding.stack,
            )


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line is not None else str(finding.path)


def _reason(rule: str, decision: Decision, message: str, remedy: str, stack: str) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy, stack=stack)


def _enforced(environment: str, config: Config) -> bool:
    settings = config.environment(environment)
    return settings is None or settings.enforcement == "block"
