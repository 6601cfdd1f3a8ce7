"""Small real git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gitops_ci.system.git import Repository

IDENTITY = {
    "GIT_AUTHOR_NAME": "A colleague",
    "GIT_AUTHOR_EMAIL": "colleague@example.com",
    "GIT_COMMITTER_NAME": "A colleague",
    "GIT_COMMITTER_EMAIL": "colleague@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Scratch:
    """A repository in a temporary directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env={**os.environ, **IDENTITY},
            capture_output=True,
            check=True,
            text=True,
            errors="surrogateescape",
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "a change") -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


def open_at(path: Path, tmp_path: Path, *, exact: bool = False) -> Repository:
    """A repository as gitops-ci opens it."""
    place = tmp_path / "scratch"
    place.mkdir(exist_ok=True)
    return Repository(path, exact=exact, environ=os.environ, scratch=place)
