"""What holds for every test: unit tests touch nothing outside, and the quick ones run first."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.integration.github_server import Server

HERE = Path(__file__).parent
settings.register_profile("project", deadline=None)  # how fast something is belongs to benchmarks/
settings.load_profile("project")
_ORDER = ("unit", "integration", "e2e")


class Outside(Exception):
    """A unit test reached for a process or the network: hand in a fake, or move the test to tests/integration."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests first, then integration, then end to end."""
    items.sort(key=lambda item: _ORDER.index(_folder(item.path)) if _folder(item.path) in _ORDER else len(_ORDER))


def _folder(path: Path) -> str:
    return path.relative_to(HERE).parts[0]


@pytest.fixture(autouse=True)
def closed_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under tests/unit no process starts and no connection opens."""
    if _folder(request.path) != "unit":
        return

    def refuse(*_: object, **__: object) -> NoReturn:
        raise Outside(Outside.__doc__)

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    for name in ("system", "fork", "forkpty", "posix_spawn", "posix_spawnp"):
        monkeypatch.setattr(os, name, refuse, raising=False)
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


@pytest.fixture(scope="session")
def github_server() -> Iterator[Server]:
    """GitHub's API, started once, for its description is long; a test takes `github`."""
    from tests.integration.github_server import Server  # unit tests do without it

    server = Server()
    yield server
    server.close()


@pytest.fixture
def github(github_server: Server) -> Iterator[Server]:
    """GitHub's API, with nothing in it yet; in the end nothing may have been sent that its description does not know."""
    github_server.begin_anew()
    yield github_server
    assert github_server.problems == []
