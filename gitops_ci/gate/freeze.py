"""The rule family *freeze*: nothing enters an environment in its freeze windows, unless somebody lets just that in."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import bound, checks, quorum, voices, windows
from gitops_ci.gate.case import Case
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.quorum import Count
from gitops_ci.gate.voices import Voice
from gitops_ci.gate.windows import Frozen
from gitops_ci.model.pull_request import PullRequest, Unreadable
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/freeze"
LABEL = "gitops-ci-freeze"


class Held(Struct, frozen=True, kw_only=True):
    """An environment that is frozen, who may let a change in all the same, and for which stacks (ids) that is asked."""

    environment: str
    by: Frozen
    approvers: Approvers
    stacks: tuple[str, ...]

    @property
    def told(self) -> str:
        """`production is frozen until Mon 2027-01-04 00:00+01:00 (Europe/Berlin): holidays`."""
        end = self.by.until
        until = f"until {windows.told(end, self.by.window.timezone)}" if end is not None else "without an end"
        why = f": {self.by.window.reason}" if self.by.window.reason else ""
        return f"{self.environment} is frozen {until}{why}"


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why this cannot enter now; of a merge queue's group each pull request has to be let in."""
    for held in frozen(case):
        told = (reason for each in case.pull_requests for reason in _told(held, each, case))
        yield from checks.weighed(told, held.environment, case.config)


def lifted(case: Case) -> Iterator[Lifted]:
    """Who let what into an environment that is frozen."""
    for held in frozen(case):
        for pull_request in case.pull_requests:
            count = _count(held, pull_request, case)
            if count.decision == "pass":
                yield Lifted(
                    rule=RULE,
                    how="label",
                    what=held.told,
                    by=count.given,
                    where=held.environment,
                    why=held.by.window.reason,
                    pull_request=pull_request.number,
                    commit=pull_request.head,
                    label=label(held, pull_request, case),
                )


def frozen(case: Case) -> Iterator[Held]:
    """The environments that affected stacks enter and that are frozen at `case.now`."""
    for environment, stacks in _entered(case).items():
        gate = case.config.gate(environment)
        by = windows.holding(gate.freeze, case.now)
        if by is not None:
            approvers = gate.override.approvers if gate.override.approvers.named else gate.approvers
            yield Held(environment=environment, by=by, approvers=approvers, stacks=tuple(sorted(stacks)))


def label(held: Held, pull_request: PullRequest, case: Case) -> str:
    """The label that lets this head into this environment in this freeze: the next one needs another."""
    until = held.by.until.isoformat() if held.by.until is not None else None
    return bound.name(LABEL, (held.environment, until), pull_request, case)


def _entered(case: Case) -> dict[str, list[str]]:
    """Environment → ids of the affected stacks that enter it.

    Stacks of no environment enter those whose branch the pull request goes to: there a branch is an environment.
    """
    branches = {each.base_ref for each in case.pull_requests}
    names = [each.name for each in case.config.environments]
    by_branch = [each.name for each in case.config.environments if each.branch in branches]
    found: dict[str, list[str]] = {}
    for stack in case.stacks if case.pull_requests else ():
        if stack.change != "unmodified":
            for name in (stack.environment,) if stack.environment in names else by_branch:
                found.setdefault(name, []).append(stack.id)
    return found


def _told(held: Held, pull_request: PullRequest, case: Case) -> Iterator[VerdictReason]:
    count = _count(held, pull_request, case)
    if count.decision == "pass":
        return
    among = f"#{pull_request.number}: " if len(case.pull_requests) > 1 else ""
    unread = (*count.doubted, *count.unread, *((count.hidden,) if count.hidden is not None else ()))
    unknown = f"; not known: {unread[0].what}" if count.decision == "undecided" and unread else ""
    against = (f"{each} asked for changes" for each in count.against)
    aside = "".join(f"; {each}" for each in (*count.aside, *against))
    permission = f" (the job's token needs `{unread[0].permission}`)" if unknown and unread[0].permission else ""
    wait = "wait until then, or " if held.by.until is not None else ""
    yield VerdictReason(
        rule=RULE,
        decision=count.decision,
        message=f"{among}{held.told}{unknown}{aside}",
        remedy=f"{wait}set the label {label(held, pull_request, case)}{permission}",
        who=f"to set it: {quorum.who(held.approvers)}",
    )


def _count(held: Held, pull_request: PullRequest, case: Case) -> Count:
    """One has to let it in, by the label: who approves a change does not say that it may enter now.

    Where that one may be the author, because nobody knows who pushed, somebody else has to approve as well.
    """
    voice = voices.of_label(pull_request, label(held, pull_request, case))
    if not isinstance(voice, Voice):
        return quorum.of(pull_request, held.approvers, 1, () if voice is None else voice)
    alone = quorum.of(pull_request, held.approvers, 1, (voice,))
    reviews = voices.of_reviews(pull_request)
    if not alone.given or alone.hidden is None or isinstance(reviews, Unreadable):
        return alone
    return quorum.of(pull_request, held.approvers, 1, (voice, *reviews))
