"""Flux: what its Kustomizations and HelmReleases deploy from this repository."""

from __future__ import annotations

import pytest
import yaml

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, deployed, end, findings, kustomization, paths

SOURCE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: 'ssh://git@github.com/acme/fleet'}
---
"""


def flux(name: str, path: str, *, more: str = "", kind: str = "GitRepository", source: str = "flux-system") -> str:
    return f"""apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  path: ./{path}
  prune: true
  sourceRef: {{kind: {kind}, name: {source}}}
{more}"""


FLEET: Files = {
    "clusters/production/flux-system/gotk-sync.yaml": SOURCE + flux("flux-system", "clusters/production"),
    "clusters/production/flux-system/kustomization.yaml": kustomization("gotk-sync.yaml"),
    "clusters/production/apps.yaml": flux("apps", "apps/production", more="  targetNamespace: shop\n"),
    "clusters/staging/apps.yaml": flux("apps", "apps/staging"),
    "apps/production/kustomization.yaml": kustomization("../base"),
    "apps/staging/a.yaml": DEPLOYMENT,
    "apps/staging/values.yaml": "a: 1",
    "apps/staging/deep/kustomization.yaml": kustomization("x.yaml"),
    "apps/staging/deep/x.yaml": DEPLOYMENT,
    "apps/base/kustomization.yaml": kustomization("b.yaml"),
    "apps/base/b.yaml": DEPLOYMENT,
}


def test_a_fleet() -> None:
    assert paths(FLEET) == {
        "production/kubernetes/apps": "apps/production",
        "production/kubernetes/flux-system": "clusters/production",
        "staging/kubernetes/apps": "apps/staging",
        "staging/kubernetes/main": "clusters/staging",
    }
    found = deployed(FLEET, "production/kubernetes/apps")
    [source] = found.sources
    assert isinstance(source, Kustomization)
    assert yaml.safe_load(source.edits) == {"namespace": "shop"}
    assert (found.by, found.cluster, found.namespace) == ("Kustomization apps", "production", "shop")
    assert (found.prune, found.cascade) == (True, True)


def test_a_directory_without_a_kustomization_gets_one() -> None:
    """Manifests, and directories with a kustomization of their own; no other YAML."""
    [source] = deployed(FLEET, "staging/kubernetes/apps").sources
    assert source == Kustomization(path="apps/staging", files=("apps/staging/a.yaml", "apps/staging/deep"))
    [source] = deployed(FLEET, "production/kubernetes/flux-system").sources
    files = ("clusters/production/apps.yaml", "clusters/production/flux-system")
    assert source == Kustomization(path="clusters/production", files=files)


COMPONENTS: Files = {
    **FLEET,
    "clusters/production/apps.yaml": flux(
        "apps", "apps/production", more="  components: [../../parts/backup, ../no]\n"
    ),
    "parts/backup/kustomization.yaml": kustomization("pvc.yaml", more="kind: Component\n"),
    "parts/backup/pvc.yaml": DEPLOYMENT,
}


def test_components_are_taken_from_the_path_on() -> None:
    [source] = deployed(COMPONENTS, "production/kubernetes/apps").sources
    assert isinstance(source, Kustomization)
    assert source.components == ("parts/backup",)
    assert yaml.safe_load(source.edits) == {"components": ["../../parts/backup", "../no"]}
    changed = {**COMPONENTS, "parts/backup/pvc.yaml": f"{DEPLOYMENT}# more\n"}
    [stack] = affected.between(end(COMPONENTS), end(changed))
    assert (stack.id, stack.certainty) == ("production/kubernetes/apps", "module")


def test_components_that_are_not_there_may_be_left_out() -> None:
    more = "  components: [../../parts/backup, ../no]\n  ignoreMissingComponents: true\n"
    files = {**COMPONENTS, "clusters/production/apps.yaml": flux("apps", "apps/production", more=more)}
    [source] = deployed(files, "production/kubernetes/apps").sources
    assert isinstance(source, Kustomization)
    assert yaml.safe_load(source.edits) == {"components": ["../../parts/backup"]}


def test_variables_of_the_build() -> None:
    more = "  postBuild:\n    substitute: {a: b, n: '1'}\n    substituteFrom: [{kind: Secret, name: settings}]\n"
    files = {**FLEET, "clusters/staging/apps.yaml": flux("apps", "apps/staging", more=more)}
    source, gap = deployed(files, "staging/kubernetes/apps").sources
    assert isinstance(source, Kustomization)
    assert (source.variables, source.has_all_variables) == ((("a", "b"), ("n", "1")), False)
    assert isinstance(gap, Unrendered)
    assert (gap.what, gap.path, gap.line) == ("Secret settings", "clusters/staging/apps.yaml", 10)
    whole = {
        **FLEET,
        "clusters/staging/apps.yaml": flux("apps", "apps/staging", more=more.partition("    substituteFrom")[0]),
    }
    [source] = deployed(whole, "staging/kubernetes/apps").sources
    assert isinstance(source, Kustomization)
    assert source.has_all_variables is True


def test_another_repository_deploys_nothing_from_here() -> None:
    other = SOURCE.replace("fleet", "other").replace("flux-system, n", "other, n") + flux("x", "nope/x", source="other")
    assert "production/kubernetes/x" not in paths({**FLEET, "clusters/production/other.yaml": other})


def test_a_path_that_is_not_there() -> None:
    files = {**FLEET, "clusters/production/x.yaml": flux("x", "nope")}
    [gap] = deployed(files, "production/kubernetes/x").sources
    assert isinstance(gap, Unrendered)
    assert (gap.what, gap.line) == ("./nope", 5)


def rules(files: Files) -> list[tuple[str, str | None, int | None]]:
    return [(each.rule, each.path, each.line) for each in findings(files) if each.rule.startswith("flux/")]


def test_a_path_that_is_not_there_is_found_whether_or_not_its_source_is_declared() -> None:
    files = {**FLEET, "clusters/production/apps.yaml": flux("apps", "apps/prodution")}
    told = [("flux/path-missing", "clusters/production/apps.yaml", 5)]
    assert rules(files) == told
    bare = {path: text for path, text in files.items() if "gotk-sync" not in path}
    assert rules(bare) == told
    [gap] = [
        each
        for id, stack in end(bare).stacks.items()
        if stack.path == "clusters/production" and "apps" in id
        for each in deployments.of(stack, end(bare)).sources
    ]
    assert isinstance(gap, Unrendered)


def test_paths_of_other_places_are_not_looked_for() -> None:
    pinned = SOURCE.replace("fleet'}", "fleet', ref: {tag: v1}}")
    at_a_tag = {**FLEET, "clusters/production/flux-system/gotk-sync.yaml": pinned}
    assert rules({**at_a_tag, "clusters/production/x.yaml": flux("x", "apps/nope")}) == []
    assert rules({**FLEET, "clusters/production/x.yaml": flux("x", "apps/${cluster}")}) == []
    assert rules({**FLEET, "clusters/production/x.yaml": flux("x", "apps/nope", source="of-others")}) == []


def test_a_source_that_is_misspelt() -> None:
    """Others may be made outside of git, and what has another number is another one."""
    files = {**FLEET, "clusters/production/apps.yaml": flux("apps", "apps/production", source="flux-sytem")}
    told = [("flux/source-missing", "clusters/production/apps.yaml", 7)]
    assert rules(files) == told
    [gap] = deployed(files, "production/kubernetes/apps@production").sources
    assert isinstance(gap, Unrendered)
    bare = {path: text for path, text in files.items() if "gotk-sync" not in path}
    assert rules(bare) == told
    for other in ("flux-system2", "flux-system-2", "flux-systex", "fleet", "flux-${system}"):
        named = flux("apps", "apps/production", source=other)
        assert rules({**FLEET, "clusters/production/apps.yaml": named}) == []


ARTIFACTS = """apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: all, namespace: flux-system}
spec:
  sources: [{alias: mono, kind: GitRepository, name: flux-system}]
  artifacts:
  - name: apps
    copy:
    - {from: "@mono/apps/base/**", to: "@artifact/base/"}
    - {from: "@mono/apps/production/**", to: "@artifact/prod/"}
