"""The clean room that engines run in: an allow-listed environment, a private `/proc`, limits (trust.md, rule 1)."""

from __future__ import annotations

import ctypes
import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ALLOWED = (
    "LANG",
    "LC_*",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "AWS_*",
    "ARM_*",
    "AZURE_*",
    "GOOGLE_*",
    "CLOUDSDK_*",
    "TF_VAR_*",
    "TF_TOKEN_*",
)
"""Variables that reach an engine: locale, certificates, proxies, and the credentials of the clouds."""

NEVER = (
    "GITHUB_*",
    "GH_*",
    "ACTIONS_*",
    "RUNNER_*",
    "INPUT_*",
    "GITOPS_CI_*",
    "TF_CLI_ARGS*",
    "LD_*",
    "DYLD_*",
    "PYTHON*",
)
"""Variables that never do, whatever the configuration says: they hold tokens, or change which code runs."""

_LOGIN_FILES = "*gha-creds-*.json"
"""What google-github-actions/auth names in variables: it holds the token that asks for tokens of any audience."""

_CREDENTIALS = ("*TOKEN*", "*SECRET*", "*ACCESS_KEY*", "*API_KEY*", "*PRIVATE_KEY*", "*PASSWORD*", "*CREDENTIAL*")
_JOB_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN", "GITOPS_CI_TOKEN", "ACTIONS_*TOKEN", "INPUT_GITHUB-TOKEN")
_INSIDE = re.compile(r"://[^/@\s:]*:([^/@\s]{4,})@|authorization:\s*\w+\s+(\S+)", re.IGNORECASE)
"""A password in an address, or what follows the scheme in a header: git is given credentials in both ways."""
_MEMORY = 8 << 30  # bytes of private data a process may hold
_FILE = 8 << 30  # bytes of one file that it may write


def environment(environ: Mapping[str, str], *, allow: Iterable[str], repository: Path, home: Path) -> dict[str, str]:
    """What an engine sees of `environ`: only allowed names, a PATH without relative or repository folders.

    HOME is the empty `home` unless the configuration allows HOME itself. What holds the job's own GitHub token is not
    passed under any name.
    """
    patterns = (*ALLOWED, *allow)
    tokens = [value for name, value in environ.items() if value and _matches(name.upper(), _JOB_TOKENS)]
    kept = {
        name: value
        for name, value in environ.items()
        if _matches(name, patterns)
        and not _matches(name.upper(), NEVER)
        and not _matches(value, (_LOGIN_FILES,))
        and not any(token in value or token in name for token in tokens)
    }
    kept.setdefault("HOME", str(home))
    kept["TMPDIR"] = str(home)
    kept["PATH"] = safe_path(environ.get("PATH", os.defpath), repository)
    kept["CHECKPOINT_DISABLE"] = "1"
    return kept


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def credentials(env: Mapping[str, str]) -> frozenset[str]:
    """What of an engine's environment must never be printed: secrets by name (twelve characters or more), and parts."""
    named = {value for name, value in env.items() if len(value) >= 12 and _matches(name.upper(), _CREDENTIALS)}
    inside = {part for value in env.values() for found in _INSIDE.findall(value) for part in found if part}
    return frozenset(named | inside)


def safe_path(path: str, repository: Path) -> str:
    """PATH without what a pull request could fill: relative folders and folders inside the repository."""
    kept = [
        folder
        for folder in path.split(os.pathsep)
        if Path(folder).is_absolute() and not inside(Path(folder), repository)
    ]
    return os.pathsep.join(kept)


def inside(path: Path, repository: Path) -> bool:
    """Whether `path` lies in the repository once links are followed."""
    return path.resolve().is_relative_to(repository.resolve())


@cache
def prefix(*, offline: bool = False, memory: int = _MEMORY) -> tuple[str, ...]:
    """Commands put before an engine's own: limits and, where the system permits, namespaces of its own.

    `offline` also takes the network away, where that is permitted; `memory` is in bytes of private data.

    Without new privileges `sudo` gives none: a hosted runner's user needs no password for it.

    A process namespace hides the environment of every other process of the job (`/proc/*/environ`), and ends
    whatever an engine leaves behind.
    """
    found: tuple[str, ...] = ()
    limit = _system_program("prlimit")
    limits = (f"--data={memory}", f"--fsize={_FILE}", "--core=0")
    if limit and _works([limit, *limits, "true"]):
        found = (limit, *limits)
    setpriv = _system_program("setpriv")
    if setpriv and _works([setpriv, "--no-new-privs", "true"]):
        found = (*found, setpriv, "--no-new-privs")
    return (*found, *((offline and namespaces(offline=True)) or namespaces()))


@cache
def namespaces(*, offline: bool = False) -> tuple[str, ...]:
    """The command that gives a process its own process namespace and `/proc`, and with `offline` no network.

    Empty where that is not permitted.
    """
    unshare = _system_program("unshare") if sys.platform == "linux" else None
    if not unshare:
        return ()
    own = ["--pid", "--fork", "--kill-child", "--mount-proc", *(["--net"] if offline else [])]
    user = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
    # A shell in between tells how its child ended (137: killed); unshare itself calls that an error of its own.
    shell = [_system_program("sh") or "sh", "-c", '"$@"; exit $?', "sh"]
    command = [unshare, *user, *own, *shell]
    return tuple(command) if _works([*command, "true"]) else ()


def _system_program(name: str) -> str | None:
    """A program of the system itself, never one that somebody's PATH leads to."""
    return shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def hide_own_memory() -> None:
    """Keeps processes of the same user from reading this process's environment and memory (Linux; else nothing)."""
    if sys.platform == "linux":
        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
