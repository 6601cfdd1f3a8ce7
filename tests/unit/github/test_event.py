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


PULL = {"number": 7, "base": {"sha": "b" * 40, "ref": "main"}, "head": {"sha": "a" * 40}, "title": "x"}


def test_a_pull_request(tmp_path: Path) -> None:
    expected = Event(base="b" * 40, head="a" * 40, pull_request=7)
    assert read(tmp_path, {"action": "synchronize", "pull_request": PULL, "sender": {}}) == expected


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
