"""Progress on a terminal, redrawn in place; loaded only where there is one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.live import Live as Redrawn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gitops_ci.model.plan import Plan
from gitops_ci.render import words
from gitops_ci.render.lines import Line, line, span, write
from gitops_ci.render.painting import console, painted
from gitops_ci.render.progress import outcome

_SHOWN = 12
"""Running plans on screen at once."""


class Live:
    """On a terminal: what runs now with its time, what is done above it, and how many of how many."""

    def __init__(self, total: int, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}
        self._done = 0
        self._spinner = Spinner("dots")
        self._live: Redrawn | None = None

    def __enter__(self) -> Self:
        self._live = Redrawn(
            console=console(self._stream),
            get_renderable=self._table,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)
            self._live = None

    def started(self, stack_id: str) -> None:
        """Adds the stack to the list."""
        with self._lock:
            self._running[stack_id] = self._clock()

    def finished(self, plan: Plan) -> None:
        """Takes the stack from the list and prints how it ended."""
        with self._lock:
            self._done += 1
            self._running.pop(plan.stack, None)
        self._print(line(*outcome(plan)))

    def message(self, text: str) -> None:
        """Prints the text above the list."""
        for each in text.splitlines():
            self._print(line(each))

    def _print(self, each: Line) -> None:
        if self._live is None:
            write([each], self._stream, colour=True)
        else:
            self._live.console.print(painted(each, self._stream))

    def _table(self) -> Table:
        with self._lock:
            running, done = list(self._running.items()), self._done
        now = self._clock()
        table = Table.grid(padding=(0, 1))
        for stack, since in running[:_SHOWN]:
            table.add_row(self._spinner, Text(span(stack).text), Text(words.duration(now - since), "dim"))
        more = f", {len(running) - _SHOWN} more running" if len(running) > _SHOWN else ""
        table.add_row("", Text(f"{done} of {self._total} planned{more}", "dim"), "")
        return table
