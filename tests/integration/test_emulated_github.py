"""Our requests against an emulator of GitHub's API that others wrote: what ours knows and it does not would show here."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.github import check_runs, comments, pull_requests, statuses
from gitops_ci.github.api import Api, Denied
from gitops_ci.github.check_runs import Annotation, CheckRun
from tests.integration import node_packages

MARKER = "<!-- gitops-ci:comment v1 config=default -->"
LOGIN = "github-actions[bot]"
"""The emulator has no GraphQL, so that we take ourselves for this one."""
SEED = f"""
tokens:
  ours: {{login: "{LOGIN}", scopes: [repo]}}
  octocats: {{login: octocat, scopes: [repo]}}
  mallorys: {{login: mallory, scopes: [repo]}}
github:
  users: [{{login: octocat}}, {{login: mallory}}, {{login: "{LOGIN}"}}]
  orgs: [{{login: acme, members: [octocat, "{LOGIN}"]}}]
  repos: [{{owner: acme, name: infra, auto_init: true}}]
"""


class Emulator:
    """The emulator with a pull request #1 in `acme/infra`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.number = self._pull_request()
        self.commit = self.api().get(f"pulls/{self.number}", _Json)["head"]["sha"]

    def api(self, token: str = "ours") -> Api:
        return Api(token, repository="acme/infra", url=self.url)

    def _pull_request(self) -> int:
        body = {"title": "A change", "head": "feature", "base": "main"}
        return int(self.api("octocats").send("POST", "pulls", _Json, body)["number"])


_Json = dict[str, Any]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    try:
        found = node_packages.installed()
    except node_packages.Missing as missing:
        pytest.skip(f"no emulator of GitHub's API: {missing}")
    place = tmp_path_factory.mktemp("emulate")
    (place / "seed.yaml").write_text(SEED)
    port = _free_port()
    command = [str(found.node), str(found.modules / "emulate" / "dist" / "index.js"), "start", "--service", "github"]
    with (place / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--seed", "seed.yaml"], cwd=place, stdout=log, stderr=log
        )
        try:
            yield Emulator(_started(process, f"http://localhost:{port}", place / "log"))
        finally:
            process.terminate()
            process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _started(process: subprocess.Popen[bytes], url: str, log: Path) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/meta", timeout=1):
                return url
        except urllib.error.HTTPError:
            return url
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the emulator has not started: {log.read_text()[-2000:]}")


def bodies(emulator: Emulator) -> list[str]:
    found = emulator.api().pages(f"issues/{emulator.number}/comments", comments.Comment)
    return [each.body or "" for each in found if MARKER in (each.body or "")]


def test_one_comment_is_written_found_behind_other_pages_updated_and_never_twice(emulator: Emulator) -> None:
    first = comments.publish(emulator.api(), emulator.number, f"{MARKER}\none", marker=MARKER)
    octocat = emulator.api("octocats")
    for number in range(130):
        octocat.send("POST", f"issues/{emulator.number}/comments", _Json, {"body": f"talk {number}"})
    again = comments.publish(emulator.api(), emulator.number, f"{MARKER}\ntwo", marker=MARKER)
    assert again.id == first.id
    assert bodies(emulator) == [f"{MARKER}\ntwo"]
    for extra in ("three", "four"):
        emulator.api().send("POST", f"issues/{emulator.number}/comments", _Json, {"body": f"{MARKER}\n{extra}"})
    octocat.send("POST", f"issues/{emulator.number}/comments", _Json, {"body": f"{MARKER}\nbelieve me"})
    comments.publish(emulator.api(), emulator.number, f"{MARKER}\nfive", marker=MARKER)
    assert bodies(emulator) == [f"{MARKER}\nfive", f"{MARKER}\nbelieve me"]


def test_a_check_run_has_every_annotation_and_is_written_once(emulator: Emulator) -> None:
    annotations = tuple(
        Annotation(path="a.tf", start_line=line, end_line=line, annotation_level="warning", message="m")
        for line in range(1, 121)
    )
    run = CheckRun(
        name="gitops-ci report",
        head_sha=emulator.commit,
        conclusion="failure",
        title="Blocked",
        summary="**why**",
        external_id="same-content",
        annotations=annotations,
    )
    assert check_runs.publish(emulator.api(), run)
    assert not check_runs.publish(emulator.api(), run)
    found = emulator.api().get(f"commits/{emulator.commit}/check-runs", _Json)["check_runs"]
    assert [(each["status"], each["conclusion"]) for each in found] == [("completed", "failure")]
    # Three batches were taken. The emulator keeps the last; GitHub adds each (https://docs.github.com/rest/checks/runs).
    assert found[0]["output"]["annotations_count"] == 20


def test_a_pull_request_is_what_we_read_of_it(emulator: Emulator) -> None:
    now = pull_requests.get(emulator.api(), emulator.number)
    assert (now.number, now.state, now.base.ref) == (emulator.number, "open", "main")
    assert now.head.sha == emulator.commit
    assert now.head.repo is not None
    assert now.head.repo.full_name == "acme/infra"


def test_what_is_not_there_is_told(emulator: Emulator) -> None:
    with pytest.raises(Denied, match="404"):
        pull_requests.get(emulator.api(), 999)
    with pytest.raises(Denied, match="404"):  # it has no statuses
        statuses.known(emulator.api(), emulator.commit, "gitops-ci")


def test_somebody_who_may_not_write_is_refused_and_the_token_is_not_told(emulator: Emulator) -> None:
    with pytest.raises(Denied, match="403") as told:
        emulator.api("mallorys").send("PATCH", "", _Json, {"has_wiki": False})
    assert "mallorys" not in str(told.value)
