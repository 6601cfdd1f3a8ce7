"""Rules about contents that gitops-ci has to read, for whoever has just read them: nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gitops_ci.discover.layout.subject import shown
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SUBMODULE, Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

NOT_UTF8 = "layout/not-utf8"
TOO_LARGE = "layout/too-large"

_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x1f\x8b", "gzip"))


class Wrong(NamedTuple):
    """Where a content stops being UTF-8: the line, from one, and what it looks like instead."""

    line: int
    looks: str


def findings(snapshot: Snapshot, wanted: Iterable[str], contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """What is wrong with `wanted` files, given what `snapshot.read_many(wanted)` returned.

    A file of the snapshot that is not in `contents` was too large to be read.
    """
    for path in wanted:
        entry = snapshot.entries.get(path)
        if entry is None or entry.mode == SUBMODULE:
            continue
        content = contents.get(path)
        if content is None:
            message = f"{shown(path)} is larger than {MAX_FILE_BYTES // 1024 // 1024} MB, so nothing in it was judged"
            yield finding.make(TOO_LARGE, "error", message, help="Split the file, or move data out of it.", path=path)
        elif (wrong := not_utf8(content)) is not None:
            message = f"expected UTF-8, found {wrong.looks}"
            yield finding.make(NOT_UTF8, "error", message, help="Save the file as UTF-8.", path=path, line=wrong.line)


def not_utf8(content: bytes) -> Wrong | None:
    """Where `content` stops being UTF-8, or None."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"the byte 0x{content[error.start]:02x}"
        looks = next((name for mark, name in _MARKS if content.startswith(mark)), byte)
        return Wrong(content.count(b"\n", 0, error.start) + 1, looks)
    return None
