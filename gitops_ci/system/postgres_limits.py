"""What sessions with a PostgreSQL keep to while they wait: the end of the run, a stack's time, short messages."""

from __future__ import annotations

import time

from gitops_ci.kinds.database.server import ServerLostError
from gitops_ci.system.process import Stop

TICK = 0.2  # seconds that a wait may take before it is looked at again
MAX_MESSAGE = 2000  # characters: a migration may raise an error of any length


def check(deadline: float, stop: Stop) -> None:
    """Raises ServerLostError where a session must not wait on; `deadline` is on the monotonic clock."""
    if stop.is_set():
        raise ServerLostError("interrupted", "the run was interrupted")
    if time.monotonic() > deadline:
        raise ServerLostError("timeout", "the time limit passed (`kinds.database.timeout`)")
