"""Why Terraform did not give a plan: its own JSON diagnostics turned into a Problem with a stable code.

Messages quote values, so what looks like a secret in them is masked once the code is decided.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Problem
from gitops_ci.policy import secrets

_CREDENTIALS = (
    "valid credential",
    "no credential",
    "default credential",
    "cached credential",
    "credentials could not",
    "required token could not be found",
    "credentials not found",
    "could not find credentials",
    "failed to retrieve credentials",
    "failed to load credentials",
    "error retrieving credentials",
)
"""Phrases of clouds' and backends' clients that were given nothing to log in with."""

_CLOUDS = (("AWS", ("aws", "s3")), ("Google Cloud", ("google", "gcs", "gcp")), ("Azure", ("azure", "azurerm", "arm")))
"""What to call a cloud whose client complains, by words of its message."""

_OUTSIDE = (
    "failed to query available provider",
    "failed to install provider",
    "failed to download module",
    "could not download module",
    "could not connect",
    "no such host",
    "connection refused",
    "connection reset",
    "network is unreachable",
    "dial tcp",
    "i/o timeout",
    "tls handshake",
    "context deadline exceeded",
    "unauthorized",
    "accessdenied",
    "access denied",
    "forbidden",
    "expiredtoken",
    "error loading state",
    "failed to get existing workspaces",
    "failed to read remote state",
    "error refreshing state",
)
"""Phrases of errors that lie outside the repository: nothing is wrong with the change, but it cannot be judged."""

_WRONG = (
    "argument or block definition required",
    "attribute redefined",
    "backend configuration changed",
    "call to unknown function",
    "cycle",
    "duplicate",
    "error in function call",
    "extra ",
    "incorrect attribute value type",
    "invalid ",
    "missing ",
    "module not installed",
    "no value for required variable",
    "reference to undeclared",
    "unclosed configuration block",
    "undefined ",
    "undeclared ",
    "unreadable module",
    "unsupported ",
)
"""How the summaries of Terraform's own checks of a configuration begin: whatever they quote, the change is wrong."""

_SETTINGS = (
    ("unsupported terraform core version", "engine-version"),
    ("unsupported opentofu core version", "engine-version"),
    ("saving a generated plan is currently not supported", "remote-execution"),
    ("displaying a saved plan is currently not supported", "remote-execution"),
    ("run variables are currently not supported", "remote-execution"),
    ("generating configuration is not currently supported", "remote-execution"),
    ("is required by the backend", "backend-partial"),
    ("no value for required variable", "variables-missing"),
    ("failed to read variables file", "settings"),
    ("failed to read file", "settings"),
)
"""What is settled outside of the root's files: by the runner, or in `gitops-ci.yml`."""

_CRASHED = (
    "plugin did not respond",
    "plugin returned an unexpected error",
    "request cancelled: the plugin",
    "failed to instantiate provider",
    "plugin process exited",
    "unrecognized remote plugin message",
)
"""A provider that fell down or does not start on this machine: nobody's change is wrong for that."""

_ABOUT_ACCESS = frozenset({"credential", "credentials", "token", "key", "access"})

_STAGES = {"init": "terraform init", "plan": "terraform plan", "show": "terraform show"}


class Diagnostic(Struct, frozen=True):
    """One error of the engine; `path` is relative to the repository's root."""

    summary: str
    detail: str
    path: str | None
    line: int | None

    @property
    def text(self) -> str:
        """Summary and detail as one line or paragraph."""
        return f"{self.summary}: {self.detail}" if self.detail else self.summary

    @property
    def is_configuration(self) -> bool:
        """Whether Terraform itself finds fault with the place that it names."""
        summary = self.summary.lower()
        return self.path is not None and summary.startswith(_WRONG) and not _ABOUT_ACCESS.intersection(summary.split())


def problem(stage: str, ended: Ended, directory: str) -> Problem:
    """What to report of a call that failed. `directory` is the root's path in the repository.

    Codes: `timeout`, `interrupted`, `too-much-output`, `engine-killed`, `provider-failed`, `credentials`,
    `unreachable`, `init-failed` (undecided) and `plan-failed` (the configuration cannot be planned: blocked).
    """
    command = _STAGES.get(stage, stage)
    if ended.ending == "timeout":
        return Problem(code="timeout", message=f"{command} took longer than its timeout and was stopped")
    if ended.ending == "cancelled":
        return Problem(code="interrupted", message=f"{command} was interrupted")
    if ended.ending == "flooded":
        return Problem(code="too-much-output", message=f"{command} printed more than is read, and was stopped")
    if ended.returncode < 0 or ended.returncode in (137, 143):
        return Problem(code="engine-killed", message=f"{command} was killed (signal {abs(ended.returncode) % 128})")
    errors = list(diagnostics(ended, directory))
    if not errors:
        return Problem(code="engine-failed", message=_last_words(command, ended))
    first = next((error for error in errors if error.path is not None), errors[0])
    message = "\n".join(dict.fromkeys(secrets.masked(error.text) for error in errors[:5]))
    if len(errors) > 5:
        message += f"\n(and {len(errors) - 5} more)"
    code = _code(stage, errors)
    if code == "credentials":
        message = f"there are no credentials{_of_cloud(message)} for it: {message}"
    return Problem(code=code, message=message, path=first.path, line=first.line)


def _of_cloud(message: str) -> str:
    """Which cloud's credentials are missing, where its client says that it is theirs."""
    words = set(re.findall(r"[a-z0-9]+", message.lower()))
    named = [name for name, known in _CLOUDS if words.intersection(known)]
    return f" of {named[0]}" if len(named) == 1 else ""


def _code(stage: str, errors: list[Diagnostic]) -> str:
    for phrase, code in _SETTINGS:
        if any(phrase in error.text.lower() for error in errors):
            return code
    if any(error.is_configuration for error in errors):
        return "plan-failed"
    text = " ".join(error.text for error in errors).lower()
    if any(phrase in text for phrase in _CRASHED):
        return "provider-failed"
    if any(phrase in text for phrase in _CREDENTIALS):
        return "credentials"
    if any(phrase in text for phrase in _OUTSIDE):
        return "unreachable"
    if any(error.path is not None for error in errors) or stage != "init":
        return "plan-failed"
    return "init-failed"


def diagnostics(ended: Ended, directory: str) -> Iterator[Diagnostic]:
    """The errors of a `-json` stream, in order; lines that are no JSON are passed over."""
    for line in ended.stdout.splitlines():
        if b'"diagnostic"' not in line:
            continue
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        found = message.get("diagnostic") if isinstance(message, dict) else None
        if isinstance(found, dict) and found.get("severity") == "error":
            path, line_number = _place(found.get("range"), directory)
            yield Diagnostic(str(found.get("summary", "")), str(found.get("detail", "")), path, line_number)


def _place(found: Any, directory: str) -> tuple[str | None, int | None]:
    if not isinstance(found, dict) or not isinstance(found.get("filename"), str):
        return None, None
    filename = found["filename"]
    path = None if posixpath.isabs(filename) or filename.startswith("<") else join(directory, filename)
    start = found.get("start")
    line = start.get("line") if isinstance(start, dict) else None
    return path, line if isinstance(line, int) and path is not None else None


def _last_words(command: str, ended: Ended) -> str:
    text = (ended.stderr or ended.stdout).decode("utf-8", "replace").partition("\ngoroutine ")[0].strip()
    words = secrets.masked(text)[-1500:] if text else "no output"
    return f"{command} exited with {ended.returncode}: {words}"
