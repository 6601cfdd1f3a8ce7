"""Texts of files that are changed: each version at its place, each file as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.snapshot import EXECUTABLE, Snapshot


class Edited(Struct, frozen=True, kw_only=True):
    """A file that becomes another one: `before` is None where it is new, `after` where it goes."""

    path: str
    before: str | None
    after: str | None
    mode: str = "100644"


class Edits:
    """Texts of files, changed line by line."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._before: dict[str, str | None] = {}
        self.after: dict[str, str | None] = {}
        self._like: dict[str, str] = {}

    def text(self, path: str) -> str | None:
        """What is there, as it would become."""
        if path not in self._before:
            content = self._snapshot.read(path)
            self._before[path] = self.after[path] = None if content is None else _text(content)
        return self.after[path]

    def put(self, path: str, text: str | None, *, like: str | None = None) -> None:
        """Sets what a file becomes; one that is new is a program where the file `like` is one."""
        self.text(path)
        self.after[path] = text
        if like is not None and path not in self._snapshot:
            self._like[path] = like

    def is_text(self, path: str) -> bool:
        """Whether a file is there that can be told as text."""
        return self.text(path) is not None

    def shows(self, path: str, line: int | None, text: str) -> bool:
        """Whether a text stands just once in a line, by itself: `1.9` is not in `1.9.1`, nor in `1.90`."""
        lines = (self.text(path) or "").split("\n")
        if not text or line is None or not 0 < line <= len(lines):
            return False
        bounded = re.findall(rf"(?<![\w./-]){re.escape(text)}(?![\w./-])", lines[line - 1])
        return len(bounded) == lines[line - 1].count(text) == 1

    def replace(self, path: str, line: int | None, old: str, new: str) -> bool:
        """Whether `old` is shown in a line, and now is `new`."""
        if line is None or not self.shows(path, line, old):
            return False
        lines = (self.text(path) or "").split("\n")
        lines[line - 1] = lines[line - 1].replace(old, new)
        self.put(path, "\n".join(lines))
        return True

    def files(self) -> Iterator[Edited]:
        """Every file that becomes another one."""
        for path, before in sorted(self._before.items()):
            if before != self.after[path]:
                entry = self._snapshot.entries.get(self._like.get(path, path))
                mode = entry.mode if entry is not None and entry.mode == EXECUTABLE else "100644"
                yield Edited(path=path, before=before, after=self.after[path], mode=mode)


def _text(content: bytes) -> str | None:
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None
