"""Names of rules: those that there are, and the nearest to those that there are not."""

from __future__ import annotations

import pytest

from gitops_ci.policy import rule_ids


def test_they_are_those_of_the_documentation_that_a_finding_can_have() -> None:
    """`checks/*` and `gate/*` are reasons of the verdict and no findings; families with rules of others are open."""
    assert {"layout/required", "policy/waiver-expired", "terraform/state-shared"} <= rule_ids.ids()
    assert {id.partition("/")[0] for id in rule_ids.ids()}.isdisjoint({"checks", "gate", "rego", "checkov"})


@pytest.mark.parametrize(
    "pattern",
    [
        "layout/required",
        "layout/*",
        "layout/missing-*",
        "*",
        "*/*",
        "checkov/CKV_X_1",
        "rego/a.b",
        "rego/*",
        "builtin/kubernetes-*",
    ],
)
def test_what_may_be_meant(pattern: str) -> None:
    assert rule_ids.problem(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("layout/requird", "no rule is called so; did you mean layout/required?"),
        ("layout/x*", "no rule is called so"),
        ("builtin/kubernetes-run-as-nonroot", "did you mean builtin/kubernetes-run-as-non-root?"),
        ("secrets/tokn", "did you mean secrets/token?"),
        ("security/casbin-typ", "did you mean security/casbin-type?"),
        ("layot/required", "layot/ is no family of rules; did you mean layout/required?"),
        ("layout", "expected family/name or family/*; did you mean layout/*?"),
        ("checks/plan-failed", "checks/ is no family of rules"),
        ("gate/approvals-missing", "gate/ is no family of rules"),
        ("", "expected a rule as family/name"),
        ("rego/a b", "expected a rule as family/name"),
        ("rego/[a]", "expected a rule as family/name"),
        ("rego/*a*b*c*", "at most 3 *"),
    ],
)
def test_what_nothing_is_called(pattern: str, expected: str) -> None:
    assert expected in rule_ids.problem(pattern)
