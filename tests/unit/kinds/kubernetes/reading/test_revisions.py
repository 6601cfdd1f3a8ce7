"""Sources at a revision that is not in front of us are never rendered from what is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Kustomization, Manifests, Pinned, Source, Unrendered
from tests.unit.kinds.kubernetes.bed import Tools
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
    [problem] = taken(files, "main")[0]
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


class Other:
    """Other revisions of a repository, by their full names."""

    def __init__(self, **named: Files) -> None:
        self.asked: list[str] = []
        self._named = {name.replace("__", "/"): snapshots.of(files) for name, files in named.items()}
        for name, each in self._named.items():
            each.commit = name.rpartition("/")[2]
        self._named |= {each.commit or "": each for each in self._named.values()}

    def __call__(self, name: str, near: snapshots.Snapshot) -> snapshots.Snapshot | None:
        self.asked.append(name)
        return self._named.get(name)


def sources_of(files: Files, others: Other, branch: str | None = "main") -> tuple[tuple[Source, ...], list[str]]:
    snapshot = snapshots.of(files)
    snapshot.branch, snapshot.revisions = branch, others
    end = inventory.take(snapshot, DEFAULT, {"kubernetes": kubernetes})
    return deployments.of(end.stacks[WEB], end).sources, sorted(end.graph.closure(WEB, snapshot))


THERE: Files = {"kubernetes/web/old.yaml": DEPLOYMENT, "kubernetes/web/b.yaml": DEPLOYMENT}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("branch", ["main", None])
@pytest.mark.parametrize("revision", ["v1.1.0", "refs/tags/v1.1.0"])
def test_a_tag_of_this_clone_is_taken_from_there(revision: str, branch: str | None) -> None:
    others = Other(refs__tags__v1_1_0=THERE)
    others._named["refs/tags/v1.1.0"] = others._named["refs/tags/v1_1_0"]
    [source], read = sources_of(at(revision), others, branch)
    assert isinstance(source, Pinned)
    assert isinstance(source.source, Manifests)
    assert source.source.files == ("kubernetes/web/b.yaml", "kubernetes/web/old.yaml")
    assert (source.revision, source.commit, source.path, source.line) == (revision, "v1_1_0", "app.yaml", 10)
    assert read == ["app.yaml"]


def test_a_branch_is_taken_from_origin_where_it_is_known_to_be_another() -> None:
    others = Other(refs__remotes__origin__develop=THERE)
    assert isinstance(sources_of(at("develop"), others, "main")[0][0], Pinned)
    assert isinstance(sources_of(at("develop"), others, None)[0][0], Unrendered)


def test_a_tag_and_a_branch_of_one_name_are_neither() -> None:
    others = Other(refs__tags__stable=THERE, refs__remotes__origin__stable=THERE)
    assert isinstance(sources_of(at("stable"), others)[0][0], Unrendered)


def test_a_release_is_no_branch_that_nobody_names() -> None:
    assert sources_of(at("v1.1.0"), Other(), None)[1] == ["app.yaml"]
    others = Other(refs__remotes__origin__v1=THERE)
    others._named["refs/remotes/origin/v1.1.0"] = others._named["refs/remotes/origin/v1"]
    assert "kubernetes/web/a.yaml" in sources_of(at("v1.1.0"), others, None)[1]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("{tag: v1}", "refs__tags__v1"),
        ("{branch: dev}", "refs__remotes__origin__dev"),
        (f"{{branch: main, commit: '{COMMIT}'}}", COMMIT),
        ("{name: refs/heads/dev}", "refs__remotes__origin__dev"),
    ],
)
def test_flux_at_a_revision_of_this_clone(reference: str, name: str) -> None:
    [source], read = sources_of(flux(reference), Other(**{name: THERE}))
    assert isinstance(source, Pinned)
    assert isinstance(source.source, Kustomization)
    assert source.source.files == ("kubernetes/web/b.yaml", "kubernetes/web/old.yaml")
    assert read == ["flux.yaml"]


def test_a_range_of_versions_is_asked_for_nowhere() -> None:
    others = Other()
    sources_of(flux("{semver: '>=1'}"), others)
    assert others.asked == []


def test_what_is_rendered_there_has_the_place_that_asks_for_it(tmp_path: Path) -> None:
    snapshot = snapshots.of(at(COMMIT))
    snapshot.branch, snapshot.revisions = "main", Other(**{COMMIT: THERE})
    end = inventory.take(snapshot, DEFAULT, {"kubernetes": kubernetes})
    deployment = deployments.of(end.stacks[WEB], end)

    def never(args: object) -> str:
        raise AssertionError(args)

    found = rendering.rendered(deployment, end.stacks[WEB], end, Tools(tmp_path, never))
    assert found.gaps == ()
    assert [(each.identity.name, each.path, each.line) for each in found.objects] == [("web", "app.yaml", 10)] * 2
