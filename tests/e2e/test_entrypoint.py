"""The action's shell part, run as a runner runs it: inputs as variables, outputs and summary as files."""

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

import pytest

from tests.integration.repositories import IDENTITY, Scratch

ENTRYPOINT = Path(__file__).resolve().parents[2] / "action" / "entrypoint.sh"
ROOT = 'resource "terraform_data" "a" {\n  input = "1"\n}\n'
INPUTS = {
    "COMMAND": "run",
    "CONFIG": "",
    "BASE": "HEAD~1",
    "HEAD": "",
    "ENVIRONMENT": "",
    "STACK": "",
    "ALL": "",
    "SHARD": "",
    "OUT": "",
    "FAIL_ON": "undecided",
    "REPORTS": "",
    "NEEDS": "",
    "COMMENT": "update",
    "TOKEN": "",
    "PULL_REQUEST": "",
    "RUN": "",
    "WORKFLOW": "",
}


@dataclass(frozen=True)
class Step:
    """What a step of the job gave."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "workspace")
    scratch.commit({"README.md": "# here\n"})
    scratch.commit({"environments/staging/terraform/main.tf": ROOT})
    return scratch


def step(repository: Scratch, **inputs: str) -> Step:
    """Runs the entrypoint with `inputs` over the defaults of action.yml."""
    temporary = repository.path.parent / "runner"
    binaries = temporary / "gitops-ci-venv" / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    python = binaries / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    outputs, summary = temporary / "outputs", temporary / "summary"
    for file in (outputs, summary):
        file.write_text("")
    action = temporary / "action" / "requirements"
    action.mkdir(parents=True, exist_ok=True)
    (action / "install.py").write_text("import sys; open('installed.txt', 'a').write(' '.join(sys.argv[1:]))\n")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary),
        "GITHUB_ACTION_PATH": str(action.parent),
        "RUNNER_TEMP": str(temporary),
        "GITHUB_WORKSPACE": str(repository.path),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
        **IDENTITY,
        **{f"GITOPS_CI_{name}": inputs.get(name.lower(), value) for name, value in INPUTS.items()},
    }
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, str(ENTRYPOINT)], env=env, cwd=repository.path, capture_output=True, check=False, timeout=300
    )
    log = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert "Traceback" not in log
    return Step(done.returncode, log, parsed(outputs.read_text()), summary.read_text())


def parsed(text: str) -> dict[str, str]:
    """The outputs as the runner reads them: `name=value`, or between delimiters."""
    plain = dict(re.findall(r"^(\w[\w-]*)=(.*)$", text, re.MULTILINE))
    delimited = re.findall(r"^(\w[\w-]*)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
    return plain | {name: value for name, _, value in delimited}


def test_a_run_that_passes(repository: Scratch) -> None:
    done = step(repository)
    assert done.code == 0, done.log
    assert done.outputs["verdict"] == "pass"
    assert json.loads(done.outputs["affected"]) == ["staging/terraform/main"]
    assert done.outputs["count"] == "1"
    assert (Path(done.outputs["report"]) / "report.json").is_file()
    assert "Pass" in done.summary


ASKS = "version: 1\npolicy: {checkov: {}}\n"


def installed(repository: Scratch) -> list[str]:
    """What the entrypoint had installed, as install.py was told."""
    temporary = repository.path.parent / "runner"
    return [path.read_text().removeprefix(str(temporary)) for path in temporary.glob("gitops-ci.*/installed.txt")]


def test_checkov_is_installed_where_the_deciding_configuration_asks_for_it(repository: Scratch) -> None:
    assert step(repository).code == 0
    repository.commit({"gitops-ci.yml": ASKS})
    step(repository)
    assert installed(repository) == [], "head asks for it, and base decides"
    repository.commit({"environments/staging/terraform/main.tf": ROOT.replace("1", "2")})
    step(repository)
    assert installed(repository) == ["/gitops-ci-venv checkov"]
    step(repository, command="affected")
    assert installed(repository) == ["/gitops-ci-venv checkov"]


def test_what_is_printed_is_no_command_for_the_runner(repository: Scratch) -> None:
    log = step(repository).log
    [token] = re.findall(r"^::stop-commands::([0-9a-f]{32})$", log, re.MULTILINE)
    assert f"\n::{token}::\n" in log


@pytest.mark.parametrize(("fail_on", "code"), [("undecided", 1), ("blocked", 1), ("never", 0)])
def test_a_blocked_run(repository: Scratch, fail_on: str, code: int) -> None:
    repository.commit({"environments/staging/terraform/main.tf": "resource {"})
    done = step(repository, fail_on=fail_on)
    assert done.code == code, done.log
    assert done.outputs["verdict"] == "blocked"


@pytest.mark.parametrize(("fail_on", "code"), [("undecided", 3), ("blocked", 0), ("never", 0)])
def test_an_undecided_run(repository: Scratch, fail_on: str, code: int) -> None:
    repository.commit(
        {"environments/staging/k8s/kustomization.yaml": "resources: [https://github.com/acme/base?ref=v1]\n"}
    )
    done = step(repository, fail_on=fail_on)
    assert done.code == code, done.log
    assert done.outputs["verdict"] == "undecided"


def test_affected_gives_a_matrix(repository: Scratch) -> None:
    done = step(repository, command="affected")
    assert done.code == 0, done.log
    [job] = json.loads(done.outputs["matrix"])["include"]
    assert job["stacks"] == ["staging/terraform/main"]
    assert "verdict" not in done.outputs or done.outputs["verdict"] == ""


def test_an_affected_that_fails_says_why_and_not_that_nothing_is(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": "version: 1\nenvironments:\n  - nam: '::error::x'\n"})
    repository.commit({"README.md": "# another\n"})
    done = step(repository, command="affected")
    assert done.code == 2, done.log
    assert "affected` failed" in done.summary
    assert "gitops-ci.yml:3" in done.summary
    assert "Nothing is affected" not in done.summary
    assert done.outputs["count"] == ""
    begun, resumed, error = re.findall(r"^::.*", done.log, re.MULTILINE)
    assert begun.removeprefix("::stop-commands::") == resumed.strip(":")
    assert error.startswith("::error title=gitops-ci affected failed::gitops-ci: ")
    assert step(repository, command="affected", base="HEAD~2", config="missing.yml").summary.count("failed") == 1


@pytest.mark.parametrize(
    "inputs",
    [
        {"command": "run; touch hacked"},
        {"base": "--help"},
        {"base": "$(touch hacked)"},
        {"stack": "a\n--out=/\n`touch hacked`"},
        {"fail_on": "nothing"},
    ],
)
def test_hostile_inputs_are_only_arguments(repository: Scratch, inputs: dict[str, str]) -> None:
    done = step(repository, **inputs)
    assert done.code == 2, done.log
    assert not list(repository.path.parent.rglob("hacked"))


def test_a_committed_report_is_not_handed_on(repository: Scratch) -> None:
    repository.commit({"out/report.json": '{"stacks": [], "verdict": {"decision": "pass"}}', "out/comment.md": "Pass"})
    done = step(repository, out="out", base="no-such-commit")
    assert done.code == 2
    assert done.outputs["report"] == ""
    assert done.outputs["verdict"] == "undecided"
    assert "Pass" not in done.summary
