"""Rego in the policy step: the repository's policies, and the engine that all policies share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands.options import Outside
from gitops_ci.config import DEFAULT_POLICIES, Builtin, Config
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
    """What the repository's own policies say, then those that come with us; nothing is imported where none is asked."""
    yield from _own(scope, engine)
    if scope.config.policy.builtin is not None:
        yield _builtin(scope, scope.config.policy.builtin, engine)


def _builtin(scope: Scope, chosen: Builtin, engine: Callable[[], RegoEngine]) -> Told:
    from gitops_ci import policies as pack
    from gitops_ci.policy.rego import policies, step, subject

    began = time.monotonic()
    texts = {module.path: module.text for module in pack.modules()}
    current = policies.of_modules("builtin", texts, pack.parameters(scope.config), ids=pack.patterns(chosen))
    answered = step.check(scope, current, engine, subject=subject.of(scope))
    run = msgspec.structs.replace(answered.run, seconds=round(time.monotonic() - began, 3))
    return Told(answered.findings, run)


def _own(scope: Scope, engine: Callable[[], RegoEngine]) -> Iterator[Told]:
    if not any(_has_places(config, scope) for config in (scope.config, scope.proposed) if config is not None):
        return
    from gitops_ci.policy.rego import changes, policies, step

    began = time.monotonic()
    current = policies.read(policies.configured(scope.config, scope.rules), scope.rules)
    about = tuple(changes.findings(scope, current, engine))
    if current.entries or about:
        answered = step.check(scope, current, engine, more=about)
        run = msgspec.structs.replace(answered.run, seconds=round(time.monotonic() - began, 3))
        yield Told(answered.findings, run)


def _has_places(config: Config, scope: Scope) -> bool:
    if config.policy.rego is not None:
        return config.policy.rego != ()
    return any(end.is_directory(DEFAULT_POLICIES) for end in (scope.rules, scope.head))
