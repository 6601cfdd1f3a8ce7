"""Runs Terraform with the network closed, and says which files it looked at (strace(1))."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks import measure

_TRACED = "open,openat,stat,lstat,newfstatat,statx,access,faccessat,faccessat2,getdents64"
_CALL = re.compile(
    r'(?:openat|newfstatat|statx|faccessat2?)\([^<]*<(?P<at>[^>]*)>, "(?P<path>(?:[^"\\]|\\.)*)"'
    r'|(?:open|stat|lstat|access)\("(?P<plain>(?:[^"\\]|\\.)*)"'
)
_LISTED = re.compile(r"getdents64\(\d+<(?P<path>[^>]*)>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)")
_SECONDS = 120.0
_DATA = "data"


@dataclass(frozen=True)
class Trace:
    """Absolute paths: `named` were opened or asked for, whether they are there or not; `listed` folders were read.

    What is asked for without following links is not named: that is how a folder's entries are listed.
    """

    named: frozenset[str]
    listed: frozenset[str]


@dataclass(frozen=True)
class Diagnostic:
    """An error: where Terraform sees it (file relative to the root, bytes), and its first line."""

    file: str | None
    start: int
    end: int
    summary: str


def missing() -> str | None:
    """Why the oracle cannot work on this machine; None where it can."""
    try:
        for tool in ("git", "terraform", "strace"):
            measure.tool(tool)
        _without_network()
    except measure.Skipped as reason:
        return str(reason)
    return None


def get(root: Path, scratch: Path) -> dict[str, str] | None:
    """`terraform get`: module address → directory relative to the root; None where one cannot be had offline."""
    shutil.rmtree(scratch / _DATA, ignore_errors=True)  # modules of another root would stay in the list
    done = _run(("get", "-no-color"), root, scratch)
    if done.returncode:
        return None
    manifest = scratch / _DATA / "modules" / "modules.json"
    if not manifest.exists():
        return {"": "."}
    return {module["Key"]: module["Dir"] for module in json.loads(manifest.read_bytes())["Modules"]}


def plan(root: Path, scratch: Path, given: tuple[str, ...] = ()) -> tuple[tuple[Diagnostic, ...], Trace]:
    """`terraform plan` under strace: its errors, and what it looked at."""
    log = scratch / "trace"
    strace = (
        *(measure.tool("strace"), "--follow-forks", "--seccomp-bpf", "--quiet=all", "--decode-fds=path"),
        *("--string-limit=4096", f"--trace={_TRACED}", f"--output={log}", "--"),
    )
    arguments = ("plan", "-json", "-input=false", "-lock=false", "-refresh=false", *given)
    done = _run(arguments, root, scratch, before=strace)
    errors = tuple(_diagnostics(done.stdout))
    if done.returncode not in (0, 1):
        errors = (*errors, Diagnostic(None, 0, 0, f"terraform ended with {done.returncode}"))
    return errors, trace(log.read_text(encoding="utf-8", errors="surrogateescape"), root)


def _run(
    arguments: tuple[str, ...], root: Path, scratch: Path, *, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    environment = measure.environment() | {
        "HOME": str(scratch),
        "TF_DATA_DIR": str(scratch / _DATA),
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_REGISTRY_DISCOVERY_RETRY": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return subprocess.run(
        [*_without_network(), *before, measure.tool("terraform"), *arguments],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )


@cache
def _without_network() -> tuple[str, ...]:
    """A network namespace with nothing in it. Raises Skipped where the system refuses one."""
    command = (measure.tool("unshare"), "--map-root-user", "--net", "--")
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        raise measure.Skipped("no network namespace can be made here, so the network cannot be closed")
    return command


def _diagnostics(lines: bytes) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for line in lines.splitlines():
        try:
            diagnostic = json.loads(line).get("diagnostic")
        except ValueError:
            continue
        if diagnostic and diagnostic["severity"] == "error":
            place = diagnostic.get("range") or {"filename": None, "start": {"byte": 0}, "end": {"byte": 0}}
            start, end = place["start"]["byte"], place["end"]["byte"]
            found.append(Diagnostic(place["filename"], start, end, diagnostic["summary"]))
    return found


def trace(text: str, root: Path) -> Trace:
    """Reads strace's output of one run that began in `root`."""
    named: set[str] = set()
    listed: set[str] = set()
    for line in _calls(text):
        if match := _LISTED.search(line):
            listed.add(match["path"])
        elif (match := _CALL.search(line)) and "AT_SYMLINK_NOFOLLOW" not in line and "lstat(" not in line:
            path = _unescaped(match["path"] if match["path"] is not None else match["plain"])
            named.add(f"{match['at'] or root}/{path}" if not path.startswith("/") else path)
    return Trace(frozenset(named), frozenset(listed))


def _calls(text: str) -> Iterator[str]:
    """One line a call: strace cuts one in two where another thread's comes between."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        process, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            begun[process] = call
        elif " resumed>" in call:
            yield begun.pop(process, "") + call.partition(" resumed>")[2]
        else:
            yield call


def _unescaped(text: str) -> str:
    """A string as strace quotes it: octal numbers for what is not printable."""

    def one(match: re.Match[bytes]) -> bytes:
        digits = match[1]
        return bytes([int(digits, 8) & 255]) if digits[:1].isdigit() else {b"n": b"\n", b"t": b"\t"}.get(digits, digits)

    return os.fsdecode(_ESCAPE.sub(one, text.encode("utf-8", "surrogateescape")))
