"""`gitops-ci runs`, and `publish` of the reports of another run, as re-gate.yml uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.github_server import HEAD, TOKEN, Server

OURS, THEIRS = {"id": 1, "full_name": "acme/infra"}, {"id": 2, "full_name": "mallory/infra"}


def ended(number: int, head: str = HEAD, **changes: Any) -> dict[str, Any]:
    known = {
        "status": "completed",
        "conclusion": "success",
        "path": ".github/workflows/gitops.yml",
        "repository": OURS,
        "head_repository": OURS,
    }
    return {"id": number, "run_attempt": 1, "head_sha": head, **known, **changes}


def runs(place: Path, server: Server, payload: dict[str, Any] | None = None, *, token: str = TOKEN) -> Outcome:
    event = place / "event.json"
    event.write_text(json.dumps(payload or {"schedule": "17 * * * *"}))
    env = {"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "acme/infra", "GITHUB_API_URL": server.url}
    env |= {"GITOPS_CI_TOKEN": token} if token else {}
    return gitops_ci(place, "runs", "--workflow", "gitops.yml", "--format", "json", env=env)


def test_the_newest_run_of_each_open_pull_request(tmp_path: Path, github: Server) -> None:
    github.repository.pull(8, head="c" * 40)
    github.repository.runs += [ended(100), ended(102, run_attempt=2), ended(101), ended(90, "c" * 40)]
    github.repository.runs += [ended(200, path=".github/workflows/other.yml"), ended(201, "d" * 40)]
    found = runs(tmp_path, github).json()["include"]
    assert found == [
        {"pull_request": 7, "id": 102, "run": "102/2", "needs": ""},
        {"pull_request": 8, "id": 90, "run": "90/1", "needs": ""},
    ]


def test_a_review_asks_about_its_own_pull_request(tmp_path: Path, github: Server) -> None:
    github.repository.pull(8, head="c" * 40)
    github.repository.runs += [ended(100), ended(90, "c" * 40)]
    side = {"sha": "b" * 40, "ref": "main", "repo": OURS}
    payload = {"action": "submitted", "pull_request": {"number": 8, "base": side, "head": side}, "review": {}}
    assert [each["id"] for each in runs(tmp_path, github, payload).json()["include"]] == [90]


@pytest.mark.parametrize(
    "newest",
    [ended(101, status="in_progress"), ended(101, head_repository=THEIRS), ended(101, head_repository=None)],
    ids=["under way", "fork", "fork that is gone"],
)
def test_what_will_speak_for_itself_or_is_a_forks_is_left_out(
    tmp_path: Path, github: Server, newest: dict[str, Any]
) -> None:
    github.repository.runs += [ended(100), newest]
    outcome = runs(tmp_path, github)
    assert (outcome.code, outcome.json()["include"]) == (0, [])
    assert "#7 has no run" in outcome.stderr


def test_closed_pull_requests_are_nobodys_concern(tmp_path: Path, github: Server) -> None:
    github.repository.pull(7, state="closed")
    github.repository.runs.append(ended(100))
    side = {"sha": HEAD, "ref": "main", "repo": OURS}
    payload = {"action": "labeled", "pull_request": {"number": 7, "base": side, "head": side}}
    assert runs(tmp_path, github, payload).json()["include"] == []


def test_without_a_token_it_says_what_it_needs(tmp_path: Path, github: Server) -> None:
    outcome = runs(tmp_path, github, token="")
    assert outcome.code == 2
    assert "GITOPS_CI_TOKEN" in outcome.stderr


def test_jobs_that_did_not_end_well_are_told_and_the_gates_own_is_not(tmp_path: Path, github: Server) -> None:
    github.repository.runs += [ended(100, conclusion="failure")]
    ends = {"gitops / detect": "success", "gitops / plan production 1/2": "cancelled", "gitops / gate": "failure"}
    github.repository.jobs[100] = [{"name": name, "conclusion": result} for name, result in ends.items()]
    (found,) = runs(tmp_path, github).json()["include"]
    assert json.loads(found["needs"]) == {"gitops / plan production 1/2": {"result": "cancelled"}}


def test_a_run_of_another_pull_request_with_the_same_head_is_not_taken(tmp_path: Path, github: Server) -> None:
    github.repository.runs += [ended(100, pull_requests=[{"number": 7}]), ended(101, pull_requests=[{"number": 8}])]
    assert [each["id"] for each in runs(tmp_path, github).json()["include"]] == [100]
