"""The one comment on a pull request: found by author and marker, kept up to date, never twice.

Nothing is read back from a comment: anyone who can write to the repository can edit it.
"""

from __future__ import annotations

import contextlib
from typing import Literal

from msgspec import Struct

from gitops_ci.github import viewer
from gitops_ci.github.api import Api, ApiError, Denied, Uncertain
from gitops_ci.github.pull_requests import Account

Mode = Literal["update", "new"]

MINIMISE = (
    "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED})"
    " { minimizedComment { isMinimized } } }"
)
_GONE = (404, 410)


class Comment(Struct, frozen=True):
    """A comment, as the API lists it (oldest first)."""

    id: int
    node_id: str
    html_url: str
    body: str | None = None
    user: Account | None = None


class _Nothing(Struct):
    pass


def publish(api: Api, number: int, body: str, *, marker: str, mode: Mode = "update") -> Comment:
    """Leaves exactly one comment of ours that says `body`, and gives it; in mode `new` older ones stay, minimised.

    `marker` begins the body. Raises Denied where the token can only read or the conversation is locked, ApiError.
    """
    mine = own(api, number, marker)
    if mode == "new":
        return _anew(api, number, body, mine, marker)
    if mine and (kept := _updated(api, mine[0], body)) is not None:
        _remove(api, mine[1:])
        return kept
    created = _created(api, number, body, marker)
    return _converged(api, number, created, body, marker)


_STILL_OPEN = 3


def own(api: Api, number: int, marker: str) -> list[Comment]:
    """Our comments with this marker, the oldest first: somebody else's that copies it is not ours."""
    mine: list[Comment] = []
    for comment in api.pages(f"issues/{number}/comments", Comment):
        by = comment.user.login if comment.user is not None and (comment.body or "").startswith(marker) else None
        if by is not None and by == viewer.login(api):
            mine.append(comment)
    return sorted(mine, key=lambda comment: comment.id)


def _updated(api: Api, comment: Comment, body: str) -> Comment | None:
    """The comment with this body; None where somebody has deleted it meanwhile."""
    if comment.body == body:
        return comment
    for last in (False, True):
        try:
            return api.send("PATCH", f"issues/comments/{comment.id}", Comment, {"body": body})
        except Uncertain:  # to write the same once more does no harm
            if last:
                raise
        except Denied as denied:
            if denied.status in _GONE:
                return None
            raise
    return None


def _created(api: Api, number: int, body: str, marker: str) -> Comment:
    for last in (False, True):
        try:
            return api.send("POST", f"issues/{number}/comments", Comment, {"body": body})
        except Uncertain:
            there = [each for each in own(api, number, marker) if each.body == body]
            if there:
                return there[-1]
            if last:
                raise
    raise AssertionError("the second attempt returns or raises")


def _converged(api: Api, number: int, created: Comment, body: str, marker: str) -> Comment:
    """One is left where two were made at the same time, or one twice: the oldest, so that all agree which."""
    mine = own(api, number, marker)
    if len(mine) < 2:
        return created
    kept = _updated(api, mine[0], body)
    _remove(api, mine[1:])
    return kept or created


def _remove(api: Api, comments: list[Comment]) -> None:
    for comment in comments:
        try:
            api.send("DELETE", f"issues/comments/{comment.id}", type(None), {})
        except Uncertain:  # the next run finds it, should it still be there
            continue
        except Denied as denied:
            if denied.status not in _GONE:
                raise


def _anew(api: Api, number: int, body: str, mine: list[Comment], marker: str) -> Comment:
    if mine and mine[-1].body == body:
        return mine[-1]
    created = _created(api, number, body, marker)
    for comment in mine[-_STILL_OPEN:]:  # those before were minimised when these were written
        with contextlib.suppress(ApiError):  # an old comment that stays open misleads nobody: the new one is below it
            api.graphql(MINIMISE, {"id": comment.node_id}, _Nothing)
    return created
