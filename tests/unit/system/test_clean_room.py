"""What of a job's environment reaches an engine, and what of that is never printed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gitops_ci.system import clean_room

HERE = Path("/srv/repository")


def environment(environ: dict[str, str], *allow: str) -> dict[str, str]:
    return clean_room.environment(environ, allow=allow, repository=HERE, home=Path("/tmp/home"))


def test_git_credentials_pass_where_they_are_allowed() -> None:
    given = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "a",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "GIT_SSH_COMMAND": "ssh -v",
    }
    assert not given.items() & environment(given).items()
    assert given.items() <= environment(given, "GIT_CONFIG_*", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND").items()


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "INPUT_GITHUB-TOKEN"])
def test_the_jobs_token_passes_under_no_name(name: str) -> None:
    token = "ghs_0123456789abcdef"
    given = {name: token, "TF_VAR_token": token, "GIT_CONFIG_VALUE_0": f"https://x:{token}@h/", "TF_VAR_size": "3"}
    found = environment(given, "*")
    assert found["TF_VAR_size"] == "3"
    assert not any(token in value for value in found.values())


@pytest.mark.parametrize(
    "name", ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "GOOGLE_GHA_CREDS_PATH"]
)
def test_no_engine_is_led_to_the_file_with_the_token_that_asks_for_tokens(name: str) -> None:
    found = environment({name: "/home/runner/infra/gha-creds-0123456789abcdef.json", "GOOGLE_PROJECT": "acme"}, "*")
    assert name not in found
    assert found["GOOGLE_PROJECT"] == "acme"
    assert environment({name: "/etc/acme/key.json"})[name] == "/etc/acme/key.json"


def test_an_empty_token_takes_nothing_away() -> None:
    assert environment({"GITHUB_TOKEN": "", "TF_VAR_size": "3"})["TF_VAR_size"] == "3"


def test_parts_of_addresses_and_headers_are_secret() -> None:
    header = base64.b64encode(b"x:password-of-somebody").decode()
    env = {
        "GIT_CONFIG_KEY_0": "url.https://ci:pass-word-1@git.example.com/.insteadOf",
        "GIT_CONFIG_VALUE_1": f"AUTHORIZATION: basic {header}",
        "HTTPS_PROXY": "http://user:pass-word-2@proxy:3128",
        "TF_TOKEN_app_terraform_io": "a-token-of-hcp",
        "LANG": "en_GB.UTF-8",
    }
    assert clean_room.credentials(env) == {"pass-word-1", "pass-word-2", header, "a-token-of-hcp"}


def test_an_address_without_a_password_is_none() -> None:
    assert (
        clean_room.credentials({"A": "https://git@host/x:y", "B": "ssh://git@host:22/x", "C": "http://h:80/@x"})
        == set()
    )
