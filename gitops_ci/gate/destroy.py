"""The rule family *destructive changes*: what is deleted or replaced needs somebody who agrees to exactly that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from msgspec import Struct, structs

from gitops_ci.config_gate import PROTECTED_TYPES, Approvers, Gate
from gitops_ci.gate import approvals, bound, checks, quorum, voices
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.quorum import Count
from gitops_ci.model.plan import DESTRUCTIVE, Change
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/destroy"
LABEL = "gitops-ci-destroy"


class Guarded(Struct, frozen=True, kw_only=True):
    """Destructive changes of one environment that nobody may make alone: stack ids and changes, and who may agree."""

    environment: str
    approvers: Approvers
    changes: tuple[tuple[str, Change], ...]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that have one, in order."""
        return tuple(sorted({stack for stack, _ in self.changes}))


def reasons(case: Case) -> Iterator[VerdictReason]:
    """What is destroyed without anybody who may having agreed to it."""
    for some in guarded(case):
        for pull_request in case.pull_requests:
            told = _told(some, pull_request, case)
            yield from checks.weighed(told, some.environment, case.config)


def lifted(case: Case) -> Iterator[Lifted]:
    """Who agreed to what is destroyed."""
    for some in guarded(case):
        for pull_request in case.pull_requests:
            count = _count(some, pull_request)
            if count.decision == "pass":
                name = label(some, pull_request)
                is_set = voices.of_label(pull_request, name) is not None
                yield Lifted(
                    rule=RULE,
                    how="label" if is_set else "review",
                    what=f"{_actions(some)}: {_addresses(some)}",
                    by=count.given,
                    where=some.environment,
                    pull_request=pull_request.number,
                    commit=pull_request.head,
                    label=name if is_set else None,
                )


def guarded(case: Case) -> tuple[Guarded, ...]:
    """The destructive changes that the gates guard, by environment and by who may agree to them."""
    kinds = {stack.id: stack.kind for stack in (*case.stacks, *case.report.stacks)}
    found: dict[tuple[str, Approvers], list[tuple[str, Change]]] = {}
    for plan in case.report.plans:
        environment = plan.stack.partition("/")[0]
        gate = case.config.gate(environment)
        changes = [(plan.stack, change) for change in plan.changes if is_guarded(change, gate)]
        if changes:
            ours = gate.override.approvers
            asked = ours if ours.named else approvals.approvers(environment, kinds.get(plan.stack), case.config)
            found.setdefault((environment, asked), []).extend(changes)
    return tuple(
        Guarded(environment=environment, approvers=approvers, changes=tuple(changes))
        for (environment, approvers), changes in found.items()
    )


def is_guarded(change: Change, gate: Gate) -> bool:
    """Whether a gate lets nobody make a change alone. A type is told with its group or without (`apps/StatefulSet`)."""
    if gate.destroy == "off" or not (change.destructive or change.action in DESTRUCTIVE):
        return False
    return gate.destroy == "all" or _is_one_of(change.type, gate.protected_types or PROTECTED_TYPES)


@lru_cache(4096)
def _is_one_of(type: str, patterns: tuple[str, ...]) -> bool:
    names = (type, type.rpartition("/")[2])
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def label(some: Guarded, pull_request: PullRequest) -> str:
    """The label that agrees to exactly these changes, each with all its attributes, masked ones as they are."""
    changes = [
        (stack, structs.replace(change, attributes=tuple(sorted(change.attributes, key=bound.encoded))))
        for stack, change in some.changes
    ]
    return bound.name(LABEL, (some.environment, *changes), pull_request)


def _count(some: Guarded, pull_request: PullRequest) -> Count:
    """One has to agree: by the label, or by a review where the gate names who may (else every approval would do)."""
    name = label(some, pull_request)
    return bound.count(name, pull_request, some.approvers, by_review=some.approvers.named)


def _told(some: Guarded, pull_request: PullRequest, case: Case) -> Iterator[VerdictReason]:
    name = label(some, pull_request)
    subject = approvals.subject(RULE, some.stacks, pull_request, case)
    review = ", or approve in a review" if some.approvers.named else ""
    void = bound.outdated(name, pull_request)
    older = (
        f", for which the label …{void[0][-6:]} is not: it is of others, or of an older head or base" if void else ""
    )
    about = structs.replace(
        subject,
        what=f"{subject.what}{_actions(some)} in {some.environment} ({_addresses(some)}){older}: ",
        how=f"set the label {name} {bound.HOW}{review}",
        who=quorum.who(some.approvers),
    )
    yield from quorum.reasons(_count(some, pull_request), about)


def _actions(some: Guarded) -> str:
    """`2 deletes and 1 replace`; what destroys without being either is an update that does."""
    counts = Counter(change.action for _, change in some.changes)
    words = [f"{count:,} {_noun(action, count)}" for action, count in sorted(counts.items())]
    return " and ".join(words)


def _noun(action: str, count: int) -> str:
    noun = action if action in DESTRUCTIVE else f"destructive {action}"
    return noun if count == 1 else f"{noun}s"


def _addresses(some: Guarded) -> str:
    return quorum.some(sorted({change.address for _, change in some.changes}))
