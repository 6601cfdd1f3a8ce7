"""What a real kustomize renders of a real commit is judged, and told at the line of the source."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from gitops_ci.kinds.kubernetes.schemas import bundle
from gitops_ci.model.finding import Finding
from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: acme/web:1.0.0
          securityContext:
            runAsNonRoot: true
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          envFrom: [{configMapRef: {name: settings}}]
"""
OVERLAY = (
    "resources: [../../../shared/kubernetes/base]\nnamespace: shop\nnamePrefix: blue-\npatches: [{path: patch.yaml}]\n"
)
GENERATOR = "configMapGenerator: [{name: settings, literals: [A=b]}]\n"
AT = "environments/production/k8s"
FILES = {
    "gitops-ci.yml": 'version: 1\npolicy: {builtin: {rules: ["kubernetes-run-*", "kubernetes-read-*", "kubernetes-no-*"]}}\n',
    "shared/kubernetes/base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "shared/kubernetes/base/deployment.yaml": BASE,
    f"{AT}/kustomization.yaml": OVERLAY + GENERATOR,
    f"{AT}/patch.yaml": PATCH,
}


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    if shutil.which("kubectl") is None and shutil.which("kustomize") is None:
        pytest.skip("needs kubectl or kustomize on PATH")
    if not bundle.available() or importlib.util.find_spec("regorus") is None:
        pytest.skip("the extras `schemas` and `rego` are not installed")
    (tmp_path / "repository").mkdir()
    scratch = Scratch(tmp_path / "repository")
    scratch.commit(FILES)
    return scratch


def told(repository: Scratch, change: dict[str, str]) -> dict[str, Finding]:
    repository.commit(change)
    report = gitops_ci(repository.path, "plan", "--base", "HEAD~1").report
    assert [plan.status for plan in report.plans] == ["changed"], report.plans
    return {
        each.rule: each
        for each in report.findings
        if each.state == "new" and each.rule.startswith(("kubernetes/", "builtin/", "rego/"))
    }


def test_what_base_and_patch_and_generator_make_together_is_as_it_should_be(repository: Scratch) -> None:
    assert told(repository, {"shared/kubernetes/base/deployment.yaml": BASE.replace("1.0.0", "1.0.1")}) == {}


def test_what_a_patch_breaks_is_told_in_the_patch(repository: Scratch) -> None:
    patch = f"{PATCH}          securityContext:\n            allowPrivilegeEscalation: true\n            runAsUsr: 1\n"
    found = told(repository, {f"{AT}/patch.yaml": patch})
    assert found.keys() == {"builtin/kubernetes-no-privilege-escalation", "kubernetes/unknown-field"}
    places = {rule: (each.path, each.line, each.stack) for rule, each in found.items()}
    stack = "production/kubernetes/main"
    assert places["kubernetes/unknown-field"] == (f"{AT}/patch.yaml", 12, stack)
    path, line, owner = places["builtin/kubernetes-no-privilege-escalation"]
    assert (path, owner) == (f"{AT}/patch.yaml", stack)
    assert line is not None


def test_what_the_base_breaks_is_told_in_the_base_and_of_no_stack(repository: Scratch) -> None:
    base = BASE.replace("  selector:", "  replicas: two\n  selector:").replace("            runAsNonRoot: true\n", "")
    found = told(repository, {"shared/kubernetes/base/deployment.yaml": base})
    assert {rule: (each.path, each.line, each.stack) for rule, each in found.items()} == {
        "kubernetes/schema": ("shared/kubernetes/base/deployment.yaml", 5, None),
        "builtin/kubernetes-run-as-non-root": ("shared/kubernetes/base/deployment.yaml", 13, None),
    }


def test_a_generator_that_goes_leaves_its_reference(repository: Scratch) -> None:
    found = told(repository, {f"{AT}/kustomization.yaml": OVERLAY})
    [(rule, missing)] = found.items()
    assert rule == "kubernetes/reference-missing"
    assert (missing.path, missing.line, missing.severity) == (f"{AT}/patch.yaml", 9, "warning")
