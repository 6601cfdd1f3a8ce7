"""Sources of Argo CD at tags of the clone, planned from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web-production, namespace: argocd}}
spec:
  project: default
  destination: {{name: production, namespace: web}}
  syncPolicy: {{automated: {{prune: true}}}}
  source: {{repoURL: https://github.com/acme/gitops, path: apps/web, targetRevision: {}}}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{k: '{}'}}\n"
STACK = "production/kubernetes/web"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    """Two releases; the branch went on from both."""
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"argocd/web.yaml": APPLICATION.format("v1.0.0"), "apps/web/a.yaml": MAP.format("a", 1)})
    scratch.git("tag", "v1.0.0")
    scratch.commit({"apps/web/a.yaml": MAP.format("a", 2), "apps/web/b.yaml": MAP.format("b", 1)})
    scratch.git("tag", "v1.1.0")
    scratch.commit({"apps/web/a.yaml": MAP.format("a", 3)})
    return scratch


def told(scratch: Scratch) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    outcome = gitops_ci(scratch.path, "run", "--base", "HEAD~1")
    plans: dict[str, list[tuple[str, str]]] = {
        plan.stack: [(each.action, each.address) for each in plan.changes] for plan in outcome.report.plans
    }
    return outcome.code, plans


def test_another_tag_deploys_what_lies_between(repository: Scratch) -> None:
    repository.commit({"argocd/web.yaml": APPLICATION.format("v1.1.0")})
    code, plans = told(repository)
    assert code == 0
    assert plans[STACK] == [("update", "ConfigMap web/a"), ("create", "ConfigMap web/b")]
    repository.commit({"argocd/web.yaml": APPLICATION.format("v1.0.0")})
    assert told(repository)[1][STACK] == [("update", "ConfigMap web/a"), ("delete", "ConfigMap web/b")]


def test_files_of_the_branch_are_none_of_it(repository: Scratch) -> None:
    repository.commit({"apps/web/a.yaml": MAP.format("a", 4)})
    assert STACK not in told(repository)[1]


def test_from_a_tag_to_the_branch_and_to_what_is_not_here(repository: Scratch) -> None:
    repository.commit({"argocd/web.yaml": APPLICATION.format("main")})
    assert told(repository)[1][STACK] == [("update", "ConfigMap web/a"), ("create", "ConfigMap web/b")]
    repository.commit({"argocd/web.yaml": APPLICATION.format("v9.0.0")})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 3
    assert outcome.report.verdict is not None
    [reason] = [each for each in outcome.report.verdict.reasons if each.stack == STACK]
    assert reason.message == "not rendered: apps/web: at v9.0.0, which is not in this clone"
