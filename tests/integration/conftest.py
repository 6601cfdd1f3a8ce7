"""A repository of a test's own, and the same as gitops-ci opens it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_ci.system.git import Repository
from tests.integration.repositories import Scratch, open_at


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")


@pytest.fixture
def opened(scratch: Scratch, tmp_path: Path) -> Iterator[Repository]:
    repository = open_at(scratch.path, tmp_path)
    yield repository
    repository.close()
