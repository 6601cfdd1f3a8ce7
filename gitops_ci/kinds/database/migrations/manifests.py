"""`atlas.sum`, the checksums of a migration directory, computed as Atlas does it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import sets

FILE = "atlas.sum"
_MOST = 64 << 20
"""Bytes of one migration that are hashed."""
_IGNORED = re.compile(rb"\A(?:--|#|/\*)[ -~]*atlas:sum +ignore\b")


def outdated(directory: str, snapshot: Snapshot) -> tuple[int, str] | None:
    """The first line of `atlas.sum` that does not fit, and what is wrong; None where all fits or there is no file."""
    at = f"{directory}/" if directory else ""
    content = snapshot.read(at + FILE)
    if content is None:
        return (1, "is too large to be read") if at + FILE in snapshot else None
    written = content.decode("utf-8", "replace").splitlines()
    names = sorted(name for name in snapshot.children.get(directory, ()) if name.endswith(".sql"))
    expected = list(_lines(names, at, snapshot))
    for number, line in enumerate(expected[1:], 2):
        found = written[number - 1] if number <= len(written) else ""
        if found != line:
            name = line.rpartition(" ")[0]
            return min(number, max(len(written), 1)), f"does not fit {name}: it was added, edited or moved since"
    if len(written) > len(expected):
        name = written[len(expected)].rpartition(" ")[0]
        return len(expected) + 1, f"names {name}, which is gone" if name else "ends with more than it should"
    return (1, "has a first line that does not fit the others") if written[:1] != expected[:1] else None


def _lines(names: list[str], at: str, snapshot: Snapshot) -> Iterator[str]:
    """Atlas's own lines: each file's sum is that of everything up to it, the first line's that of names and sums."""
    real = {name: sets.real(at + name, snapshot) for name in names}
    contents = snapshot.read_many([path for path in real.values() if path is not None], limit=_MOST)
    running, whole, lines = hashlib.sha256(), hashlib.sha256(), []
    for name in names:
        content = contents.get(real[name] or "", b"")
        running.update(name.encode("utf-8", "surrogateescape"))
        if _IGNORED.match(content):
            continue
        running.update(content)
        digest = b64encode(running.digest()).decode()
        whole.update(name.encode("utf-8", "surrogateescape") + digest.encode())
        lines.append(f"{name} h1:{digest}")
    yield f"h1:{b64encode(whole.digest()).decode()}"
    yield from lines
