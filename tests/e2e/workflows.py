"""Runs our reusable workflows with act, against the stand-in for GitHub's API; no Docker, no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.github_server import TOKEN, Server
from tests.integration.repositories import IDENTITY, Scratch

ROOT = Path(__file__).resolve().parents[2]
STANDINS = Path(__file__).with_name("standins")
ACT = Path(sys.executable).with_name("act")
CALLERS = {
    "pull-request.yml": """
on: [pull_request, merge_group]
permissions: {}
jobs:
  gitops:
    uses: ./.github/workflows/gitops-pull-request.yml
    permissions: {contents: read, id-token: write, statuses: write, checks: write, pull-requests: write}
""",
    "fork.yml": """
on: {workflow_run: {workflows: [gitops], types: [completed]}}
permissions: {}
jobs:
  publish:
    uses: ./.github/workflows/publish-from-fork.yml
    permissions: {contents: read, actions: read, statuses: write, checks: write, pull-requests: write}
""",
    "by-hand.yml": """
on: {workflow_dispatch: {inputs: {pull_request: {required: true}, sha: {required: true}}}}
permissions: {}
jobs:
  gitops:
    uses: ./.github/workflows/gitops-pull-request.yml
    permissions: {contents: read, id-token: write, statuses: write, checks: write, pull-requests: write}
    with: {ref: "${{ inputs.sha }}"}
""",
    "again.yml": """
on: [pull_request_review]
permissions: {}
jobs:
  again:
    uses: ./.github/workflows/re-gate.yml
    permissions: {contents: read, actions: read, statuses: write, checks: write, pull-requests: write}
    with: {workflow: pull-request.yml}
