"""Whether somebody lets a change into an environment that it was not promoted to: a label with approvals.

https://docs.github.com/rest/issues/events tells who set a label; an approval is of one commit (trust.md, rule 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from gitops_ci.config_gate import Approvers, Hotfix
from gitops_ci.model.pull_request import WRITERS, Person, PullRequest, Unreadable

State = bool | Unreadable


class Lift(Struct, frozen=True, kw_only=True):
    """What became of it: `asked` whether the label is there, `granted` who agreed, else what is `lacking`.

    `unknown` is what could not be read, so that nobody knows.
    """

    asked: bool = False
    granted: str = ""
    lacking: str = ""
    unknown: Unreadable | None = None


def of(settings: Hotfix, pulls: tuple[PullRequest, ...]) -> Lift:
    """Whether all of these pull requests are hotfixes that somebody agreed to: in a queue none rides with another."""
    lifts = [_of_one(settings, pull) for pull in pulls]
    worst = next((each for each in lifts if each.unknown is not None), None)
    worst = worst or next((each for each in lifts if not each.granted), None)
    return worst or Lift(asked=True, granted="; ".join(each.granted for each in lifts)) if lifts else Lift()


def _of_one(settings: Hotfix, pull: PullRequest) -> Lift:
    if isinstance(pull.labels, Unreadable):
        return Lift(unknown=pull.labels)
    label = next((each for each in pull.labels if each.name.lower() == settings.label.lower()), None)
    if label is None:
        return Lift()
    if label.by is None:
        unknown = Unreadable(what=f"who set the label {settings.label}", permission="issues: read")
        return Lift(asked=True, unknown=unknown)
    allowed = False if label.by.bot else _may(label.by, settings.approvers, pull)
    if isinstance(allowed, Unreadable):
        return Lift(asked=True, unknown=allowed)
    if not allowed:
        return Lift(asked=True, lacking=f"{label.by.login}, who set the label {settings.label}, may not")
    return _approved(settings, pull, label.by)


def _approved(settings: Hotfix, pull: PullRequest, by: Person) -> Lift:
    if isinstance(pull.reviews, Unreadable):
        return Lift(asked=True, unknown=pull.reviews)
    makers = _makers(pull)
    if isinstance(makers, Unreadable):
        return Lift(asked=True, unknown=makers)
    approved: list[str] = []
    unknown: Unreadable | None = None
    for person in _approving(pull):
        allowed = False if person.bot or person.key in makers else _may(person, settings.approvers, pull)
        if isinstance(allowed, Unreadable):
            unknown = unknown or allowed
        elif allowed:
            approved.append(person.login)
    if len(approved) >= settings.approvals:
        return Lift(asked=True, granted=f"#{pull.number}: set by {by.login}, approved by {', '.join(approved)}")
    lacking = f"it has {len(approved)} of {settings.approvals} approvals of {pull.head[:7]}"
    return Lift(asked=True, lacking=lacking, unknown=unknown)


def _makers(pull: PullRequest) -> frozenset[str] | Unreadable:
    """The keys of everybody whose change it is; their own approval counts nothing."""
    for each in (pull.commits, pull.pushers):
        if isinstance(each, Unreadable):
            return each
    people = {pull.author.key}
    assert not isinstance(pull.pushers, Unreadable)
    assert not isinstance(pull.commits, Unreadable)
    people.update(each.key for each in pull.pushers)
    for commit in pull.commits:
        if commit.strangers:
            what = f"which account {commit.strangers[0]} is, who made {commit.sha[:7]}"
            return Unreadable(what=what, permission="an e-mail address that an account has, in the commit")
        people.update(each.key for each in commit.people)
    return frozenset(people)


def _approving(pull: PullRequest) -> Iterator[Person]:
    """Those whose last word is an approval of the head."""
    assert not isinstance(pull.reviews, Unreadable)
    last: dict[str, tuple[Person, bool]] = {}
    for review in sorted(pull.reviews, key=lambda each: (each.at, each.id)):
        if review.state != "commented":
            last[review.by.key] = (review.by, review.state == "approved" and review.commit == pull.head)
    yield from (person for person, holds in last.values() if holds)


def _may(person: Person, approvers: Approvers, pull: PullRequest) -> State:
    """Whether somebody is among the approvers; where none are named, whether they may write."""
    if not approvers.named:
        return _is(pull.rights, person.key)
    if person.key in {user.lower() for user in approvers.users}:
        return True
    unknown: Unreadable | None = None
    for team in approvers.teams:
        members = pull.members.get(team, _unread(f"the members of {team}", "members: read (of an App)"))
        if isinstance(members, Unreadable):
            unknown = unknown or members
        elif person.key in members:
            return True
    return unknown or False


def _is(rights: Mapping[str, str | Unreadable], key: str) -> State:
    right = rights.get(key, _unread(f"the rights of {key}", "metadata: read"))
    return right if isinstance(right, Unreadable) else right in WRITERS


def _unread(what: str, permission: str) -> Unreadable:
    return Unreadable(what=what, permission=permission)
