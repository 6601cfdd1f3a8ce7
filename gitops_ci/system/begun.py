"""Work that goes on in a thread of its own, so that something else can be done while git is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """`work`, begun; its result or its error comes when it is asked for."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._done.append(self._work())
        except Exception as error:  # noqa: BLE001 - whatever it is, `result` raises it again
            self._error = error

    def result(self) -> T:
        """What the work gave; waits for it, and raises what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._done[0]

    def wait(self) -> None:
        """Waits for the end of the work, however it went."""
        self._thread.join()
