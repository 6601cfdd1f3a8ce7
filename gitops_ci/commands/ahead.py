"""Loads what comes after planning while engines work: a run mostly waits for them, and loading takes long."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterable

OF_ALL = ("render.stack_lines", "discover.layout", "policy.secrets.step", "render.markdown")
AT_THE_END = ("render.terminal", "render.sarif", "render.junit", "render.report_json")
OF_KIND = {"database": ("kinds.database.rules.step", "kinds.database.migrations.history", "system.squawk")}


def load(kinds: Iterable[str]) -> None:
    """Begins to load what looks at stacks of these kinds, and what shows a report."""
    names = (*OF_ALL, *(name for kind in dict.fromkeys(kinds) for name in OF_KIND.get(kind, ())), *AT_THE_END)
    threading.Thread(target=_load, args=(names,), daemon=True).start()


def _load(names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):  # an extra that is not installed: whoever needs it says so
            importlib.import_module(f"gitops_ci.{name}")
