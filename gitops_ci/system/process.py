"""Runs programs: no shell, both pipes drained, a time limit, and the whole process group ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gitops_ci.errors import ToolError

Ending = Literal["exited", "timeout", "cancelled"]

_TICK = 0.2
_STOP_STEPS = ((signal.SIGINT, 10.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))


class Completed(Struct, frozen=True):
    """How a process ended. `returncode` is negative where a signal ended it."""

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
    state lock), SIGTERM and SIGKILL in turn. What is left of the group after the leader ended is killed.
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
        return _wait(process, time.monotonic() + timeout, stop)
    finally:
        _signal_group(process, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], deadline: float, stop: Stop | None) -> Completed:
    while True:
        try:
            out, err = process.communicate(timeout=_TICK)
            return Completed(process.returncode, out, err)
        except subprocess.TimeoutExpired:
            if process.poll() is not None:  # the leader is gone, a child of it still holds the pipe
                _signal_group(process, signal.SIGKILL)
            elif stop is not None and stop.is_set():
                return _end(process, "cancelled", stop)
            elif time.monotonic() > deadline:
                return _end(process, "timeout", stop)


def _end(process: subprocess.Popen[bytes], ending: Ending, stop: Stop | None) -> Completed:
    out, err = b"", b""
    for signum, grace in _STOP_STEPS:
        _signal_group(process, signum)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline:
            try:
                out, err = process.communicate(timeout=_TICK)
                return Completed(process.returncode, out, err, ending)
            except subprocess.TimeoutExpired as expired:
                out, err = expired.stdout or b"", expired.stderr or b""
                if process.poll() is not None or (stop is not None and stop.hurried):
                    _signal_group(process, signal.SIGKILL)
    return Completed(process.poll() or -signal.SIGKILL, out, err, ending)


def _signal_group(process: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signum)
