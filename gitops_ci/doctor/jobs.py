"""Jobs that hand the gate to the pull request that it judges: its code with our token, foreign code, wide tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from gitops_ci.doctor import workflows
from gitops_ci.doctor.workflows import Job, Step, Workflow
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity

MOST = 25
"""Findings about actions that are not pinned."""

_PRIVILEGED = ("pull_request_target", "workflow_run", "issue_comment")
"""Events whose jobs have a token that writes and all secrets, whoever opened the pull request."""
_THEIRS = re.compile(
    r"github\.event\.pull_request\.(?:head\b|merge_commit_sha)|github\.head_ref|refs/pull/|\bpull/"
    r"|github\.event\.workflow_run\.(?:head_\w+|pull_requests)|github\.event\.(?:issue|pull_request)\.number"
)
_OURS = re.compile(
    r"\$\{\{\s*(?:github\.(?:base_ref|sha|ref|ref_name|repository|event\.repository\.default_branch)"
    r"|github\.event\.pull_request\.base\.[\w.]+|(?:vars|secrets)\.\w+)\s*\}\}"
)
"""Expressions that name something of the repository's own, for these events."""
_FETCHES = re.compile(r"\bgh\s+pr\s+checkout\b|\bgit\s+(?:checkout|switch|merge|pull|reset)\b[^\n]*")
_NOT_OF_PULL_REQUESTS = re.compile(
    r"workflow_run\.event\s*==\s*'(?!pull_request)|workflow_run\.event\s*!=\s*'pull_request'"
)
_NOT_OF_FORKS = re.compile(
    r"head\.repo\.(?:full_name|fork|id)|head_repository\.(?:full_name|fork|id)|author_association"
)
_PINNED = re.compile(r"[^@]+@(?:[0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})")


def findings(known: Sequence[Workflow], gates: Iterable[Workflow]) -> Iterator[Finding]:
    """What is wrong with the jobs of all workflows; `gates` are those that give the verdict."""
    judging = {each.path for each in gates}
    files = {each.path: each for each in known}
    for each in known:
        yield from _checked_out(each, files)
        yield from _permissions(each, judges=each.path in judging)
    yield from _unpinned(known)


def _checked_out(workflow: Workflow, files: Mapping[str, Workflow]) -> Iterator[Finding]:
    """https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/."""
    event = next((each for each in _PRIVILEGED if each in workflow.events), None)
    if event is None:
        return
    for job in workflow.jobs:
        taken = [(step, _taken(step)) for step in _reached(job, files)]
        conditions = [(f"{job.condition} {step.condition}", found) for step, found in taken if found is not None]
        asked = [each for each in conditions if event != "workflow_run" or not _NOT_OF_PULL_REQUESTS.search(each[0])]
        if asked:
            yield _strangers(workflow, job, event, asked)


def _strangers(workflow: Workflow, job: Job, event: str, asked: list[tuple[str, bool]]) -> Finding:
    """The worst of what a job takes: `asked` are conditions, and whether it surely is a pull request's code."""
    sure = [conditions for conditions, is_theirs in asked if is_theirs]
    anybody = event != "issue_comment" and any(not _NOT_OF_FORKS.search(each) for each in sure)
    severity: Severity = "error" if anybody else "warning"
    takes = "takes the code of" if sure else "may take (its ref is an expression) the code of"
    whose = "any pull request, of any fork" if anybody or not sure else "what somebody who may write lets in"
    message = f"on.{event}: the job {job.name} {takes} {whose}, and has all secrets"
    help = "Use `pull_request`, or check out nothing of the pull request: take what it has as data."
    return finding.make("doctor/target-checkout", severity, message, help=help, path=workflow.path, line=job.line)


def _reached(job: Job, files: Mapping[str, Workflow]) -> Iterator[Step]:
    """The steps of a job, and those of a workflow of the same repository that it calls."""
    for step in job.steps:
        yield step
        local = files.get(step.uses.removeprefix("./")) if step.uses.startswith("./") else None
        if local is not None:
            yield from workflows.steps(local)


def _taken(step: Step) -> bool | None:
    """Whether a step takes a pull request's code: True, False for a ref that nobody can tell, None for none."""
    if step.uses.startswith("actions/checkout@"):
        given = [step.given.get(name, "") for name in ("ref", "repository")]
        if any(_THEIRS.search(each) for each in given):
            return True
        return False if any("${{" in _OURS.sub("", each) for each in given) else None
    found = any(each[0].startswith("gh") or _THEIRS.search(each[0]) for each in _FETCHES.finditer(step.run))
    return found or None


def _permissions(workflow: Workflow, *, judges: bool) -> Iterator[Finding]:
    """What a job's token may beside what it is for: a plan runs the pull request's content."""
    rule = "doctor/token-too-wide"
    bare = [job for job in workflow.jobs if job.permissions is None]
    if judges and bare:
        message = f"the job {bare[0].name} names no permissions, and has what the repository gives by default"
        help = "Write `permissions: {}` at the top, and at each job what it needs (docs/runners.md, Permissions)."
        yield finding.make(rule, "warning", message, help=help, path=workflow.path, line=bare[0].line)
    for job in workflow.jobs:
        commands = {step.command for step in job.steps}
        if job.permissions is not None and job.permissions.get("*") == "write":
            message = f"the job {job.name} has write-all: whatever runs there may set any status, and push"
            help = "Name the permissions that it needs, one by one."
            yield finding.make(rule, "warning", message, help=help, path=workflow.path, line=job.line)
        if commands & {"plan", "run"} and (job.may_write("statuses") or job.may_write("checks")):
            severity: Severity = "error" if "plan" in commands else "warning"
            message = f"the job {job.name} runs what the pull request contains, and its token may set the gate's status"
            help = "Plan in one job with `contents: read`, and judge in another: gitops-pull-request.yml does."
            yield finding.make(rule, severity, message, help=help, path=workflow.path, line=job.line)


def _unpinned(known: Iterable[Workflow]) -> Iterator[Finding]:
    """Actions by a name that can be moved: whoever moves it runs code in our jobs (tj-actions, CVE-2025-30066)."""
    places = {
        (workflow.path, step.uses): step.line
        for workflow in reversed(list(known))
        for step in reversed(list(workflows.steps(workflow)))
        if step.uses and not step.uses.startswith("./") and not _PINNED.fullmatch(step.uses)
    }
    found = sorted(places.items(), key=lambda each: (each[0][0], each[1]))
    rule, help = (
        "doctor/unpinned-action",
        "Name a commit: `uses: owner/action@<40 hex digits> # v1.2.3`; Dependabot keeps it up to date.",
    )
    for (path, uses), line in islice(found, MOST):
        message = f"{uses} is not pinned to a commit"
        yield finding.make(rule, "warning", message, help=help, path=path, line=line)
    if len(found) > MOST:
        message = f"{len(found) - MOST:,} more actions are not pinned to a commit"
        yield finding.make(rule, "warning", message, help=help, path=found[MOST][0][0], line=found[MOST][1])
