"""Which addresses mean this repository."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, Config, Kinds, Kubernetes
from gitops_ci.config_argocd import Cluster, Generators
from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes.reading import repositories
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, application, end


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/GitOps",
        "https://github.com/acme/gitops.git",
        "https://user:token@github.com/acme/gitops/",
        "git@github.com:acme/gitops.git",
        "ssh://git@github.com:22/acme/gitops",
        "ssh://git@github.com/acme/gitops.git",
    ],
)
def test_one_repository_has_many_addresses(url: str) -> None:
    assert repositories.canonical(url) == "github.com/acme/gitops"


def test_an_address_is_ours_where_half_of_its_paths_are_here() -> None:
    votes = [("a", True), ("a", False), ("b", False), ("b", True), ("b", False), ("c", False)]
    assert repositories.of((), votes).ours == {"a/"} or repositories.of((), votes).ours == {"a"}


def test_the_configuration_decides_where_it_says_something() -> None:
    found = repositories.of(["https://example.org/x"], [("https://example.org/y", True)])
    assert (found.has("git@example.org:x.git"), found.has("https://example.org/y")) == (True, False)


def test_a_change_does_not_decide_which_address_is_ours() -> None:
    """Of another repository whose path exists here nothing is rendered from here; base knows its own address."""
    base = {"a.yaml": application("web", "web"), "web/x.yaml": DEPLOYMENT, "db/x.yaml": DEPLOYMENT}
    foreign = application("db", "db").replace("acme/gitops", "evil/gitops")
    before = end(base)
    head = inventory.take(snapshots.of({**base, "b.yaml": foreign}), DEFAULT, {"kubernetes": kubernetes}, near=before)
    assert set(head.stacks) == {*before.stacks}
    first = inventory.take(snapshots.of(base), DEFAULT, {"kubernetes": kubernetes}, near=end({}))
    assert set(first.stacks) == {*before.stacks}


SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: addons, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    metadata: {name: "web-{{name}}"}
    spec:
      project: default
      destination: {name: "{{name}}", namespace: web}
      sources:
        - {repoURL: "{{metadata.annotations.addons}}", targetRevision: HEAD, ref: values}
        - repoURL: https://charts.acme.example
          chart: web
          targetRevision: 1.0.0
          helm:
            ignoreMissingValueFiles: true
            valueFiles: ["$values/values/web.yaml", "$values/values/{{name}}.yaml", "$values/values/none.yaml"]
"""


@pytest.mark.parametrize(("files", "is_ours"), [(("values/web.yaml",), True), ((), False)])
def test_an_address_that_only_a_cluster_has_is_ours_by_its_paths(files: tuple[str, ...], is_ours: bool) -> None:
    """As in gitops-bridge; what is not missed where it is not there says nothing."""
    cluster = Cluster(name="eu", server="https://eu", annotations={"addons": "https://github.com/acme/gitops"})
    given = Kubernetes(generators=Generators(clusters=(cluster,)))
    config = Config(kinds=Kinds(kubernetes=given))
    stacks = end({"set.yaml": SET, **dict.fromkeys(files, "a: 1")}, config=config).stacks
    assert ("shared/kubernetes/web-eu" in stacks) is is_ours
