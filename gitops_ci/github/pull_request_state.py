"""A pull request as its gate sees it, read from GitHub: what the token may not read is Unreadable, never left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Literal, cast, get_args
from urllib.parse import quote

from msgspec import Struct

from gitops_ci.github import authorship, neighbours, pull_requests
from gitops_ci.github.api import Api, Denied
from gitops_ci.github.people import person, readable
from gitops_ci.github.pull_requests import Account
from gitops_ci.model.pull_request import WRITERS, Label, Person, PullRequest, Review, Right, Unreadable, Wanted

MOST_PEOPLE = 20
"""Whose rights are asked for one by one, each with a request."""

_METADATA = "metadata: read"
_MEMBERS = "members: read, of a GitHub App in the organisation"
_RIGHTS: frozenset[str] = frozenset(get_args(Right))
_STATES: Mapping[str, Literal["approved", "changes_requested", "commented", "dismissed"]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}
Members = Mapping[str, frozenset[str] | Unreadable]


class _Review(Struct):
    id: int
    state: str
    user: Account | None = None
    commit_id: str | None = None
    submitted_at: datetime | None = None


class _Event(Struct):
    id: int = 0
    event: str = ""
    actor: Account | None = None
    label: pull_requests.Label | None = None
    created_at: datetime | None = None


class _Team(Struct):
    slug: str


class _Permission(Struct):
    permission: str
    role_name: str = ""


class _Permissions(Struct):
    admin: bool
    push: bool
    maintain: bool = False

    @property
    def right(self) -> Right:
        return "admin" if self.admin else "maintain" if self.maintain else "write" if self.push else "none"


class _Collaborator(Struct):
    login: str
    permissions: _Permissions


def state(api: Api, number: int, wanted: Wanted, *, members: Members | None = None) -> PullRequest:
    """The pull request right now, with what is wanted of it; `members` are those of its teams where they are known.

    What one request is refused is Unreadable. Raises Denied where the pull request itself is, and ApiError where
    GitHub does not answer at all.
    """
    now = pull_requests.get(api, number)
    tip = pull_requests.tip(api, now.base.ref)
    labels = _labels(api, now, wanted.labels)
    reviews = readable("the reviews", "pull-requests: read", lambda: _reviews(api, number)) if wanted.reviews else ()
    commits = authorship.commits(api, now) if wanted.commits else ()
    of_teams = teams(api, wanted.teams) if members is None else members
    return PullRequest(
        number=number,
        author=person(now.user),
        open=now.state == "open",
        draft=now.draft,
        fork=not now.own,
        base_ref=now.base.ref,
        base_tip=tip,
        head=now.head.sha,
        head_ref=now.head.ref,
        labels=labels,
        reviews=reviews,
        commits=commits,
        pushers=authorship.pushers(api, now, commits) if wanted.pushers else (),
        members=of_teams,
        rights=_rights(api, _judges(now.head.sha, reviews, labels), _named(wanted, of_teams)) if wanted.rights else {},
        neighbours=neighbours.of(api, now) if wanted.neighbours else (),
    )


def _reviews(api: Api, number: int) -> tuple[Review, ...]:
    """Every review that was submitted, the oldest first: which of somebody's counts is for the rules to say."""
    return tuple(
        Review(
            id=each.id,
            by=person(each.user),
            state=_STATES[each.state],
            commit=each.commit_id or "",
            at=each.submitted_at,
        )
        for each in api.pages(f"pulls/{number}/reviews", _Review)
        if each.state in _STATES and each.submitted_at is not None  # one that is still being written has no time
    )


def _labels(api: Api, now: pull_requests.PullRequest, asked: tuple[str, ...]) -> tuple[Label, ...] | Unreadable:
    """The labels that are on it now; who put them there is only asked where one of them matters."""
    names = [label.name for label in now.labels]
    if not any(_begins(name, asked) for name in names):
        return tuple(Label(name=name) for name in names)

    def read() -> tuple[Label, ...]:
        events = api.pages(f"issues/{now.number}/events", _Event)
        last = {each.label.name.casefold(): each for each in sorted(events, key=lambda each: each.id) if each.label}
        return tuple(_label(name, last.get(name.casefold())) for name in names)

    return readable("who put the labels", "pull-requests: read, or issues: read", read)