"""


def test_artifacts_that_are_copied_together() -> None:
    files = {
        **FLEET,
        "clusters/production/artifacts.yaml": ARTIFACTS,
        "clusters/production/apps.yaml": flux("apps", "prod", kind="ExternalArtifact", source="apps"),
    }
    assert paths(files)["production/kubernetes/apps"] == "apps/production"


def test_clusters_have_artifacts_of_one_name() -> None:
    staging = ARTIFACTS.replace("apps/production", "apps/staging").replace("artifact/prod/", "artifact/stage/")
    files = {
        **FLEET,
        "clusters/production/artifacts.yaml": ARTIFACTS,
        "clusters/production/apps.yaml": flux("apps", "prod", kind="ExternalArtifact", source="apps"),
        "clusters/staging/artifacts.yaml": staging,
        "clusters/staging/apps.yaml": flux("apps", "stage", kind="ExternalArtifact", source="apps"),
    }
    found = paths(files)
    assert found["production/kubernetes/apps"] == "apps/production"
    assert found["staging/kubernetes/apps"] == "apps/staging"
    assert rules(files) == []


def test_an_artifact_that_nobody_makes() -> None:
    """A repository that makes none may get them from elsewhere."""
    files = {
        **FLEET,
        "clusters/production/artifacts.yaml": ARTIFACTS,
        "clusters/production/web.yaml": flux("web", "prod", kind="ExternalArtifact", source="app"),
    }
    assert rules(files) == [("flux/source-missing", "clusters/production/web.yaml", 7)]
    [gap] = deployed(files, "production/kubernetes/web").sources
    assert isinstance(gap, Unrendered)
    assert rules({path: text for path, text in files.items() if "artifacts" not in path}) == []


def test_a_path_that_no_artifact_has() -> None:
    web = flux("web", "prd", kind="ExternalArtifact", source="apps")
    files = {**FLEET, "clusters/production/artifacts.yaml": ARTIFACTS, "clusters/production/web.yaml": web}
    assert rules(files) == [("flux/path-missing", "clusters/production/web.yaml", 5)]


RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart:
    spec: {chart: ./charts/web, valuesFiles: [./charts/web/values.yaml], sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}
  values: {replicas: 2}
  valuesFrom: [{kind: ConfigMap, name: settings}]
"""


