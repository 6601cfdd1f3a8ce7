"""The catalogue: in step with docs/rules, complete, and complete for the code."""

from __future__ import annotations

from gitops_ci.policy.rules import __main__ as compiler
from gitops_ci.policy.rules import catalog


def test_the_catalogue_is_what_the_pages_say() -> None:
    assert catalog.FILE.read_bytes() == compiler.compiled(), "run `make schemas`"


def test_a_rule_is_found_by_its_id() -> None:
    rule = catalog.of("terraform/state-shared")
    assert rule is not None
    assert rule.title == "Two stacks keep their state at the same place"
    assert rule.page == "rules/terraform.md#terraformstate-shared"
    assert catalog.of("terraform/nothing") is None
    assert "terraform/state-shared" in catalog.ids()
