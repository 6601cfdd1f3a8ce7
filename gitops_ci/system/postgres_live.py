"""A connection to an environment's own database, where the job has a DSN of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gitops_ci.system.postgres_session import PostgresSession
from gitops_ci.system.process import Stop

_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


def variable(pattern: str, stack: str) -> str:
    """The variable with the DSN of a stack's database: `{environment}` and `{name}` stand for its own in capitals."""
    environment, _, name = stack.partition("/")
    known = {"{environment}": environment, "{name}": name.partition("/")[2]}
    for word, value in known.items():
        pattern = pattern.replace(word, _NO_WORD.sub("_", value).upper())
    return pattern


def variables(pattern: str | None, environments: Iterable[str], environ: Iterable[str]) -> tuple[str, ...]:
    """Those of `environ` that may hold the DSN of a stack of one of these environments, whatever its name."""
    if pattern is None:
        return ()
    known = "|".join({_NO_WORD.sub("_", name).upper() for name in environments})
    stands = {"{environment}": f"(?:{known})", "{name}": "[A-Z0-9_]*"}
    wanted = "".join(stands.get(part, part) for part in re.split(r"(\{(?:environment|name)\})", pattern))
    return tuple(name for name in environ if re.fullmatch(wanted, name))


def connected(
    pattern: str | None, stack: str, environ: Mapping[str, str], deadline: float, stop: Stop
) -> PostgresSession | None:
    """A session; None where no DSN is given. Raises ServerLostError where it leads nowhere."""
    dsn = environ.get(variable(pattern, stack), "") if pattern else ""
    if not dsn.strip():
        return None
    return PostgresSession({"application_name": "gitops-ci"}, dsn, deadline=deadline, stop=stop)
