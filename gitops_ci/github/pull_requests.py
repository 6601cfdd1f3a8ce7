"""What a pull request is like right now, as the API says: a re-run replays an old payload."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.github.api import Api, ApiError


class Account(Struct, frozen=True):
    """Somebody: a person, a bot or an app."""

    login: str
    type: str = "User"


class Repository(Struct, frozen=True):
    """A repository, by its full name (`acme/infra`)."""

    id: int
    full_name: str


class Side(Struct, frozen=True):
    """One end of a pull request; `repo` is None where the fork was deleted."""

    ref: str
    sha: str
    repo: Repository | None = None


class Label(Struct, frozen=True):
    """A label."""

    name: str


class PullRequest(Struct, frozen=True):
    """A pull request as it is now."""

    number: int
    state: Literal["open", "closed"]
    head: Side
    base: Side
    user: Account | None = None
    draft: bool = False
    locked: bool = False
    labels: tuple[Label, ...] = ()


def get(api: Api, number: int) -> PullRequest:
    """The pull request of this number."""
    return api.get(f"pulls/{number}", PullRequest)


def of_head(api: Api, owner: str, branch: str, commit: str) -> PullRequest:
    """The one open pull request whose head is this commit of somebody's branch.

    An event of a workflow that a fork's pull request started names none. Raises ApiError where there is none, or
    more than one: which is meant could then be chosen by whoever opens them.
    """
    found = [
        each
        for each in api.pages("pulls", PullRequest, state="open", head=f"{owner}:{branch}")
        if each.head.sha == commit and each.head.ref == branch
    ]
    if len(found) == 1:
        return found[0]
    numbers = ", ".join(f"#{each.number}" for each in found) or "none"
    raise ApiError(
        f"the head {commit[:7]} of {owner}:{branch} belongs to {numbers}, and one open pull request is needed",
        hint="it was closed, or has a newer commit, or was opened to several branches: plan it by hand",
    )