@pytest.mark.parametrize(
    "more",
    ["  commonMetadata: {labels: {a: b}}\n", "  postRenderers: [{kustomize: {images: [{name: a, newTag: b}]}}]\n"],
)
def test_what_flux_makes_of_a_rendering_is_told(more: str) -> None:
    files = {**FLEET, "clusters/production/web.yaml": RELEASE + more, "charts/web/Chart.yaml": "name: web\n"}
    [gap] = [
        each
        for each in deployed(files, "production/kubernetes/web").sources
        if "of HelmRelease" in getattr(each, "what", "")
    ]
    assert isinstance(gap, Unrendered)
    assert (gap.code, bool(gap.fixed)) == ("not-rendered", True)


def test_a_release_of_a_chart_that_lies_here() -> None:
    files = {
        **FLEET,
        "clusters/production/web.yaml": RELEASE,
        "charts/web/Chart.yaml": "name: web\n",
        "charts/web/values.yaml": "",
    }
    chart, gap = deployed(files, "production/kubernetes/web").sources
    assert chart == Chart(
        path="charts/web",
        release="web",
        namespace="shop",
        value_files=("charts/web/values.yaml",),
        values="replicas: 2\n",
    )
    assert isinstance(gap, Unrendered)
    assert gap.what == "ConfigMap settings"
    misspelt = {**files, "clusters/production/web.yaml": RELEASE.replace("./charts/web,", "./charts/wbe,")}
    assert rules(misspelt) == [("flux/path-missing", "clusters/production/web.yaml", 6)]
    registry = RELEASE.replace("kind: GitRepository", "kind: HelmRepository")
    assert "production/kubernetes/web" not in paths({**FLEET, "clusters/production/web.yaml": registry})


HELM_CHART = """apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: web, namespace: charts}
spec:
  chart: ./charts/web
  valuesFiles: [./charts/web/values.yaml]
  sourceRef: {kind: GitRepository, name: fleet}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: charts}
spec: {url: 'ssh://git@github.com/acme/fleet'}
"""
BY_HELM_CHART: Files = {
    **FLEET,
    "clusters/production/web.yaml": """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec: {chartRef: {kind: HelmChart, name: web, namespace: charts}}
""",
    "clusters/production/chart.yaml": HELM_CHART,
    "charts/web/Chart.yaml": "name: web\n",
    "charts/web/values.yaml": "a: 1\n",
}


