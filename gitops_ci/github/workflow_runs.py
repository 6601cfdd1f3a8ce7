"""Which run of a workflow has looked at a commit: by it the reports are found that are judged again."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from gitops_ci.github.api import Api
from gitops_ci.github.pull_requests import PullRequest, Repository

_FINE = ("success", "skipped")
_MOST_PAGES = 5  # a matrix has 256 jobs


class _Number(Struct, frozen=True):
    number: int


class WorkflowRun(Struct, frozen=True):
    """One run of a workflow, with its newest attempt."""

    id: int
    run_attempt: int = 1
    status: str | None = None
    conclusion: str | None = None
    head_sha: str = ""
    head_repository: Repository | None = None
    repository: Repository | None = None
    pull_requests: tuple[_Number, ...] = ()


class _Page(Struct):
    workflow_runs: list[WorkflowRun]


class _Job(Struct):
    name: str
    conclusion: str | None = None


class _Jobs(Struct):
    jobs: list[_Job]
    total_count: int = 0


def newest(api: Api, workflow: str, pull: PullRequest) -> WorkflowRun | None:
    """The newest run for a pull request's head; `workflow` is its file's name.

    Where two pull requests have one head each has runs of its own. None where there is none, where it has not ended (it
    will speak for itself), or where it is a fork's: its reports are claims, and `publish` has judged without them.
    """
    path = f"actions/workflows/{quote(workflow, safe='')}/runs"
    found = api.get(path, _Page, event="pull_request", head_sha=pull.head.sha, per_page=10).workflow_runs
    own = [each for each in found if each.head_sha == pull.head.sha and _is_of(pull, each)]
    run = max(own, key=lambda each: each.id, default=None)
    if run is None or run.status != "completed" or run.head_repository is None or run.repository is None:
        return None
    return run if run.head_repository.id == run.repository.id else None


def _is_of(pull: PullRequest, run: WorkflowRun) -> bool:
    return not run.pull_requests or any(each.number == pull.number for each in run.pull_requests)


def failed(api: Api, run: WorkflowRun) -> dict[str, str]:
    """How the jobs of a run ended that detect or plan, where one did not succeed; by name.

    What the gate's own job said is what is asked again. Raises ApiError past the jobs that a matrix can have.
    """
    if run.conclusion == "success":
        return {}
    found: list[_Job] = []
    for page in range(1, _MOST_PAGES + 1):
        answer = api.get(f"actions/runs/{run.id}/attempts/{run.run_attempt}/jobs", _Jobs, per_page=100, page=page)
        found += answer.jobs
        if len(found) >= answer.total_count or not answer.jobs:
            break
    return {job.name: job.conclusion or "unknown" for job in found if _looks(job) and job.conclusion not in _FINE}


def _looks(job: _Job) -> bool:
    """Whether a job of gitops-pull-request.yml finds or plans; its caller's name comes before a slash."""
    name = job.name.rpartition(" / ")[2]
    return name == "detect" or name.startswith("plan ")