""",
}
REUSED = ("gitops-pull-request.yml", "publish-from-fork.yml", "re-gate.yml")
OURS, THEIRS = {"id": 1, "full_name": "acme/infra", "default_branch": "main"}, {"id": 2, "full_name": "mallory/infra"}
_USED = re.compile(r"uses: ([\w-]+/([\w-]+))@([0-9a-f]{40})")


@dataclass(frozen=True)
class Ended:
    """How a workflow ended, and what it said."""

    code: int
    log: str


class Workflows:
    """A repository of a user with our workflow in it, and act to run it."""

    def __init__(self, place: Path, server: Server, files: Mapping[str, str], caller: str | None = None) -> None:
        self.place = place
        self.caller = caller
        self.server = server
        self.artifacts = place / "artifacts"
        self.scratch = Scratch(place / "infra")
        self.base = self.scratch.commit({**files, **self._workflows()})
        self.scratch.git("remote", "add", "origin", "https://github.com/acme/infra")
        self.scratch.git("switch", "--quiet", "--create", "feature")
        self.head = self.base
        self._prepare()

    def push(self, files: Mapping[str, str], *, approved: bool = True) -> str:
        """A commit of octocat's on the pull request's branch, which GitHub knows as its head, and ann's approval."""
        self.head = self.scratch.commit(files)
        self.server.repository.pushed(self.head, "octocat")
        if approved:
            self.server.repository.review("ann", commit=self.head)
        self.server.repository.commits.add(self.head)
        self.server.repository.pull(7, head=self.head)
        self.server.repository.branches["main"] = self.base
        self.scratch.git("update-ref", "refs/pull/7/head", self.head)
        return self.head

    def leave_to_a_fork(self) -> None:
        """The pull request's branch is a fork's: this repository knows its commit, and no branch has it."""
        self.scratch.git("switch", "--quiet", "main")
        self.scratch.git("update-ref", "refs/pull/7/head", self.head)
        self.scratch.git("branch", "--quiet", "-D", "feature")
        self.server.repository.pulls[7]["head"]["repo"] = THEIRS
        self.server.repository.branches["main"] = self.base

    def run(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        workflow: str = "pull-request.yml",
        run: int = 100,
        token: str = TOKEN,
    ) -> Ended:
        """Runs a workflow for one event; `artifacts` holds what an earlier one uploaded, and nothing for a plan."""
        file = self.place / "event.json"
        file.write_text(json.dumps(payload))
        if workflow in ("pull-request.yml", "by-hand.yml"):
            shutil.rmtree(self.artifacts, ignore_errors=True)
        self.artifacts.mkdir(exist_ok=True)
        env = {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_GRAPHQL_URL": f"{self.server.url}/graphql",
            "GITHUB_RUN_ID": str(run),
            "STANDIN_ORIGIN": str(self.scratch.path),
            "STANDIN_COMMIT": self.head,
            "STANDIN_PYTHON": str(self.place / "python"),
            "STANDIN_ARTIFACTS": str(self.artifacts),
        }
        command = [str(ACT), event, "--eventpath", str(file), "--workflows", f".github/workflows/{workflow}"]
        command += ["--platform", "ubuntu-24.04=-self-hosted", "--platform", "ubuntu-latest=-self-hosted"]
        command += ["--no-cache-server", "--artifact-server-addr", "127.0.0.1", "--action-offline-mode"]
        command += [f"--local-repository={name}={path}" for name, path in self._standins.items()]
        command += [f"--env={name}={value}" for name, value in env.items()] + [f"--secret=GITHUB_TOKEN={token}"]
        done = subprocess.run(
            command,
            cwd=self.scratch.path,
            env={"PATH": os.environ["PATH"], "HOME": str(self.place / "home"), **IDENTITY},
            capture_output=True,
            timeout=300,
            check=False,
        )
        log = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert "Traceback" not in log, log[-4000:]
        return Ended(done.returncode, log)

    def pull_request(self, *, run: int = 100, fork: bool = False, **changes: str) -> Ended:
        """Runs the workflow as a push to the pull request does."""
        return self.run("pull_request", self.payload(fork=fork), run=run, **changes)

    def payload(self, *, fork: bool = False) -> dict[str, Any]:
        """The event of the pull request as it is now."""
        side = {"ref": "main", "sha": self.base, "repo": OURS}
        head = {"ref": "feature", "sha": self.head, "repo": THEIRS if fork else OURS}
        return {"number": 7, "repository": OURS, "pull_request": {"number": 7, "base": side, "head": head}}

    def after_fork(self, *, run: int = 100) -> Ended:
        """Runs the workflow that speaks for a fork, after its run has ended."""
        head = {"head_sha": self.head, "head_branch": "feature", "event": "pull_request"}
        ended = {"id": run, "run_attempt": 1, **head, "head_repository": {**THEIRS, "owner": {"login": "mallory"}}}
        payload = {"action": "completed", "workflow_run": ended, "repository": OURS}
        return self.run("workflow_run", payload, workflow="fork.yml", run=200)

    def by_hand(self, *, run: int = 150) -> Ended:
        """Runs the workflow by which a maintainer has the fork's commit planned; it is not what is checked out else."""
        payload = {"ref": "refs/heads/main", "repository": OURS, "inputs": {"pull_request": "7", "sha": self.head}}
        head, self.head = self.head, self.base
        try:
            return self.run("workflow_dispatch", payload, workflow="by-hand.yml", run=run)
        finally:
            self.head = head

    def review(self, *, run: int = 100) -> Ended:
        """Runs the workflow that judges again, after a review; `run` is the one that has planned."""
        known = {"head_sha": self.head, "path": ".github/workflows/pull-request.yml", "head_repository": OURS}
        self.server.repository.runs.append({"id": run, "status": "completed", "repository": OURS, **known})
        payload = {**self.payload(), "action": "submitted", "review": {"id": 1}}
        return self.run("pull_request_review", payload, workflow="again.yml", run=300)

    def merge_group(self) -> Ended:
        """Runs the workflow as a merge queue does."""
        ref = f"gh-readonly-queue/main/pr-7-{self.base}"
        self.server.repository.branches[ref] = self.head
        group = {"base_sha": self.base, "head_sha": self.head, "head_ref": f"refs/heads/{ref}"}
        return self.run("merge_group", {"repository": {"id": 1}, "merge_group": group})

    def _workflows(self) -> dict[str, str]:
        """Ours as it is; act finds the action under its name."""
        texts = {name: (ROOT / ".github/workflows" / name).read_text() for name in REUSED}
        self._used = _USED.findall("".join(texts.values()) + (ROOT / "action.yml").read_text())
        written = CALLERS | texts | ({"pull-request.yml": self.caller} if self.caller else {})
        return {f".github/workflows/{name}": text for name, text in written.items()}

    def _prepare(self) -> None:
        (self.place / "home").mkdir()
        self._standins = {"gitops-ci/gitops-ci@v1": str(self._action())}
        for name, short, commit in self._used:
            known = STANDINS / f"{short}.yml"
            self._standins[f"{name}@{commit}"] = str(self._standin(short, known if known.is_file() else None))
        python = self.place / "python"
        # What the action installs is there already: its own test installs it for real.
        python.write_text(
            f'#!/bin/sh\ncase "$*" in *install.py*)\n  mkdir -p "$3/bin"\n'
            f'  printf \'#!/bin/sh\\nexec "{sys.executable}" "$@"\\n\' >"$3/bin/python"\n'
            f'  chmod +x "$3/bin/python"; exit 0 ;;\nesac\nexec "{sys.executable}" "$@"\n'
        )
        python.chmod(0o755)

    def _action(self) -> Path:
        """The action as it is here, without environments and caches: act copies all of it for each job."""
        place = self.place / "action"
        for part in ("action", "requirements"):
            shutil.copytree(ROOT / part, place / part)
        shutil.copy(ROOT / "action.yml", place)
        return _repository(place)

    def _standin(self, name: str, file: Path | None) -> Path:
        place = self.place / "standins" / name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(file or STANDINS / "nothing.yml", place / "action.yml")
        return _repository(place)


def _repository(place: Path) -> Path:
    if not (place / ".git").is_dir():
        Scratch(place).commit()
    return place
