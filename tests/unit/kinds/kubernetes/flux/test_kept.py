"""Values that Flux takes from ConfigMaps of the repository."""

from __future__ import annotations

import pytest

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, end
from tests.unit.kinds.kubernetes.flux.test_flux import SOURCE, flux

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {}\n"
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: api, namespace: shop}
spec:
  chart: {spec: {chart: charts/api, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  valuesFrom: [{kind: ConfigMap, name: api-values}, {kind: ConfigMap, name: api-more, valuesKey: more}]
  values: {own: 1}
"""
GENERATED: Files = {
    "source.yaml": SOURCE,
    "flux.yaml": flux("apps", "apps"),
    "apps/hr.yaml": RELEASE,
    "apps/kustomization.yaml": "resources: [hr.yaml, more.yaml]\n"
    "configMapGenerator: [{name: api-values, files: [values.yaml=v.yaml]}]\n",
    "apps/v.yaml": "replicas: 4\n",
    "apps/more.yaml": MAP.format("api-more", "{more: 'a: 1'}"),
    "charts/api/Chart.yaml": "name: api\nversion: 1.0.0\n",
}


def released(files: Files) -> tuple[Chart, list[Unrendered], set[str]]:
    seen = end(files)
    [id] = [each for each in seen.stacks if deployments.of(seen.stacks[each], seen).by == "HelmRelease api"]
    chart, *others = deployments.of(seen.stacks[id], seen).sources
    assert isinstance(chart, Chart)
    return chart, [each for each in others if isinstance(each, Unrendered)], set(seen.graph.closure(id, seen.snapshot))


def test_values_of_config_maps_beside_a_release() -> None:
    chart, unknown, read = released(GENERATED)
    assert chart.layers == ("replicas: 4\n", "a: 1")
    assert unknown == []
    assert {"apps/v.yaml", "apps/more.yaml", "apps/kustomization.yaml"} <= read


@pytest.mark.parametrize(
    "changed",
    [
        {"apps/kustomization.yaml": "resources: [hr.yaml, more.yaml]\n"},
        {"apps/v.yaml": "host: ${domain}\n"},
        {"apps/kustomization.yaml": "configMapGenerator: [{name: api-values, files: [values.yaml=none.yaml]}]\n"},
        {"apps/kustomization.yaml": "configMapGenerator: [{name: api-values, behavior: merge, files: [values.yaml=v.yaml]}]\n"},
        {"over/kustomization.yaml": "resources: [../apps]\nconfigMapGenerator: [{name: api-values, behavior: merge}]\n"},
        {"over/kustomization.yaml": "resources: [../apps]\npatches: [{path: p.yaml}]\n", "over/p.yaml": MAP.format("api-values", "{}")},
        {"over/kustomization.yaml": "resources: [../apps]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n", "over/p.yaml": "[]"},
        {"over/kustomization.yaml": "resources: [../apps]\npatches: [{path: p.yaml, target: {labelSelector: a=b}}]\n", "over/p.yaml": "[]"},
        {"over/kustomization.yaml": "resources: [../apps]\ntransformers: [t.yaml]\n", "over/t.yaml": "a: b"},
        {"flux.yaml": flux("apps", "apps", more="  patches: [{target: {kind: ConfigMap}, patch: x}]\n")},
        {"apps/hr.yaml": RELEASE.replace("name: api-values}", "name: api-values, targetPath: a.b}")},
        {"apps/hr.yaml": RELEASE.replace("kind: ConfigMap, name: api-values}", "kind: Secret, name: api-values}")},
    ],
)  # fmt: skip
def test_what_is_not_sure_is_the_clusters(changed: dict[str, str]) -> None:
    _, unknown, _ = released({**GENERATED, **changed})
    assert "api-values" in {each.what.partition(" ")[2] for each in unknown}
    assert {each.code for each in unknown} == {"cluster-values"}


@pytest.mark.parametrize("own", ["deploys it as well", "is deployed by nothing"])
def test_a_config_map_in_the_file_of_the_release_affects_it(own: str) -> None:
    written = MAP.format("api-values", "{values.yaml: 'replicas: 4'}")
    files: Files = {
        **GENERATED,
        "apps/kustomization.yaml": "resources: [hr.yaml, more.yaml]\n" if own == "deploys it as well" else "",
        "apps/hr.yaml": f"{RELEASE}---\n{written}",
    }
    changed = {**files, "apps/hr.yaml": f"{RELEASE}---\n{written.replace('4', '5')}"}
    assert released(files)[0].layers != released(changed)[0].layers
    assert "HelmRelease api" in {
        deployments.of(each, end(changed)).by for each in affected.between(end(files), end(changed))
    }


def substituted(files: Files) -> tuple[Kustomization, list[Unrendered]]:
    more = "  postBuild:\n    substitute: {b: own}\n    substituteFrom: [{kind: ConfigMap, name: settings}]\n"
    seen = end(
        {"source.yaml": SOURCE, "clusters/a/ks.yaml": flux("web", "web", more=more), "web/a.yaml": DEPLOYMENT, **files}
    )
    [id] = [each for each in seen.stacks if deployments.of(seen.stacks[each], seen).by == "Kustomization web"]
    own, *others = deployments.of(seen.stacks[id], seen).sources
    assert isinstance(own, Kustomization)
    return own, [each for each in others if isinstance(each, Unrendered)]


SETTINGS = MAP.format("settings", "{a: one, b: two}")


def test_variables_of_the_only_config_map_of_that_name() -> None:
    own, unknown = substituted({"settings/a.yaml": SETTINGS})
    assert (own.variables, own.has_all_variables, unknown) == ((("a", "one"), ("b", "own")), True, [])


def test_the_one_beside_is_taken_of_several() -> None:
    own, _ = substituted({"clusters/a/s.yaml": SETTINGS, "clusters/b/s.yaml": MAP.format("settings", "{a: other}")})
    assert own.variables == (("a", "one"), ("b", "own"))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"x/a.yaml": SETTINGS, "y/a.yaml": SETTINGS},
        {"x/a.yaml": SETTINGS + "sops: {mac: x}\n"},
        {"x/a.yaml": MAP.format("settings", "{a: 1}")},
        {"x/a.yaml": SETTINGS.replace("{name: settings}", "{name: settings, namespace: other}")},
    ],
)
def test_what_no_file_says_for_sure_stays_unknown(files: Files) -> None:
    own, unknown = substituted(files)
    assert not own.has_all_variables
    assert [(each.what, each.code) for each in unknown] == [("ConfigMap settings", "cluster-values")]
