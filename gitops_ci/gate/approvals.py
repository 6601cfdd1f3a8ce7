"""The rule family *approvals*: how many people, and who, have to agree before a change enters an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.config_gate import Approvers
from gitops_ci.gate import checks, quorum
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.stack import AffectedStack, Kind
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/approvals-missing"


class Need(Struct, frozen=True, kw_only=True):
    """How many of whom have to agree to what happens to these stacks (ids) of an environment."""

    environment: str
    asked: int
    approvers: Approvers
    stacks: tuple[str, ...]


def reasons(case: Case) -> Iterator[VerdictReason]:
    """What still needs an approval; of a merge queue's group each pull request needs its own."""
    for need in needs(case.stacks, case.config):
        for pull_request in case.pull_requests:
            count = quorum.of(pull_request, need.approvers, need.asked)
            about = structs.replace(subject(RULE, need.stacks, pull_request, case), who=quorum.who(need.approvers))
            yield from checks.weighed(quorum.reasons(count, about), need.environment, case.config)


def lifted(case: Case) -> Iterator[Lifted]:
    """Who approved what, where that is enough."""
    for need in needs(case.stacks, case.config):
        for pull_request in case.pull_requests:
            count = quorum.of(pull_request, need.approvers, need.asked)
            if count.decision == "pass":
                yield Lifted(
                    rule=RULE,
                    how="review",
                    what=of_stacks(need.stacks),
                    by=count.given,
                    where=need.environment,
                    pull_request=pull_request.number,
                    commit=pull_request.head,
                )


def needs(stacks: Iterable[AffectedStack], config: Config) -> tuple[Need, ...]:
    """What the environments ask for, stacks of which the same is asked together."""
    found: dict[tuple[str, int, Approvers], list[str]] = {}
    for stack in stacks:
        asked = _asked(stack.environment, stack.kind, config)
        if asked and stack.change != "unmodified":
            key = stack.environment, asked, approvers(stack.environment, stack.kind, config)
            found.setdefault(key, []).append(stack.id)
    return tuple(
        Need(environment=environment, asked=asked, approvers=whose, stacks=tuple(sorted(ids)))
        for (environment, asked, whose), ids in found.items()
    )


def approvers(environment: str, kind: Kind | None, config: Config) -> Approvers:
    """Whose approval counts for one kind in an environment (None: for no single kind)."""
    gate = config.gate(environment)
    special = gate.by_kind.get(kind) if kind is not None else None
    return special.approvers if special is not None and special.approvers.named else gate.approvers


def of_stacks(stacks: tuple[str, ...]) -> str:
    """Stacks of one environment in words."""
    if len(stacks) == 1:
        return stacks[0]
    return f"{len(stacks):,} stacks of {stacks[0].partition('/')[0]}"


def subject(rule: str, stacks: tuple[str, ...], pull_request: PullRequest, case: Case) -> quorum.Subject:
    """What a reason is about: one stack, or several, of one pull request of a merge queue's group."""
    among = (f"#{pull_request.number}",) if len(case.pull_requests) > 1 else ()
    told = (*among, *((of_stacks(stacks),) if len(stacks) > 1 else ()))
    return quorum.Subject(
        rule=rule,
        how=f"approve {pull_request.head[:7]} in a review",
        what=f"{', '.join(told)}: " if told else "",
        stack=stacks[0] if len(stacks) == 1 else None,
    )


def _asked(environment: str, kind: Kind, config: Config) -> int:
    gate = config.gate(environment)
    special = gate.by_kind.get(kind)
    return max(gate.approvals, special.approvals if special is not None else 0)
