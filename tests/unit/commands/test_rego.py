"""Rego in the policy step."""

from __future__ import annotations

import sys

import pytest

from gitops_ci.commands import rego
from gitops_ci.config import RegoPolicies
from tests.unit.policy.rego.rego_bed import Fake, none_there, scope

DENY = "package main\ndeny contains 1 if input.kind\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


def test_a_repository_without_policies_imports_and_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("gitops_ci.policy.rego")]:
        monkeypatch.delitem(sys.modules, name)
    assert list(rego.told(scope({"k/a.yaml": POD}), none_there)) == []
    assert list(rego.told(scope({"shared/security/policies/a.rego": DENY}, rego=()), none_there)) == []
    assert not [name for name in sys.modules if name.startswith("gitops_ci.policy.rego")]


def test_policies_are_asked() -> None:
    engine = Fake({"data.main.deny": lambda _: ["no"]})
    files = {"shared/security/policies/a.rego": DENY, "k/a.yaml": POD}
    (told,) = rego.told(scope(files), lambda: engine)
    assert [(each.rule, each.path) for each in told.findings] == [("rego/main", "k/a.yaml")]
    assert (told.run.name, told.run.inputs) == ("rego", 1)


def test_new_policies_at_the_default_place_do_not_judge_yet() -> None:
    head = {"shared/security/policies/a.rego": DENY, "k/a.yaml": POD}
    (told,) = rego.told(scope(head, {"k/a.yaml": POD}), lambda: Fake({"data.main.deny": lambda _: ["no"]}))
    assert [each.rule for each in told.findings] == ["rego/changed"]


def test_what_head_plants_changes_nothing() -> None:
    base = {"p/a.rego": DENY, "k/a.yaml": POD}
    planted = {
        "conftest.toml": 'policy = "policy"',
        ".regal/config.yaml": "{}",
        "policy/x.rego": "package x\ndeny contains 1",
    }
    engine = Fake({"data.main.deny": lambda _: []})
    (told,) = rego.told(scope({**base, **planted}, base, rego=[RegoPolicies(path="p")]), lambda: engine)
    assert (told.findings, told.run.problems) == ((), ())
