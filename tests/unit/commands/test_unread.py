"""A configuration that cannot decide: who is told, and where nothing is written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from gitops_ci.commands import unread
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import ConfigError
from gitops_ci.settings import Settings

ERROR = ConfigError("a\nb", mistakes=((3, "nam: unknown key"), (None, "and 2\nmore")))


def outside(tmp_path: Path, payload: object | None) -> Outside:
    environ = {}
    if payload is not None:
        (tmp_path / "event.json").write_text(json.dumps(payload))
        environ["GITHUB_EVENT_PATH"] = str(tmp_path / "event.json")
    settings = Settings.from_environ(environ)
    return Outside(stdout=io.StringIO(), stderr=io.StringIO(), settings=settings, cwd=tmp_path, scratch=tmp_path)


def payload() -> dict[str, object]:
    side = {"ref": "main", "sha": "a" * 40, "repo": {"id": 1}}
    return {"pull_request": {"number": 7, "base": side, "head": {**side, "sha": "b" * 40}}}


def test_each_mistake_is_a_reason_of_an_undecided_verdict_about_the_events_commit(tmp_path: Path) -> None:
    unread.write(ERROR, Options(out=Path("out")), outside(tmp_path, payload()))
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["head"], report["pull_request"]) == ("b" * 40, 7)
    assert report["verdict"]["decision"] == "undecided"
    assert [each["message"] for each in report["verdict"]["reasons"]] == [
        "gitops-ci.yml of main cannot decide: line 3: nam: unknown key",
        "gitops-ci.yml of main cannot decide: and 2 more",
    ]
    assert {each["rule"] for each in report["verdict"]["reasons"]} == {"config/base-invalid"}


@pytest.mark.parametrize(("event", "out"), [(None, Path("out")), ({}, Path("out")), (payload(), None)])
def test_where_nobody_asks_about_a_commit_nothing_is_written(
    tmp_path: Path, event: object | None, out: Path | None
) -> None:
    unread.write(ERROR, Options(out=out), outside(tmp_path, event))
    assert not (tmp_path / "out").exists()
