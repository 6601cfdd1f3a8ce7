"""Every planted secret of a large repository is found, and nothing else: the issue's measure."""

from __future__ import annotations

import pytest

from benchmarks import secret_corpus
from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot
from gitops_ci.policy.scope import Scope
from gitops_ci.policy.secrets import step


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_all_planted_secrets_are_found_and_nothing_else(seed: int) -> None:
    corpus = secret_corpus.made(5_000 if seed == 7 else 400, seed)
    head = snapshot.of(corpus.files)
    scope = Scope(rules=head, base=None, head=head, config=DEFAULT, paths=tuple(head.entries), everything=True)
    told = step.check(scope)
    found = {(each.path, each.line): each.rule for each in told.findings}
    assert len(corpus.planted) == 20
    assert {place for place in corpus.planted if place not in found} == set(), "missed"
    assert {place: rule for place, rule in found.items() if place not in corpus.planted} == {}, "false alarms"
    assert found == dict(corpus.planted)
    assert told.run.inputs == len(corpus.files)
