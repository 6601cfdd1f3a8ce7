"""What a pull request is like right now, as the API says: a re-run replays an old payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from gitops_ci.github.api import Api, Denied
from gitops_ci.github.event import Source


class Account(Struct, frozen=True):
    """Somebody: a person, a bot or an app."""

    login: str
    type: str = "User"


class Repository(Struct, frozen=True):
    """A repository, by its full name (`acme/infra`)."""

    id: int
    full_name: str
    default_branch: str | None = None


class Side(Struct, frozen=True):
    """One end of a pull request; `repo` is None where the fork was deleted."""

    ref: str
    sha: str
    repo: Repository | None = None


class Label(Struct, frozen=True):
    """A label."""

    name: str


class PullRequest(Struct, frozen=True):
    """A pull request as it is now. `commits` is their number, which only `get` knows."""

    number: int
    state: Literal["open", "closed"]
    head: Side
    base: Side
    user: Account | None = None
    draft: bool = False
    locked: bool = False
    labels: tuple[Label, ...] = ()
    commits: int | None = None

    @property
    def own(self) -> bool:
        """Whether its head is a branch of the repository that it goes to, and so of somebody who may write there."""
        ours, theirs = self.base.repo, self.head.repo
        return ours is not None and theirs is not None and ours.id == theirs.id


class _Tip(Struct):
    sha: str


class _Ref(Struct):
    object: _Tip


class _Branch(Struct):
    protected: bool


class _Rule(Struct):
    type: str


class Shared(Struct, frozen=True):
    """Who else has the head of a pull request: a commit has one status for all of them.

    `others` are the open ones for which its verdict need not hold. `status_is_theirs`: one of them is of this
    repository's own branch and this one is a fork's, which must not write over what that one's run says.
    `is_open_to_all`: nothing protects the branch that it goes to, so that whoever may push chose what judges it.
    """

    others: tuple[PullRequest, ...] = ()
    status_is_theirs: bool = False
    is_open_to_all: bool = False


def get(api: Api, number: int) -> PullRequest:
    """The pull request of this number."""
    return api.get(f"pulls/{number}", PullRequest)


def tip(api: Api, branch: str) -> str:
    """The commit that a branch has now: a pull request's own `base.sha` is that of its last push."""
    return api.get(f"git/ref/{quote(f'heads/{branch}', safe='')}", _Ref).object.sha


def every_open(api: Api) -> Iterator[PullRequest]:
    """All open pull requests, those that changed last first."""
    return api.pages("pulls", PullRequest, state="open", sort="updated", direction="desc")


def of_head(api: Api, source: Source) -> tuple[PullRequest, ...]:
    """The open pull requests whose head is this very commit of this branch of this repository.

    An event of a workflow that a fork's pull request started names none. Branches of the same name are told apart by
    their repository: an owner may have several forks.
    """
    return tuple(
        each
        for each in api.pages("pulls", PullRequest, state="open", head=f"{source.owner}:{source.branch}")
        if each.head.sha == source.commit
        and each.head.ref == source.branch
        and each.head.repo is not None
        and each.head.repo.id == source.repository
    )


def sharing(api: Api, commit: str, number: int) -> Shared:
    """Who has this head beside the pull request `number`.

    All open ones are gone through: `commits/SHA/pulls` gives nothing for a commit that is only in a fork. In the order
    in which they were made, so that none moves to a page that was read because somebody writes a comment on it. For a
    pull request of an own branch only those of own branches count: a stranger could stop any other with a fork.
    """
    found = api.pages("pulls", PullRequest, state="open", sort="created", direction="asc")
    same = [each for each in found if each.head.sha == commit]
    mine = next((each for each in same if each.number == number), None) or get(api, number)
    rest = [each for each in same if each.number != number]
    lax = _is_open_to_all(api, mine.base)
    if mine.own:
        others = tuple(each for each in rest if each.own and each.base.ref != mine.base.ref)
        return Shared(others, is_open_to_all=lax)
    others = tuple(each for each in rest if each.own or each.base.ref != mine.base.ref)
    return Shared(others, status_is_theirs=any(each.own for each in others), is_open_to_all=lax)


def _is_open_to_all(api: Api, base: Side) -> bool:
    """Whether neither a ruleset nor branch protection is about a branch. The default branch is its owners' business.

    Not where it cannot be read: nobody but the workflow's owners chooses what the token may.
    """
    if base.repo is None or base.repo.default_branch in (None, base.ref):
        return False
    place = quote(base.ref, safe="")
    try:
        if api.get(f"branches/{place}", _Branch).protected:
            return False
        return next(api.pages(f"rules/branches/{place}", _Rule), None) is None
    except Denied:
        return False
