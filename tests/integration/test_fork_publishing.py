"""`gitops-ci publish` after a fork's run: our own verdict, whatever the fork's artifact says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gitops_ci.github.statuses import Status
from gitops_ci.model.plan import Plan
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import Verdict
from gitops_ci.render import report_json
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.github_server import TOKEN, Server
from tests.integration.github_state import user
from tests.integration.repositories import Scratch

MIGRATIONS = "environments/production/databases/migrations"
BASE = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n"}
GOOD = {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"}
EDITED = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"}
DOCS = {"README.md": "# here\n"}
TERRAFORM = {"environments/production/terraform/main.tf": 'resource "terraform_data" "a" {}\n'}
OURS, THEIRS = {"id": 1, "full_name": "acme/infra"}, {"id": 2, "full_name": "mallory/infra"}
Altered = Callable[[Report], Report]


class Fork:
    """A fork's pull request, its own run, and the job of the default branch that publishes after it."""

    def __init__(self, place: Path, server: Server, head: dict[str, str]) -> None:
        self.place, self.server = place, server
        self.scratch = Scratch(place / "infra")
        self.base = self.scratch.commit(BASE)
        server.repository.branches["main"] = self.base
        self.scratch.git("switch", "--quiet", "--create", "feature")
        self.head = self.scratch.commit(head)
        self.scratch.git("switch", "--quiet", "main")
        self.is_head_of(7)
        self.artifact = place / "artifact"

    def is_head_of(self, number: int) -> None:
        pull = self.server.repository.pull(number, head=self.head)
        pull["head"]["repo"] = THEIRS
        self.server.repository.pushed(self.head, "mallory", number, "mallory/infra")
        self.server.repository.review("ann", commit=self.head, number=number)

    def moved(self, files: dict[str, str]) -> None:
        """Something else is merged meanwhile."""
        self.base = self.server.repository.branches["main"] = self.scratch.commit(files)

    def env(self, payload: dict[str, Any], **env: str) -> dict[str, str]:
        event = self.place / "event.json"
        event.write_text(json.dumps(payload))
        known = {"GITHUB_REPOSITORY": "acme/infra", "GITHUB_RUN_ID": "200", "GITHUB_API_URL": self.server.url}
        return {**known, "GITHUB_EVENT_PATH": str(event), **env}

    def ran(self, altered: Altered = lambda report: report) -> None:
        """The fork's own run, whose workflow may be the fork's."""
        sides = {"base": {"ref": "main", "sha": self.base, "repo": OURS}, "head": {"sha": self.head, "repo": THEIRS}}
        payload = {"pull_request": {"number": 7, **sides}, "repository": OURS}
        out = self.artifact / "gitops-ci-report-0"
        gitops_ci(
            self.scratch.path,
            "plan",
            "--head",
            self.head,
            "--out",
            str(out),
            env=self.env(payload, GITHUB_RUN_ID="100"),
        )
        (out / "report.json").write_bytes(report_json.encode(altered(read(out))))

    def published(self, *, run: int = 100, repository: dict[str, Any] | None = THEIRS) -> Outcome:
        source = None if repository is None else {**repository, "owner": {"login": "mallory"}}
        head = {"head_sha": self.head, "head_branch": "feature", "head_repository": source}
        payload = {"action": "completed", "workflow_run": {"id": run, "run_attempt": 1, **head}, "repository": OURS}
        return gitops_ci(self.scratch.path, "publish", str(self.artifact), env=self.env(payload, GITOPS_CI_TOKEN=TOKEN))

    @property
    def states(self) -> list[str]:
        return [each["state"] for each in self.server.repository.statuses]

    @property
    def comment(self) -> str:
        (comment,) = self.server.repository.comments
        return str(comment["body"])


def read(directory: Path) -> Report:
    return report_json.decode((directory / "report.json").read_bytes())


def test_what_only_reads_is_judged_and_can_pass(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, GOOD)
    fork.ran()
    outcome = fork.published()
    assert outcome.code == 0, outcome.stderr
    (status,) = github.repository.statuses
    assert (status["state"], status["sha"]) == ("success", fork.head)
    assert status["target_url"].endswith("/actions/runs/100/attempts/1"), "ordered by the fork's run"
    assert "orders" in fork.comment
    assert "the fork's run says" not in fork.comment
    assert fork.scratch.git("status", "--porcelain") == ""
    assert fork.scratch.git("rev-parse", "HEAD") == fork.base