def _label(name: str, last: _Event | None) -> Label:
    """A label, whoever set it last; nobody where the last that is known is that it was taken away."""
    if last is None or last.event != "labeled" or last.actor is None:
        return Label(name=name)
    return Label(name=name, by=person(last.actor), at=last.created_at)


def _begins(name: str, asked: tuple[str, ...]) -> bool:
    return name.casefold().startswith(tuple(each.casefold() for each in asked))


def teams(api: Api, names: tuple[str, ...]) -> Members:
    """Who is in each team (`acme/dba`), in lower case, members of teams below it among them."""
    return {name: _members(api, *name.split("/", 1)) for name in dict.fromkeys(names)}


def _members(api: Api, organisation: str, slug: str) -> frozenset[str] | Unreadable:
    name, organisation = f"{organisation}/{slug}", quote(organisation, safe="")
    path = f"/orgs/{organisation}/teams/{quote(slug.lower(), safe='')}/members"

    def read() -> frozenset[str] | Unreadable:
        try:
            return frozenset(each.login.lower() for each in api.pages(path, Account))
        except Denied as denied:  # the same words where there is no team, and where the token may see none
            if denied.status != 404:
                raise
            api.get(f"/orgs/{organisation}/teams", list[_Team], per_page=1)
            return Unreadable(what=f"the members of {name}: there is no such team", permission="")

    return readable(f"the members of {name}", _MEMBERS, read)


def _named(wanted: Wanted, members: Members) -> AbstractSet[str]:
    """Those whom the gate names, in lower case: by themselves, or as members of a team."""
    found = {login.lower() for login in wanted.users}
    return found.union(*(each for each in members.values() if not isinstance(each, Unreadable)))


def _judges(
    head: str, reviews: tuple[Review, ...] | Unreadable, labels: tuple[Label, ...] | Unreadable
) -> Iterator[Person]:
    """Whose word may count: who put a label, who approved the head, who asked for changes at any time, newest first.

    Everybody can review what is public, and nobody else can put a label.
    """
    yield from (label.by for label in (labels if isinstance(labels, tuple) else ()) if label.by is not None)
    newest = reviews[::-1] if isinstance(reviews, tuple) else ()
    yield from (each.by for each in newest if each.state == "approved" and each.commit == head)
    yield from (each.by for each in newest if each.state == "changes_requested")


def _rights(api: Api, people: Iterable[Person], named: AbstractSet[str]) -> Mapping[str, Right | Unreadable]:
    """What each may do here, by login in lower case; an App's word counts nowhere, so nothing is asked of it.

    Of many it is read who may write at all. Where GitHub does not tell that, it is asked of some: the `named` first.
    """
    asked = {each.key: each.login for each in people if not each.bot}
    if len(asked) > MOST_PEOPLE:
        writers = readable("who may write", _METADATA, lambda: _writers(api))
        if not isinstance(writers, Unreadable):
            return {key: writers.get(key, "none") for key in asked}
    rights: dict[str, Right | Unreadable] = {}
    for key in sorted(asked, key=lambda key: key not in named):
        what = f"the rights of {asked[key]}"
        if len(rights) < MOST_PEOPLE:
            rights[key] = readable(what, _METADATA, partial(_right, api, key))
        else:
            rights[key] = Unreadable(what=f"{what}: too many people, of whom GitHub gives no list", permission="")
    return rights


def _writers(api: Api) -> Mapping[str, Right]:
    """Everybody who may write, by login in lower case, with roles of an organisation's own as what they come to.

    https://docs.github.com/rest/collaborators/collaborators#list-repository-collaborators
    """
    told = api.pages("collaborators", _Collaborator, permission="push")
    return {each.login.lower(): right for each in told if (right := each.permissions.right) in WRITERS}


def _right(api: Api, login: str) -> Right:
    """A role of the organisation's own counts as what GitHub says that it comes to."""
    found = api.get(f"collaborators/{quote(login, safe='')}/permission", _Permission)
    name = found.role_name if found.role_name in _RIGHTS else found.permission
    return cast(Right, name) if name in _RIGHTS else "none"
