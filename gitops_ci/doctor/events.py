"""Whether the workflows that judge pull requests are started by all that could change the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitops_ci.doctor import workflows
from gitops_ci.doctor.workflows import Workflow
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity

_FILTERS = ("paths", "paths-ignore")
_GLOB = re.compile(r"\*\*|\*|\?|\+|\[[A-Za-z0-9-]{1,50}\]")
_WILD = re.compile(r"\*+|[?+]")
_MOST = 6
"""Wildcards of a pattern: its time grows with the power of them."""


def judging(known: Iterable[Workflow]) -> tuple[Workflow, ...]:
    """The workflows that give a pull request's verdict."""
    files = {each.path: each for each in known}
    return tuple(each for each in files.values() if "pull_request" in each.events and workflows.judging(each, files))


def findings(known: Sequence[Workflow], branches: Iterable[str], queue: bool | None) -> Iterator[Finding]:
    """What no workflow is started by. `queue`: whether a protected branch has a merge queue; None: nobody knows."""
    gates = judging(known)
    if not gates:
        message = "no workflow of the repository has gitops-ci judge a pull request"
        help = (
            "Add the workflow of docs/quickstart.md; an organisation's ruleset may require one of another repository."
        )
        yield finding.make("doctor/no-workflow", "error", message, help=help)
        return
    protected = tuple(dict.fromkeys(branches))
    for each in gates:
        yield from _filtered(each, protected)
        yield from _queued(each, queue)
    if not any("pull_request_review" in each.events and workflows.judging_again(each) for each in known):
        message = (
            "no workflow judges a pull request again once it is reviewed: an approval is not seen until it runs again"
        )
        help = "Add the workflow at the top of re-gate.yml (docs/action.md, Events)."
        yield finding.make("doctor/not-judged-again", "notice", message, help=help, path=gates[0].path, line=1)


def _filtered(workflow: Workflow, protected: tuple[str, ...]) -> Iterator[Finding]:
    """A workflow that a filter skips leaves a required status waiting for ever, and is not asked otherwise."""
    event, line = workflow.events["pull_request"], workflow.lines["pull_request"]
    for name in _FILTERS:
        if name in event:
            message = (
                f"on.pull_request.{name}: what changes other files gets no verdict, and waits for ever for its status"
            )
            help = f"Remove `{name}`: gitops-ci itself finds out what a change affects."
            yield finding.make("doctor/filtered-trigger", "error", message, help=help, path=workflow.path, line=line)
    left = [branch for branch in protected if not _listens(event, branch)]
    if left:
        message = f"on.pull_request does not listen to pull requests into {', '.join(left)}"
        help = "Name the branch under `on.pull_request.branches`, or remove the filter."
        yield finding.make("doctor/filtered-trigger", "error", message, help=help, path=workflow.path, line=line)


def _queued(workflow: Workflow, queue: bool | None) -> Iterator[Finding]:
    if "merge_group" in workflow.events or queue is False:
        return
    severity: Severity = "error" if queue else "notice"
    what = "a branch has a merge queue" if queue else "should a branch have a merge queue"
    message = f"{what}, the workflow does not judge what it merges: on.merge_group is missing"
    help = "Add `merge_group:` under `on:`."
    line = workflow.lines["pull_request"]
    yield finding.make("doctor/merge-group-missing", severity, message, help=help, path=workflow.path, line=line)


def _listens(event: Mapping[str, Any], branch: str) -> bool:
    """Whether the filters let pull requests into a branch through: the last one that fits counts, `!` takes away."""
    listens = "branches" not in event
    for pattern in _patterns(event, "branches"):
        if _fits(pattern.removeprefix("!"), branch):
            listens = not pattern.startswith("!")
    return listens and not any(_fits(pattern, branch) for pattern in _patterns(event, "branches-ignore"))


def _patterns(event: Mapping[str, Any], name: str) -> list[str]:
    given = event.get(name)
    return [given] if isinstance(given, str) else [str(each) for each in given] if isinstance(given, list) else []


def _fits(pattern: str, branch: str) -> bool:
    """https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet."""
    if len(_WILD.findall(pattern)) > _MOST:
        return False
    pieces, end = [], 0
    for found in _GLOB.finditer(pattern):
        pieces.append(re.escape(pattern[end : found.start()]))
        pieces.append({"**": ".*", "*": "[^/]*"}.get(found[0], found[0]))
        end = found.end()
    try:
        return re.fullmatch("".join(pieces) + re.escape(pattern[end:]), branch) is not None
    except re.error:
        return False
