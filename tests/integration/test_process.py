"""Processes end as promised: drained, timed, stopped with everything they started."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from gitops_ci.errors import ToolError
from gitops_ci.system import clean_room, process

ENV = {"PATH": os.environ["PATH"]}


def python(code: str, place: Path, *, timeout: float = 20.0, stop: process.Stop | None = None) -> process.Completed:
    return process.run([sys.executable, "-c", code], cwd=place, env=ENV, timeout=timeout, stop=stop)


def when(sign: Path, *, stop: process.Stop, times: int = 1) -> None:
    """Stops what runs as soon as it has made the file `sign`, not after a time: a busy machine starts it late."""

    def wait() -> None:
        while not sign.exists():
            time.sleep(0.02)
        for _ in range(times):
            stop.set()

    threading.Thread(target=wait, daemon=True).start()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_both_pipes_are_drained(tmp_path: Path) -> None:
    done = python("import sys; sys.stderr.write('e' * 300_000); sys.stdout.write('o' * 300_000)", tmp_path)
    assert done.returncode == 0
    assert (len(done.stdout), len(done.stderr)) == (300_000, 300_000)


def test_the_exit_code_is_kept(tmp_path: Path) -> None:
    done = python("raise SystemExit(7)", tmp_path)
    assert (done.returncode, done.ending) == (7, "exited")


def test_a_missing_program_is_a_tool_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no-such-program cannot be started"):
        process.run(["no-such-program"], cwd=tmp_path, env=ENV, timeout=5)


def test_a_timeout_ends_it_and_keeps_what_it_said(tmp_path: Path) -> None:
    code = "import time; print('begun', flush=True); time.sleep(60)"
    done = python(code, tmp_path, timeout=3.0)
    assert done.ending == "timeout"
    assert b"begun" in done.stdout


GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("pid", "w").write(str(child.pid))
{then}
"""


def test_a_grandchild_does_not_outlive_a_timeout(tmp_path: Path) -> None:
    done = python(GRANDCHILD.format(then="time.sleep(60)"), tmp_path, timeout=3.0)
    assert done.ending == "timeout"
    pid = int((tmp_path / "pid").read_text())
    time.sleep(0.2)
    assert not alive(pid)


def test_a_grandchild_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    done = python(GRANDCHILD.format(then=""), tmp_path)
    assert (done.returncode, done.ending) == (0, "exited")
    time.sleep(0.2)
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_stop_interrupts_first_so_that_locks_are_released(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (print('released', flush=True), sys.exit(1)))\n"
        "open('ready', 'w').close(); time.sleep(60)"
    )
    stop = process.Stop()
    when(tmp_path / "ready", stop=stop)
    done = python(code, tmp_path, stop=stop)
    assert done.ending == "cancelled"
    assert b"released" in done.stdout


def test_nothing_starts_after_a_stop(tmp_path: Path) -> None:
    stop = process.Stop()
    stop.set()
    done = python("open('ran', 'w')", tmp_path, stop=stop)
    assert done.ending == "cancelled"
    assert not (tmp_path / "ran").exists()


def test_a_second_stop_does_not_wait(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\nopen('ready', 'w').close(); time.sleep(60)"
    )
    stop = process.Stop()
    when(tmp_path / "ready", stop=stop, times=2)
    done = python(code, tmp_path, stop=stop)
    assert (done.ending, done.returncode) == ("cancelled", -signal.SIGKILL)  # SIGTERM comes only after a wait


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_ends_it_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT", 1 << 20)
    monkeypatch.setattr(process, "MAX_WORDS", 1 << 20)
    done = python(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)", tmp_path)
    assert done.ending == "flooded"
    assert len(done.stdout) + len(done.stderr) < 3 << 20


def test_what_is_just_short_of_a_flood_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT", 1 << 20)
    done = python(f"import sys; sys.stdout.write('x' * {1 << 20})", tmp_path)
    assert (done.ending, len(done.stdout)) == ("exited", 1 << 20)


def test_a_flood_that_ends_by_itself_is_one_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was cut off must not be taken for the whole."""
    monkeypatch.setattr(process, "MAX_OUTPUT", 1 << 10)
    done = python("import sys; sys.stdout.write('x' * 1025)", tmp_path)
    assert done.ending == "flooded"


def test_a_killed_program_is_told_from_one_that_fails(tmp_path: Path) -> None:
    """Also behind the commands that set up its clean room."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    done = process.run([*clean_room.prefix(), sys.executable, "-c", code], cwd=tmp_path, env=ENV, timeout=20.0)
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
