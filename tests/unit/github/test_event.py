"""Event payloads: the ends of a change, or none, or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.errors import UsageError
from gitops_ci.github import event
from gitops_ci.github.event import Event


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


@pytest.mark.parametrize(("repo", "fork"), [(OURS, False), (FORK, True), (None, True)])
def test_a_workflow_that_another_one_started(tmp_path: Path, repo: dict[str, Any] | None, fork: bool) -> None:
    payload = {"workflow_run": {"head_repository": repo, "head_sha": "a" * 40}, "repository": OURS}
    assert read(tmp_path, payload) == Event(fork=fork)


def test_a_merge_group(tmp_path: Path) -> None:
    group = {"base_sha": "b" * 40, "head_sha": "a" * 40, "head_ref": "x"}
    assert read(tmp_path, {"merge_group": group}) == Event(base="b" * 40, head="a" * 40)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"ref": "refs/heads/main", "before": "b" * 40, "after": "a" * 40},
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
