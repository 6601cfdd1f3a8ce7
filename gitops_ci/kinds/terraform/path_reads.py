"""The paths that Terraform expressions name: what `file("x")`, `"${path.module}/x"` and their like read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

FUNCTIONS = (
    r"(?:file(?:base64(?:sha256|sha512)?|exists|md5|set|sha1|sha256|sha512)?|templatefile)"  # all that read a path
)
ANCHORS = {"module": "module", "root": "root", "cwd": "root"}
"""What `path.…` stands for; the engine is started in the root, so `path.cwd` is near it and no more is known."""
ATTRIBUTES = frozenset({"source_dir", "source_file", "filename"})
"""Arguments of `archive_file` and of functions in a cloud that name a file or directory without any function."""

_INTERPOLATION = re.compile(r"[$%]\{")
_SPACES = re.compile(r"\s")
_ANCHOR = re.compile(r"\bpath\s*+\.\s*+(module|root|cwd)\b")
_OPENED = re.compile(r"\$\{\s*+\Z")
_CLOSED = re.compile(r'\s*+\}/*+([^"\n]*+)')
_CALL = re.compile(rf'\b{FUNCTIONS}\(\s*+(?:"([^"\n]*+)|(?!path\s*+\.))')
_FILESET = re.compile(r'\s*+,\s*+"([^"*?\[{$\\\n]*+)')
_LOOK_BACK = 40  # characters between `${` and `path`: more than any formatter leaves


class PathRead(Struct, frozen=True):
    """A path that an expression reads, relative to `anchor`; `complete` is False where it goes on unknown."""

    path: str
    anchor: str  # "module" | "root"
    complete: bool
    line: int


def literal(text: str, anchor: str, line: int) -> PathRead:
    """The read of a string's content: as far as it is known before its first interpolation."""
    cut = _INTERPOLATION.search(text)
    if cut is None:
        return PathRead(text, anchor, True, line)
    return PathRead(text[: cut.start()].rpartition("/")[0], anchor, False, line)


def words(text: str, anchor: str, line: int) -> Iterator[PathRead]:
    """The reads of a string that may go on after the path, as a command line does."""
    read = literal(text, anchor, line)
    cut = _INTERPOLATION.search(text)
    space = _SPACES.search(text, 0, cut.start() if cut is not None else len(text))
    if space is None:
        yield read
        return
    if space.start():
        yield PathRead(text[: space.start()], anchor, True, line)
    if read.complete or _SPACES.search(read.path):
        yield read


def distinct(reads: Iterable[PathRead]) -> tuple[PathRead, ...]:
    """The reads without those that name the same again."""
    first: dict[tuple[str, str, bool], PathRead] = {}
    for read in reads:
        first.setdefault((read.path, read.anchor, read.complete), read)
    return tuple(first.values())


def unknown(anchor: str, line: int) -> PathRead:
    """A read of which only the place it starts from is known."""
    return PathRead("", anchor, False, line)


def anchored(text: str, line: int) -> Iterator[PathRead]:
    """What a template (the content of a string or heredoc) or an expression reads beside `path.module` and its like."""
    if "path" not in text or "{" not in text:
        return
    for match in _ANCHOR.finditer(text):
        anchor = ANCHORS[match[1]]
        opened = _OPENED.search(text, max(0, match.start() - _LOOK_BACK), match.start())
        closed = _CLOSED.match(text, match.end()) if opened else None
        if closed is not None and match[1] != "cwd":
            yield from words(closed[1], anchor, line)
        else:
            yield beside(text, match.end(), anchor, line)


def beside(text: str, position: int, anchor: str, line: int) -> PathRead:
    """The read of a bare `path.module` that ends at `position`: a fileset's pattern may follow it."""
    pattern = _FILESET.match(text, position)
    directory = pattern[1].rpartition("/")[0] if pattern is not None else ""
    return PathRead(directory, anchor, bool(directory), line)


def called(text: str, line: int) -> Iterator[PathRead]:
    """What calls of `file` and its like inside a template read; paths with `path.module` are `anchored`'s."""
    start = _INTERPOLATION.search(text) if "file" in text else None
    if start is None:
        return
    for match in _CALL.finditer(text, start.end()):
        yield from argument(match[1], line)


def argument(text: str | None, line: int) -> Iterator[PathRead]:
    """What a call reads whose first argument is the string `text`, or None where it is some other expression."""
    if text is None or (text.startswith(("${", "%{")) and _ANCHOR.search(text) is None):
        yield unknown("root", line)
    elif not text.startswith(("${", "%{")):
        yield literal(text, "root", line)
