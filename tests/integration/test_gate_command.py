"""`gitops-ci gate`: reports are claims, and git says what they have to be about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command_line import Outcome
from tests.integration.github_server import Fault, Server
from tests.integration.github_state import actor, user
from tests.integration.test_publish_command import MIGRATIONS, Job

ORDERS = {f"{MIGRATIONS}/002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"}
EDITED = {f"{MIGRATIONS}/001_users.sql": "CREATE TABLE users (id int PRIMARY KEY);\n"}


def gated(job: Job, report: Path, *more: str, **env: Any) -> tuple[Outcome, dict[str, Any]]:
    place = report.parent / "gated"
    outcome = job.run("gate", str(report), "--out", str(place), *more, **env)
    return outcome, json.loads((place / "report.json").read_bytes())


@pytest.fixture
def job(tmp_path: Path, github: Server) -> Job:
    """A pull request of octocat's that adds a migration to production."""
    made = Job(tmp_path, github, ORDERS)
    github.repository.branches["main"] = made.base
    github.repository.pushed(made.head, "octocat")
    return made


def planned(job: Job) -> Path:
    return job.run("plan", "--head", "HEAD", token=None).out / "report.json"


def rules(report: dict[str, Any]) -> set[str]:
    return {each["rule"] for each in report["verdict"]["reasons"]}


def test_honest_reports_of_the_head_get_the_verdict_that_they_deserve(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, ORDERS)
    github.repository.branches["main"] = job.base
    outcome, report = gated(job, planned(job), token=None)
    assert (outcome.code, report["verdict"]["decision"]) == (0, "pass"), outcome.stderr


def test_a_finding_that_a_job_took_out_of_its_report_blocks_all_the_same(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, EDITED)
    file = planned(job)
    report = json.loads(file.read_bytes())
    report["findings"], report["part"]["reasons"] = [], []
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 1
    assert "database/history-edited" in rules(judged)
    assert "database/history-edited" in {each["rule"] for each in judged["findings"]}


def test_a_finding_that_a_job_calls_old_or_waived_blocks_all_the_same(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, EDITED)
    file = planned(job)
    report = json.loads(file.read_bytes())
    for found in report["findings"]:
        found["state"] = "existing"
    report["part"]["reasons"] = []
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 1
    assert "database/history-edited" in rules(judged)


def test_what_git_does_not_have_leaves_it_undecided_with_a_report(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, ORDERS)
    file = planned(job)
    event = json.loads(Path(job.env["GITHUB_EVENT_PATH"]).read_bytes())
    event["pull_request"]["head"]["sha"] = "d" * 40
    Path(job.env["GITHUB_EVENT_PATH"]).write_text(json.dumps(event))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 3
    assert {"checks/not-judged", "checks/report-stale"} <= rules(judged)
    assert "Traceback" not in outcome.stderr


def test_no_report_is_undecided(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, ORDERS)
    place = tmp_path / "gated"
    outcome = job.run("gate", "--out", str(place), token=None)
    assert outcome.code == 3
    assert "checks/report-missing" in rules(json.loads((place / "report.json").read_bytes()))


def test_production_takes_an_approval_of_somebody_else(job: Job, github: Server) -> None:
    file = planned(job)
    outcome, report = gated(job, file)
    told = {each["rule"]: each["decision"] for each in report["verdict"]["reasons"]}
    assert told == {"gate/approvals-missing": "blocked"}, outcome.stderr
    github.repository.review("octocat", commit=job.head)
    assert gated(job, file)[0].code == 1, "an approval of one's own"
    github.repository.review("ann", commit=job.base)
    assert gated(job, file)[0].code == 1, "an approval of an older commit"
    github.repository.review("ann", commit=job.head)
    outcome, report = gated(job, file)
    assert (outcome.code, report["verdict"]["decision"]) == (0, "pass"), report["verdict"]


def test_an_approval_that_was_taken_back_does_not_count(job: Job, github: Server) -> None:
    github.repository.review("ann", commit=job.head)
    github.repository.review("ann", "CHANGES_REQUESTED", commit=job.head)
    assert gated(job, planned(job))[0].code == 1


@pytest.mark.parametrize("word", ["APPROVED", "CHANGES_REQUESTED"])
def test_reviews_of_many_strangers_stop_nothing(job: Job, github: Server, word: str) -> None:
    for number in range(21):
        github.repository.review(f"stranger{number}", word, commit=job.head)
        github.repository.roles[f"stranger{number}"] = "read"
    file = planned(job)
    assert gated(job, file)[0].code == 1
    github.repository.review("ann", commit=job.head)
    outcome, report = gated(job, file)
    assert outcome.code == 0, report["verdict"]


