"""A connection to an environment's own database, where the job has a DSN of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.process import Stop

_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


def variable(pattern: str, environment: str) -> str:
    """The variable that holds an environment's DSN: `{environment}` stands for its name in capitals."""
    return pattern.replace("{environment}", _NO_WORD.sub("_", environment).upper())


def connected(
    pattern: str | None, environment: str, environ: Mapping[str, str], deadline: float, stop: Stop
) -> PostgresSession | None:
    """A session; None where no DSN is given. Raises ServerLostError where it leads nowhere."""
    dsn = environ.get(variable(pattern, environment), "") if pattern else ""
    if not dsn.strip():
        return None
    return PostgresSession({"application_name": "gitops-ci"}, dsn, deadline=deadline, stop=stop)
