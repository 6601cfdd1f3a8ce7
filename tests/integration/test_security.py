"""Changes of the example's rules and permissions, planned by the command line from real git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gitops_ci.model.plan import Change
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "infrastructure-gitops"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    shutil.copytree(EXAMPLE, tmp_path / "repository")
    scratch = Scratch(tmp_path / "repository")
    scratch.commit()
    return scratch


def edit(repository: Scratch, path: str, old: str, new: str) -> None:
    file = repository.path / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(repository: Scratch) -> Outcome:
    repository.commit()
    return gitops_ci(repository.path, "run", "--base", "HEAD~1")


def changes(outcome: Outcome) -> dict[str, Change]:
    return {change.address: change for plan in outcome.report.plans for change in plan.changes}


def test_a_permission_that_is_widened(repository: Scratch) -> None:
    edit(repository, "shared/security/rbac/policy.csv", "p, developer, development, k8s", "p, developer, *, k8s")
    outcome = run(repository)
    assert outcome.code == 0
    told = changes(outcome)
    widened = told["casbin.permission p, developer, *, k8s, apply"]
    assert (widened.action, widened.destructive, widened.line) == ("create", True, 6)
    assert "casbin.permission p, developer, development, k8s, apply" in told
    assert "**shared/security/main** adds `casbin.permission p, developer, *, k8s, apply`" in outcome.comment


def test_a_policy_that_refuses_less(repository: Scratch) -> None:
    path = "shared/security/policies/kubernetes_security.rego"
    edit(repository, path, '\tsetting(container, "read', '\tcontainer.name != "legacy"\n\tsetting(container, "read')
    [change] = changes(run(repository)).values()
    assert (change.address, change.destructive) == ("rego.rule data.kubernetes.admission.deny", True)
    assert change.reason == 'refuses only where also `container.name != "legacy"`'


def test_a_constraint_and_a_network_policy(repository: Scratch) -> None:
    edit(repository, "environments/production/security/required-labels.yaml", "deny", "dryrun")
    (repository.path / "environments/staging/security/network-policy.yaml").unlink()
    outcome = run(repository)
    told = changes(outcome)
    assert told["AcmeRequiredLabels require-labels"].destructive
    assert told["NetworkPolicy storefront/storefront"].action == "delete"
    new = {(each.rule, each.line) for each in outcome.report.findings if each.state == "new"}
    assert new == {("security/enforcement-weakened", 7)}


def test_files_that_are_renamed_change_nothing(repository: Scratch) -> None:
    for old, new in (("rbac.yaml", "access.yaml"), ("network-policy.yaml", "network.yml")):
        directory = repository.path / "environments/production/security"
        (directory / old).rename(directory / new)
    (repository.path / "shared/security/rbac/policy.csv").rename(repository.path / "shared/security/rbac/people.csv")
    outcome = run(repository)
    assert outcome.code == 0
    assert {plan.stack: plan.status for plan in outcome.report.plans} == {
        "production/security/main": "unchanged",
        "shared/security/main": "unchanged",
    }


def test_a_broken_file_blocks_with_its_line(repository: Scratch) -> None:
    edit(repository, "environments/production/security/rbac.yaml", "rules:", "rules: [")
    outcome = run(repository)
    assert outcome.code == 1
    [plan] = outcome.report.plans
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path) == ("invalid", "environments/production/security/rbac.yaml")
    assert plan.reason.line is not None


def test_a_removed_stack_deletes_everything(repository: Scratch) -> None:
    shutil.rmtree(repository.path / "shared/security")
    outcome = run(repository)
    [plan] = [each for each in outcome.report.plans if each.stack == "shared/security/main"]
    assert {change.action for change in plan.changes} == {"delete"}
    assert plan.summary.delete > 20


def test_the_example_itself_has_no_finding_of_these_rules(repository: Scratch) -> None:
    outcome = gitops_ci(repository.path, "run", "--all", "--kind", "security")
    assert [each.rule for each in outcome.report.findings if each.source == "security"] == []
