"""Sources at a revision that is not in front of us are never rendered from what is."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes import deployments
from gitops_ci.kinds.kubernetes.sources import Source, Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application

WEB = "shared/kubernetes/web"


def taken(files: Files, branch: str | None) -> tuple[tuple[Source, ...], list[str]]:
    """What the stack `web` renders from, and what it reads."""
    snapshot = snapshots.of(files)
    snapshot.branch = branch
    end = inventory.take(snapshot, DEFAULT, {"kubernetes": kubernetes})
    assert sorted(end.stacks) == ["shared/kubernetes/main", WEB]  # the directory itself is none beside
    return deployments.of(end.stacks[WEB], end).sources, sorted(end.graph.closure(WEB, snapshot))


def at(revision: str) -> Files:
    more = f"    targetRevision: '{revision}'\n"
    return {"app.yaml": application("web", "kubernetes/web", more=more), "kubernetes/web/a.yaml": DEPLOYMENT}


@pytest.mark.parametrize("revision", ["", "HEAD", "main", "master", "trunk", "refs/heads/trunk"])
def test_what_is_in_front_of_us_is_rendered(revision: str) -> None:
    [source], read = taken(at(revision), "trunk")
    assert not isinstance(source, Unrendered)
    assert read == ["app.yaml", "kubernetes/web/a.yaml"]


@pytest.mark.parametrize("revision", ["v1.1.0", "1.*", "0123abc", "develop", "refs/tags/v1"])
def test_what_is_elsewhere_is_not_and_reads_nothing_here(revision: str) -> None:
    [source], read = taken(at(revision), "trunk")
    assert isinstance(source, Unrendered)
    assert (source.what, source.path, source.line) == ("kubernetes/web", "app.yaml", 10)
    assert source.why.startswith(f"at {revision}, ")
    assert read == ["app.yaml"]


def test_without_a_known_branch_it_may_be_this_one() -> None:
    [source], read = taken(at("develop"), None)
    assert isinstance(source, Unrendered)
    assert read == ["app.yaml", "kubernetes/web/a.yaml"]


def test_value_files_of_another_revision() -> None:
    application = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{name: x}}
  sources:
  - {{repoURL: '{URL}', ref: values, targetRevision: v1}}
  - {{repoURL: '{URL}', path: chart, helm: {{valueFiles: [$values/values.yaml]}}}}
"""
    files = {"app.yaml": application, "chart/Chart.yaml": "name: a\nversion: 1.0.0\n", "values.yaml": "a: 1"}
    _, problem = taken(files, "main")[0]
    assert isinstance(problem, Unrendered)
    assert "as it is here" in problem.why


@pytest.mark.parametrize("reference", ["{tag: v1}", "{branch: main, commit: abc}", "{semver: '>=1'}", "{branch: dev}"])
def test_flux_at_another_revision(reference: str) -> None:
    files = flux(reference)
    [source], read = taken(files, "main")
    assert isinstance(source, Unrendered)
    assert source.line == 7
    assert read == ["flux.yaml"]


def test_flux_at_the_branch_itself() -> None:
    [source], _ = taken(flux("{branch: trunk}"), "trunk")
    assert not isinstance(source, Unrendered)


def flux(reference: str) -> Files:
    text = f"""apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: web, namespace: flux-system}}
spec:
  path: ./kubernetes/web
  prune: true
  sourceRef: {{kind: GitRepository, name: ours}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: ours, namespace: flux-system}}
spec: {{url: '{URL}', ref: {reference}}}
"""
    return {"flux.yaml": text, "kubernetes/web/a.yaml": DEPLOYMENT}
