"""Who has to agree to a change of what decides: the owners of its files, else whom the strictest gate asks."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.config_gate import Approvers
from gitops_ci.gate import codeowners, entering, quorum
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.loosening.planning import Sides
from gitops_ci.gate.quorum import Count
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/deciding-files"
_SHOWN = 3


class Need(Struct, frozen=True):
    """How many of whom have to agree to the change of these files."""

    approvers: Approvers
    asked: int
    paths: tuple[str, ...]


def reasons(case: Case) -> Iterator[VerdictReason]:
    """What still needs somebody who agrees; of a merge queue's group each pull request needs its own."""
    for need, pull_request, count in _counted(case):
        among = f"#{pull_request.number}, " if len(case.pull_requests) > 1 else ""
        what = f"{among}{_some(need.paths)}: "
        how = f"approve {pull_request.head[:7]} in a review"
        subject = quorum.Subject(rule=RULE, what=what, how=how, who=quorum.who(need.approvers))
        yield from quorum.reasons(count, subject)


def lifted(case: Case) -> Iterator[Lifted]:
    """Who agreed to what, where that is enough."""
    for need, pull_request, count in _counted(case):
        if count.decision == "pass":
            yield Lifted(
                rule=RULE,
                how="review",
                what=_some(need.paths),
                by=count.given,
                pull_request=pull_request.number,
                commit=pull_request.head,
            )


def _counted(case: Case) -> Iterator[tuple[Need, PullRequest, Count]]:
    for need in needs(case):
        for pull_request in case.pull_requests:
            yield need, pull_request, quorum.of(pull_request, need.approvers, need.asked)


def needs(case: Case) -> Iterator[Need]:
    """By the CODEOWNERS and the configuration of base. Where no gate asks for anybody only named owners are asked."""
    owners = codeowners.read(case.base.snapshot)
    strictest, asked = _strictest(case.config)
    found: dict[tuple[Approvers, int], list[str]] = {}
    asks_owners = any(case.config.gate(each.name).owners for each in case.config.environments)
    for path, role in sorted(sides(case).deciding().items()):
        if role == "owners" and asks_owners:
            continue  # the rule family *owners* looks at it
        of = owners.of(path)
        if of is not None and of.approvers.named:
            found.setdefault((of.approvers, 1), []).append(path)
        elif asked:
            found.setdefault((strictest, asked), []).append(path)
    yield from (Need(approvers, count, tuple(paths)) for (approvers, count), paths in found.items())


def sides(case: Case) -> Sides:
    """Both ends of a case, as far as they decide."""
    return Sides(
        config=entering.written(case.config),
        config_path=case.config_path,
        base=case.base,
        head=case.head,
        today=case.now.date(),
        proposed=case.proposed,
    )


def _strictest(config: Config) -> tuple[Approvers, int]:
    """The approvers, and how many of them, of the gate that asks for the most; of several the last environment's."""
    gates = [config.gate(each.name) for each in config.environments]
    if not gates:
        return Approvers(), 0
    most = max(reversed(gates), key=lambda gate: gate.approvals)
    return most.approvers, most.approvals


def _some(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
