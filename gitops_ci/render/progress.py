"""What is seen while plans run: a live list on a terminal, a line for each finished plan in a log, or nothing."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Protocol, Self, TextIO

from gitops_ci.model.plan import Plan
from gitops_ci.render import words
from gitops_ci.render.lines import Line, Span, line, span, write


class Progress(Protocol):
    """Hears what happens, from any thread, between entering and leaving."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def started(self, stack_id: str) -> None:
        """A plan begins."""

    def finished(self, plan: Plan) -> None:
        """A plan ended, well or not."""

    def message(self, text: str) -> None:
        """Something a person may want to know."""


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    def started(self, stack_id: str) -> None:
        """Nothing."""

    def finished(self, plan: Plan) -> None:
        """Nothing."""

    def message(self, text: str) -> None:
        """Nothing."""


class Lines(Silent):
    """A line for each finished plan, for logs: `[3/12] production/terraform/network  +2 ~1  2.4 s`."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._lock = threading.Lock()
        self._done = 0

    def finished(self, plan: Plan) -> None:
        """Writes the plan's line."""
        with self._lock:
            self._done += 1
            self._write(line(f"[{self._done}/{self._total}] ", *outcome(plan)))

    def message(self, text: str) -> None:
        """Writes the text, one line for each of its lines."""
        with self._lock:
            for each in text.splitlines():
                self._write(line(each))

    def _write(self, each: Line) -> None:
        write([each], self._stream, colour=False)
        self._stream.flush()


def of(stream: TextIO, *, total: int, colour: bool) -> Progress:
    """What fits the stream: `Live` on a terminal with colour, else `Lines`."""
    if not (colour and stream.isatty()):
        return Lines(total, stream)
    from gitops_ci.render.live import Live  # rich loads slower than most commands run

    return Live(total, stream)


def outcome(plan: Plan) -> list[Span]:
    """How a plan ended, on one line: its counts, or that nothing changes, or why there is none."""
    match plan.status:
        case "failed" | "skipped":
            reason = plan.reason.message.strip().partition("\n")[0][:160] if plan.reason else ""
            said = [
                span(f"  {plan.status}", "error" if plan.status == "failed" else "undecided"),
                span(f": {reason}" if reason else ""),
            ]
        case "unchanged":
            said = [span("  no change", "dim")]
        case _:
            from gitops_ci.render.stack_lines import counts  # while others are planned

            said = counts(plan)
    return [span(plan.stack), *said, span(f"  {words.duration(plan.seconds)}", "dim")]
