"""Findings of the policy step as they count, through the command line with real git: renames, duplicates, notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.model.finding import Finding
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

CONFIG = "version: 1\npolicy: {builtin: {}}\n"
WEB = "environments/production/kubernetes/web"
NET = "environments/production/terraform/net"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: sh
      image: busybox
    - name: two
      image: busybox
"""
REGO = """\
package acme

deny contains msg if {
	input.kind == "Pod"
	some container in input.spec.containers
	msg := sprintf("%s has no limits", [container.name])
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({"gitops-ci.yml": CONFIG, "README.md": "x"})
    return made


def checked(repository: Scratch, *arguments: str) -> Outcome:
    return gitops_ci(repository.path, "policy", "run", *arguments)


def states(findings: tuple[Finding, ...], rule: str) -> list[str]:
    return [each.state for each in findings if each.rule.startswith(rule)]


@pytest.mark.parametrize("altered", [False, True])
def test_a_renamed_file_takes_its_findings_along(repository: Scratch, altered: bool) -> None:
    base = repository.commit({f"{WEB}/pod.yaml": POD, "policies/acme.rego": REGO})
    before = states(checked(repository, "--all").report.findings, "")
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit({f"{WEB}/other.yaml": POD + ("  restartPolicy: Never\n" if altered else "")})
    outcome = checked(repository, "--base", base)
    assert (outcome.code, outcome.report.findings[0].path) == (0, f"{WEB}/other.yaml")
    assert states(outcome.report.findings, "") == ["existing"] * len(before)
    assert states(outcome.report.findings, "rego/") == ["existing"] * 2


def test_a_renamed_file_keeps_what_is_new_in_it(repository: Scratch) -> None:
    base = repository.commit({f"{WEB}/pod.yaml": POD})
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit({f"{WEB}/other.yaml": POD + "    - {name: three, image: busybox}\n"})
    outcome = checked(repository, "--base", base)
    assert outcome.code == 1
    new = {each.message.split(": ")[1] for each in outcome.report.findings if each.state == "new"}
    assert new == {"container three"}


def test_a_renamed_root_keeps_what_is_known_of_it(repository: Scratch) -> None:
    module = 'module "a" {\n  source = "git::https://git.example/a.git"\n}\n'
    base = repository.commit({f"{NET}/main.tf": module})
    repository.git("mv", f"{NET}/main.tf", f"{NET}/modules.tf")
    repository.commit()
    outcome = gitops_ci(repository.path, "plan", "--base", base)
    assert states(outcome.report.findings, "terraform/module-unpinned") == ["existing"]


def test_a_comment_that_waives_goes_with_its_file(repository: Scratch) -> None:
    rule = "builtin/kubernetes-image-tag"
    pod = POD.replace("- name: sh", f"# gitops-ci: allow {rule} because it is a toy\n    - name: sh")
    base = repository.commit({f"{WEB}/pod.yaml": pod})
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit()
    found = [
        each
        for each in checked(repository, "--base", base).report.findings
        if each.rule in (rule, "policy/waiver-requested")
    ]
    assert [(each.rule, each.waived_by is not None) for each in found] == [(rule, True), (rule, False)]
