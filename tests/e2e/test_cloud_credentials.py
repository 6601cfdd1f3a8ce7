"""The steps of gitops-pull-request.yml that log in to clouds, run as a runner runs them, against a stand-in for GitHub's OIDC provider."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from gitops_ci.system import clean_room

WORKFLOW = Path(__file__).resolve().parents[2] / ".github/workflows/gitops-pull-request.yml"
VARIABLES = {"ARM_CLIENT_ID": "client", "ARM_TENANT_ID": "tenant", "ARM_SUBSCRIPTION_ID": "subscription"}

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on PATH here")


class Provider(HTTPServer):
    """Gives a token of the audience that is asked for to whoever has the request token."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.asked: list[tuple[str, str | None]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Asked(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider, authorization = cast("Provider", self.server), self.headers["Authorization"]
        provider.asked.append((self.path, authorization))
        self.send_response(200 if authorization == "Bearer request-token" else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"count": 1, "value": "eyJ.a-b_c.d"}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    yield server
    server.shutdown()
    server.server_close()


def step(name: str) -> dict[str, Any]:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["plan"]["steps"]
    return cast("dict[str, Any]", next(each for each in steps if each.get("name") == name))


def ran(script: str, place: Path, **env: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """The script as it ended, and the variables that later steps have."""
    file = place / "env"
    file.write_text("")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={"PATH": os.environ["PATH"], "GITHUB_ENV": str(file), **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_azures_engines_have_a_token_of_their_audience_and_not_the_one_that_asks(
    provider: Provider, tmp_path: Path
) -> None:
    azure = step("Credentials of Azure")
    assert set(azure["env"]) == set(VARIABLES)
    url = f"http://127.0.0.1:{provider.server_port}/token?api-version=2.0"
    request = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
    done, given = ran(azure["run"], tmp_path, **request, **VARIABLES)
    assert done.returncode == 0, done.stderr
    assert provider.asked == [("/token?api-version=2.0&audience=api://AzureADTokenExchange", "Bearer request-token")]
    assert done.stdout == "::add-mask::eyJ.a-b_c.d\n"
    assert given == {"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": "eyJ.a-b_c.d", **VARIABLES}
    seen = clean_room.environment({**given, **request}, allow=["*"], repository=tmp_path, home=tmp_path)
    assert given.items() <= seen.items()
    assert "request-token" not in str(seen)


def test_a_refused_request_for_a_token_of_azure_ends_the_step(provider: Provider, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{provider.server_port}/token?api-version=2.0"
    request = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"}
    done, given = ran(step("Credentials of Azure")["run"], tmp_path, **request, **VARIABLES)
    assert done.returncode != 0
    assert given == {}


def test_google_leaves_no_file_in_what_is_judged(tmp_path: Path) -> None:
    login = step("Credentials of Google Cloud")
    assert login["with"]["create_credentials_file"] is False
    handed = step("Credentials of Google Cloud, as the engines take them")
    assert handed["env"] == {"GOOGLE_OAUTH_ACCESS_TOKEN": f"${{{{ steps.{login['id']}.outputs.access_token }}}}"}
    _, given = ran(handed["run"], tmp_path, GOOGLE_OAUTH_ACCESS_TOKEN="ya29.a-token")
    assert given == {"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.a-token"}
    assert given.items() <= clean_room.environment(given, allow=[], repository=tmp_path, home=tmp_path).items()
