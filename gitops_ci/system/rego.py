"""Finds the engine of Rego: `opa` on PATH, else the embedded one in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from gitops_ci.errors import ToolError
from gitops_ci.policy.rego.engine import RegoEngine
from gitops_ci.system import clean_room, process, rego_embedded, rego_opa

INSTALL = (
    "install opa 1.0 or later, or `pip install 'gitops-ci[rego]'` (Linux with glibc 2.34 or later, macOS, Windows)"
)


def engine(environ: Mapping[str, str], *, repository: Path, scratch: Path, stop: process.Stop) -> RegoEngine:
    """The engine to use; `scratch` is private and removed by its owner.

    An `opa` inside the repository is never taken. Raises ToolError where there is no engine, or `opa` does not run.
    """
    found = shutil.which("opa", path=clean_room.safe_path(environ.get("PATH", os.defpath), repository))
    if found is not None:
        return rego_opa.Opa(found, scratch=scratch, stop=stop)
    return embedded(scratch=scratch, stop=stop)


def embedded(*, scratch: Path, stop: process.Stop) -> RegoEngine:
    """The embedded engine. Raises ToolError where it is not installed."""
    if importlib.util.find_spec("regorus") is None:
        raise ToolError("no engine of Rego: opa is not on PATH, and gordon-to-regorus is not installed", hint=INSTALL)
    return rego_embedded.Embedded(scratch=scratch, stop=stop)
