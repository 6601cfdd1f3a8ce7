"""What a change does to the policies themselves."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.errors import ToolError
from gitops_ci.model.finding import Finding
from gitops_ci.policy.rego import changes
from gitops_ci.policy.rego.engine import RegoProblem
from tests.unit.policy.rego.rego_bed import Fake, Files, none_there, read, scope

DENY = "package main\ndeny contains 1 if input.kind\n"
FINE = Fake({"data.main.deny": lambda _: []})


def told(base: Files | None, head: Files, engine: Any = lambda: FINE, **entry: Any) -> list[Finding]:
    some = scope(head, base, rego=[RegoPolicies(path="p", **entry)])
    return list(changes.findings(some, read(some), engine))


def test_nothing_to_say() -> None:
    assert told({"p/a.rego": DENY}, {"p/a.rego": DENY, "x": ""}, none_there) == []
    assert told(None, {"p/a.rego": DENY}, none_there) == []


@pytest.mark.parametrize("name", ["p/a.rego", "p/b.rego", "p/a_test.rego", "p/data.json"])
def test_a_change_of_policies_is_told(name: str) -> None:
    (found,) = told({"p/a.rego": DENY}, {"p/a.rego": DENY, name: "{}" if name.endswith("json") else f"{DENY}# more"})
    assert (found.rule, found.severity, found.path) == ("rego/changed", "warning", name)


def test_broken_policies_of_head_block() -> None:
    def broken(_: Any) -> RegoProblem:
        return RegoProblem(code="compile", message="undefined function f", path="p/a.rego", line=3, column=2)

    found = told({"p/a.rego": DENY}, {"p/a.rego": f"{DENY}x"}, lambda: Fake({"data.main.deny": broken}))
    assert [each.rule for each in found] == ["rego/changed", "rego/invalid"]
    assert (found[1].severity, found[1].path, found[1].line, found[1].column) == ("error", "p/a.rego", 3, 2)


def test_an_engine_that_fails_says_nothing_of_the_policy() -> None:
    def failed(_: Any) -> RegoProblem:
        return RegoProblem(code="timeout", message="slow")

    def missing() -> Any:
        raise ToolError("none")

    for engine in (lambda: Fake({"data.main.deny": failed}), missing):
        assert [each.rule for each in told({"p/a.rego": DENY}, {"p/a.rego": f"{DENY}#"}, engine)] == ["rego/changed"]


def test_data_that_would_not_be_read_blocks() -> None:
    found = told({"p/a.rego": DENY}, {"p/a.rego": DENY, "p/x.yaml": "a: ["})
    assert [each.rule for each in found] == ["rego/changed", "rego/invalid"]
    assert found[1].path == "p/x.yaml"


def test_taking_every_policy_away_blocks() -> None:
    for left in ({}, {"p/a.rego": "package main\n"}):
        found = told({"p/a.rego": DENY}, left)
        assert [(each.rule, each.severity) for each in found] == [
            ("rego/changed", "warning"),
            ("rego/no-policies", "error"),
        ]


@pytest.mark.parametrize(
    ("files", "entry", "said"),
    [
        ({"x": ""}, {}, "policy.rego[0].path: p holds no Rego policy"),
        ({"p/a.rego": "package lib\n"}, {}, "no rule that is asked"),
        ({"p/a.rego": DENY}, {"query": "mian"}, "policy.rego[0].query: no package or rule at p is called mian"),
    ],
)
def test_a_configured_place_that_asks_nothing(files: Files, entry: dict[str, str], said: str) -> None:
    (found,) = told(files, files, none_there, **entry)
    assert (found.rule, found.severity) == ("rego/no-policies", "error")
    assert said in found.message


def test_the_default_place_may_hold_a_library() -> None:
    files = {"shared/security/policies/a.rego": "package lib\n"}
    some = scope(files, files)
    (found,) = changes.findings(some, read(some), none_there)
    assert (found.rule, found.severity) == ("rego/no-policies", "notice")
