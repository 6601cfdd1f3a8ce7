"""A fake engine whose rules are Python functions, and scopes from dicts of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gitops_ci.config import Config, Policy, RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.plan import Engine
from gitops_ci.policy.rego import policies, step
from gitops_ci.policy.rego.engine import Answer, Bundle, Limits, RegoEngine, RegoProblem, TestRun
from gitops_ci.policy.scope import Scope, Told

Files = Mapping[str, str | bytes]
Rule = Callable[[Any], Any]

UNDEFINED = object()


class Fake:
    """Answers each query by a function of the input; one that it does not know is an error of the test."""

    engine = Engine(name="fake", version="1", source="path")

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        self.asked: list[tuple[tuple[str, ...], tuple[Any, ...]]] = []
        self.bundles: list[Bundle] = []

    def check(self, bundle: Bundle) -> tuple[RegoProblem, ...]:
        raise NotImplementedError

    def test(self, bundle: Bundle, *, limits: Limits) -> TestRun:
        raise NotImplementedError

    def evaluate(
        self, bundle: Bundle, queries: Sequence[str], inputs: Sequence[bytes], *, limits: Limits
    ) -> Iterator[Answer]:
        assert limits.seconds > 0
        self.bundles.append(bundle)
        self.asked.append((tuple(queries), tuple(json.loads(each) for each in inputs)))
        for index, content in enumerate(inputs):
            for query in queries:
                value = self.rules[query](json.loads(content))
                if isinstance(value, RegoProblem):
                    yield Answer(input=index, query=query, problem=value)
                elif value is UNDEFINED:
                    yield Answer(input=index, query=query)
                else:
                    yield Answer(input=index, query=query, defined=True, value=value)


def none_there() -> RegoEngine:
    raise AssertionError("an engine was started")


def scope(head: Files, base: Files | None = None, *, rego: Sequence[RegoPolicies] | None = None, **more: Any) -> Scope:
    after = snapshot.of(head)
    before = snapshot.of(base) if base is not None else None
    changed = frozenset(snapshot.changed_paths(before, after)) if before is not None else frozenset[str]()
    return Scope(
        rules=before or after,
        base=before,
        head=after,
        config=Config(policy=Policy(rego=None if rego is None else tuple(rego))),
        paths=tuple(sorted(head)),
        changed=changed,
        **more,
    )


def read(scope: Scope, end: Snapshot | None = None) -> policies.Policies:
    place = end or scope.rules
    return policies.read(policies.configured(scope.config, place), place)


def check(scope: Scope, engine: Fake) -> Told:
    return step.check(scope, read(scope), lambda: engine)
