"""Runs programs side by side and says how long each took and how much memory it held."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in one unit of ru_maxrss (getrusage(2))
_NOT_OURS = ("GITHUB_", "GIT_", "GITOPS_CI_", "INPUT_", "TF_", "PYTHON")


class Skipped(Exception):
    """A tool that a measurement needs is not on this machine."""


class Impossible(Exception):
    """A program that is measured failed, so its time says nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: wall time, and the most memory that it or a process it waited for held."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Program:
    """A command and where it runs; `codes` are the exit codes of success, `env` is added to the plain one."""

    argv: tuple[str, ...]
    cwd: Path = ROOT
    stdin: Path = Path(os.devnull)
    stdout: Path = Path(os.devnull)
    codes: frozenset[int] = frozenset({0})
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> Sample:
        """Runs it to its end. Raises Impossible where it fails; its last words tell why."""
        with self.stdin.open("rb") as stdin, self.stdout.open("wb") as stdout:
            begun = time.perf_counter()
            process = subprocess.Popen(
                self.argv,
                cwd=self.cwd,
                env=environment() | self.env,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )
            with process:
                words = process.stderr.read() if process.stderr is not None else b""
                _, status, usage = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - begun
                process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in self.codes:
            last = words.decode("utf-8", "replace").strip()[-500:]
            raise Impossible(f"{' '.join(self.argv[:6])} … ended with {process.returncode}: {last}")
        return Sample(seconds, usage.ru_maxrss * _RSS_UNIT)

    def reading(self, path: Path) -> Program:
        """The same with `path` as its standard input."""
        return replace(self, stdin=path)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Times are in seconds, memory in bytes, or a count; `limit` None: for information only."""

    what: str
    ours: float
    peer: float | None = None
    unit: str = "s"
    target: str = ""
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer's time ours is."""
        return self.ours / self.peer if self.peer else None

    @property
    def ok(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.limit is None else self.ours <= self.limit


def compared(what: str, ours: float, peer: float, *, times: float, plus: float = 0.0) -> Row:
    """A Row whose target is `times` the peer's time, `plus` so many seconds."""
    target = f"≤ {times:g}×" + (f" + {plus:g} s" if plus else "")
    return Row(what, ours, peer, target=target, limit=times * peer + plus)


def alternating(contestants: Mapping[str, tuple[Program, ...]], rounds: int) -> dict[str, Sample]:
    """Each contestant's fastest round and highest peak, after one round that only warms the caches.

    A contestant is a sequence of programs that run one after the other. All take turns, so a noisy machine is as
    noisy for one as for the other; the fastest round is the one that noise touched least.
    """
    best: dict[str, Sample] = {}
    for turn in range(rounds + 1):
        for name, programs in contestants.items():
            samples = [program.run() for program in programs]
            seconds, peak = sum(each.seconds for each in samples), max(each.peak_bytes for each in samples)
            if turn == 0:
                best[name] = Sample(float("inf"), peak)
            else:
                best[name] = Sample(min(seconds, best[name].seconds), max(peak, best[name].peak_bytes))
    return best


def environment() -> dict[str, str]:
    """What every program runs with: nothing of the caller's that changes what git, Terraform, Python or we do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "CHECKPOINT_DISABLE": "1",
        "LC_ALL": "C",
    }


def tool(name: str) -> str:
    """The path of a program; raises Skipped where there is none."""
    found = shutil.which(name)
    if found is None:
        raise Skipped(f"{name} is not on PATH")
    return found


def gitops_ci(*arguments: str) -> tuple[str, ...]:
    """Our command line: the console script beside this Python where it is installed, else the module."""
    script = Path(sys.executable).with_name("gitops-ci")
    return (str(script), *arguments) if script.exists() else (sys.executable, "-I", "-m", "gitops_ci", *arguments)


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What a git call, outside the measurement, prints. Raises Impossible where it fails."""
    done = subprocess.run(
        [tool("git"), "-C", str(directory), *arguments],
        input=stdin,
        env=environment(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Impossible(f"git {arguments[0]}: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}")
    return done.stdout
