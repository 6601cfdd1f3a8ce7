"""Runs programs: no shell, both pipes drained, a time limit, and the whole process group ended."""

from __future__ import annotations

import contextlib
import io
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gitops_ci.errors import ToolError

Ending = Literal["exited", "timeout", "cancelled", "flooded"]

MAX_OUTPUT = 512 << 20
"""Bytes of stdout that are kept: a plan of a quarter of a million changes as JSON."""
MAX_WORDS = 64 << 20
"""Bytes of stderr that are kept: what a program says to people."""

_TICK = 0.2
_STOP_STEPS = ((signal.SIGINT, 5.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))
"""Signals, and seconds for each: hosted runners kill a cancelled job ten seconds after they asked it to end."""


class Completed(Struct, frozen=True):
    """How a process ended. `returncode` is negative where a signal ended it; `flooded`: it printed too much."""

    returncode: int
    stdout: bytes
    stderr: bytes
    ending: Ending = "exited"


class Stop:
    """Says to every running process of one run that it has to end."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._hurry = threading.Event()

    def set(self) -> None:
        """Ends what runs and refuses what would start; said twice, what runs is killed at once."""
        if self._event.is_set():
            self._hurry.set()
        self._event.set()

    @property
    def hurried(self) -> bool:
        """Whether nothing is to be waited for."""
        return self._hurry.is_set()

    def is_set(self) -> bool:
        """Whether the run was told to stop."""
        return self._event.is_set()


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    stop: Stop | None = None,
) -> Completed:
    """Runs `argv` and waits. Raises ToolError where it cannot be started.

    `timeout` is in seconds. On a timeout or a stop the process group gets SIGINT (Terraform then releases its
    state lock), SIGTERM and SIGKILL in turn, and so it does where it prints too much. What is left of the group after
    the leader ended is killed.
    """
    if stop is not None and stop.is_set():
        return Completed(-signal.SIGINT, b"", b"", "cancelled")
    try:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"{Path(argv[0]).name} cannot be started: {error.strerror}") from None
    try:
        return _Run(process, stop).to_its_end(time.monotonic() + timeout)
    finally:
        _signal_group(process, signal.SIGKILL)


class _Run:
    """One process and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], stop: Stop | None) -> None:
        self.process = process
        self.stop = stop
        self.pipes = selectors.DefaultSelector()
        self.printed: dict[int, io.BytesIO] = {}
        self.room: dict[int, int] = {}
        for pipe, limit in ((process.stdout, MAX_OUTPUT), (process.stderr, MAX_WORDS)):
            if pipe is not None:
                self.pipes.register(pipe, selectors.EVENT_READ)
                self.printed[pipe.fileno()], self.room[pipe.fileno()] = io.BytesIO(), limit

    def to_its_end(self, deadline: float) -> Completed:
        try:
            while not self._ended():
                if self.process.poll() is not None:  # the leader is gone, a child of it still holds a pipe
                    _signal_group(self.process, signal.SIGKILL)
                elif min(self.room.values()) < 0:
                    return self._stopped("flooded")
                elif self.stop is not None and self.stop.is_set():
                    return self._stopped("cancelled")
                elif time.monotonic() > deadline:
                    return self._stopped("timeout")
            return self._completed("exited" if min(self.room.values()) >= 0 else "flooded")
        finally:
            for key in list(self.pipes.get_map().values()):
                self.pipes.unregister(key.fileobj)
            self.pipes.close()
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe is not None:
                    pipe.close()

    def _ended(self) -> bool:
        """Reads what is there, waiting a tick at most; whether both pipes are at their end and the process is, too."""
        if not self.pipes.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_TICK)
            return self.process.returncode is not None
        for key, _ in self.pipes.select(_TICK):
            chunk = os.read(key.fd, 1 << 18)
            if not chunk:
                self.pipes.unregister(key.fileobj)
            elif self.room[key.fd] >= 0:  # what comes after is drained and dropped
                self.printed[key.fd].write(chunk)
                self.room[key.fd] -= len(chunk)
        return False

    def _stopped(self, ending: Ending) -> Completed:
        for signum, grace in _STOP_STEPS:
            _signal_group(self.process, signum)
            deadline = time.monotonic() + grace
            while time.monotonic() < deadline:
                if self._ended():
                    return self._completed(ending)
                if self.process.poll() is not None or (self.stop is not None and self.stop.hurried):
                    _signal_group(self.process, signal.SIGKILL)
        return self._completed(ending)

    def _completed(self, ending: Ending) -> Completed:
        code = self.process.poll()
        out, err = (each.getvalue() for each in self.printed.values())
        return Completed(code if code is not None else -signal.SIGKILL, out, err, ending)


def _signal_group(process: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signum)
