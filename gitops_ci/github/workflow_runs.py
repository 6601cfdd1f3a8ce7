"""Which run of a workflow has looked at a commit: by it the reports are found that are judged again."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from gitops_ci.github.api import Api
from gitops_ci.github.pull_requests import PullRequest, Repository


class WorkflowRun(Struct, frozen=True):
    """One run of a workflow, with its newest attempt."""

    id: int
    run_attempt: int = 1
    status: str | None = None
    head_sha: str = ""
    head_repository: Repository | None = None
    repository: Repository | None = None


class _Page(Struct):
    workflow_runs: list[WorkflowRun]


def newest(api: Api, workflow: str, pull: PullRequest) -> WorkflowRun | None:
    """The newest run for a pull request's head; `workflow` is its file's name.

    None where there is none, where it has not ended (it will speak for itself), or where it is a fork's: its reports
    are claims, and `publish` has judged the pull request without them.
    """
    path = f"actions/workflows/{quote(workflow, safe='')}/runs"
    found = api.get(path, _Page, event="pull_request", head_sha=pull.head.sha, per_page=10).workflow_runs
    run = max((each for each in found if each.head_sha == pull.head.sha), key=lambda each: each.id, default=None)
    if run is None or run.status != "completed" or run.head_repository is None or run.repository is None:
        return None
    return run if run.head_repository.id == run.repository.id else None
