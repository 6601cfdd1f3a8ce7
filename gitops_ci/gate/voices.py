"""Whose word counts: reviews and labels of a pull request, and what keeps one from counting."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.config_gate import Approvers
from gitops_ci.model.pull_request import WRITERS, Commit, Person, PullRequest, Review, Unreadable

_WORKFLOWS = "github-actions[bot]"
"""Whom GitHub names for what a workflow does: whoever may write can start one of their own, which does anything."""


class Voice(Struct, frozen=True):
    """Somebody who agrees, in a review or by a `label`.

    `but` says why that does not count, or what could not be read to tell; empty: it counts.
    """

    person: Person
    but: str | Unreadable = ""
    label: bool = False


def of_reviews(pull_request: PullRequest) -> tuple[Voice, ...] | Unreadable:
    """Everybody who approved and did not take it back, by login.

    An approval is of one commit, the head that it was given for. It is taken back where the same person asks for
    changes later, or a later review of theirs is dismissed. One of another commit never takes an older one back: what
    is approved less must not be approved more.
    """
    if isinstance(pull_request.reviews, Unreadable):
        return pull_request.reviews
    return tuple(
        Voice(newest.by, _stale(approved, pull_request) or objection(pull_request, newest.by))
        for mine in _by_person(pull_request.reviews)
        if (approved := _approved(mine))
        for newest in (approved[-1],)
    )


def of_label(pull_request: PullRequest, name: str) -> Voice | Unreadable | None:
    """Whoever set a label that is on the pull request now; None where it is not. GitHub takes names in any case."""
    if isinstance(pull_request.labels, Unreadable):
        return pull_request.labels
    for label in pull_request.labels:
        if label.name.lower() == name.lower():
            if label.by is None:
                return Unreadable(what=f"who set the label {label.name}", permission="issues: read")
            return Voice(label.by, objection(pull_request, label.by), label=True)
    return None


def against(pull_request: PullRequest) -> tuple[Voice, ...]:
    """Everybody whose newest word is that something has to change, of whatever commit; `but` as for approvals.

    Here it does not matter who wrote a part of it: else a co-author's line would silence an objection.
    """
    if isinstance(pull_request.reviews, Unreadable):
        return ()
    newest = [decisive[-1] for mine in _by_person(pull_request.reviews) if (decisive := _decisive(mine))]
    return tuple(
        Voice(each.by, _is_bot(each.by) or _right(pull_request, each.by))
        for each in newest
        if each.state == "changes_requested"
    )


def hidden(pull_request: PullRequest) -> Unreadable | None:
    """Why somebody who approves may have made the change without being known; None where that cannot be.

    A commit says who made it, and may say anything. As long as only people pushed, they vouch for every commit and are
    kept from approving, so that two have seen each. A machine vouches for nothing, since others tell it what to push:
    then each commit has to be signed, by known people, and not by the machine that everybody can tell what to do.
    """
    if isinstance(pull_request.pushers, Unreadable):
        return pull_request.pushers
    if not pull_request.pushers:
        return Unreadable(what="who pushed: nobody is known to have", permission="contents: read")
    machine = next((each.login for each in pull_request.pushers if _is_bot(each)), None)
    if machine is None:
        return None
    if isinstance(pull_request.commits, Unreadable):
        return pull_request.commits
    unclear = (
        f"{each.sha[:7]}: {machine} pushed, and {why}" for each in pull_request.commits if (why := _unclear(each))
    )
    what = next(unclear, None)
    return Unreadable(what=f"who made {what}", permission="") if what is not None else None


def _unclear(commit: Commit) -> str:
    """Why nobody knows who made a commit that a machine pushed; empty where that is known."""
    if not commit.signed:
        return "it is not signed"
    if commit.strangers:
        return f"{commit.strangers[0]} has no account"
    return f"any workflow is {_WORKFLOWS}" if any(each.key == _WORKFLOWS for each in commit.people) else ""


def belongs(approvers: Approvers, login: str, pull_request: PullRequest) -> bool | Unreadable:
    """Whether somebody (a login in lower case) is among the approvers; everybody is where nobody is named."""
    if not approvers.named or login in (user.lower() for user in approvers.users):
        return True
    members = {team.lower(): logins for team, logins in pull_request.members.items()}
    unread: Unreadable | None = None
    for team in approvers.teams:
        found = members.get(team.lower())
        match found:
            case None:
                needs = "members: read, of a GitHub App in the organisation"
                unread = unread or Unreadable(what=f"the members of {team}", permission=needs)
            case Unreadable():
                unread = unread or found
            case _ if any(login == member.lower() for member in found):
                return True
            case _:
                pass
    return unread or False


def objection(pull_request: PullRequest, person: Person) -> str | Unreadable:
    """Why somebody's agreement does not count; empty where it does.

    Those who made the change do not agree to it: its author, the authors, co-authors and committers of its commits and
    whoever pushed them. Nor do bots, and people who could not have merged it.
    """
    made = _is_bot(person) or _part(pull_request, person)
    if made:
        return made
    if isinstance(pull_request.commits, Unreadable):
        return pull_request.commits
    return _right(pull_request, person)


def _is_bot(person: Person) -> str:
    return "is a bot" if person.bot or person.login.endswith("[bot]") else ""


def _part(pull_request: PullRequest, person: Person) -> str:
    if person.key == pull_request.author.key:
        return "is the author"
    commits = () if isinstance(pull_request.commits, Unreadable) else pull_request.commits
    if any(person.key == each.key for commit in commits for each in commit.people):
        return "wrote a part of it"
    pushers = () if isinstance(pull_request.pushers, Unreadable) else pull_request.pushers
    return "pushed to it" if any(person.key == each.key for each in pushers) else ""


def _right(pull_request: PullRequest, person: Person) -> str | Unreadable:
    rights = {login.lower(): right for login, right in pull_request.rights.items()}
    right = rights.get(person.key)
    if right is None:
        return Unreadable(what=f"the rights of {person.login}", permission="metadata: read")
    if isinstance(right, Unreadable):
        return right
    return "" if right in WRITERS else "may not write here"


def _by_person(reviews: tuple[Review, ...]) -> Iterator[tuple[Review, ...]]:
    """The reviews of each person, the oldest first."""
    people: dict[str, list[Review]] = {}
    for review in sorted(reviews, key=lambda each: (each.at, each.id)):
        people.setdefault(review.by.key, []).append(review)
    yield from (tuple(people[key]) for key in sorted(people))


def _decisive(reviews: tuple[Review, ...]) -> tuple[Review, ...]:
    return tuple(each for each in reviews if each.state != "commented")


def _approved(reviews: tuple[Review, ...]) -> tuple[Review, ...]:
    """The approvals of a person that nothing took back."""
    found: list[Review] = []
    for review in _decisive(reviews):
        found = [*found, review] if review.state == "approved" else []
    return tuple(found)


def _stale(approved: tuple[Review, ...], pull_request: PullRequest) -> str:
    if any(each.commit == pull_request.head for each in approved):
        return ""
    return f"approved {approved[-1].commit[:7]}, an older commit"
