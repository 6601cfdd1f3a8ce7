"""`policy.severity`: a rule, a family, off."""

from __future__ import annotations

from gitops_ci.config import DEFAULT, Config, Policy
from gitops_ci.model import finding as findings
from gitops_ci.policy import severity

FOUND = (
    findings.make("layout/a", "error", "a", help=""),
    findings.make("layout/b", "warning", "b", help=""),
    findings.make("terraform/a", "error", "c", help=""),
)


def test_without_overrides_nothing_changes() -> None:
    assert severity.applied(FOUND, DEFAULT) == FOUND


def test_a_rule_its_family_and_off() -> None:
    config = Config(policy=Policy(severity={"layout/*": "notice", "layout/a": "warning", "terraform/a": "off"}))
    assert [(each.rule, each.severity) for each in severity.applied(FOUND, config)] == [
        ("layout/a", "warning"),
        ("layout/b", "notice"),
    ]


def test_names_that_do_not_occur_change_nothing() -> None:
    config = Config(policy=Policy(severity={"layout": "off", "layou/*": "off", "*": "off"}))
    assert severity.applied(FOUND, config) == FOUND
