"""The rule family *checks*: findings by severity and environment, plans that failed or are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.config import Config
from gitops_ci.discover import naming
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
_ALWAYS_ENFORCED = frozenset({"binding"})
"""Codes that block in every environment, whatever its `enforcement` says (trust.md, rule 3)."""


def reasons(
    stacks: Iterable[AffectedStack], plans: Iterable[Plan], findings: Iterable[Finding], config: Config
) -> Iterator[VerdictReason]:
    """Why the change cannot pass by its checks; nothing where all is well."""
    yield from _findings(findings, config)
    expected = {stack.id: stack for stack in stacks}
    planned: dict[str, list[Plan]] = {}
    for plan in plans:
        planned.setdefault(plan.stack, []).append(plan)
    for stack_id, several in planned.items():
        yield from _contradictions(stack_id, several, is_expected=stack_id in expected)
    for stack in expected.values():
        enforced = _enforced(stack.environment, config)
        for plan in planned.get(stack.id, ()):
            if enforced or (plan.reason is not None and plan.reason.code in _ALWAYS_ENFORCED):
                yield from _plan(plan)
        if enforced and stack.id not in planned:
            yield _reason(
                "checks/plan-missing", "undecided", "has no plan", "plan it, and give its report to the gate", stack.id
            )


def _contradictions(stack: str, plans: list[Plan], *, is_expected: bool) -> Iterator[VerdictReason]:
    """A report that says two things of one stack, or speaks of one that nobody asked about, is not believed."""
    if len(plans) > 1:
        remedy = "give each stack's report once, all of one run"
        yield _reason("checks/plan-contradictory", "blocked", f"has {len(plans)} plans", remedy, stack)
    if not is_expected:
        remedy = "give the reports of this change only"
        yield _reason("checks/plan-foreign", "blocked", "has a plan, but this change does not affect it", remedy, stack)


def _plan(plan: Plan) -> Iterator[VerdictReason]:
    if plan.status not in ("failed", "skipped"):
        return
    rule = "checks/plan-failed" if plan.status == "failed" else "checks/plan-skipped"
    code = plan.reason.code if plan.reason is not None else ""
    decision: Decision = "blocked" if code in BLOCKING_CODES else "undecided"
    message = plan.reason.message.split("\n", 1)[0] if plan.reason is not None else f"{plan.status}, without a reason"
    yield _reason(
        rule, decision, message, _REMEDIES.get(code, _FIX if decision == "blocked" else "run it again"), plan.stack
    )


def _findings(findings: Iterable[Finding], config: Config) -> Iterator[VerdictReason]:
    for finding in findings:
        if finding.severity != "error" or finding.state != "new" or finding.waived_by is not None:
            continue
        if _enforced(_environment(finding, config), config):
            yield VerdictReason(
                rule=finding.rule,
                decision="blocked",
                message=finding.message if finding.path is None else f"{_place(finding)}: {finding.message}",
                remedy=finding.help,
                stack=finding.stack,
            )


def _environment(finding: Finding, config: Config) -> str:
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
