"""Which engine a program is, and of which version: what it says itself, as JSON where it can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gitops_ci.errors import ToolError
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Engine

OLDEST = (1, 0)
"""The oldest Terraform or OpenTofu that gives what a plan needs as JSON."""

OLDEST_TERRAGRUNT = (1, 0)
"""Before 0.87 a plan made a missing state bucket by itself; 1.0 is the first whose commands are promised to stay."""

_VERSION = re.compile(rb"terragrunt version v?(\d+(?:\.\d+)+\S*)")  # it has no other form of it
INSTALL_TERRAGRUNT = f"install terragrunt {'.'.join(map(str, OLDEST_TERRAGRUNT))} or later"

Source = Literal["configured", "path", "embedded"]


class Executable(Struct, frozen=True):
    """How an engine is started, what to call it, and how it was found: by which key of the configuration, if by one."""

    command: tuple[str, ...]
    shown: str
    source: Source
    key: str = ""


Ask = Callable[[Sequence[str]], Ended]
"""Runs a command in the clean room, for a minute at most."""
Identify = Callable[[Executable, Ask], Engine]


def terraform(executable: Executable, ask: Ask) -> Engine:
    """A Terraform or OpenTofu. Raises ToolError for what is none, or too old."""
    command = executable.command
    ended = ask((*command, "version", "-json"))
    try:
        document = json.loads(ended.stdout)
        number = str(document["terraform_version"])
    except (ValueError, KeyError, TypeError):
        detail = (ended.stderr or ended.stdout).decode("utf-8", "replace").strip()[-300:]
        raise ToolError(f"{executable.shown} does not run: {detail or f'exit code {ended.returncode}'}") from None
    name = "tofu" if "tofu" in Path(command[0]).name else "terraform"
    if tuple(int(part) for part in number.split(".")[:2] if part.isdigit()) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ToolError(f"{name} {number} ({executable.shown}) is too old", hint=f"install {oldest} or later")
    return Engine(name=name, version=number, source=executable.source)


def terragrunt(executable: Executable, ask: Ask) -> Engine:
    """A Terragrunt. Raises ToolError for what is none, or too old."""
    ended = ask((*executable.command, "--version"))
    match = _VERSION.search(ended.stdout)
    if match is None:
        detail = (ended.stderr or ended.stdout).decode("utf-8", "replace").strip()[-300:]
        raise ToolError(f"{executable.shown} tells no version: {detail}", hint=INSTALL_TERRAGRUNT)
    number = match[1].decode()
    if tuple(int(part) for part in number.split(".")[:2]) < OLDEST_TERRAGRUNT:
        raise ToolError(f"terragrunt {number} ({executable.shown}) is too old", hint=INSTALL_TERRAGRUNT)
    return Engine(name="terragrunt", version=number, source=executable.source)
