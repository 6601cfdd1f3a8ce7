"""Providers that talk, crash, hang or are killed: undecided with a reason, the other plans kept, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_ci.model.plan import Plan
from gitops_ci.render import report_json
from gitops_ci.system import clean_room
from tests.integration import provider_bed
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import IDENTITY, Scratch

BAD = "environments/staging/terraform/main.tf"
GOOD = "environments/production/terraform/main.tf"
ROOT = """terraform {{
  required_providers {{
    shelf = {{ source = "registry.example.com/acme/shelf" }}
  }}
}}
variable "token" {{
  default = "none"
}}
provider "shelf" {{
  path  = "{shelf}"
  does  = "{does}"
  token = var.token
}}
resource "shelf_box" "a" {{
  name = "a"
}}
"""


if not Path("/proc/self").exists():
    pytest.skip("what is left running is read from /proc", allow_module_level=True)


@pytest.fixture
def repository() -> Iterator[Scratch]:
    """In a directory with a short name: a provider's socket lies below TMPDIR, and its path has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="failing-") as place:
        provider_bed.shelf(Path(place, "mirror"), "1.0.0")
        provider_bed.cli_configuration(Path(place), provider_bed.filesystem_mirror(Path(place, "mirror")))
        Path(place, "scratch").mkdir()
        scratch = Scratch(Path(place, "repository"))
        scratch.commit({"gitops-ci.yml": provider_bed.PERMITTED, "README.md": "# here\n"})
        yield scratch


def environment(repository: Scratch) -> dict[str, str]:
    place = repository.path.parent
    return {"TF_CLI_CONFIG_FILE": str(place / "job.tfrc"), "TMPDIR": str(place / "scratch")}


def commit(repository: Scratch, does: str) -> Path:
    """A root whose provider does that, and one without any; returns the file that it makes when it hangs."""
    shelf = repository.path.parent / "shelf.json"
    good = 'resource "terraform_data" "a" {\n  input = "1"\n}\n'
    repository.commit({BAD: ROOT.format(shelf=shelf, does=does), GOOD: good})
    return shelf.with_suffix(".hangs")


def run(repository: Scratch, does: str, *arguments: str, **env: str) -> tuple[Outcome, Plan]:
    commit(repository, does)
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", *arguments, env={**environment(repository), **env})
    plans = {plan.stack: plan for plan in outcome.report.plans}
    assert plans["production/terraform/main"].status == "changed"
    assert not list((repository.path.parent / "scratch").iterdir())
    return outcome, plans["staging/terraform/main"]


def code(plan: Plan) -> str | None:
    return plan.reason.code if plan.reason is not None else None


def processes() -> dict[int, str]:
    """The command lines of every process of this machine."""
    found = {}
    for entry in [each for each in Path("/proc").iterdir() if each.name.isdigit()]:
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        found[int(entry.name)] = line.replace(b"\0", b" ").decode("utf-8", "replace")
    return found


def left(repository: Scratch) -> list[str]:
    """Processes that this test started: what runs from its directory, and what its provider started elsewhere."""
    place = repository.path.parent
    words = [str(place), *([f"sleep-beside-{place.name}"] if clean_room.namespaces() else [])]
    return [line for line in processes().values() if any(word in line for word in words)]


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def test_what_a_provider_prints_is_not_the_plan(repository: Scratch) -> None:
    outcome, plan = run(repository, "noise")
    assert (plan.status, plan.summary.create) == ("changed", 1), plan.reason
    assert "::error::" not in outcome.stdout + outcome.stderr


def test_a_flood_is_not_kept(repository: Scratch) -> None:
    _, plan = run(repository, "flood")
    assert (plan.status, plan.summary.create) == ("changed", 1), plan.reason


def test_an_error_that_quotes_a_credential_does_not_tell_it(repository: Scratch) -> None:
    secret = "a-secret-of-the-job-0123"
    outcome, plan = run(repository, "error", TF_VAR_token=secret)
    assert plan.reason is not None
    assert "The shelf is locked" in plan.reason.message
    texts = [path.read_text() for path in outcome.out.rglob("*") if path.is_file()] + [outcome.stdout, outcome.stderr]
    assert not [text for text in texts if secret in text]


def test_a_crash_is_nobodys_change(repository: Scratch) -> None:
    outcome, plan = run(repository, "crash")
    assert (outcome.code, plan.status, code(plan)) == (3, "failed", "provider-failed"), plan.reason


def test_one_that_hangs_is_ended_with_all_that_it_started(repository: Scratch) -> None:
    _, plan = run(repository, "hang", "--timeout", "10")
    assert code(plan) == "timeout"
    assert left(repository) == []


def started(repository: Scratch) -> subprocess.Popen[str]:
    """A run in the background, at the point where the provider hangs and the other root is planned."""
    hangs = commit(repository, "hang")
    out = repository.path.parent / "out"
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "gitops_ci", "run", "--base", "HEAD~1", "--jobs", "2", "--out", str(out)],
        cwd=repository.path,
        env={"PATH": os.environ["PATH"], **environment(repository), **IDENTITY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "production/terraform/main" not in process.stderr.readline():
        pass
    wait_for(hangs.exists)
    return process


def planned(repository: Scratch) -> dict[str, Plan]:
    report = report_json.decode((repository.path.parent / "out" / "report.json").read_bytes())
    return {plan.stack: plan for plan in report.plans}


def test_a_killed_engine_is_undecided_and_the_other_plans_are_kept(repository: Scratch) -> None:
    process = started(repository)
    os.kill(engine(repository), signal.SIGKILL)
    process.communicate(timeout=60)
    plans = planned(repository)
    assert process.returncode == 3
    assert code(plans["staging/terraform/main"]) == "engine-killed", plans["staging/terraform/main"].reason
    assert plans["production/terraform/main"].status == "changed"
    assert left(repository) == []


def engine(repository: Scratch) -> int:
    """The process that plans, and none of those that set up its clean room."""
    return next(
        pid
        for pid, line in processes().items()
        if str(repository.path.parent) in line
        and " plan " in line
        and " -chdir=" in line
        and Path(f"/proc/{pid}/comm").read_text().strip() not in ("unshare", "prlimit", "setpriv", "sh")
    )


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_twice_ends_at_once(repository: Scratch, signum: signal.Signals) -> None:
    """The provider ignores every signal, and has a child outside of its process group."""
    process = started(repository)
    begun = time.monotonic()
    for _ in range(2):
        process.send_signal(signum)
        time.sleep(0.5)
    _, stderr = process.communicate(timeout=30)
    assert time.monotonic() - begun < 8
    assert process.returncode == 130, stderr
    assert code(planned(repository)["staging/terraform/main"]) == "interrupted"
    assert left(repository) == []
    assert not list((repository.path.parent / "scratch").iterdir())