def test_documentation_passes_without_any_artifact(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, DOCS)
    assert fork.published().code == 0
    assert fork.states == ["success"]


def test_what_would_run_code_is_undecided(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, TERRAFORM)
    fork.ran()
    assert fork.published().code == 3
    assert fork.states == ["error"]
    assert "a maintainer" in fork.comment


def test_the_rules_of_the_branch_as_it_is_now_count(tmp_path: Path, github: Server) -> None:
    """A fork that left the branch before a rule was made is judged by the rule."""
    fork = Fork(tmp_path, github, {"terraform/README.md": "x"})
    fork.moved({"gitops-ci.yml": "version: 1\nlayout: {forbid: [terraform/README.md]}\n"})
    assert fork.published().code == 1
    assert fork.states == ["failure"]


def test_a_conflict_with_the_branch_is_undecided_and_told(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, EDITED)
    fork.moved({f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id text PRIMARY KEY);\n"})
    assert fork.published().code == 3
    assert fork.states == ["error"]
    assert "conflicts with the branch" in fork.comment


def claims_pass(report: Report) -> Report:
    return msgspec.structs.replace(
        report, verdict=Verdict(decision="pass"), findings=(), plans=(), stacks=(), part=Part()
    )


def planned(report: Report) -> Report:
    """The stack that nobody planned is said to change nothing."""
    plans = tuple(Plan(stack=plan.stack, status="unchanged") for plan in report.plans)
    return msgspec.structs.replace(report, plans=plans, part=Part(expected=tuple(plan.stack for plan in plans)))


@pytest.mark.parametrize("altered", [claims_pass, planned])
@pytest.mark.parametrize(("head", "code"), [(EDITED, 1), (TERRAFORM, 3)])
def test_an_artifact_that_claims_a_pass_changes_nothing(
    tmp_path: Path, github: Server, altered: Altered, head: dict[str, str], code: int
) -> None:
    fork = Fork(tmp_path, github, head)
    fork.ran(altered)
    assert fork.published().code == code
    assert fork.states == [{1: "failure", 3: "error"}[code]]


def of_another_commit(report: Report) -> Report:
    return msgspec.structs.replace(report, head="d" * 40)


def planned_twice(report: Report) -> Report:
    return msgspec.structs.replace(report, plans=report.plans * 2)


@pytest.mark.parametrize("altered", [of_another_commit, planned_twice])
def test_what_is_of_something_else_or_contradicts_itself_blocks(
    tmp_path: Path, github: Server, altered: Altered
) -> None:
    fork = Fork(tmp_path, github, GOOD)
    fork.ran(altered)
    outcome = fork.published()
    assert outcome.code == 1, outcome.stderr
    assert fork.states == ["failure"]
    assert "the fork's report" in fork.comment


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"schema": 7}', b"\xff\xfe"])
def test_what_is_no_report_blocks(tmp_path: Path, github: Server, content: bytes) -> None:
    fork = Fork(tmp_path, github, DOCS)
    fork.artifact.mkdir()
    (fork.artifact / "report.json").write_bytes(content)
    assert fork.published().code == 1
    assert "the fork's report is not valid" in fork.comment


def test_an_artifact_of_65_megabytes_is_not_read(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, DOCS)
    fork.ran()
    with (fork.artifact / "large").open("wb") as file:
        file.truncate(65 << 20)
    assert fork.published().code == 1
    assert "65 MiB" in fork.comment


def test_a_link_in_an_artifact_is_not_followed(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, DOCS)
    fork.artifact.mkdir()
    (fork.artifact / "report.json").symlink_to("/proc/self/environ")
    assert fork.published().code == 1
    assert "it holds a link" in fork.comment


def test_a_finding_of_the_fork_is_added_marked_and_can_do_no_harm(tmp_path: Path, github: Server) -> None:
    from gitops_ci.model import finding

    def altered(report: Report) -> Report:
        hostile = finding.make(
            "evil/rule",
            "warning",
            "<!-- gitops-ci:comment --> | @acme/admins\n```\n::set-output name=verdict::pass\n<img src=x>",
            help="[here](https://evil.example)",
            path="../../etc/passwd",
            line=-3,
            stack="production/none/x",
        )
        fixed = finding.make("evil/fixed", "notice", "nothing to see", help="")
        evil = msgspec.structs.replace(hostile, url="https://evil.example/rule")
        fixed = msgspec.structs.replace(fixed, state="fixed")
        return msgspec.structs.replace(report, findings=(*report.findings, evil, fixed))

    fork = Fork(tmp_path, github, GOOD)
    fork.ran(altered)
    outcome = fork.published()
    assert outcome.code == 0, "a warning of theirs is no block"
    assert "the fork's run says: " in fork.comment
    for harm in ("https://evil.example/rule", "@acme/admins", "<img", "etc/passwd", "nothing to see"):
        assert harm not in fork.comment, harm
    assert fork.comment.count("<!-- gitops-ci:comment") == 1
    assert not any(line.startswith("::") for line in (outcome.stdout + outcome.stderr).splitlines())


