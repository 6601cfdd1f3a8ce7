"""`gitops-ci publish` from plan to GitHub, as a job runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import publishing
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.github_server import READ_ONLY, TOKEN, Fault, Server
from tests.integration.repositories import Scratch

MIGRATIONS = "environments/production/databases/migrations"
SQL = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n"}


class Job:
    """A repository with a pull request, and the job that looks at it."""

    def __init__(
        self, place: Path, server: Server, head: dict[str, str], base: Mapping[str, str] | None = None
    ) -> None:
        self.scratch = Scratch(place / "infra")
        self.base = self.scratch.commit({**SQL, **(base or {})})
        self.scratch.git("switch", "--quiet", "--create", "feature")
        self.server = server
        self.push(head)

    def push(self, files: dict[str, str]) -> None:
        self.head = self.scratch.commit(files)
        state = self.server.repository
        state.commits.add(self.head)
        state.pull(7, head=self.head)
        side = {"ref": "main", "sha": self.base, "repo": {"id": 1}}
        payload = {"pull_request": {"number": 7, "base": side, "head": {"sha": self.head, "repo": {"id": 1}}}}
        event = self.scratch.path.parent / "event.json"
        event.write_text(json.dumps(payload))
        self.env = {
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REPOSITORY": "acme/infra",
            "GITHUB_API_URL": self.server.url,
            "GITHUB_RUN_ID": "100",
        }

    def run(self, *arguments: str, token: str | None = TOKEN, **env: str) -> Outcome:
        given = {**self.env, **env} | ({"GITOPS_CI_TOKEN": token} if token else {})
        return gitops_ci(self.scratch.path, *arguments, env=given)

    def published(self, **changes: Any) -> Outcome:
        """Planned by a job without a token, published by one without engines."""
        planned = self.run("plan", "--head", "HEAD", token=None)
        return self.run("publish", str(planned.out), **changes)


def test_a_pass_is_a_green_status_and_one_comment(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    outcome = job.published()
    assert outcome.code == 0, outcome.stderr
    (status,) = github.repository.statuses
    assert (status["context"], status["state"], status["sha"]) == ("gitops-ci", "success", job.head)
    assert status["target_url"].endswith("/acme/infra/actions/runs/100/attempts/1")
    (comment,) = github.repository.comments
    assert "orders" in comment["body"]
    assert comment["html_url"] in outcome.stderr


def test_a_second_push_updates_the_comment_and_a_block_is_red_with_its_line(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    job.published()
    job.push({f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"})
    outcome = job.published(GITHUB_RUN_ID="101")
    assert outcome.code == 1
    assert github.repository.statuses[-1]["state"] == "failure"
    assert len(github.repository.comments) == 1
    assert "Blocked" in github.repository.comments[0]["body"]
    annotations = github.repository.check_runs[-1]["annotations"]
    assert annotations[0]["path"] == f"{MIGRATIONS}/001_users.sql"
    assert annotations[0]["annotation_level"] == "failure"


def test_reports_of_an_older_commit_never_pass(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    job.push({"README.md": "later\n"})
    outcome = job.run("publish", str(planned.out))
    assert outcome.code == 3
    assert [each["state"] for each in github.repository.statuses] == ["error"]
    assert github.repository.statuses[0]["sha"] == job.head
    assert "plan this commit" in github.repository.comments[0]["body"]


def test_a_token_that_may_not_write_on_an_own_pull_request_is_no_success(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    place = tmp_path / "said"
    planned = job.run("plan", "--head", "HEAD", token=None)
    outcome = job.run("publish", str(planned.out), "--out", str(place), token=READ_ONLY)
    assert outcome.code == 3
    assert "the comment was not written" in outcome.stderr
    assert (place / "comment.md").read_text().startswith("> [!WARNING]\n> the status was not written")
    assert (place / "annotations.txt").read_text().startswith("::error title=gitops-ci could not write::the status")
    assert READ_ONLY not in outcome.stderr + outcome.stdout


def test_a_forks_read_only_token_leaves_the_verdict_and_says_so(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    event = Path(job.env["GITHUB_EVENT_PATH"])
    payload = json.loads(event.read_bytes())
    payload["pull_request"]["head"]["repo"] = {"id": 2}
    event.write_text(json.dumps(payload))
    place = tmp_path / "said"
    planned = job.run("plan", "--head", "HEAD", token=None)
    outcome = job.run("publish", str(planned.out), "--out", str(place), token=READ_ONLY)
    assert outcome.code == 0
    assert (place / "annotations.txt").read_text().startswith("::notice title=gitops-ci could not write::the status")


def test_with_a_wrong_token_the_verdict_is_the_summary_all_the_same(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    place = tmp_path / "said"
    planned = job.run("plan", "--head", "HEAD", token=None)
    outcome = job.run("publish", str(planned.out), "--out", str(place), token="expired")
    assert outcome.code == 3
    said = (place / "comment.md").read_text()
    assert said.startswith("> [!WARNING]\n> nothing was written")
    assert "orders" in said


def test_without_a_token_everything_is_written_to_a_directory(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    place = tmp_path / "would-be"
    planned = job.run("plan", "--head", "HEAD", token=None)
    outcome = job.run("publish", str(planned.out), "--out", str(place), token=None)
    assert outcome.code == 0
    assert str(place) in outcome.stderr
    assert json.loads((place / "status.json").read_text())["state"] == "success"
    assert {each.name for each in place.iterdir()} == {
        *("report.json", "status.json", "check-run.json", "comment.md", "annotations.txt"),
    }
    assert github.repository.requests == []


def test_an_unreachable_api_is_exit_3_and_no_traceback(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    outcome = job.run("publish", str(planned.out), GITHUB_API_URL="http://127.0.0.1:9")
    assert outcome.code == 3
    assert "cannot be reached" in outcome.stderr


def test_a_closed_pull_request_gets_nothing_and_that_is_fine(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"})
    github.repository.pull(7, head=job.head, state="closed")
    outcome = job.published()
    assert (outcome.code, github.repository.statuses, github.repository.comments) == (0, [], [])
    assert "pull request #7 is closed" in outcome.stderr
    event = Path(job.env["GITHUB_EVENT_PATH"])
    event.write_text(json.dumps({"action": "closed", **json.loads(event.read_text())}))
    before = len(github.repository.requests)
    outcome = job.run("publish")
    assert (outcome.code, len(github.repository.requests)) == (0, before)
    assert "pull request #7 is closed" in outcome.stderr


def test_reports_are_judged_again_for_the_pull_request_as_it_is_now(tmp_path: Path, github: Server) -> None:
    """A review or the clock starts the job; the run that planned is what the verdict is ordered by."""
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    event = Path(job.env["GITHUB_EVENT_PATH"])
    event.write_text('{"schedule": "17 * * * *"}')
    again = ("publish", str(planned.out), "--pull-request", "7", "--run", "100/2")
    outcome = job.run(*again, GITHUB_RUN_ID="300")
    assert outcome.code == 0, outcome.stderr
    (status,) = github.repository.statuses
    assert (status["state"], status["sha"]) == ("success", job.head)
    assert status["target_url"].endswith("/runs/100/attempts/2")
    newer = {**status, "target_url": "https://github.com/acme/infra/actions/runs/101/attempts/1", "state": "failure"}
    github.repository.statuses.append(newer)
    assert "a newer run has judged" in job.run(*again, GITHUB_RUN_ID="300").stderr
    assert github.repository.statuses.pop() == newer
    github.repository.pulls[7]["base"]["ref"] = "production"
    assert job.run(*again, GITHUB_RUN_ID="301").code == 3
    assert github.repository.statuses[-1]["state"] == "error"
    assert "goes to production now" in github.repository.comments[0]["body"]
    github.repository.pull(7, head="e" * 40)
    github.repository.commits.add("e" * 40)
    assert job.run(*again, GITHUB_RUN_ID="302").code == 3
    assert [each["state"] for each in github.repository.statuses if each["sha"] == "e" * 40] == ["error"]


def test_a_push_to_a_branch_is_judged_from_what_it_had_and_has_no_comment(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    before = job.head
    job.push({f"{MIGRATIONS}/003_items.sql": "CREATE TABLE items (id bigint PRIMARY KEY);\n"})
    payload = {"ref": "refs/heads/main", "before": before, "after": job.head, "repository": {"id": 1}}
    Path(job.env["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload))
    job.env["GITHUB_EVENT_NAME"] = "push"
    planned = job.run("plan", token=None)
    assert (planned.report.base, planned.report.head) == (before, job.head)
    assert job.run("publish", str(planned.out)).code == 0
    (status,) = github.repository.statuses
    assert (status["state"], status["sha"]) == ("success", job.head)
    assert status["context"] == "gitops-ci (push)", "never what a branch requires of a pull request with this commit"
    assert [each["name"] for each in github.repository.check_runs] == ["gitops-ci (push) report"]
    assert github.repository.comments == []


SOMEBODY = {"id": 2, "full_name": "mallory/infra"}


@pytest.mark.parametrize("pages", [1, 2])
def test_a_second_pull_request_of_an_own_branch_to_another_one_is_undecided(
    tmp_path: Path, github: Server, pages: int
) -> None:
    """It could be opened to a branch whose configuration allows everything, and its pass is on the same commit."""
    job = Job(tmp_path, github, {"README.md": "x\n"})
    for number in range(100, 100 + 100 * (pages - 1)):
        github.repository.pull(number, head="e" * 40)
    github.repository.pull(900, head=job.head, base="lax")
    outcome = job.published()
    assert outcome.code == 3, outcome.stderr
    (status,) = github.repository.statuses
    assert (status["state"], "#900 to lax" in status["description"]) == ("error", True)
    github.repository.pulls[900]["state"] = "closed"
    assert job.published(GITHUB_RUN_ID="101").code == 0
    assert github.repository.statuses[-1]["state"] == "success"


@pytest.mark.parametrize("other", [{"base": "main"}, {"base": "lax", "repo": SOMEBODY}])
def test_what_has_the_same_base_or_is_a_strangers_changes_nothing_for_an_own_branch(
    tmp_path: Path, github: Server, other: dict[str, Any]
) -> None:
    job = Job(tmp_path, github, {"README.md": "x\n"})
    pull = github.repository.pull(8, head=job.head, base=other["base"])
    pull["head"]["repo"] = other.get("repo", pull["head"]["repo"])
    assert job.published().code == 0
    assert [each["state"] for each in github.repository.statuses] == ["success"]


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"schema": 7}', b"\xff\xfe", None])
def test_what_is_no_report_blocks_the_events_commit_instead_of_leaving_an_old_pass(
    tmp_path: Path, github: Server, content: bytes | None
) -> None:
    job = Job(tmp_path, github, {"README.md": "x\n"})
    assert job.published().code == 0
    place = tmp_path / "broken"
    place.mkdir()
    if content is not None:
        (place / "report.json").write_bytes(content)
    outcome = job.run("publish", str(place), GITHUB_RUN_ID="101")
    assert outcome.code == 1, outcome.stderr
    assert [each["state"] for each in github.repository.statuses] == ["success", "failure"]
    assert github.repository.statuses[-1]["sha"] == job.head
    assert "a report cannot be read: " in github.repository.comments[0]["body"]


def test_reports_that_contradict_each_other_block(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {"README.md": "x\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    document = json.loads((planned.out / "report.json").read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**document, "base": "e" * 40}))
    outcome = job.run("publish", str(planned.out), str(other))
    assert outcome.code == 1, outcome.stderr
    assert [each["state"] for each in github.repository.statuses] == ["failure"]
    assert "the reports cannot be merged: " in github.repository.comments[0]["body"]
    assert "different changes" in outcome.stderr


@pytest.mark.parametrize(
    "payload",
    [
        {"schedule": "17 * * * *"},
        {"ref": "refs/heads/main", "inputs": {"pull_request": "7", "sha": "A" * 40}},
        {"ref": "refs/heads/main", "inputs": {"pull_request": "7", "sha": "abc1234"}},
        {"issue": {"number": 7}, "comment": {"body": "/plan"}},
        {"ref": "refs/tags/v1", "before": "b" * 40, "after": "a" * 40},
    ],
    ids=["schedule", "upper case", "short", "comment", "tag"],
)
def test_an_event_without_a_commit_does_not_let_the_report_choose_one(
    tmp_path: Path, github: Server, payload: dict[str, Any]
) -> None:
    job = Job(tmp_path, github, {"README.md": "x\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    Path(job.env["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload))
    outcome = job.run("publish", str(planned.out))
    assert (outcome.code, github.repository.requests) == (2, [])
    assert "the event names no commit" in outcome.stderr


def test_a_commit_that_a_maintainer_asks_for_is_published_for_its_pull_request(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    payload = {"ref": "refs/heads/main", "repository": {"id": 1}, "inputs": {"pull_request": "7", "sha": job.head}}
    Path(job.env["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload))
    planned = job.run("plan", token=None)
    assert (planned.report.head, planned.report.pull_request) == (job.head, 7)
    assert job.run("publish", str(planned.out)).code == 0
    assert [each["state"] for each in github.repository.statuses] == ["success"]
    assert len(github.repository.comments) == 1
    github.repository.pull(7, head="e" * 40)
    assert "has a newer commit" in job.run("publish", str(planned.out), GITHUB_RUN_ID="101").stderr


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("POST", "issues/7/comments$", status=403, message="Resource not accessible by integration"), 0),
        (Fault("POST", "issues/7/comments$", status=409, message="Conflict", times=9), 3),
        (Fault("POST", "issues/7/comments$", status=502, times=9), 3),
        (Fault("GET", "pulls/7$", status=401, message="Bad credentials"), 3),
        (Fault("GET", "pulls/7$", status=404, message="Not Found"), 3),
    ],
    ids=lambda value: f"{value.verb} {value.status}" if isinstance(value, Fault) else "",
)
def test_what_github_refuses_has_its_exit_code(tmp_path: Path, github: Server, fault: Fault, code: int) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    github.repository.faults.append(fault)
    outcome = job.published()
    assert outcome.code == code, outcome.stderr
    assert str(fault.status) in outcome.stderr
    assert TOKEN not in outcome.stderr + outcome.stdout


def test_a_token_with_a_line_end_is_taken_and_nonsense_is_a_usage_error(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    assert job.published(token=f"{TOKEN}\n").code == 0
    nonsense = job.published(token="not a token")
    assert (nonsense.code, "not a token" in nonsense.stderr) == (2, False)


def test_requests_is_imported_for_a_token_and_not_otherwise(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    code = "import sys; from gitops_ci.cli import main; main(sys.argv[1:]); print(sorted({'requests', 'urllib3'} & set(sys.modules)))"
    for token, imported in ((None, "[]"), (TOKEN, "['requests', 'urllib3']")):
        env = {**job.env, "PATH": os.environ["PATH"], "HOME": str(tmp_path)} | (
            {"GITOPS_CI_TOKEN": token} if token else {}
        )
        command = [sys.executable, "-I", "-c", code, "--repo", str(job.scratch.path), "publish", str(planned.out)]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == imported, done.stderr


def test_the_configuration_says_whether_a_comment_is_new_and_the_option_wins(tmp_path: Path, github: Server) -> None:
    orders = {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"}
    job = Job(tmp_path, github, orders, base={"gitops-ci.yml": "version: 1\nreport: {comment: {mode: new}}\n"})
    assert job.published().code == 0
    job.push({f"{MIGRATIONS}/003_items.sql": "CREATE TABLE items (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    assert job.run("publish", str(planned.out), GITHUB_RUN_ID="101").code == 0
    assert len(github.repository.comments) == 2
    assert github.repository.minimised == {github.repository.comments[0]["node_id"]}
    job.push({f"{MIGRATIONS}/004_more.sql": "CREATE TABLE more (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    assert job.run("publish", str(planned.out), "--comment", "update", GITHUB_RUN_ID="102").code == 0
    assert len(github.repository.comments) <= 2


def test_the_comment_leads_to_the_report_the_run_and_the_commits(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    planned = job.run("plan", "--head", "HEAD", token=None)
    address = "https://github.com/acme/infra/actions/runs/100/artifacts/2"
    assert job.run("publish", str(planned.out), "--report-url", address).code == 0
    body = github.repository.comments[0]["body"]
    assert f"[full report]({address})" in body
    assert "[run](https://github.com/acme/infra/actions/runs/100)" in body
    assert f"[`{job.head[:7]}`](https://github.com/acme/infra/commit/{job.head})" in body
    assert f"[`{job.base[:7]}`](https://github.com/acme/infra/commit/{job.base})" in body
    assert job.run("publish", str(planned.out), "--report-url", "javascript:alert(1)").code == 2


def test_a_report_of_500_stacks_needs_few_requests(tmp_path: Path) -> None:
    rows = publishing.requests(tmp_path, 500)
    assert [row.what for row in rows if row.ok is False] == []
    assert [row.ours for row in rows if row.unit == "requests"] == [19, 8, 18]


def test_a_run_again_that_finds_the_same_writes_no_check_run(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"})
    assert job.published().code == 1
    github.repository.requests.clear()
    assert job.published(GITHUB_RUN_ATTEMPT="2").code == 1
    assert len(github.repository.check_runs) == 1
    assert len(github.repository.requests) <= 12


@pytest.mark.parametrize(
    ("protected", "rules", "context"),
    [
        (False, [], "gitops-ci (lax)"),
        (True, [], "gitops-ci"),
        (False, [{"type": "required_status_checks", "ruleset_id": 1}], "gitops-ci"),
    ],
)
def test_a_green_of_a_branch_that_nothing_protects_is_no_green_of_main(
    tmp_path: Path, github: Server, protected: bool, rules: list[dict[str, Any]], context: str
) -> None:
    """Whoever may push there chose its rules: the pull request could go to main a second later."""
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    github.repository.pulls[7]["base"]["ref"] = "lax"
    github.repository.settings = {
        "branches/lax": {"name": "lax", "protected": protected},
        "rules/branches/lax": rules,
    }
    event = Path(job.env["GITHUB_EVENT_PATH"])
    event.write_text(event.read_text().replace('"main"', '"lax"'))
    job.published()
    assert [each["context"] for each in github.repository.statuses] == [context]


def test_what_is_judged_anew_is_not_green_meanwhile(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    job.published()
    outcome = job.run("publish", "--pending", GITHUB_RUN_ID="101")
    assert outcome.code == 0, outcome.stderr
    assert [each["state"] for each in github.repository.statuses] == ["success", "pending"]
    assert len(github.repository.comments) == 1
    job.published(GITHUB_RUN_ID="101")
    assert [each["state"] for each in github.repository.statuses][-1] == "success"
    assert "a newer run" in job.run("publish", "--pending", GITHUB_RUN_ID="100").stderr
