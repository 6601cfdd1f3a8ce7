"""`policy.severity`: a rule, a pattern, a place, off."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gitops_ci import config_file
from gitops_ci.model import finding as findings
from gitops_ci.policy import severity

FOUND = (
    findings.make("layout/a", "error", "a", help=""),
    findings.make("layout/b", "warning", "b", help=""),
    findings.make("terraform/a", "error", "c", help=""),
)


def by(
    text: str, rule: str, place: Mapping[str, str] | None = None, owners: Mapping[str, tuple[str, ...]] | None = None
) -> str:
    """What `policy.severity` as in `text` makes of an error of `rule` at a place."""
    config = config_file.load(f"version: 1\npolicy: {{severity: {text}}}".encode())
    found = findings.make(rule, "error", "a", help="", **(place or {}))  # type: ignore[arg-type]  # path, stack
    told = list(severity.applied((found,), config, owners or {}))
    return told[0].severity if told else "off"


def test_without_overrides_nothing_changes() -> None:
    from gitops_ci.config import DEFAULT

    assert tuple(severity.applied(FOUND, DEFAULT, {})) == FOUND


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("{checkov/X: notice}", "checkov/X", "notice"),
        ("{checkov/X: notice}", "checkov/XY", "error"),
        ("{checkov/X: off}", "checkov/X", "off"),
        ("{checkov/*: warning}", "checkov/X", "warning"),
        ("{checkov/*: off, checkov/X: notice}", "checkov/X", "notice"),
        ("{checkov/X: notice, checkov/*: off}", "checkov/X", "notice"),
        ("{rego/*: off, rego/kubernetes.*: notice}", "rego/kubernetes.admission", "notice"),
        ("{rego/*: off, rego/kubernetes.*: notice}", "rego/terraform.tags", "off"),
        ("{'*': notice, rego/*: warning}", "rego/a", "warning"),
        ("{'*': notice}", "layout/required", "notice"),
    ],
)
def test_the_most_specific_key_counts(text: str, rule: str, expected: str) -> None:
    assert by(text, rule) == expected


PLACED = "{rego/a: {environments: {production: error, development: off}, kinds: {database: notice}, default: warning}}"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"stack": "production/terraform/network"}, "error"),
        ({"stack": "development/database/app"}, "off"),
        ({"stack": "staging/database/app"}, "notice"),
        ({"stack": "staging/terraform/app"}, "warning"),
        ({"path": "environments/development/k8s/a.yaml"}, "off"),
        ({"path": "environments/prod/k8s/a.yaml"}, "error"),
        ({"path": "environments/staging/databases/a.sql"}, "notice"),
        ({"path": "README.md"}, "warning"),
        ({}, "warning"),
        # the stack says where it counts, whatever folder the file lies in
        ({"stack": "production/terraform/network", "path": "environments/development/a.tf"}, "error"),
    ],
)
def test_a_place_has_its_own(place: dict[str, str], expected: str) -> None:
    assert by(PLACED, "rego/a", place) == expected


def test_a_file_that_production_is_made_of_is_no_less_for_lying_elsewhere() -> None:
    path = "environments/development/modules/a.tf"
    assert by(PLACED, "rego/a", {"path": path}) == "off"
    owners = {path: ("development/terraform/a", "production/terraform/a")}
    assert by(PLACED, "rego/a", {"path": path}, owners) == "error"


def test_a_key_that_says_nothing_of_the_place_leaves_it_to_the_next() -> None:
    text = "{rego/*: notice, rego/a: {environments: {production: warning}}}"
    assert by(text, "rego/a", {"stack": "production/terraform/a"}) == "warning"
    assert by(text, "rego/a", {"stack": "staging/terraform/a"}) == "notice"
    assert by("{rego/a: {environments: {production: warning}}}", "rego/a", {"stack": "staging/terraform/a"}) == "error"
