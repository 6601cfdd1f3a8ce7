from __future__ import annotations

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds.kubernetes.rules import declared
from gitops_ci.kinds.kubernetes.rules.declared import Target
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Source

BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: base}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"
OVERLAY = "resources: [../base]\nnamespace: shop\nnamePrefix: blue-\nnameSuffix: -a\n"
FILES = {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": BASE, "over/kustomization.yaml": OVERLAY}


def found(files: dict[str, str], *sources: Source) -> tuple[list[str], bool]:
    declaration = declared.of(Deployment(sources=sources), snapshots.of(files))
    return [each.identity.address for each in declaration.objects], declaration.complete


def test_manifests_are_what_they_say() -> None:
    assert found(FILES, Manifests(path="base", files=("base/a.yaml",))) == (
        ["ConfigMap base/web", "Namespace web"],
        True,
    )


def test_a_list_is_its_items_and_an_empty_one_nothing() -> None:
    text = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n---\n"
    files = {"a.yaml": f"{text}apiVersion: v1\nkind: List\nitems: []\n"}
    assert found(files, Manifests(path="", files=("a.yaml",))) == (["ConfigMap a"], True)


def test_a_kustomization_puts_names_on_and_may_do_more() -> None:
    assert found(FILES, Kustomization(path="over")) == (["ConfigMap shop/blue-web-a", "Namespace web"], False)


def test_what_a_chart_or_a_plugin_makes_is_not_known() -> None:
    assert found(FILES, Chart(path="chart", release="web")) == ([], False)
    plugin = {**FILES, "over/kustomization.yaml": f"{OVERLAY}generators: [a.yaml]\n"}
    assert found(plugin, Kustomization(path="over")) == ([], False)


def test_a_circle_and_a_tower_of_bases_come_to_an_end() -> None:
    circle = {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    assert found(circle, Kustomization(path="a")) == ([], False)
    tower = {"d0/kustomization.yaml": "resources: [a.yaml]\n", "d0/a.yaml": BASE}
    for level in range(1, 40):
        tower[f"d{level}/kustomization.yaml"] = f"resources: [../l{level}, ../r{level}]\n"
        for side in "lr":
            tower[f"{side}{level}/kustomization.yaml"] = f"resources: [../d{level - 1}]\nnamePrefix: {side}\n"
    objects, _ = found(tower, Kustomization(path="d20"))
    assert len(objects) <= 10_001


def test_two_stacks_may_go_to_one_cluster_where_nobody_says_otherwise() -> None:
    assert Target("production").may_be(Target("production", "a"))
    assert not Target("production", "b").may_be(Target("production", "a"))
    assert Target("staging", "a").may_be(Target("production", "a"))
    assert not Target("production").is_surely(Target("production"))


def test_one_chart_of_applications_with_the_values_of_several_clusters_is_for_each_of_them() -> None:
    """Each has an Argo CD of its own, which calls its own cluster the same; where it is named it is the name that counts."""

    def made(instance: str, cluster: str = "in-cluster", path: str = "environments") -> Target:
        within = f"shared/kubernetes/environments@{instance} of {path}"
        return declared.target(
            "shared", Deployment(sources=(), cluster=cluster, by="Application a", within=within), "a"
        )

    assert not made("one").may_be(made("two"))
    assert made("one").may_be(made("one"))
    assert made("one").may_be(made("two", path="others"))
    assert made("one").may_be(Target("shared", "in-cluster"))
    assert made("one", "https://a").may_be(made("two", "https://a"))


def test_a_cluster_that_somebody_names() -> None:
    assert Target("production", "a").is_surely(Target("staging", "a"))
