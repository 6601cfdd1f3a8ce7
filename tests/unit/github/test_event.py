"""Event payloads: the ends of a change, or none, or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.errors import UsageError
from gitops_ci.github import event
from gitops_ci.github.event import Event, Source
from gitops_ci.model.run import Run


def read(tmp_path: Path, payload: Any) -> Event:
    path = tmp_path / "event.json"
    path.write_bytes(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return event.read(path)


OURS, FORK = {"id": 1, "full_name": "acme/infra"}, {"id": 2, "full_name": "mallory/infra"}
BASE: dict[str, Any] = {"sha": "b" * 40, "ref": "main", "repo": OURS}
PULL = {"number": 7, "base": BASE, "head": {"sha": "a" * 40, "repo": OURS}, "title": "x"}


def test_a_pull_request(tmp_path: Path) -> None:
    expected = Event(base="b" * 40, head="a" * 40, base_ref="main", pull_request=7)
    assert read(tmp_path, {"action": "synchronize", "pull_request": PULL, "sender": {}}) == expected


@pytest.mark.parametrize("repo", [FORK, None], ids=["fork", "deleted fork"])
def test_a_pull_request_of_a_fork(tmp_path: Path, repo: dict[str, Any] | None) -> None:
    pull = {**PULL, "head": {"sha": "a" * 40, "repo": repo}}
    found = read(tmp_path, {"action": "synchronize", "pull_request": pull, "repository": OURS})
    assert (found.pull_request, found.fork) == (7, True)


def test_a_pull_request_that_does_not_say_whose_it_is_counts_as_a_forks(tmp_path: Path) -> None:
    pull = {"number": 7, "base": {"sha": "b" * 40}, "head": {"sha": "a" * 40}}
    assert read(tmp_path, {"pull_request": pull}).fork


@pytest.mark.parametrize(
    "action",
    [
        "opened",
        "synchronize",
        "reopened",
        "edited",
        "ready_for_review",
        "labeled",
        "unlabeled",
        "submitted",
        "dismissed",
    ],
)
def test_every_action_about_a_pull_request_names_its_ends(tmp_path: Path, action: str) -> None:
    """`synchronize` has `before` and `after`, `edited` says what changed, a review is beside the pull request."""
    beside = {"before": "c" * 40, "after": "a" * 40, "changes": {"base": {"ref": {"from": "old"}}}, "review": {"id": 1}}
    found = read(tmp_path, {"action": action, "pull_request": PULL, "repository": OURS, "label": {}, **beside})
    assert found == Event(base="b" * 40, head="a" * 40, base_ref="main", pull_request=7)


def test_a_closed_pull_request_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, {"action": "closed", "pull_request": PULL}).closed


RUN = {"id": 30433642, "run_attempt": 2, "head_sha": "a" * 40, "head_branch": "feature", "event": "pull_request"}


@pytest.mark.parametrize(("repo", "fork"), [(OURS, False), (FORK, True), (None, True)])
def test_a_workflow_that_another_one_started(tmp_path: Path, repo: dict[str, Any] | None, fork: bool) -> None:
    payload = {"action": "completed", "workflow_run": {**RUN, "head_repository": repo, "pull_requests": []}}
    assert read(tmp_path, {**payload, "repository": OURS}) == Event(fork=fork, after_run=True)


def test_the_source_of_a_forks_run(tmp_path: Path) -> None:
    run = {**RUN, "head_repository": {**FORK, "owner": {"login": "mallory", "id": 9}}}
    found = read(tmp_path, {"action": "completed", "workflow_run": run, "repository": OURS})
    assert found.source == Source("mallory", 2, "feature", "a" * 40, Run(id="30433642", attempt=2))
    assert (found.head, found.pull_request) == (None, None), "which pull request it is only the API knows"


def test_a_merge_group(tmp_path: Path) -> None:
    group = {
        "base_sha": "b" * 40,
        "base_ref": "refs/heads/main",
        "head_sha": "a" * 40,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{'b' * 40}",
    }
    found = read(tmp_path, {"merge_group": group})
    assert found == Event(base="b" * 40, head="a" * 40, queue_ref=group["head_ref"], base_ref="main")


ZEROS = "0" * 40
PUSH = {"ref": "refs/heads/main", "before": "b" * 40, "after": "a" * 40, "repository": OURS, "commits": []}


def test_a_push_is_from_what_the_branch_had_to_what_it_has(tmp_path: Path) -> None:
    assert read(tmp_path, PUSH) == Event(base="b" * 40, head="a" * 40, pushed=True, onto="main")
    assert read(tmp_path, {**PUSH, "before": ZEROS}) == Event(head="a" * 40, pushed=True, onto="main"), "a new branch"


BY_HAND = {"ref": "refs/heads/main", "repository": OURS, "workflow": ".github/workflows/plan-by-hand.yml"}


@pytest.mark.parametrize("number", ["7", 7])
def test_a_commit_that_a_maintainer_asks_for(tmp_path: Path, number: object) -> None:
    found = read(tmp_path, {**BY_HAND, "inputs": {"pull_request": number, "sha": "a" * 40}})
    assert found == Event(head="a" * 40, pull_request=7)


@pytest.mark.parametrize(
    "inputs",
    [
        None,
        {},
        {"environment": "production"},
        {"pull_request": "7"},
        {"pull_request": "7", "sha": "main"},
        {"pull_request": "#7", "sha": "a" * 40},
        {"pull_request": True, "sha": "a" * 40},
        {"pull_request": "0", "sha": "a" * 40},
        {"pull_request": "7", "sha": f"{'a' * 40}\n"},
        {"pull_request": {"number": 7}, "sha": ["a"]},
    ],
)
def test_other_inputs_ask_for_nothing(tmp_path: Path, inputs: Any) -> None:
    assert read(tmp_path, {**BY_HAND, "inputs": inputs}) == Event()


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {**PUSH, "after": ZEROS},  # the branch was deleted
        {**PUSH, "ref": "refs/tags/v1"},
        {"schedule": "0 0 * * *"},
        {"pull_request": None},
    ],
)
def test_an_event_about_no_change(tmp_path: Path, payload: Any) -> None:
    assert read(tmp_path, payload) == Event()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        [],
        {"pull_request": {"number": "7"}},
        {"pull_request": {**PULL, "base": {}}},
        {"pull_request": {**PULL, "head": {"sha": 1}}},
        {"pull_request": {**PULL, "base": {"sha": "--output=x"}}},
        {"pull_request": {**PULL, "head": {"sha": ""}}},
        {"merge_group": {"base_sha": "b" * 40, "head_sha": "HEAD"}},
        {"pull_request": {**PULL, "base": {**BASE, "repo": {"id": "1"}}}},
    ],
)
def test_a_payload_that_cannot_be_read_is_a_usage_error(tmp_path: Path, payload: Any) -> None:
    with pytest.raises(UsageError, match=r"event\.json cannot be read") as raised:
        read(tmp_path, payload)
    assert raised.value.hint == "give --base and --head"


def test_a_payload_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            event.read(path)


def test_a_comment_says_nothing_of_the_commit_so_that_it_counts_as_a_forks(tmp_path: Path) -> None:
    payload = {"action": "created", "issue": {"number": 7, "pull_request": {}}, "comment": {"body": "/plan"}}
    assert read(tmp_path, payload) == Event(fork=True)
