"""The one commit status that a branch can require: written once for each verdict, never by an older run."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from gitops_ci.github import viewer
from gitops_ci.github.api import Api, Uncertain
from gitops_ci.github.pull_requests import Account
from gitops_ci.model.run import Run

CONTEXT = "gitops-ci"
DESCRIPTION = 140
"""Characters; GitHub refuses more."""

State = Literal["success", "failure", "error", "pending"]

_RUN = re.compile(r"/actions/runs/(\d+)(?:/attempts/(\d+))?")


class Status(Struct, frozen=True, kw_only=True):
    """A commit status; `target_url` names the run that wrote it."""

    context: str
    state: State
    description: str | None = None
    target_url: str | None = None

    @property
    def run(self) -> Run | None:
        """The run that wrote it, where it says which."""
        found = _RUN.search(self.target_url or "")
        return Run(id=found[1], attempt=int(found[2] or 1)) if found else None


class _Listed(Status, frozen=True, kw_only=True):
    creator: Account | None = None


class Known(Struct, frozen=True):
    """The newest status of a context, whoever wrote it, and the newest that we wrote."""

    newest: Status | None = None
    own: Status | None = None


def known(api: Api, commit: str, context: str) -> Known:
    """What a commit's context says. Anyone who may write can write a status: only ours is an order of runs."""
    newest: Status | None = None
    for each in api.pages(f"commits/{commit}/statuses", _Listed):
        if each.context != context:
            continue
        plain = Status(context=each.context, state=each.state, description=each.description, target_url=each.target_url)
        newest = newest or plain
        if each.creator is not None and each.creator.login == viewer.login(api):
            return Known(newest, plain)
    return Known(newest)


def write(api: Api, commit: str, status: Status, before: Known) -> bool:
    """Writes a status unless it is the newest there is; True where something was written."""
    if before.newest is not None and before.newest is before.own and _same(status, before.own):
        return False
    body = {
        "state": status.state,
        "context": status.context,
        "description": (status.description or "")[:DESCRIPTION],
        "target_url": status.target_url or "",
    }
    try:
        api.send("POST", f"statuses/{commit}", Status, body)
    except Uncertain:
        newest = known(api, commit, status.context).newest
        if newest is None or not _same(status, newest):
            api.send("POST", f"statuses/{commit}", Status, body)
    return True


def _same(one: Status, other: Status) -> bool:
    """As GitHub keeps them: no text is the same as none, and a long one is cut."""
    return (one.state, (one.description or "")[:DESCRIPTION], one.target_url or "") == (
        *(other.state, other.description or "", other.target_url or ""),
    )


def newer(run: Run | None, than: Run | None) -> bool:
    """Whether a run began after another one (a re-run of it has a higher attempt); unknown runs are older."""
    return _order(run) > _order(than)


def _order(run: Run | None) -> tuple[int, int]:
    return (int(run.id), run.attempt) if run is not None and run.id.isdecimal() else (-1, -1)
