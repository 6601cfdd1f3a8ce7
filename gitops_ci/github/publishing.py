"""Puts a verdict where people meet it: the status first, then the comment and the check run, none by an older run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from gitops_ci.github import check_runs, comments, pull_requests, statuses
from gitops_ci.github.api import Api, ApiError, Denied
from gitops_ci.github.check_runs import CheckRun
from gitops_ci.github.comments import Comment, Mode
from gitops_ci.github.pull_requests import PullRequest
from gitops_ci.github.statuses import Status
from gitops_ci.model.run import Run

T = TypeVar("T")

_UNPROCESSABLE = 422


class Publication(Struct, frozen=True, kw_only=True):
    """What is said about one commit, and on its pull request where there is one.

    `commit` is the pull request's head, or the commit of a merge queue. `base` is the branch that was judged against;
    `run` the run that found this out. Without `status` none is written: that of the commit is somebody else's. Without
    `comment` none is written; `shorter` is what it says where GitHub finds it too long.
    """

    commit: str
    run: Run | None
    status: Status | None
    pull_request: int | None = None
    base: str | None = None
    comment: str | None = None
    shorter: str | None = None
    marker: str = ""
    mode: Mode = "update"
    check_run: CheckRun | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What was written. `stale` says why nothing was; `notes` what could not be written, and why.

    `closed`: the pull request is closed, and nobody waits for a verdict any more.
    `failed`: something that was allowed did not work, so that what people see may be old. `denied`: the token may not
    write the status, which is what a branch requires.
    """

    stale: str | None = None
    closed: bool = False
    status: bool = False
    comment_url: str | None = None
    check_run: bool = False
    notes: tuple[str, ...] = ()
    failed: bool = False
    denied: bool = False


def publish(api: Api, publication: Publication) -> Outcome:
    """Writes what is not there yet, and nothing where something newer is known: a commit, a base, a run.

    The status comes first: should this be interrupted, no older verdict stays behind. A token that may not write
    something is a note. Raises ApiError where it cannot be found out whether this is the newest.
    """
    now = pull_requests.get(api, publication.pull_request) if publication.pull_request is not None else None
    if now is not None and (stale := _stale(now, publication)) is not None:
        return Outcome(stale=stale, closed=now.state == "closed")
    writing, wrote, status = _Writing(), None, publication.status
    if status is not None:
        before = statuses.known(api, publication.commit, status.context)
        if before.own is not None and statuses.newer(before.own.run, publication.run):
            return Outcome(stale=f"a newer run has judged {publication.commit[:7]} already: {before.own.target_url}")
        wrote = writing.tried("the status", lambda: statuses.write(api, publication.commit, status, before))
    comment = writing.tried("the comment", lambda: _comment(api, publication))
    checked = writing.tried("the check run", lambda: _check_run(api, publication))
    return Outcome(
        status=bool(wrote),
        comment_url=comment.html_url if comment is not None else None,
        check_run=bool(checked),
        notes=tuple(writing.notes),
        failed=writing.failed,
        denied=status is not None and wrote is None and not writing.failed,
    )


def _comment(api: Api, publication: Publication) -> Comment | None:
    """The comment; the shorter one, once, where GitHub refuses the whole (422): it counts otherwise than we do."""
    number, body, shorter = publication.pull_request, publication.comment, publication.shorter
    if number is None or body is None:
        return None
    try:
        return comments.publish(api, number, body, marker=publication.marker, mode=publication.mode)
    except ApiError as error:
        if error.status != _UNPROCESSABLE or shorter is None:
            raise
    return comments.publish(api, number, shorter, marker=publication.marker, mode=publication.mode)


def _check_run(api: Api, publication: Publication) -> bool:
    """Whether a check run was written; likewise with the shorter summary where GitHub refuses the whole."""
    run, shorter = publication.check_run, publication.shorter
    if run is None:
        return False
    try:
        return check_runs.publish(api, run)
    except ApiError as error:
        if error.status != _UNPROCESSABLE or shorter is None:
            raise
    return check_runs.publish(api, msgspec.structs.replace(run, summary=shorter.partition("\n")[2], annotations=()))


def _stale(now: PullRequest, publication: Publication) -> str | None:
    """Why the pull request is not what was judged any more; None where it is."""
    if now.state == "closed":
        return f"pull request #{now.number} is closed"
    if now.head.sha != publication.commit:
        return f"pull request #{now.number} has a newer commit, {now.head.sha[:7]}: its own run says what it is like"
    if publication.base is not None and now.base.ref != publication.base:
        return f"pull request #{now.number} goes to {now.base.ref} now, and this was judged against {publication.base}"
    return None


class _Writing:
    """Several things to write, of which each is tried whatever became of the others."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.failed = False

    def tried(self, what: str, write: Callable[[], T]) -> T | None:
        try:
            return write()
        except ApiError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.notes.append(f"{what} was not written: {error.message}{hint}")
            self.failed = self.failed or not isinstance(error, Denied)
        return None


def written(publication: Publication, outcome: Outcome | None) -> dict[str, bytes]:
    """What is sent, as files, for a run that has no token; what came of it for one that has."""
    documents: dict[str, object] = {}
    if publication.status is not None:
        documents["status.json"] = publication.status
    if publication.check_run is not None:
        documents["check-run.json"] = publication.check_run
    if outcome is not None:
        documents["published.json"] = outcome
    return {name: msgspec.json.format(msgspec.json.encode(each), indent=2) + b"\n" for name, each in documents.items()}
