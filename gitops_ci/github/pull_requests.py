"""What a pull request is like right now, as the API says: a re-run replays an old payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from gitops_ci.github.api import Api
from gitops_ci.github.event import Source


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


def sharing(api: Api, commit: str) -> tuple[PullRequest, ...]:
    """The open pull requests with this head, whosever branch it is: they share its statuses."""
    found = api.pages(f"commits/{commit}/pulls", PullRequest)
    return tuple(each for each in found if each.state == "open" and each.head.sha == commit)
