"""A pull request as its gate sees it: who wrote, reviewed and labelled what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

Right = Literal["admin", "maintain", "write", "triage", "read", "none"]
"""What somebody may do in the repository."""

WRITERS: frozenset[Right] = frozenset({"admin", "maintain", "write"})
"""Rights that let somebody's approval count."""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something that the token may not read, or that could not be read: what, and the permission that it takes.

    Without a permission none would help: `what` says why then.
    """

    what: str
    permission: str


class Person(Struct, frozen=True):
    """An account. `bot`: an App or a machine, whose approval counts nowhere."""

    login: str
    bot: bool = False

    @property
    def key(self) -> str:
        """What tells accounts apart: logins are the same in any case."""
        return self.login.lower()


class Review(Struct, frozen=True, kw_only=True):
    """A review that was submitted. `commit` is the head that it was of; `at` is when, in UTC."""

    id: int
    by: Person
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    commit: str
    at: datetime


class Commit(Struct, frozen=True, kw_only=True):
    """A commit of the pull request. `people` are the accounts of its author, committer and co-authors.

    `strangers` are names of those that GitHub knows no account of: who they are cannot be told. Without a signature
    that is valid (`signed`) all of them are only what somebody wrote there.
    """

    sha: str
    people: tuple[Person, ...] = ()
    strangers: tuple[str, ...] = ()
    signed: bool = False


class Label(Struct, frozen=True, kw_only=True):
    """A label that is on the pull request now, and who put it there last; None where GitHub does not tell."""

    name: str
    by: Person | None = None
    at: datetime | None = None


class Neighbour(Struct, frozen=True, kw_only=True):
    """Another open pull request into the same branch: who came first is told by the number.

    `paths` are the files that it changes, None where there are more than could be read.
    """

    number: int
    author: Person
    head: str
    paths: tuple[str, ...] | None = None


class PullRequest(Struct, frozen=True, kw_only=True):
    """One pull request right now. `base_tip` is the commit that its base branch has, `head` its own newest.

    `members` are those of each team that the gate asks for (`acme/platform` → logins in lower case), `rights` those of
    everybody who approved, labelled or is named; `pushers` those who pushed to its branch. What could not be read is
    Unreadable and makes undecided what depends on it.
    """

    number: int
    author: Person
    open: bool
    draft: bool
    fork: bool
    base_ref: str
    base_tip: str
    head: str
    head_ref: str = ""
    labels: tuple[Label, ...] | Unreadable = ()
    reviews: tuple[Review, ...] | Unreadable = ()
    commits: tuple[Commit, ...] | Unreadable = ()
    pushers: tuple[Person, ...] | Unreadable = ()
    members: Mapping[str, frozenset[str] | Unreadable] = {}
    rights: Mapping[str, Right | Unreadable] = {}
    neighbours: tuple[Neighbour, ...] | Unreadable = ()


class Wanted(Struct, frozen=True, kw_only=True):
    """What a gate asks of a pull request: nothing else is read, since GitHub counts requests.

    `labels` are beginnings of the names of labels whose setter matters, `teams` (`acme/dba`) those whose members do,
    `users` (logins) those who are named themselves. `rights` are asked of those who approved the head, asked for
    changes or put such a label.
    """

    labels: tuple[str, ...] = ()
    reviews: bool = False
    commits: bool = False
    pushers: bool = False
    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    rights: bool = False
    neighbours: bool = False
