"""The rule family *freeze*: nothing enters an environment in its freeze windows (gate/overrides.py lifts that)."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config import SHARED
from gitops_ci.gate import checks, quorum, windows
from gitops_ci.gate.case import Case
from gitops_ci.gate.windows import Frozen
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/freeze"


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why a stack cannot enter its environment at `case.now`. What was pushed has entered already."""
    for environment, stacks in _entered(case).items():
        held = windows.holding(case.config.gate(environment).freeze, case.now)
        if held is not None:
            told = (_reason(environment, held, stack, case) for stack in sorted(stacks))
            yield from checks.weighed(told, environment, case.config)


def _entered(case: Case) -> dict[str, list[str]]:
    """Environment → ids of the affected stacks that enter it.

    Stacks of no environment enter those whose branch the pull request goes to: there a branch is an environment.
    """
    branches = {each.base_ref for each in case.pull_requests}
    names = [each.name for each in case.config.environments if each.name != SHARED]
    by_branch = [each.name for each in case.config.environments if each.branch in branches]
    found: dict[str, list[str]] = {}
    for stack in case.stacks if case.pull_requests else ():
        if stack.change != "unmodified":
            for name in (stack.environment,) if stack.environment in names else by_branch:
                found.setdefault(name, []).append(stack.id)
    return found


def _reason(environment: str, held: Frozen, stack: str, case: Case) -> VerdictReason:
    until = "without an end" if held.until is None else f"until {windows.told(held.until, held.window.timezone)}"
    why = f": {held.window.reason}" if held.window.reason else ""
    approvers = case.config.gate(environment).override.approvers
    return VerdictReason(
        rule=RULE,
        decision="blocked",
        message=f"{environment} is frozen {until}{why}",
        remedy="wait until then" if held.until is not None else "end the freeze on the base branch",
        who=quorum.who(approvers) if approvers.named else "whoever maintains gitops-ci.yml, on the base branch",
        stack=stack,
    )
