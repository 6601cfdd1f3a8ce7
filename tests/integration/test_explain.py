"""`gitops-ci policy explain` as users call it, and the renderings of a report."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

CONFIG = """\
version: 1
environments: [{name: production}, {name: sandbox, enforcement: warn}]
policy: {severity: {layout/state-in-git: warning}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({"gitops-ci.yml": CONFIG, "README.md": "# here\n", "environments/production/docs.md": "x\n"})
    made.commit({"environments/production/terraform/terraform.tfstate": "{}", "terraform.tfstate.backup": "{}"})
    return made


def test_a_rule_is_explained_with_its_severity_here(repository: Scratch) -> None:
    outcome = gitops_ci(repository.path, "policy", "explain", "layout/state-in-git")
    assert outcome.code == 0
    assert outcome.stdout.startswith("layout/state-in-git  A terraform.tfstate, its backup")
    assert "  by itself: error\n  production and shared: warning\n" in outcome.stdout
    assert "In the report" not in outcome.stdout


def test_outside_of_a_repository_the_rule_alone_is_told(tmp_path: Path) -> None:
    outcome = gitops_ci(tmp_path, "policy", "explain", "layout/state-in-git", "--format", "json")
    assert outcome.code == 0
    assert outcome.json()["id"] == "layout/state-in-git"
    assert "here" not in outcome.json()


def test_a_broken_configuration_is_said(repository: Scratch) -> None:
    repository.write({"gitops-ci.yml": "version: 1\npolicyy: {}\n"})
    outcome = gitops_ci(repository.path, "policy", "explain", "layout/state-in-git")
    assert outcome.code == 2
    assert "policyy" in outcome.stderr


def test_an_unknown_rule_is_a_mistake(tmp_path: Path) -> None:
    outcome = gitops_ci(tmp_path, "policy", "explain", "layout/state-in-gti")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "did you mean layout/state-in-git?" in outcome.stderr


def test_all_and_a_family_are_listed(tmp_path: Path) -> None:
    everything = gitops_ci(tmp_path, "policy", "explain", "--format", "json").json()["rules"]
    family = gitops_ci(tmp_path, "policy", "explain", "database/*", "--format", "json").json()["rules"]
    assert {rule["family"] for rule in family} == {"database"}
    assert [rule for rule in everything if rule["family"] == "database"] == family


def test_a_report_is_rendered_for_machines_and_its_findings_explained(repository: Scratch) -> None:
    run = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert all(finding.url and finding.help for finding in run.report.findings)
    log = json.loads((run.out / "code-scanning.sarif").read_bytes())
    (result,) = [each for each in log["runs"][0]["results"] if each["ruleId"] == "layout/state-in-git"][:1]
    assert result["level"] == "warning"
    suites = ET.fromstring((run.out / "junit.xml").read_bytes())
    assert "layout/state-in-git terraform.tfstate.backup" in {case.get("name") for case in suites.iter("testcase")}
    for form, start in (("sarif", "{"), ("code-scanning", "{"), ("junit", "<?xml"), ("markdown", "<!-- gitops-ci")):
        outcome = gitops_ci(repository.path, "report", str(run.out), "--format", form)
        assert outcome.stdout.startswith(start)
        assert outcome.code == run.code
    told = gitops_ci(repository.path, "policy", "explain", "layout/state-in-git", "--report", str(run.out))
    assert "In the report\n  2 warnings\n" in told.stdout
    assert "terraform.tfstate.backup" in told.stdout


def test_a_second_configuration_has_a_category_of_its_own(repository: Scratch) -> None:
    repository.commit({"teams/a.yml": CONFIG})
    run = gitops_ci(repository.path, "--config", "teams/a.yml", "run", "--base", "HEAD~1", "--config-from", "worktree")
    log = json.loads((run.out / "code-scanning.sarif").read_bytes())
    assert log["runs"][0]["automationDetails"]["id"] == "gitops-ci/teams/a.yml/"


POLICY = """\
# METADATA
# title: Pods run without <privileges>
# description: A container that runs as root is root on the node.
# custom: {severity: warning, id: pods-rootless, help: "Set runAsNonRoot: true."}
package kubernetes.admission

deny contains msg if {
	input.request.kind.kind == "Pod"
	msg := "runs as root"
}
"""


def test_the_repositorys_own_policies_are_explained(repository: Scratch) -> None:
    repository.write({"shared/security/policies/pods.rego": POLICY})
    outcome = gitops_ci(repository.path, "policy", "explain", "rego/pods-rootless")
    assert outcome.code == 0
    assert outcome.stdout.startswith(
        "rego/pods-rootless  Pods run without <privileges>\n\nWhat\n  A container that runs as root"
    )
    for part in (
        "How to fix\n  Set runAsNonRoot: true.",
        "by itself: warning",
        "Written in\n  shared/security/policies/pods.rego:7",
    ):
        assert part in outcome.stdout
    markdown = gitops_ci(repository.path, "policy", "explain", "pods-rootless", "--format", "markdown").stdout
    assert "**Pods run without &#60;privileges&#62;**" in markdown
    assert "rego/pods-rootless" in gitops_ci(repository.path, "policy", "explain").stdout
