"""CODEOWNERS as GitHub reads it: who owns which path, and what is wrong with the file.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from gitops_ci.config_gate import Approvers
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where it may lie: the first that is there is the one."""
MAX_BYTES = 3 * 1024 * 1024
"""GitHub does not load a larger one."""

_MOST_STARS = 3  # in one name: a pattern becomes an expression, whose time grows with the power of its wildcards
_USER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*")
_TEAM = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LINE = re.compile(r"((?:[^\\\s]|\\.)+)(?:\s+(.*))?", re.DOTALL)
_ANY_FOLDERS = "**"

Below = Literal["no", "may", "must"]
"""Whether what a pattern names is a path itself, a path or a folder above it, or a folder above it."""


class Owners(Struct, frozen=True):
    """Who owns a path: accounts and teams. `addresses` are owners by mail, of which nobody can tell the account.

    Nobody at all: the file says that nobody has to be asked.
    """

    approvers: Approvers = Approvers()
    addresses: tuple[str, ...] = ()

    @property
    def nobody(self) -> bool:
        """Whether there is no owner."""
        return not self.approvers.named and not self.addresses


class Line(Struct, frozen=True, kw_only=True):
    """One line: the folders and names of its pattern, cut at each `**`, and the owners of what matches.

    `prefix` is how every path begins that matches. Without `anchored` the first run may begin in any folder.
    """

    number: int
    owners: Owners
    prefix: str
    anchored: bool
    runs: tuple[tuple[str | re.Pattern[str], ...], ...]
    below: Below

    def matches(self, parts: Sequence[str]) -> bool:
        """Whether a path of these parts is meant."""
        at = 0
        for index, run in enumerate(self.runs):
            is_last = index == len(self.runs) - 1
            free = index > 0 or not self.anchored
            starts = range(at, len(parts) - len(run) + 1)
            if is_last and self.below == "no":
                starts = starts[-1:] if free else starts[:1] if len(parts) == len(run) else range(0)
            found = next((start for start in (starts if free else starts[:1]) if _fits(run, parts, start)), None)
            if found is None:
                return False
            at = found + len(run)
        return self.below != "must" or max(at, 1) < len(parts)


class Codeowners(Struct, frozen=True):
    """A CODEOWNERS file: None for a `path` where there is none. `problems` are line numbers (0: the file) and words."""

    path: str | None = None
    lines: tuple[Line, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()

    def of(self, path: str) -> Owners | None:
        """The owners by the last line that matches a path; None where none does."""
        parts = path.split("/")
        lines = (line for line in reversed(self.lines) if path.startswith(line.prefix))  # most are told apart by that
        return next((line.owners for line in lines if line.matches(parts)), None)


def read(snapshot: Snapshot) -> Codeowners:
    """The file that GitHub takes; what it cannot read, or does not load, is a problem."""
    path = next((place for place in PLACES if place in snapshot), None)
    if path is None:
        return Codeowners()
    if snapshot.entries[path].mode in (SYMLINK, SUBMODULE):
        return Codeowners(path, problems=((0, "is a link"),))
    content = snapshot.read(path, limit=MAX_BYTES)
    if content is None:
        return Codeowners(path, problems=((0, "is larger than 3 MB, so GitHub does not load it"),))
    lines: list[Line] = []
    problems: list[tuple[int, str]] = []
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for number, written in enumerate(text.split("\n"), 1):
        if not written.strip() or written.lstrip().startswith("#"):
            continue
        match line(written.strip(), number):
            case Line() as read:
                lines.append(read)
            case problem:
                problems.append((number, problem))
    return Codeowners(path, tuple(lines), tuple(problems))


def line(text: str, number: int) -> Line | str:
    """One line that holds more than a comment; what is wrong with it where it is none."""
    split = _LINE.fullmatch(text)
    if split is None:
        return "expected a pattern and its owners"
    pattern, owners = split[1], _owners(split[2] or "")
    if isinstance(owners, str):
        return owners
    return next(_wrong(pattern), None) or _compiled(pattern, owners, number)


def _owners(text: str) -> Owners | str:
    users, teams, addresses = [], [], []
    for word in text.split():
        if word.startswith("#"):
            break
        if _USER.fullmatch(word):
            users.append(word[1:])
        elif _TEAM.fullmatch(word):
            teams.append(word[1:])
        elif _ADDRESS.fullmatch(word):
            addresses.append(word)
        else:
            return "expected owners as @user, @org/team or user@example.com"
    return Owners(Approvers(users=tuple(users), teams=tuple(teams)), tuple(addresses))


def _wrong(pattern: str) -> Iterator[str]:
    """What GitHub does not take in a pattern, though a .gitignore would, and what would take too long here."""
    if pattern.startswith("!"):
        yield "a pattern that begins with ! is none: nothing is taken out again"
    if pattern.startswith("\\#"):
        yield "a pattern cannot begin with #, not even as \\#"
    plain = re.sub(r"\\.", "", pattern)
    if "[" in plain or "]" in plain:
        yield "[ ] is no range here"
    if "***" in plain:
        yield "*** is no pattern"
    if pattern.strip("/") == "":
        yield "/ matches nothing: write * for everything"
    if "//" in pattern or {".", ".."} & set(pattern.split("/")):
        yield "expected a path without empty parts, . and .."
    if any(part != _ANY_FOLDERS and part.count("*") > _MOST_STARS for part in plain.split("/")):
        yield f"expected at most {_MOST_STARS} * in one name"


def _compiled(pattern: str, owners: Owners, number: int) -> Line:
    """A pattern without a slash before its last character may begin in any folder; else it begins at the root."""
    parts = pattern.strip("/").split("/")
    below: Below = "must" if pattern.endswith("/") else "may"
    if parts[-1] == _ANY_FOLDERS and set(parts) != {_ANY_FOLDERS}:
        parts, below = parts[:-1], "must"
    elif parts[-1] == "*" and below == "may" and "/" in pattern:
        below = "no"  # `docs/*` is what lies in docs, and nothing farther below
    anchored = "/" in pattern[:-1] and parts[0] != _ANY_FOLDERS
    runs: list[list[str | re.Pattern[str]]] = [[]]
    for part in parts:
        if part == _ANY_FOLDERS:
            runs.append([])
        else:
            runs[-1].append(_name(part))
    prefix: list[str] = []
    for name in runs[0] if anchored else ():
        if not isinstance(name, str):
            break
        prefix.append(name)
    return Line(
        number=number,
        owners=owners,
        prefix="/".join(prefix),
        anchored=anchored,
        runs=tuple(tuple(run) for run in runs if run),
        below=below,
    )


def _name(part: str) -> str | re.Pattern[str]:
    """One folder or name: as it is, or as an expression where it has wildcards."""
    tokens = re.findall(r"\\.|[^\\]|\\$", part)
    if not {"*", "?"} & set(tokens):
        return "".join(token[-1] for token in tokens)
    if tokens == ["*"]:
        return re.compile(".+", re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(token) or re.escape(token[-1]) for token in tokens), re.DOTALL)


def _fits(run: Sequence[str | re.Pattern[str]], parts: Sequence[str], start: int) -> bool:
    """Whether a run matches the parts from one on; there are as many."""
    for index, wanted in enumerate(run, start):
        part = parts[index]
        if wanted != part if isinstance(wanted, str) else wanted.fullmatch(part) is None:
            return False
    return True
