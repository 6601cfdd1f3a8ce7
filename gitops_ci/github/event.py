"""The event that started a job, read from its payload."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gitops_ci.errors import UsageError
from gitops_ci.model.run import Run

_Sha = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")]  # SHA-1, or SHA-256 repositories
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_NOTHING = re.compile(r"0+")
"""What a push names where there was no commit, or is none any more."""


class _Repository(Struct):
    id: int


class _Side(Struct):
    sha: _Sha
    ref: str | None = None
    repo: _Repository | None = None


class _PullRequest(Struct):
    number: int
    base: _Side
    head: _Side


class _MergeGroup(Struct):
    base_sha: _Sha
    head_sha: _Sha
    head_ref: str | None = None
    base_ref: str | None = None


class _Owner(Struct):
    login: str


class _HeadRepository(_Repository):
    owner: _Owner | None = None


class _WorkflowRun(Struct):
    id: int = 0
    run_attempt: int = 1
    head_sha: _Sha | None = None
    head_branch: str | None = None
    head_repository: _HeadRepository | None = None


class _Payload(Struct):
    action: str = ""
    repository: _Repository | None = None
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    workflow_run: _WorkflowRun | None = None
    issue: dict[str, Any] | None = None
    ref: str | None = None
    before: _Sha | None = None
    after: _Sha | None = None
    inputs: dict[str, Any] | None = None


class Source(Struct, frozen=True):
    """The head that a workflow ran for, where this event says that it has ended: whose branch, which commit.

    `repository` is the id of the repository that the branch is in, `run` the run that ended.
    """

    owner: str
    repository: int
    branch: str
    commit: str
    run: Run


class Event(Struct, frozen=True, kw_only=True):
    """The ends of a change as the payload names them; all None where the event is about no change.

    `base_ref` is the branch that a pull request, or a merge queue's group, goes to.
    `onto` is the one that was pushed to.
    `open_base`: nothing protects the branch that the pull request goes to.
    `queue_ref` is the branch that a merge queue made of a group.
    `closed`: the pull request was just closed, so that nobody asks any more.
    `fork`: what started the job is somebody's who need not be able to write to this repository.
    `pushed`: a branch got the commit, whatever pull requests it is in.
    `source` is the head that a workflow ran for that has ended; `after_run`: this event is the end of one.
    """

    base: str | None = None
    head: str | None = None
    base_ref: str | None = None
    onto: str | None = None
    pull_request: int | None = None
    queue_ref: str | None = None
    open_base: bool = False
    closed: bool = False
    pushed: bool = False
    fork: bool = False
    after_run: bool = False
    source: Source | None = None


def read(path: Path) -> Event:
    """The event of the payload at `path` (https://docs.github.com/webhooks/webhook-events-and-payloads)."""
    try:
        payload = msgspec.json.decode(path.read_bytes(), type=_Payload)
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.DecodeError) as error:
        raise UsageError(f"the event payload {path} cannot be read: {error}", hint="give --base and --head") from None
    if payload.pull_request is not None:
        return _of_pull_request(payload, payload.pull_request)
    if payload.merge_group is not None:
        group = payload.merge_group
        into = _branch(group.base_ref)
        return Event(base=group.base_sha, head=group.head_sha, base_ref=into, queue_ref=group.head_ref)
    if payload.workflow_run is not None:
        run = payload.workflow_run
        return Event(fork=_differ(payload.repository, run.head_repository), after_run=True, source=_source(run))
    if payload.issue is not None:  # `/plan` in a comment: whose commit the job has checked out it does not say
        return Event(fork=True)
    if payload.ref is not None and payload.ref.startswith("refs/heads/"):
        return _of_push(payload)
    return _asked_for(payload.inputs or {})


def _of_pull_request(payload: _Payload, pull: _PullRequest) -> Event:
    return Event(
        base=pull.base.sha,
        head=pull.head.sha,
        base_ref=pull.base.ref,
        pull_request=pull.number,
        closed=payload.action == "closed",
        fork=_differ(pull.base.repo or payload.repository, pull.head.repo),
    )


def _of_push(payload: _Payload) -> Event:
    """What a branch got: from the commit that it had, if it had one, to the one that it has."""
    after, before = payload.after, payload.before
    if after is None or _NOTHING.fullmatch(after):
        return _asked_for(payload.inputs or {})
    base = None if before is None or _NOTHING.fullmatch(before) else before
    return Event(base=base, head=after, pushed=True, onto=_branch(payload.ref))


def _branch(ref: str | None) -> str | None:
    """The name of the branch that a ref is."""
    return ref.removeprefix("refs/heads/") if ref is not None else None


def _asked_for(inputs: dict[str, Any]) -> Event:
    """The commit of a pull request that a maintainer has looked at and asks for (docs/action.md), or nothing."""
    number, commit = inputs.get("pull_request"), inputs.get("sha")
    if not isinstance(number, int | str) or not isinstance(commit, str):
        return Event()
    if not _NUMBER.fullmatch(str(number)) or not _SHA.fullmatch(commit):
        return Event()
    return Event(head=commit, pull_request=int(number))


def _source(run: _WorkflowRun) -> Source | None:
    repository = run.head_repository
    owner = repository.owner if repository is not None else None
    if repository is None or owner is None or run.head_branch is None or run.head_sha is None or not run.id:
        return None
    return Source(
        owner.login, repository.id, run.head_branch, run.head_sha, Run(id=str(run.id), attempt=run.run_attempt)
    )


def _differ(ours: _Repository | None, theirs: _Repository | None) -> bool:
    """Whether a head is another repository's; it has none where the fork was deleted."""
    return ours is None or theirs is None or ours.id != theirs.id
