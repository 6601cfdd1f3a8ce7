"""Migrations that are programs (Rails, Alembic): found, so that nobody takes them for checked, and not read."""

from __future__ import annotations

import re

from gitops_ci.discover.snapshot import Snapshot

SUFFIXES = (".rb", ".py")
"""How their names end."""

_RAILS = re.compile(r"[0-9]{14}_\w+\.rb")


def tool(directory: str, snapshot: Snapshot) -> str | None:
    """The tool whose migrations a directory holds; None for SQL and for all else."""
    names = snapshot.children.get(directory, ())
    parent, _, last = directory.rpartition("/")
    if last == "migrate" and any(_RAILS.fullmatch(name) for name in names):
        return "Rails"
    beside = snapshot.children.get(parent, ())
    if last == "versions" and "env.py" in beside and any(name.endswith(".py") for name in names):
        return "Alembic"
    return None