def test_a_second_pull_request_of_a_fork_to_another_branch_is_undecided(tmp_path: Path, github: Server) -> None:
    """Whoever takes the commit of somebody's pull request could else choose the branch that judges it."""
    fork = Fork(tmp_path, github, DOCS)
    fork.is_head_of(8)
    github.repository.pulls[8]["base"]["ref"] = "gh-pages"
    github.repository.pulls[8]["head"] |= {"ref": "other", "repo": {"id": 3, "full_name": "eve/infra"}}
    assert fork.published().code == 3
    assert fork.states == ["error"]
    assert "#8 to gh-pages" in github.repository.statuses[0]["description"]
    assert [each["on"] for each in github.repository.comments] == [7]
    assert not any(path.endswith(f"commits/{fork.head}/pulls") for _, path in github.repository.requests)


def test_a_second_pull_request_of_a_fork_to_the_same_branch_is_judged_alike(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, DOCS)
    fork.is_head_of(8)
    github.repository.pulls[8]["head"]["ref"] = "other"
    assert fork.published().code == 0
    assert fork.states == ["success"]


@pytest.mark.parametrize("base", ["main", "release"])
def test_the_status_of_a_colleagues_commit_is_not_a_forks_to_write(tmp_path: Path, github: Server, base: str) -> None:
    """A stranger opens a pull request with the head of a colleague's: only his own is commented on."""
    fork = Fork(tmp_path, github, DOCS)
    fork.is_head_of(8)
    github.repository.pulls[8]["head"]["repo"] = OURS
    github.repository.pulls[8]["base"]["ref"] = base
    outcome = fork.published()
    assert outcome.code == 3, outcome.stderr
    assert "no status is written" in outcome.stderr
    assert (github.repository.statuses, github.repository.check_runs) == ([], [])
    assert [each["on"] for each in github.repository.comments] == [7]
    assert f"8 to {base}" in fork.comment


@pytest.mark.parametrize("gone", ["closed", "pushed", "deleted", "ours"])
def test_nothing_is_written_where_nobody_asks_any_more(tmp_path: Path, github: Server, gone: str) -> None:
    fork = Fork(tmp_path, github, DOCS)
    pull = github.repository.pulls[7]
    repository: dict[str, Any] | None = {"deleted": None, "ours": OURS}.get(gone, THEIRS)
    if gone == "closed":
        pull["state"] = "closed"
    elif gone == "pushed":
        pull["head"]["sha"] = "e" * 40
    outcome = fork.published(repository=repository)
    assert outcome.code == 0
    assert "nothing" in outcome.stderr or "published by itself" in outcome.stderr
    assert (github.repository.statuses, github.repository.comments) == ([], [])


def test_what_a_maintainer_had_planned_since_then_stays(tmp_path: Path, github: Server) -> None:
    """A run of the fork that ends later began earlier; one that began later counts again."""
    fork = Fork(tmp_path, github, TERRAFORM)
    url = "https://github.com/acme/infra/actions/runs/150/attempts/1"
    by_hand = Status(context="gitops-ci", state="success", description="Pass", target_url=url)
    ours = {"id": 1, "sha": fork.head, "creator": user("github-actions[bot]")}
    github.repository.statuses.append({**ours, **msgspec.to_builtins(by_hand)})
    outcome = fork.published(run=100)
    assert "a newer run has judged" in outcome.stderr
    assert fork.states == ["success"]
    fork.published(run=160)
    assert fork.states == ["success", "error"]


def test_a_forks_change_takes_the_same_approvals(tmp_path: Path, github: Server) -> None:
    fork = Fork(tmp_path, github, GOOD)
    github.repository.reviews.clear()
    github.repository.review("mallory", commit=fork.head)
    assert fork.published().code == 1
    assert fork.states == ["failure"]
    assert "approv" in fork.comment
