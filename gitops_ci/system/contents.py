"""Contents of git objects through `git cat-file --batch`: one process for small questions, one for each large one."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from gitops_ci.errors import ToolError

Start = Callable[..., "subprocess.Popen[bytes]"]
"""Starts a git call with these arguments and keywords of Popen."""

_FEW = 200  # ids that fit into a pipe, so that neither side can block the other
_PIPE = 1 << 20  # bytes that git reads ahead while the caller looks at what has come; Linux allows no more to all


class Contents:
    """The Blobs of a repository's snapshots."""

    def __init__(self, start: Start, scratch: Path) -> None:
        """`start` starts git in the repository; `scratch` is a private directory."""
        self._start = start
        self._scratch = scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Each id with its bytes, or None where the content is larger than `limit` bytes; ToolError where it lacks."""
        wanted = list(oids)
        if len(wanted) > _FEW:
            yield from self._stream(wanted, limit)
            return
        with self._lock:
            contents = list(self._exchange(wanted, limit)) if wanted else []
        yield from contents

    def _stream(self, oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Git goes on reading while the caller looks at what has come; it ends when the caller stops listening."""
        with tempfile.TemporaryFile(dir=self._scratch) as questions:
            questions.write(_lines(oids))
            questions.seek(0)
            with self._started("--buffer", stdin=questions) as process:
                try:
                    yield from _answers(process, oids, limit)
                finally:
                    process.kill()

    def _exchange(self, oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        if self._process is None:
            self._process = self._started(stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(_lines(oids))
        yield from _answers(self._process, oids, limit)

    def _started(self, *options: str, stdin: IO[bytes] | int) -> subprocess.Popen[bytes]:
        return self._start(
            "cat-file",
            "--batch",
            *options,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            pipesize=_PIPE,
        )

    def close(self) -> None:
        """Ends the process for small questions."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _lines(oids: list[str]) -> bytes:
    return "\n".join((*oids, "")).encode()


def _answers(process: subprocess.Popen[bytes], oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
    """Takes what git says apart, a large piece at a time: `<id> <type> <size>`, the content, a newline, and so on."""
    assert process.stdout is not None
    data, position = b"", 0
    for oid in oids:
        while (end := data.find(b"\n", position)) < 0:
            data, position = data[position:] + _more(process.stdout), 0
        try:
            size = int(data[data.rfind(b" ", position, end) + 1 : end])
        except ValueError:
            message = f"git object {oid} is missing from this clone"
            raise ToolError(message, hint="fetch the whole history: `fetch-depth: 0`, no filter") from None
        begin, position = end + 1, end + size + 2
        if position > len(data):
            content, data = _rest(process.stdout, data[begin:], size, limit)
            position = 0
        else:
            content = data[begin : position - 1]
        yield oid, content if size <= limit else None


def _rest(stream: IO[bytes], begun: bytes, size: int, limit: int) -> tuple[bytes, bytes]:
    """A content of which only `begun` has come, and what came after it; nothing is kept of one above `limit`."""
    pieces, left = [begun], size + 1 - len(begun)
    while left > 0:
        pieces = pieces if size <= limit else []
        pieces.append(_more(stream))
        left -= len(pieces[-1])
    whole = b"".join(pieces)
    end = len(whole) + left  # of the newline; what is left is negative: so much was read beyond
    return whole[: end - 1], whole[end:]


def _more(stream: IO[bytes]) -> bytes:
    read = stream.read(_PIPE)
    if not read:
        raise ToolError("git ended while it was read from")
    return read
