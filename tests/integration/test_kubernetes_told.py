"""What a reviewer is told of a change of Kubernetes, through the command line with real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

WEB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: '1'}\n"
STACKS = {
    f"environments/{environment}/kubernetes/{name}/a.yaml": WEB
    for environment in ("staging", "production")
    for name in ("web", "api", "mail", "shop")
}
CHART = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ingress, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://charts.example.com, chart: ingress-nginx, targetRevision: 4.11.0}
  destination: {name: production, namespace: ingress}
"""
DIFFER = "layout/environments-differ"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({**STACKS, "argocd/ingress.yaml": CHART, "README.md": "x"})
    return made


def judged(repository: Scratch) -> Outcome:
    return gitops_ci(repository.path, "run", "--base", "HEAD~1", "--head", "HEAD")


def states(outcome: Outcome) -> list[str]:
    return [each.state for each in outcome.report.findings if each.rule == DIFFER]


def test_what_an_environment_lacks_is_new_where_the_others_get_it_and_not_where_it_goes(repository: Scratch) -> None:
    repository.git("rm", "-q", "environments/production/kubernetes/web/a.yaml")
    repository.commit({})
    assert states(judged(repository)) == ["existing"]
    repository.commit({"environments/staging/kubernetes/jobs/a.yaml": WEB})
    assert sorted(states(judged(repository))) == ["existing", "new"]


def test_a_chart_of_a_registry_is_no_pass_without_a_word(repository: Scratch) -> None:
    repository.commit({"argocd/ingress.yaml": CHART.replace("4.11.0", "5.0.0"), "README.md": "y"})
    outcome = judged(repository)
    assert outcome.code == 0
    assert "Pass · 1 stack changes; 1 chart of a registry was not looked at\n" in outcome.comment
    said = "- what ingress-nginx 5.0.0 deploys: the chart is not in this repository (argocd/ingress.yaml:1)\n"
    assert said in outcome.comment
    assert "1 changed file that no stack reads: README.md" in outcome.comment
    assert outcome.report.unread.paths == ("README.md",)


def test_base_has_it_decided_by_somebody(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": "version: 1\nkinds: {kubernetes: {remote: undecided}}\n"})
    repository.commit({"argocd/ingress.yaml": CHART.replace("4.11.0", "5.0.0")})
    outcome = judged(repository)
    assert outcome.code == 3
    assert "not looked at: what ingress-nginx 5.0.0 deploys" in outcome.comment
    assert "set kinds.kubernetes.remote to tell" in outcome.comment


def test_files_that_nothing_is_planned_for_are_named(repository: Scratch) -> None:
    repository.commit({"components/backup/README.md": "a"})
    assert "none of them part of a stack" not in (comment := judged(repository).comment)
    assert "1 changed file, part of no stack: components/backup/README.md\n" in comment


APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: jobs, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://github.com/acme/gitops, path: apps/jobs}
  destination: {server: https://kubernetes.default.svc, namespace: jobs}
"""
JOBS = """apiVersion: v1
kind: Pod
metadata: {name: jobs}
spec: {containers: [{name: jobs, image: jobs, envFrom: [{configMapRef: {name: absent}}]}]}
"""


def test_what_head_cannot_render_is_not_told_as_fixed(repository: Scratch) -> None:
    repository.commit({"argocd/jobs.yaml": APPLICATION, "apps/jobs/pod.yaml": JOBS})
    repository.commit({"argocd/jobs.yaml": APPLICATION.replace("apps/jobs", "apps/jbos")})
    outcome = judged(repository)
    assert outcome.code == 1
    rule = "kubernetes/reference-missing"
    assert [each.state for each in outcome.report.findings if each.rule == rule] == ["existing"]
    assert "fixed by it" not in outcome.comment
