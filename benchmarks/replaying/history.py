"""Reads a repository's first-parent history, and keeps a directory at one of its commits without git's work tree."""

from __future__ import annotations

import itertools
import os
import posixpath
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from benchmarks import measure

SYMLINK = "120000"
_FILES = frozenset({"100644", "100755", SYMLINK})
_MAX_LINKS = 40


class Pair(NamedTuple):
    """A commit and its first parent: ids, and the commit's date (year-month-day)."""

    base: str
    head: str
    date: str


class Entry(NamedTuple):
    """A file of a tree: git's mode and the id of its content."""

    mode: str
    oid: str


Entries = Mapping[str, Entry]


class History:
    """A clone, bare or not. Contents that it lacks read as empty and are named in `missing`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.missing: set[str] = set()

    def git(self, *arguments: str) -> str:
        """What a git call prints; paths that are not UTF-8 survive as surrogates."""
        return measure.git(self.directory, *arguments).decode("utf-8", "surrogateescape")

    def pairs(self, tip: str) -> list[Pair]:
        """The first-parent commits up to `tip` that change something, the oldest first, each with its first parent."""
        log = self.git("log", "--first-parent", "--reverse", "--format=%H %T %cs", tip)
        lines = [line.split() for line in log.splitlines()]
        return [
            Pair(base, head, date)
            for (base, before, _), (head, after, date) in itertools.pairwise(lines)
            if before != after
        ]

    def entries(self, commit: str) -> dict[str, Entry]:
        """Files and symbolic links of a commit; submodules are left out."""
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit)
        found: dict[str, Entry] = {}
        for line in listing.split("\0"):
            about, _, path = line.partition("\t")
            mode, _, oid = (*about.split(" "), "", "")[:3]
            if mode in _FILES:
                found[path] = Entry(mode, oid)
        return found

    @cached_property
    def _reader(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [measure.tool("git"), "-C", str(self.directory), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=measure.environment() | {"GIT_NO_LAZY_FETCH": "1"},
        )

    def read(self, oid: str) -> bytes:
        """The content of a blob."""
        reader = self._reader
        if reader.stdin is None or reader.stdout is None:
            raise measure.Impossible("git cat-file has no pipes")
        reader.stdin.write(oid.encode() + b"\n")
        reader.stdin.flush()
        words = reader.stdout.readline().split()
        if len(words) != 3:
            self.missing.add(oid)
            return b""
        return reader.stdout.read(int(words[2]) + 1)[:-1]

    def close(self) -> None:
        """Ends the process that hands over contents."""
        if "_reader" in self.__dict__:
            with self._reader as reader:
                reader.kill()


class Checkout:
    """A directory that holds one commit's files as they are in git, and moves to another by what differs."""

    def __init__(self, directory: Path, history: History) -> None:
        self.directory = directory.resolve()
        self.history = history
        self.entries: dict[str, Entry] = {}
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)

    def move(self, entries: Mapping[str, Entry]) -> frozenset[str]:
        """Makes the directory hold `entries`; returns the paths that differ, folders that came or went among them."""
        different = {path for path, _ in self.entries.items() ^ entries.items()}
        folders = _folders(self.entries) ^ _folders(entries)
        for path in different & self.entries.keys():
            (self.directory / path).unlink()
        for path in sorted(_folders(self.entries) - _folders(entries), reverse=True):
            (self.directory / path).rmdir()
        for path in sorted(different & entries.keys()):
            self._write(path, entries[path])
        self.entries = dict(entries)
        self.__dict__.pop("children", None)
        return frozenset(different | folders)

    def restore(self, path: str) -> None:
        """Writes one file as it is in git again."""
        (self.directory / path).unlink()
        self._write(path, self.entries[path])

    def _write(self, path: str, entry: Entry) -> None:
        place = self.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.parent.resolve().is_relative_to(self.directory):
            raise measure.Impossible(f"{path} would be written outside the checkout")  # a tree that git would not make
        content = self.history.read(entry.oid)
        if entry.mode == SYMLINK:
            place.symlink_to(os.fsdecode(content) or "missing")
        else:
            place.write_bytes(content)

    def followed(self, path: str) -> tuple[str | None, tuple[str, ...]]:
        """Where `path` leads, and the symbolic links on the way; None where that is outside the repository.

        Links are read from the directory, so this is what the kernel does (path_resolution(7)).
        """
        pending = path.split("/")[::-1]
        done: list[str] = []
        links: list[str] = []
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not done:
                    return None, tuple(links)
                done.pop()
                continue
            at = "/".join((*done, part))
            if self.entries.get(at, Entry("", "")).mode != SYMLINK:
                done.append(part)
                continue
            links.append(at)
            target = str((self.directory / at).readlink())
            if len(links) > _MAX_LINKS or target.startswith("/"):
                return None, tuple(links)
            pending.extend(target.split("/")[::-1])
        return "/".join(done), tuple(links)

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Folder → names of the files and links directly in it."""
        found: dict[str, list[str]] = {}
        for path in self.entries:
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, []).append(name)
        return found


def _folders(paths: Iterable[str]) -> set[str]:
    return {folder for path in paths for folder in above(path)}


def above(path: str) -> Iterator[str]:
    """The folders that a path lies in, without the repository's root."""
    while path := posixpath.dirname(path):
        yield path