def test_reviews_that_cannot_be_read_leave_it_undecided(job: Job, github: Server) -> None:
    file = planned(job)
    github.repository.faults.append(Fault("GET", r"/pulls/7/reviews", 403, times=9))
    outcome, report = gated(job, file)
    assert outcome.code == 3
    assert "pull-requests: read" in json.dumps(report["verdict"]["reasons"])


def test_the_branch_of_a_pull_request_is_asked_for_and_not_believed(job: Job, github: Server) -> None:
    """The payload names an older commit of the branch, whose configuration asked for less."""
    job.scratch.git("switch", "--quiet", "main")
    strict = "version: 1\nenvironments: [{name: production, gate: {approvals: 2}}]\n"
    github.repository.branches["main"] = job.scratch.commit({"gitops-ci.yml": strict})
    job.scratch.git("switch", "--quiet", "feature")
    github.repository.review("ann", commit=job.head)
    outcome, report = gated(job, planned(job))
    assert outcome.code != 0
    assert "2 approvals" in json.dumps(report["verdict"]["reasons"]) or "approvals" in json.dumps(report["verdict"])


def test_publish_says_what_the_gate_decided(job: Job, github: Server) -> None:
    gated(job, planned(job))
    outcome = job.run("publish", str(job.scratch.path.parent / "out" / "gated" / "report.json"))
    assert outcome.code == 1
    assert [each["state"] for each in github.repository.statuses] == ["failure"]
    assert "approv" in github.repository.statuses[0]["description"]


def test_a_finding_that_a_report_puts_elsewhere_counts_where_it_is(tmp_path: Path, github: Server) -> None:
    """A job that ran hostile code gives production's finding to an environment that only warns."""
    lax = "version: 1\nenvironments: [{name: development, enforcement: warn}, {name: production}]\n"
    job = Job(tmp_path, github, EDITED, {"gitops-ci.yml": lax})
    file = planned(job)
    report = json.loads(file.read_bytes())
    for found in report["findings"]:
        found |= {"stack": "development/database/x", "path": "README", "message": "nothing much"}
    report["part"]["reasons"] = []
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 1
    assert "database/history-edited" in rules(judged)


@pytest.mark.parametrize("base", ["a\u0000b", "x" * 200_000, "--help", "HEAD"])
def test_a_base_that_is_no_commit_is_asked_of_nobody(job: Job, github: Server, base: str) -> None:
    file = planned(job)
    report = json.loads(file.read_bytes())
    report["base"] = base
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file)
    assert outcome.code in (1, 3)
    assert "gate/base-unknown" in rules(judged)


def test_somebody_elses_status_orders_nothing(job: Job, github: Server) -> None:
    """Whoever may write can name any run in a status: our own verdict is written all the same, and is the newest."""
    file = planned(job)
    gated(job, file)
    url = "https://github.com/acme/infra/actions/runs/99999999999999/attempts/1"
    theirs = {"id": 5, "sha": job.head, "creator": user("mallory"), "context": "gitops-ci", "state": "success"}
    github.repository.statuses.append({**theirs, "description": "fine", "target_url": url})
    again = str(file.parent / "gated" / "report.json")
    assert job.run("publish", again).code == 1
    assert [each["state"] for each in github.repository.statuses] == ["success", "failure"]
    github.repository.statuses.append({**theirs, "description": "fine", "target_url": url})
    assert job.run("publish", again).code == 1
    assert [each["state"] for each in github.repository.statuses][-1] == "failure", "as it is not the newest any more"


def test_a_checker_that_no_report_has_asked_leaves_it_undecided(tmp_path: Path, github: Server) -> None:
    job = Job(tmp_path, github, ORDERS, {"gitops-ci.yml": "version: 1\npolicy: {builtin: {}}\n"})
    file = planned(job)
    report = json.loads(file.read_bytes())
    report["policies"] = []
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 3
    assert rules(judged) == {"checks/policy-unanswered"}


def test_a_secret_that_a_job_took_out_of_its_report_blocks_all_the_same(tmp_path: Path, github: Server) -> None:
    key = "ghp_" + "b7Xk29QmZt4LwR8sVnYc" + "01dHfJ5gPa6eTuWi"
    job = Job(tmp_path, github, {**ORDERS, "deploy.env": f"GITHUB_TOKEN={key}\n"})
    file = planned(job)
    report = json.loads(file.read_bytes())
    assert any(each["rule"].startswith("secrets/") for each in report["findings"])
    report["findings"] = [each for each in report["findings"] if not each["rule"].startswith("secrets/")]
    report["part"]["reasons"] = []
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file, token=None)
    assert outcome.code == 1
    assert any(rule.startswith("secrets/") for rule in rules(judged))
    assert key not in json.dumps(judged)