def test_a_release_of_a_helm_chart_that_takes_a_chart_from_here() -> None:
    [chart] = deployed(BY_HELM_CHART, "production/kubernetes/web").sources
    assert chart == Chart(path="charts/web", release="web", namespace="shop", value_files=("charts/web/values.yaml",))
    for path, content in {"charts/web/values.yaml": "a: 2", "clusters/production/chart.yaml": OTHER_VALUES}.items():
        found = affected.between(end(BY_HELM_CHART), end({**BY_HELM_CHART, path: content}))
        assert "production/kubernetes/web" in [each.id for each in found]


OTHER_VALUES = HELM_CHART.replace("values.yaml]", "values.yaml, ./charts/web/more.yaml]")


def test_a_helm_chart_that_takes_what_is_not_here() -> None:
    misspelt = {
        **BY_HELM_CHART,
        "clusters/production/chart.yaml": HELM_CHART.replace("./charts/web\n", "./charts/wbe\n"),
    }
    [gap] = deployed(misspelt, "production/kubernetes/web").sources
    assert isinstance(gap, Unrendered)
    assert (gap.code, gap.path, gap.line) == ("invalid", "clusters/production/chart.yaml", 5)
    assert rules(misspelt) == [("flux/path-missing", "clusters/production/chart.yaml", 5)]
    of_a_registry = HELM_CHART.replace("kind: GitRepository, name: fleet", "kind: HelmRepository, name: fleet")
    assert "production/kubernetes/web" not in paths({**BY_HELM_CHART, "clusters/production/chart.yaml": of_a_registry})


def test_a_helm_chart_of_another_revision_is_not_what_is_here() -> None:
    pinned = HELM_CHART.replace("acme/fleet'}", "acme/fleet', ref: {tag: v1.0.0}}")
    [gap] = deployed({**BY_HELM_CHART, "clusters/production/chart.yaml": pinned}, "production/kubernetes/web").sources
    assert isinstance(gap, Unrendered)
    assert gap.code == "revision-missing"


BY_ARTIFACT: Files = {
    **BY_HELM_CHART,
    "clusters/production/web.yaml": """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec: {chartRef: {kind: ExternalArtifact, name: web, namespace: flux-system}}
""",
}
WEB_ARTIFACT = """apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: charts, namespace: flux-system}
spec:
  sources: [{alias: mono, kind: GitRepository, name: flux-system}, {alias: far, kind: OCIRepository, name: far}]
  artifacts:
  - {name: web, copy: [%s]}
"""
OURS, FAR = '{from: "@mono/charts/web/**", to: "@artifact/web/"}', '{from: "@far/web/**", to: "@artifact/web/"}'
VALUES = '{from: "@mono/charts/web/values.yaml", to: "@artifact/web/values.yaml", strategy: Merge}'


def test_a_release_of_an_artifact_that_has_a_chart_from_here() -> None:
    files = {**BY_ARTIFACT, "clusters/production/artifacts.yaml": WEB_ARTIFACT % OURS}
    [chart] = deployed(files, "production/kubernetes/web").sources
    assert chart == Chart(path="charts/web", release="web", namespace="shop")
    unmade = {**files, "clusters/production/artifacts.yaml": (WEB_ARTIFACT % OURS).replace("name: web", "name: wbe")}
    [gap] = deployed(unmade, "production/kubernetes/web").sources
    assert isinstance(gap, Unrendered)
    assert (gap.code, gap.line) == ("invalid", 4)


def test_an_artifact_that_is_put_together_is_not_rendered_and_what_it_takes_from_here_decides() -> None:
    files = {**BY_ARTIFACT, "clusters/production/artifacts.yaml": WEB_ARTIFACT % f"{FAR}, {VALUES}"}
    [gap] = deployed(files, "production/kubernetes/web").sources
    assert isinstance(gap, Unrendered)
    assert (gap.code, gap.what) == ("not-rendered", "ExternalArtifact web")
    found = affected.between(end(files), end({**files, "charts/web/values.yaml": "a: 2"}))
    assert "production/kubernetes/web" in [each.id for each in found]
    others = {**BY_ARTIFACT, "clusters/production/artifacts.yaml": WEB_ARTIFACT % FAR}
    assert "production/kubernetes/web" not in paths(others)
