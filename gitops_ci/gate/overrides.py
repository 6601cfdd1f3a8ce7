"""Overrides: a rule that blocks is lifted for one change, by a label that is bound to it and by somebody who may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import bound, quorum
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted, Outcome
from gitops_ci.gate.quorum import Count
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.verdict import VerdictReason

KEPT = frozenset({"checks", "config", "policy", "secrets"})
"""Families that nothing lifts: what was not looked at, what decides about the rules themselves, and secrets."""
FREED = ("freeze", "frozen", "promotion", "soak")
"""Of the gate's own rules only these, by how their names begin: an approval that is missing is given, not lifted."""


class Group(Struct, frozen=True, kw_only=True):
    """What one label lifts: the reasons of one rule in one environment, or in all that a change enters together."""

    rule: str
    environments: tuple[str, ...]
    reasons: tuple[VerdictReason, ...]


def applied(reasons: Iterable[VerdictReason], case: Case) -> Outcome:
    """The reasons without those that are lifted; one that could be says by which label.

    Of a merge queue's group each pull request has to have its label.
    """
    told = {reason: reason for reason in reasons}
    lifted: list[Lifted] = []
    for group in groups(told, case) if case.pull_requests else ():
        found = [_asked(group, pull_request, case) for pull_request in case.pull_requests]
        lacking = [each for each in found if not each.is_set]
        if not lacking:
            lifted += map(_lifted, found)
            for reason in group.reasons:
                del told[reason]
        else:
            for reason in group.reasons:
                remedy = "; ".join(filter(None, (reason.remedy, _offer(lacking[0]))))
                told[reason] = structs.replace(reason, remedy=remedy)
    return Outcome(tuple(told.values()), tuple(lifted))


def groups(reasons: Iterable[VerdictReason], case: Case) -> tuple[Group, ...]:
    """What can be lifted: what blocks in environments that all name who lifts it."""
    found: dict[tuple[tuple[str, ...], str], list[VerdictReason]] = {}
    affected = tuple(sorted({stack.environment for stack in case.stacks if stack.change != "unmodified"}))
    for reason in reasons:
        environments = affected if reason.stack is None else (reason.stack.partition("/")[0],)
        named = bool(environments) and all(_approvers(each, case).named for each in environments)
        if named and reason.decision == "blocked" and is_liftable(reason.rule):
            found.setdefault((environments, reason.rule), []).append(reason)
    return tuple(
        Group(rule=rule, environments=environments, reasons=tuple(each)) for (environments, rule), each in found.items()
    )


def is_liftable(rule: str) -> bool:
    """Whether somebody can lift a rule for one change."""
    family, _, name = rule.partition("/")
    return name.startswith(FREED) if family == "gate" else family not in KEPT


def label(group: Group, pull_request: PullRequest, case: Case) -> str:
    """The label that lifts exactly this: a finding by its words, a rule of the gate for this head whatever it says.

    What a rule of the gate says may have the time in it.
    """
    is_ours = group.rule.startswith("gate/")
    what = {(reason.rule, reason.stack, "" if is_ours else reason.message) for reason in group.reasons}
    prefix = case.config.gate(group.environments[0]).override.label
    return bound.name(prefix, (group.environments, *what), pull_request)


def _approvers(environment: str, case: Case) -> Approvers:
    return case.config.gate(environment).override.approvers


class _Asked(Struct, frozen=True):
    """A pull request whose label would lift a group, and by whom it is set, by each environment's approvers."""

    group: Group
    pull_request: PullRequest
    label: str
    counts: tuple[tuple[Approvers, Count], ...]

    @property
    def is_set(self) -> bool:
        """Whether somebody set it who may, in every environment."""
        return all(count.decision == "pass" for _, count in self.counts)


def _asked(group: Group, pull_request: PullRequest, case: Case) -> _Asked:
    name = label(group, pull_request, case)
    every = dict.fromkeys(_approvers(each, case) for each in group.environments)
    counts = ((each, bound.count(name, pull_request, each, by_review=False)) for each in every)
    return _Asked(group, pull_request, name, tuple(counts))


def _lifted(asked: _Asked) -> Lifted:
    group = asked.group
    return Lifted(
        rule=group.rule,
        how="label",
        what=quorum.some(dict.fromkeys(reason.stack or "the change" for reason in group.reasons)),
        by=tuple(sorted({login for _, count in asked.counts for login in count.given})),
        where=", ".join(group.environments),
        why=quorum.some(dict.fromkeys(reason.message for reason in group.reasons), "; "),
        pull_request=asked.pull_request.number,
        commit=asked.pull_request.head,
        label=asked.label,
    )


def _offer(asked: _Asked) -> str:
    """How it is lifted, and why a label that is there does not do it."""
    who = " and ".join(dict.fromkeys(quorum.who(each) for each, _ in asked.counts))
    offer = f"or set the label {asked.label} {bound.HOW}, which lifts it for this change ({who})"
    return "; ".join((offer, *dict.fromkeys(_problems(asked))))


def _problems(asked: _Asked) -> Iterator[str]:
    for void in bound.outdated(asked.label, asked.pull_request)[:1]:
        yield f"the label …{void[-6:]} is of something else, or of an older head or base"
    for _, count in asked.counts:
        yield from count.aside
        unknown = (*count.unread, *count.doubted, *((count.hidden,) if count.given and count.hidden else ()))
        yield from (f"not known: {each.what}" for each in unknown)
