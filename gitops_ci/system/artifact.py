"""Files that a run wrote which may not be ours: looked at within limits, and no link among them is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

BYTES = 64 << 20
"""Of all files together."""
REPORTS = 300
"""A run has at most 256 jobs in its matrix, each with one report."""
ENTRIES = 4_000
"""Files and folders: a job's artifact is a folder of some five files."""
_DEPTH = 4
_NAME = "report.json"


class Document(Struct, frozen=True):
    """One `report.json`, and what to call it."""

    name: str
    content: bytes


class Artifact(Struct, frozen=True):
    """What was found; `problem` says why it is not believed, and then there are no documents."""

    documents: tuple[Document, ...] = ()
    problem: str | None = None


class _Refused(Exception):
    pass


def read(places: Iterable[Path]) -> Artifact:
    """Every report below the `places`; those that are not there have none."""
    try:
        found = [file for place in places if place.exists() for file in _files(place)]
        return Artifact(documents=tuple(_documents(found)))
    except _Refused as refused:
        return Artifact(problem=str(refused))
    except OSError as error:
        return Artifact(problem=f"it cannot be read: {error.strerror}")


class _File(Struct, frozen=True):
    path: Path
    name: str
    size: int


def _files(place: Path) -> Iterator[_File]:
    """The files of one place, in order; raises _Refused where there is anything but files and folders."""
    left, seen = [(place, 0)], 0
    while left:
        folder, depth = left.pop()
        for entry in sorted(_entries(folder), key=lambda each: each.name):
            seen += 1
            if seen > ENTRIES:
                raise _Refused(f"it holds more than {ENTRIES:,} files")
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) and depth < _DEPTH:
                left.append((Path(entry.path), depth + 1))
            elif stat.S_ISREG(found.st_mode):
                yield _File(Path(entry.path), os.path.relpath(entry.path, place), found.st_size)
            else:
                raise _Refused("it holds a link, something that is no file, or too many folders in each other")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry, _ in zip(entries, range(ENTRIES + 1), strict=False)]


def _documents(files: list[_File]) -> Iterator[Document]:
    whole = sum(file.size for file in files)
    if whole > BYTES:
        raise _Refused(f"it is {whole / (1 << 20):.0f} MiB large, and {BYTES >> 20} are read")
    reports = [file for file in files if file.path.name == _NAME]
    if len(reports) > REPORTS:
        raise _Refused(f"it holds {len(reports):,} reports, and {REPORTS} are read")
    for file in reports:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            content = opened.read(file.size + 1)
        if len(content) > file.size:
            raise _Refused("it grows while it is read")
        yield Document(file.name, content)