def test_a_base_that_the_branch_never_had_is_none(job: Job, github: Server) -> None:
    """A report that names the pull request's own commit for its base would be compared with nothing."""
    file = planned(job)
    report = json.loads(file.read_bytes())
    report["base"] = job.head
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file)
    assert outcome.code != 0
    assert "gate/base-unknown" in rules(judged)


def test_a_wide_waiver_and_findings_that_a_job_makes_up_lift_nothing_of_the_gate(
    tmp_path: Path, github: Server
) -> None:
    """The report's findings are the gate's own reasons, word by word, and an owner approved a waiver of everything."""
    until = "until: '2027-01-31'"
    wide = f"rule: '*/*', wide: true, reason: because it is needed, owner: ann, {until}"
    waived = f"version: 1\nwaivers:\n- {{stack: '**', {wide}}}\n- {{path: '**', {wide}}}\n"
    asks_two = {"gitops-ci.yml": "version: 1\nenvironments: [{name: production, gate: {approvals: 2}}]\n"}
    job = Job(tmp_path, github, {**ORDERS, "gitops-ci-waivers.yml": waived}, asks_two)
    github.repository.branches["main"] = job.base
    github.repository.pushed(job.head, "octocat")
    github.repository.review("ann", commit=job.head)
    file = planned(job)
    outcome, judged = gated(job, file)
    assert outcome.code == 1
    report = json.loads(file.read_bytes())
    blocking = [each for each in judged["verdict"]["reasons"] if each["decision"] == "blocked"]
    assert {each["rule"] for each in blocking} == {"gate/approvals-missing", "gate/deciding-files"}
    for each in blocking:
        path, _, message = ("", "", each["message"]) if each["stack"] else each["message"].partition(": ")
        place = {"path": path or None, "stack": each["stack"], "fingerprint": "0" * 32}
        said = {"rule": each["rule"], "severity": "error", "message": message, "help": "", "state": "new"}
        report["findings"].append(said | place)
    report["part"]["reasons"] += blocking
    report["verdict"] = None
    file.write_text(json.dumps(report))
    outcome, judged = gated(job, file)
    assert outcome.code == 1
    told = rules(judged)
    assert {"gate/approvals-missing", "gate/deciding-files", "checks/report-contradictory"} <= told
    assert not any(each["how"] == "review" and each["until"] for each in judged["verdict"]["lifted"])


def test_a_commit_in_anothers_name_that_a_machine_pushed_takes_one_approval_more(
    tmp_path: Path, github: Server
) -> None:
    """Mallory has a workflow of her own branch push, in octocat's name, and approves it."""
    job = Job(tmp_path, github, ORDERS)
    github.repository.branches["main"] = job.base
    github.repository.commits.add(job.head)
    github.repository.roles |= {"mallory": "write", "ann": "write"}
    github.repository.commit(job.head, actor("octocat"))
    github.repository.push("github-actions[bot]", job.head)
    github.repository.review("mallory", commit=job.head)
    file = planned(job)
    outcome, report = gated(job, file)
    assert (outcome.code, "gate/pushers-unknown" in rules(report)) == (3, True), outcome.stderr
    github.repository.review("ann", commit=job.head)
    assert gated(job, file)[0].code == 0


def test_what_enters_a_branch_that_is_an_environment_takes_its_approvals(tmp_path: Path, github: Server) -> None:
    """Roots in no environment's folder: `main` is production here."""
    config = "version: 1\nenvironments: [{name: production, branch: main, gate: {approvals: 1}}]\n"
    job = Job(
        tmp_path,
        github,
        {"db/migrations/001_users.sql": "CREATE TABLE users (id bigint);\n"},
        {"gitops-ci.yml": config},
    )
    github.repository.branches["main"] = job.base
    github.repository.pushed(job.head, "octocat")
    file = planned(job)
    assert json.loads(file.read_bytes())["stacks"][0]["environment"] == "shared"
    outcome, report = gated(job, file)
    assert (outcome.code, rules(report)) == (1, {"gate/approvals-missing"})
    github.repository.review("ann", commit=job.head)
    assert gated(job, file)[0].code == 0
