"""What snapshots do not tell: how long staging has had something, what an environment had before, another branch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot

Identity = tuple[str, str, str]
"""What a thing is, what it is called where that counts, and which version or content."""


class Question(Struct, frozen=True, kw_only=True):
    """What history has to say of one stack.

    `waiting` are what its counterparts have and it takes in, asked for since when; `missing` what they do not have,
    asked for whether the stack itself had it before. `soak` are the seconds after which nothing more has to be known.
    """

    stack: str
    counterparts: tuple[str, ...]
    waiting: frozenset[Identity] = frozenset()
    missing: frozenset[Identity] = frozenset()
    soak: int = 0


class Upstream(Struct, frozen=True, kw_only=True):
    """The branch that an environment of its own branch is promoted from, as it is now.

    `tip` is its content, None where this clone lacks the branch. `has_head` says whether each pull request's head is
    a commit of it, `since` when it got them, or else when it last got another content at the paths that are changed.
    """

    tip: Snapshot | None
    has_head: bool = False
    since: datetime | None = None


class Promoted(Struct, frozen=True, kw_only=True):
    """The answers, by the id of the stack that takes something in. `lacking` says why the history is not whole.

    `since`: from when on one of the counterparts has had it without a break, on the base branch. What is not among
    `since` and `before` is not known to have been there.
    """

    since: Mapping[tuple[str, Identity], datetime] = {}
    before: frozenset[tuple[str, Identity]] = frozenset()
    upstream: Mapping[str, Upstream] = {}
    lacking: str = ""
