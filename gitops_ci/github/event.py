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


class _WorkflowRun(Struct):
    head_repository: _Repository | None = None


class _Payload(Struct):
    repository: _Repository | None = None
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    workflow_run: _WorkflowRun | None = None


class Event(Struct, frozen=True, kw_only=True):
    """The ends of a change as the payload names them; all None where the event is about no change.

    `base_ref` is the branch that a pull request goes to.
    `fork`: what started the job is somebody's who need not be able to write to this repository.
    """

    base: str | None = None
    head: str | None = None
    base_ref: str | None = None
    pull_request: int | None = None
    fork: bool = False


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
        return Event(fork=_differ(payload.repository, payload.workflow_run.head_repository))
    return Event()


def _differ(ours: _Repository | None, theirs: _Repository | None) -> bool:
    """Whether a head is another repository's; it has none where the fork was deleted."""
    return ours is None or theirs is None or ours.id != theirs.id
