"""The environment of a job as Settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.model.run import Run
from gitops_ci.settings import Settings

ACTIONS = {
    "GITHUB_EVENT_PATH": "/github/workflow/event.json",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REPOSITORY": "acme/infrastructure-gitops",
    "GITHUB_SERVER_URL": "https://github.acme.example",
    "GITHUB_RUN_ID": "123",
    "GITHUB_RUN_ATTEMPT": "2",
    "SECRET": "hunter2",
}


def test_a_job_of_github_actions() -> None:
    settings = Settings.from_environ(ACTIONS)
    assert settings.event_path == Path("/github/workflow/event.json")
    assert settings.event_name == "pull_request"
    assert settings.repository == "acme/infrastructure-gitops"
    assert settings.server_url == "https://github.acme.example"
    assert settings.run == Run(id="123", attempt=2)


def test_a_terminal() -> None:
    settings = Settings.from_environ({"NO_COLOR": "1", "FORCE_COLOR": ""})
    assert settings == Settings(no_color=True, environ={"NO_COLOR": "1", "FORCE_COLOR": ""})


def test_empty_variables_are_as_good_as_none() -> None:
    assert Settings.from_environ(dict.fromkeys(ACTIONS, "")).server_url == "https://github.com"
    assert Settings.from_environ(dict.fromkeys(ACTIONS, "")).run is None


@pytest.mark.parametrize("name", ["acme", "a/b/c", "a b/c", "../x y", "a/b\n", "<script>/x"])
def test_a_name_that_is_no_repository_is_none(name: str) -> None:
    assert Settings.from_environ({"GITHUB_REPOSITORY": name}).repository is None


@pytest.mark.parametrize("attempt", ["", "x", "-1", "1.5"])
def test_an_attempt_that_is_no_number_is_the_first(attempt: str) -> None:
    run = Settings.from_environ({"GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": attempt}).run
    assert run == Run(id="1", attempt=1)


def test_the_environment_never_appears_in_a_repr() -> None:
    assert "hunter2" not in repr(Settings.from_environ(ACTIONS))
