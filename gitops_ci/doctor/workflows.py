"""Workflow files of GitHub Actions as far as a gate depends on them: events, permissions, jobs and their steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, Place

FOLDER = ".github/workflows"

_OURS = re.compile(r"(?:[^@]+/)?gitops-ci(?:/\.github/workflows/([\w.-]+)\.ya?ml)?@")
_COMMAND = re.compile(
    r"\bgitops[-_]ci(?:\s+(?:--(?:repo|config)(?:=|\s+)\S+|-v|--verbose))*\s+(run|plan|publish|gate)\b"
)
_LATER = ("re-gate", "publish-from-fork")
"""Reusable workflows of ours that judge again or for others, after one that judges the pull request itself."""
_DEPTH = 5


class Step(Struct, frozen=True, kw_only=True):
    """One step, or a job that calls another workflow; `given` are its inputs, `condition` its `if`."""

    line: int
    condition: str = ""
    uses: str = ""
    run: str = ""
    given: Mapping[str, str] = {}

    @property
    def called(self) -> str:
        """Which reusable workflow of gitops-ci it calls, without its suffix; empty for any other."""
        found = _OURS.match(self.uses)
        return (found[1] or "") if found else ""

    @property
    def command(self) -> str:
        """Which command of gitops-ci it runs that plans or judges, empty for none."""
        if _OURS.match(self.uses) and not self.called:
            return self.given.get("command", "run")
        found = _COMMAND.search(self.run)
        return found[1] if found else ""


class Job(Struct, frozen=True, kw_only=True):
    """A job with its permissions, those of its workflow where it names none; None where nobody does."""

    name: str
    line: int
    steps: tuple[Step, ...]
    permissions: Mapping[str, str] | None
    environment: str = ""
    condition: str = ""

    def may_write(self, what: str) -> bool:
        """Whether its token may write what is named; nobody knows where no permissions are."""
        return self.permissions is not None and "write" in (self.permissions.get(what), self.permissions.get("*"))


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow file: the events that start it, each with its settings and its line, and its jobs."""

    path: str
    name: str
    events: Mapping[str, Mapping[str, Any]]
    lines: Mapping[str, int]
    jobs: tuple[Job, ...]


def read(snapshot: Snapshot) -> tuple[tuple[Workflow, ...], tuple[Finding, ...]]:
    """Every workflow of the repository, and those that cannot be read."""
    paths = [path for path in sorted(snapshot.entries) if re.fullmatch(rf"{FOLDER}/[^/]+\.ya?ml", path)]
    found, broken = [], []
    for path in paths:
        try:
            document = next(yaml_documents.documents(snapshot.read(path) or b""), None)
        except yaml_documents.YamlProblem as problem:
            broken.append(_unreadable(path, problem.line, problem.message))
            continue
        if document is None or not isinstance(document.value, dict) or not isinstance(document.value.get("jobs"), dict):
            broken.append(_unreadable(path, 1, "it has no jobs"))
        else:
            found.append(_workflow(path, document))
    return tuple(found), tuple(broken)


def judging(workflow: Workflow, known: Mapping[str, Workflow], depth: int = 0) -> bool:
    """Whether it gives a pull request's verdict, by a job of its own or in a workflow of the same repository."""
    for step in steps(workflow):
        if step.command in ("run", "publish", "gate") or (step.called and step.called not in _LATER):
            return True
        local = known.get(step.uses.removeprefix("./"))
        if local is not None and depth < _DEPTH and judging(local, known, depth + 1):
            return True
    return False


def judging_again(workflow: Workflow) -> bool:
    """Whether it looks at reports once more when a review or a label came."""
    return any(step.called == "re-gate" or step.command in ("run", "publish", "gate") for step in steps(workflow))


def steps(workflow: Workflow) -> Iterator[Step]:
    """The steps of all its jobs."""
    for job in workflow.jobs:
        yield from job.steps


def _unreadable(path: str, line: int, why: str) -> Finding:
    help = "Mend it: what it does is not known, and GitHub may not run it either."
    return finding.make("doctor/workflow-unreadable", "error", why, help=help, path=path, line=line)


def _workflow(path: str, document: Document) -> Workflow:
    value = document.value
    events = _events(value.get("on"))
    default = _permissions(value.get("permissions")) if "permissions" in value else None
    return Workflow(
        path=path,
        name=str(value.get("name") or path.rpartition("/")[2]),
        events=events,
        lines={name: document.line_of(("on", name)) for name in events},
        jobs=tuple(
            _job(str(name), given, document, default)
            for name, given in value["jobs"].items()
            if isinstance(given, dict)
        ),
    )


def _events(on: Any) -> Mapping[str, Mapping[str, Any]]:
    named = [on] if isinstance(on, str) else on if isinstance(on, list) else list(_mapping(on))
    return {str(name): _mapping(_mapping(on).get(name)) for name in named if isinstance(name, str)}


def _job(name: str, given: dict[str, Any], document: Document, default: Mapping[str, str] | None) -> Job:
    place: Place = ("jobs", name)
    listed = given.get("steps") if isinstance(given.get("steps"), list) else []
    steps = [(given, place)] if "uses" in given else []
    steps += [(each, (*place, "steps", index)) for index, each in enumerate(listed or ()) if isinstance(each, dict)]
    environment = given.get("environment")
    return Job(
        name=name,
        line=document.line_of(place),
        steps=tuple(_step(each, document, where) for each, where in steps),
        permissions=_permissions(given["permissions"]) if "permissions" in given else default,
        condition=str(given.get("if", "")),
        environment=str(_mapping(environment).get("name", "") if isinstance(environment, dict) else environment or ""),
    )


def _step(given: dict[str, Any], document: Document, place: Place) -> Step:
    uses, run = given.get("uses"), given.get("run")
    key = "uses" if isinstance(uses, str) else "run"
    return Step(
        line=document.line_of((*place, key)),
        condition=str(given.get("if", "")),
        uses=uses if isinstance(uses, str) else "",
        run=run if isinstance(run, str) else "",
        given={str(name): str(value) for name, value in _mapping(given.get("with")).items()},
    )


def _permissions(given: Any) -> Mapping[str, str]:
    """What is granted by name; `*` is everything. Whatever is no permission grants nothing."""
    if isinstance(given, str):
        return {"*": given.removesuffix("-all")}
    return {str(name): str(value) for name, value in _mapping(given).items()}


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}
