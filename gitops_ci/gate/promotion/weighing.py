"""How a reason of this family counts: as the environment's `promotion` and `enforcement` say, unless it is a hotfix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.config_gate import Gate
from gitops_ci.gate import checks
from gitops_ci.gate.case import Case
from gitops_ci.gate.promotion import hotfix
from gitops_ci.model.verdict import VerdictReason


def weighed(found: Iterable[VerdictReason], environment: str, gate: Gate, case: Case) -> Iterator[VerdictReason]:
    """The reasons as they count in an environment."""
    listed = list(found)
    if not listed:
        return
    if gate.promotion == "warn":
        for each in listed:
            yield structs.replace(each, decision="pass", remedy=f"{environment} only warns: {each.remedy}")
        return
    yield from checks.weighed(_lifted(listed, gate, case), environment, case.config)


def _lifted(found: list[VerdictReason], gate: Gate, case: Case) -> Iterator[VerdictReason]:
    lift = hotfix.of(gate.hotfix, case.pull_requests)
    who = _who(gate)
    if lift.granted:
        for each in found:
            message = f"let in as a hotfix ({lift.granted}): {each.message}"
            remedy = "bring it to the environments before this one as well"
            yield structs.replace(each, rule="gate/promotion-hotfix", decision="pass", message=message, remedy=remedy)
        return
    for each in found:
        if lift.unknown is not None:
            message = f"{each.message}; whether it is a hotfix is not known: {lift.unknown.what} cannot be read"
            remedy = f"give the gate's token {lift.unknown.permission}, or {each.remedy}"
            yield structs.replace(each, decision="undecided", message=message, remedy=remedy, who=who)
        elif lift.asked:
            message = f"{each.message}; the label {gate.hotfix.label} does not let it in: {lift.lacking}"
            yield structs.replace(each, message=message, who=who)
        else:
            remedy = f"{each.remedy}; in an emergency set the label {gate.hotfix.label} and have it approved"
            yield structs.replace(each, remedy=remedy, who=who)


def _who(gate: Gate) -> str:
    """Who may let it in as a hotfix."""
    named = (*gate.hotfix.approvers.users, *gate.hotfix.approvers.teams)
    return f"for a hotfix: {', '.join(named) or 'whoever may write here'}"
