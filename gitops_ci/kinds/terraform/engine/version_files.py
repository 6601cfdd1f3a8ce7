"""`.terraform-version` and `.opentofu-version`: the nearest one, and whether a version is what its words name.

The words are those of tfenv and tenv (https://github.com/tfutils/tfenv, https://tofuutils.github.io/tenv). There is no
list of releases here: the latest is the newest of the engines that this machine has.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.engine import versions

NAMES: Mapping[str, str] = {".terraform-version": "terraform", ".opentofu-version": "tofu"}
"""The files, and the engine that each is about."""

OLDEST = "min-required"
_WORDS = ("latest", "latest-stable", "latest-allowed", OLDEST)
_MATCHING = "latest:"
_MAX_BYTES = 4096
_MAX_REPEATS = 4  # what matching costs grows with the power of these
_REPEAT = re.compile(r"[*+?]")
_PLAIN = re.compile(r"(?:\[\^?[\w.-]+\]|\\[.d-]|[\w.^$-]|[*+?])*")


class Line(NamedTuple):
    """The word of a version file, and where it stands."""

    text: str
    path: str
    line: int


def nearest(directory: str, snapshot: Snapshot) -> dict[str, Line]:
    """By engine the nearest version file, from a directory up to the repository's root."""
    found: dict[str, Line] = {}
    for folder in _upwards(directory):
        for name, engine in NAMES.items():
            path = posixpath.join(folder, name)
            if engine not in found and path in snapshot and (line := _read(path, snapshot)) is not None:
                found[engine] = line
    return found


def _upwards(directory: str) -> Iterator[str]:
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]
    yield ""


def _read(path: str, snapshot: Snapshot) -> Line | None:
    """The first line that says something."""
    target = snapshot.resolve(path)
    content = snapshot.read(target, limit=_MAX_BYTES) if target is not None else None
    for number, line in enumerate((content or b"").decode("utf-8-sig", "replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if text:
            return Line(text[:100], path, number)
    return None


def compares(text: str) -> bool:
    """Whether a word names no version by itself, but the newest or oldest of several."""
    return text in _WORDS or text.startswith(_MATCHING)


def fits(version: str, text: str) -> bool:
    """Whether a version may be what the words name: equal, within constraints, or matching the pattern."""
    if text in _WORDS:
        return True
    if text.startswith(_MATCHING):
        pattern = text.removeprefix(_MATCHING)
        return _is_cheap(pattern) and re.search(pattern, version[:40]) is not None
    found, exact = versions.version(version), versions.version(text)
    if found is None:
        return False
    if exact is not None:
        return exact.order == found.order
    conditions = versions.constraints(text)
    return conditions is not None and versions.allowed(found, conditions)


def _is_cheap(pattern: str) -> bool:
    """Whether a pattern out of somebody's pull request matches in no time: no groups, few repetitions."""
    if len(pattern) > 60 or not _PLAIN.fullmatch(pattern) or len(_REPEAT.findall(pattern)) > _MAX_REPEATS:
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
