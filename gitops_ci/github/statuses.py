"""The one commit status that a branch can require: written once for each verdict, never by an older run."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from gitops_ci.github.api import Api, Uncertain
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


def latest(api: Api, commit: str, context: str) -> Status | None:
    """The newest status of one context; None where there is none yet."""
    found = (each for each in api.pages(f"commits/{commit}/statuses", Status) if each.context == context)
    return next(found, None)


def write(api: Api, commit: str, status: Status, before: Status | None) -> bool:
    """Writes a status unless it is there; True where something was written."""
    if status == before:
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
        if latest(api, commit, status.context) != status:
            api.send("POST", f"statuses/{commit}", Status, body)
    return True


def newer(run: Run | None, than: Run | None) -> bool:
    """Whether a run began after another one (a re-run of it has a higher attempt); unknown runs are older."""
    return _order(run) > _order(than)


def _order(run: Run | None) -> tuple[int, int]:
    return (int(run.id), run.attempt) if run is not None and run.id.isdecimal() else (-1, -1)
