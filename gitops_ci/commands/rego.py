"""Rego in the policy step: the repository's policies, and the engine that all policies share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands.options import Outside
from gitops_ci.config import DEFAULT_POLICIES
from gitops_ci.policy.scope import Scope, Told

if TYPE_CHECKING:
    from gitops_ci.policy.rego.engine import RegoEngine


def starter(outside: Outside, repository: Path) -> Callable[[], RegoEngine]:
    """Gives the engine, which is looked for the first time that it is asked for. Raises ToolError where none is."""

    @cache
    def start() -> RegoEngine:
        from gitops_ci.system import process, rego

        environ = outside.settings.environ
        return rego.engine(environ, repository=repository, scratch=outside.scratch, stop=process.Stop())

    return start


def told(scope: Scope, engine: Callable[[], RegoEngine]) -> Iterator[Told]:
    """What the repository's own policies say; nothing is imported where it has none."""
    places = scope.config.policy.rego
    if places == () or (
        places is None and not any(end.is_directory(DEFAULT_POLICIES) for end in (scope.rules, scope.head))
    ):
        return
    from gitops_ci.policy.rego import changes, policies, step

    began = time.monotonic()
    current = policies.read(policies.configured(scope.config, scope.rules), scope.rules)
    about = tuple(changes.findings(scope, current, engine))
    if current.entries or about:
        answered = step.check(scope, current, engine, more=about)
        run = msgspec.structs.replace(answered.run, seconds=round(time.monotonic() - began, 3))
        yield Told(answered.findings, run)
