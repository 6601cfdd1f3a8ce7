"""How a reason of this family counts: as the environment's `promotion` and `enforcement` say, unless it is a hotfix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config_gate import Gate
from gitops_ci.gate import checks, quorum
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.promotion import hotfix
from gitops_ci.gate.promotion.hotfix import Lift
from gitops_ci.model.verdict import VerdictReason


class Held(Struct, frozen=True, kw_only=True):
    """What holds a change up in one environment, before anybody lets it in."""

    environment: str
    gate: Gate
    reasons: tuple[VerdictReason, ...]


def weighed(held: Held, case: Case) -> Iterator[VerdictReason]:
    """The reasons as they count; none where each pull request is a hotfix that people agreed to."""
    if held.gate.promotion == "warn":
        for each in held.reasons:
            remedy = f"{held.environment} only warns: {each.remedy}"
            yield structs.replace(each, decision="pass", remedy=remedy)
        return
    lifts = _lifts(held, case)
    if held.reasons and not _are_granted(lifts):
        told = _told(held, lifts)
        yield from checks.weighed(told, held.environment, case.config)


def lifted(held: Held, case: Case) -> Iterator[Lifted]:
    """Who let in what was not promoted."""
    lifts = _lifts(held, case)
    if not held.reasons or held.gate.promotion == "warn" or not _are_granted(lifts):
        return
    for lift in lifts:
        yield Lifted(
            rule=held.reasons[0].rule,
            how="label",
            what=quorum.some(dict.fromkeys(each.stack or "the change" for each in held.reasons)),
            by=lift.by,
            where=held.environment,
            why=quorum.some(dict.fromkeys(each.message for each in held.reasons), "; "),
            pull_request=lift.pull_request.number,
            commit=lift.pull_request.head,
            label=held.gate.hotfix.label,
        )


def _lifts(held: Held, case: Case) -> list[Lift]:
    return [hotfix.of(held.gate.hotfix, each) for each in case.pull_requests]


def _are_granted(lifts: Iterable[Lift]) -> bool:
    """In a queue none rides with another's hotfix."""
    return all(lift.granted for lift in lifts)


def _told(held: Held, lifts: list[Lift]) -> Iterator[VerdictReason]:
    settings = held.gate.hotfix
    who = f"for a hotfix: {quorum.who(settings.approvers)}"
    left = [lift for lift in lifts if not lift.granted]
    unknown = next((lift.unknown for lift in left if lift.unknown is not None), None)
    lacking = next((lift.lacking for lift in left if lift.lacking), "")
    for each in held.reasons:
        if unknown is not None and not any(lift.unknown is None for lift in left):
            message = f"{each.message}; whether it is a hotfix is not known: {unknown.what}"
            permission = f"give the gate's token {unknown.permission}, or " if unknown.permission else ""
            remedy = permission + each.remedy
            yield structs.replace(each, decision="undecided", message=message, remedy=remedy, who=who)
        elif lacking:
            message = f"{each.message}; the label {settings.label} does not let it in: {lacking}"
            yield structs.replace(each, message=message, who=who)
        else:
            remedy = f"{each.remedy}; in an emergency somebody else sets the label {settings.label}, and approves"
            yield structs.replace(each, remedy=remedy, who=who)
