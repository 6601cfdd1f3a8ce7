"""The event that started a job, read from its payload."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gitops_ci.errors import UsageError

_Sha = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")]  # SHA-1, or SHA-256 repositories


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


class _Owner(Struct):
    login: str


class _HeadRepository(_Repository):
    owner: _Owner | None = None


class _WorkflowRun(Struct):
    head_sha: _Sha | None = None
    head_branch: str | None = None
    head_repository: _HeadRepository | None = None


class _Payload(Struct):
    repository: _Repository | None = None
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    workflow_run: _WorkflowRun | None = None


class Source(Struct, frozen=True):
    """The head that a workflow ran for, where this event says that it has ended: whose branch, and which commit."""

    owner: str
    branch: str
    commit: str


class Event(Struct, frozen=True, kw_only=True):
    """The ends of a change as the payload names them; all None where the event is about no change.

    `base_ref` is the branch that a pull request goes to.
    `source` is the head that a workflow ran for that has ended.
    `fork`: what started the job is somebody's who need not be able to write to this repository.
    """

    base: str | None = None
    head: str | None = None
    base_ref: str | None = None
    pull_request: int | None = None
    fork: bool = False
    source: Source | None = None


def read(path: Path) -> Event:
    """The event of the payload at `path` (https://docs.github.com/webhooks/webhook-events-and-payloads)."""
    try:
        payload = msgspec.json.decode(path.read_bytes(), type=_Payload)
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.DecodeError) as error:
        raise UsageError(f"the event payload {path} cannot be read: {error}", hint="give --base and --head") from None
    if payload.pull_request is not None:
        pull = payload.pull_request
        fork = _differ(pull.base.repo or payload.repository, pull.head.repo)
        ends = Event(base=pull.base.sha, head=pull.head.sha, base_ref=pull.base.ref)
        return msgspec.structs.replace(ends, pull_request=pull.number, fork=fork)
    if payload.merge_group is not None:
        return Event(base=payload.merge_group.base_sha, head=payload.merge_group.head_sha)
    if payload.workflow_run is not None:
        run = payload.workflow_run
        return Event(fork=_differ(payload.repository, run.head_repository), source=_source(run))
    return Event()


def _source(run: _WorkflowRun) -> Source | None:
    owner = run.head_repository.owner if run.head_repository is not None else None
    if owner is None or run.head_branch is None or run.head_sha is None:
        return None
    return Source(owner.login, run.head_branch, run.head_sha)


def _differ(ours: _Repository | None, theirs: _Repository | None) -> bool:
    """Whether a head is another repository's; it has none where the fork was deleted."""
    return ours is None or theirs is None or ours.id != theirs.id
