"""A process of ours in the clean room that is asked one thing at a time and ended when it is too slow."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gitops_ci.errors import ToolError
from gitops_ci.policy.rego.engine import ProblemCode
from gitops_ci.system import clean_room, wall
from gitops_ci.system.process import Stop

_LENGTH = struct.Struct(">Q")
_TICK = 0.2
_OUT_OF_MEMORY = ("memory allocation of", "MemoryError", "out of memory", "cannot allocate memory")
_START = 30.0
"""Seconds that a process may take to be there, on a loaded machine."""


class Died(Exception):  # it is an outcome, not an error: the caller answers for it and goes on
    """The process is gone: what for, in a sentence."""

    def __init__(self, code: ProblemCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Worker:
    """One process. `ask` sends a request, `reply` waits for the next reply; both raise Died."""

    def __init__(
        self,
        command: Sequence[str],
        scratch: Path,
        *,
        called: str,
        memory: int,
        stop: Stop,
        env: Mapping[str, str] | None = None,
        room: wall.Room | None = None,
    ) -> None:
        """`called` names the engine in errors, `memory` is in bytes of private data; `env` is added to a bare one.

        `room` is what it sees beside our own Python.
        """
        self._stop = stop
        self._called = called
        self._memory = memory
        self._words = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # closed with the process
        self._buffer = bytearray()
        try:
            self._process = subprocess.Popen(
                (*clean_room.prefix(offline=True, memory=memory), *wall.around(room or wall.worker()), *command),
                cwd=scratch,
                env={
                    "PATH": os.defpath,
                    "HOME": str(scratch),
                    "TMPDIR": str(scratch),
                    "LC_ALL": "C.UTF-8",
                    **(env or {}),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            self._words.close()
            raise ToolError(f"{called} cannot be started: {error.strerror}") from None
        self._pipes = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._pipes.register(self._process.stdout, selectors.EVENT_READ)
        self._started = False

    def ask(self, request: Mapping[str, Any], payload: bytes | None = None) -> None:
        """Sends a request and, in a frame of its own, what belongs to it."""
        frames = [msgspec.json.encode(request), *([payload] if payload is not None else [])]
        assert self._process.stdin is not None
        try:
            for frame in frames:
                view = memoryview(_LENGTH.pack(len(frame)) + frame)
                while view:
                    view = view[self._process.stdin.write(view) or 0 :]
        except OSError:
            raise self._dead() from None

    def reply(self, seconds: float) -> dict[str, Any]:
        """The next reply, which may take so many seconds."""
        answer: dict[str, Any] = msgspec.json.decode(self.received(seconds))
        return answer

    def received(self, seconds: float) -> bytes:
        """The next frame, as it is."""
        if not self._started:
            self._started = True
            self.received(_START)  # it says when it is there
        deadline = time.monotonic() + seconds
        while (frame := self._frame()) is None:
            left = deadline - time.monotonic()
            if self._stop.is_set():
                self.end()
                raise Died("crashed", "the run was interrupted")
            if left <= 0:
                self.end()
                raise Died("timeout", f"no answer after {seconds:g} s")
            for key, _ in self._pipes.select(min(_TICK, left)):
                chunk = os.read(key.fd, 1 << 20)
                if not chunk:
                    raise self._dead()
                self._buffer += chunk
        return frame

    def _frame(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return frame

    def _dead(self) -> Died:
        code = self._process.wait()
        self._words.seek(0)
        said = self._words.read()
        words = (said[:4000] + said[-4000:]).decode("utf-8", "replace")
        self.end()
        if any(each in words for each in _OUT_OF_MEMORY) or code in (137, -signal.SIGKILL):
            return Died("memory", f"more than {self._memory >> 20} MiB of memory were needed")
        if code in (139, -signal.SIGSEGV, 134, -signal.SIGABRT) or "overflow" in words:
            return Died("crashed", f"{self._called} crashed, as it does on a recursion without end")
        reason = f": {words.strip()[-300:]}" if "behind the wall" in words else ""
        return Died("crashed", f"{self._called} ended with exit code {code}{reason}")

    def end(self) -> None:
        """Ends the process and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipes.close()
        for pipe in (self._process.stdin, self._process.stdout, self._words):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
