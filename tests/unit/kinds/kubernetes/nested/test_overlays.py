"""Overlays that make other ones of the Applications and of Flux's objects that stand in files."""

from __future__ import annotations

import time

import pytest

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.sources import Chart, Manifests, Unrendered
from tests.unit.kinds.kubernetes.ends import (
    DEPLOYMENT,
    Files,
    application,
    deployed,
    end,
    kustomization,
    paths,
    surveyed,
)

BASE: Files = {
    "argo/base/kustomization.yaml": kustomization("web.yaml"),
    "argo/base/web.yaml": application("web", "web/base"),
    "web/base/a.yaml": DEPLOYMENT,
    "web/other/a.yaml": DEPLOYMENT,
}
SET = "- op: replace\n  path: /spec/source/path\n  value: web/other\n"
MERGED = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {source: {path: web/other}}\n"
)


def _overlay(more: str, files: Files | None = None) -> Files:
    at = "argo/overlays/production"
    return {**BASE, f"{at}/kustomization.yaml": kustomization("../../base", more=more), **(files or {})}


@pytest.mark.parametrize(
    ("more", "files"),
    [
        (f"patches: [{{target: {{kind: Application}}, patch: {SET!r}}}]\n".replace("'", '"'), {}),
        ("patches: [{path: p.yaml}]\n", {"argo/overlays/production/p.yaml": MERGED}),
        ("patchesStrategicMerge: [p.yaml]\n", {"argo/overlays/production/p.yaml": MERGED}),
        (
            "patchesJson6902: [{target: {version: v1alpha1, kind: Application, name: web}, path: p.yaml}]\n",
            {"argo/overlays/production/p.yaml": SET},
        ),
        ("components: [../../more]\n", {
            "argo/more/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]\n", "argo/more/p.yaml": MERGED
        }),
    ],
)  # fmt: skip
def test_what_an_overlay_makes_is_deployed_and_not_what_the_file_says(more: str, files: Files) -> None:
    seen = _overlay(more, files)
    assert paths(seen) == {
        "production/kubernetes/argo": "argo/overlays/production",
        "production/kubernetes/web": "web/other",
    }
    assert deployed(seen, "production/kubernetes/web").sources == (
        Manifests(path="web/other", files=("web/other/a.yaml",)),
    )


@pytest.mark.parametrize("more", ["", "namespace: argocd\n", "commonLabels: {a: b}\n", "commonAnnotations: {a: b}\n"])
def test_a_file_that_stands_as_it_is_stays(more: str) -> None:
    found = deployed(_overlay(more), "shared/kubernetes/web")
    assert (found.path, found.within) == ("argo/base/web.yaml", "")


def test_one_file_under_two_overlays_is_two() -> None:
    files = {
        **_overlay("namePrefix: production-\n"),
        "argo/overlays/staging/kustomization.yaml": kustomization("../../base", more="namePrefix: staging-\n"),
    }
    assert paths(files) == {
        "production/kubernetes/argo": "argo/overlays/production",
        "staging/kubernetes/argo": "argo/overlays/staging",
        "production/kubernetes/web": "web/base",
        "staging/kubernetes/web": "web/base",
    }


def test_what_two_overlays_of_an_environment_make_is_told_apart_by_their_folders() -> None:
    files = {
        **_overlay("namePrefix: production-\n"),
        "argo/overlays/main/kustomization.yaml": kustomization("../../base", more="namePrefix: production-\n"),
        "argo/overlays/spare/kustomization.yaml": kustomization("../../base", more="namePrefix: production-\n"),
    }
    del files["argo/overlays/production/kustomization.yaml"]
    found = {id for id, path in paths(files).items() if path == "web/base"}
    assert found == {"production/kubernetes/web@main", "production/kubernetes/web@spare"}


def test_affected_by_the_overlay_and_by_what_it_deploys() -> None:
    before = _overlay("patches: [{path: p.yaml}]\n", {"argo/overlays/production/p.yaml": MERGED})
    for path, content, reached in (
        ("web/other/a.yaml", f"{DEPLOYMENT}spec: {{}}\n", True),
        ("web/base/a.yaml", f"{DEPLOYMENT}spec: {{}}\n", False),
        ("argo/overlays/production/p.yaml", f"{MERGED}# more\n", False),
        ("argo/overlays/production/p.yaml", MERGED.replace("web/other", "web/base"), True),
    ):
        found = affected.between(end(before), end({**before, path: content}))
        assert ("production/kubernetes/web" in {each.id for each in found}) is reached, path


