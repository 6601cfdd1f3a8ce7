"""What a pull request is like right now, as the API says: a re-run replays an old payload."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.github.api import Api


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