@pytest.mark.parametrize(
    "more",
    [
        "transformers: [t.yaml]\n",
        "replacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: Application}, fieldPaths: [spec.source.path]}]}]\n",
        "replacements: [{path: r.yaml}]\n",
        "patches: [{target: {kind: Application}, patch: '[{op: move, from: /a, path: /b}]'}]\n",
        "patches: [{target: {kind: Application, name: '(w+)+b'}, patch: '[]'}]\n",
        "patches: [{target: {kind: Application, labelSelector: 'a in (b'}, patch: '[]'}]\n",
        "patches: [{target: {kind: Application}, patch: 'spec: {$patch: replace}'}]\n",
    ],
)
def test_what_is_not_understood_is_told(more: str) -> None:
    """The file is still followed, and beside it there is a stack that cannot say what it deploys."""
    files = _overlay(more)
    [unknown] = [each for each in end(files).stacks if isinstance(deployed(files, each).sources[0], Unrendered)]
    found = affected.between(end(files), end({**files, "web/base/a.yaml": f"{DEPLOYMENT}spec: {{}}\n"}))
    assert {unknown, "shared/kubernetes/web"} <= {each.id for each in found}


@pytest.mark.parametrize(
    ("selector", "is_chosen"),
    [
        ("team=web", True),
        ("team == web, tier=front", True),
        ("team=web,tier=back", False),
        ("team", True),
        ("owner", False),
        ("!owner", True),
        ("!team", False),
        ("team!=web", False),
        ("owner != web", True),
        ("tier in (back, front), team", True),
        ("tier in (back)", False),
        ("tier notin (back),owner notin (a)", True),
        ("tier notin (front)", False),
    ],
)
def test_selectors_of_labels_choose_as_those_of_kubernetes_do(selector: str, is_chosen: bool) -> None:
    target = f"{{kind: Application, labelSelector: '{selector}'}}"
    more = f"patches: [{{target: {target}, patch: '[{{op: replace, path: /spec/source/path, value: web/other}}]'}}]\n"
    files = _overlay(more)
    written = str(files["argo/base/web.yaml"]).replace("{name: web,", "{name: web, labels: {team: web, tier: front},")
    assert ("web/other" in paths({**files, "argo/base/web.yaml": written}).values()) is is_chosen


def test_replacements_for_others_are_none_of_ours() -> None:
    more = "replacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: Deployment}, fieldPaths: [a]}]}]\n"
    assert set(paths(_overlay(more))) == {"production/kubernetes/argo", "shared/kubernetes/web"}


def test_one_that_is_taken_away_deploys_nothing() -> None:
    patch = "$patch: delete\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
    files = _overlay("patches: [{path: p.yaml}]\n", {"argo/overlays/production/p.yaml": patch})
    assert set(paths(files)) == {"production/kubernetes/argo"}


FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec:
  path: %s
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
%s"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chart:
    spec:
      chart: ./charts/${CHART:=web}
      sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
"""


def test_what_a_kustomization_of_flux_patches_and_fills_in() -> None:
    """`spec.patches` of the outer one on a release, and its variables."""
    more = """  targetNamespace: shop
  postBuild: {substitute: {CHART: api}}
  patches:
  - target: {kind: HelmRelease}
    patch: |
      kind: HelmRelease
      metadata: {name: ignored}
      spec: {values: {replicas: 3}}
"""
    files: Files = {
        "clusters/production/apps.yaml": FLUX % ("apps", "./apps", more),
        "apps/release.yaml": RELEASE,
        "charts/web/Chart.yaml": "name: web\n",
        "charts/api/Chart.yaml": "name: api\n",
        "charts/api/templates/a.yaml": DEPLOYMENT,
    }
    [chart] = deployed(files, "production/kubernetes/web").sources
    assert chart == Chart(path="charts/api", release="web", namespace="shop", values="replicas: 3\n")


def test_overlays_that_take_each_other_again_and_again_end() -> None:
    files = dict(BASE)
    for depth in range(60):
        files[f"o{depth}/kustomization.yaml"] = kustomization(*[f"../o{depth + 1}"] * 3, more="namePrefix: a\n")
    files["o60/kustomization.yaml"] = kustomization("../argo/base")
    assert "it takes too much" in f"{[deployed(files, each) for each in end(files).stacks]}"


def test_many_patches_of_a_large_object_end() -> None:
    many = "    helm: {valuesObject: {" + ", ".join(f"k{n}: {{a: 1}}" for n in range(5_000)) + "}}\n"
    patches = "- {target: {kind: Application}, patch: '[{op: add, path: /metadata/x, value: 1}]'}\n" * 3_000
    files = _overlay(f"patches:\n{patches}", {"argo/base/web.yaml": application("web", "web/base", more=many)})
    started = time.process_time()
    assert "it takes too much" in f"{surveyed(files).deployments}"
    assert time.process_time() - started < 20
