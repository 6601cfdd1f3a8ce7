"""What an Application renders from, and why a source cannot be rendered here."""

from __future__ import annotations

import pytest
import yaml

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Source, Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, deployed, end, kustomization

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
FILES: Files = {
    "kustomized/kustomization.yaml": kustomization("a.yaml"),
    "kustomized/a.yaml": DEPLOYMENT,
    "chart/Chart.yaml": CHART,
    "chart/values-prod.yaml": "a: 1",
    "chart/extra/one.yaml": "a: 1",
    "chart/extra/two.yaml": "a: 1",
    "plain/a.yaml": DEPLOYMENT,
    "plain/b.json": '{"apiVersion": "v1", "kind": "Service"}',
    "plain/values.yaml": "a: 1",
    "plain/deep/c.yaml": DEPLOYMENT,
    "root-values.yaml": "a: 1",
}


def sources(path: str, more: str = "", environment: str = "shared") -> tuple[Source, ...]:
    files = {**FILES, "app.yaml": application("web", path, more=more)}
    return deployed(files, f"{environment}/kubernetes/web").sources


def only(path: str, more: str = "", environment: str = "shared") -> Source:
    [found] = sources(path, more, environment)
    return found


def test_a_kustomization_a_chart_and_manifests() -> None:
    assert only("kustomized") == Kustomization(path="kustomized")
    assert only("./chart/") == Chart(path="chart", release="web", namespace="web")
    assert only("plain") == Manifests(path="plain", files=("plain/a.yaml", "plain/b.json"))


def test_what_the_source_says_wins_over_what_is_there() -> None:
    assert isinstance(only("chart", "    directory: {recurse: true}\n"), Manifests)
    assert isinstance(only("plain", "    kustomize: {namePrefix: a-}\n"), Kustomization)


def test_a_directorys_options() -> None:
    recursive = only("plain", "    directory: {recurse: true, exclude: '{b,deep/*}.json'}\n")
    assert recursive == Manifests(path="plain", files=("plain/a.yaml", "plain/deep/c.yaml"))
    included = only("plain", "    directory: {recurse: true, include: '*c.yaml'}\n")
    assert included == Manifests(path="plain", files=("plain/deep/c.yaml",))


def test_helms_options() -> None:
    more = """    helm:
      releaseName: other
      valueFiles: [values-prod.yaml, /root-values.yaml, extra/*.yaml]
      valuesObject: {image: {tag: "1"}}
      values: "ignored: true"
      parameters: [{name: a, value: "true"}, {name: b, value: "1", forceString: true}]
      skipCrds: true
"""
    chart = only("chart", more, "production")  # whose value file it takes
    assert isinstance(chart, Chart)
    files = ("chart/values-prod.yaml", "root-values.yaml", "chart/extra/one.yaml", "chart/extra/two.yaml")
    assert (chart.release, chart.value_files) == ("other", files)
    assert yaml.safe_load(chart.values) == {"image": {"tag": "1"}}
    assert (chart.parameters, chart.forced, chart.with_crds) == ((("a", "true"),), (("b", "1"),), False)


def test_a_value_file_that_is_not_there() -> None:
    """Argo CD renders nothing then: the chart without the file would be another thing."""
    [missing] = sources("chart", "    helm: {valueFiles: [nope.yaml]}\n")
    why = "there is no such value file"
    assert missing == Unrendered(what="nope.yaml", why=why, path="app.yaml", line=10, code="invalid")
    ignored = only("chart", "    helm: {valueFiles: [nope.yaml], ignoreMissingValueFiles: true}\n")
    assert ignored == Chart(path="chart", release="web", namespace="web")


@pytest.mark.parametrize(
    "file", ["https://example.org/v.yaml", "../../../x.yaml", "$other/x.yaml", "a-$ARGOCD_APP_NAME.yaml"]
)
def test_a_value_file_of_another_place(file: str) -> None:
    assert any(isinstance(each, Unrendered) for each in sources("chart", f"    helm: {{valueFiles: ['{file}']}}\n"))


def test_kustomizes_options() -> None:
    more = """    kustomize:
      namePrefix: a-
      images: ["nginx:1.2", "old=new/name@sha256:abc", "registry:5000/x:3"]
      replicas: [{name: web, count: 3}]
      commonLabels: {team: web}
      labelWithoutSelector: true
      patches: [{patch: "- op: remove", target: {kind: Deployment}}]
      components: [../plain]
"""
    found = only("kustomized", more)
    assert isinstance(found, Kustomization)
    assert yaml.safe_load(found.edits) == {
        "namePrefix": "a-",
        "images": [
            {"name": "nginx", "newTag": "1.2"},
            {"name": "old", "newName": "new/name", "digest": "sha256:abc"},
            {"name": "registry:5000/x", "newTag": "3"},
        ],
        "replicas": [{"name": "web", "count": 3}],
        "labels": [{"pairs": {"team": "web"}, "includeTemplates": False}],
        "patches": [{"patch": "- op: remove", "target": {"kind": "Deployment"}}],
        "components": ["../plain"],
    }


def test_a_path_that_is_not_there_and_a_plugin() -> None:
    files = {**FILES, "other.yaml": application("other", "plain"), "app.yaml": application("web", "nope")}
    [missing] = deployed(files, "shared/kubernetes/web").sources
    assert isinstance(missing, Unrendered)
    assert (missing.what, missing.path, missing.line) == ("nope", "app.yaml", 9)
    plugin = only("plain", "    plugin: {name: x}\n")
    assert isinstance(plugin, Unrendered)


SEVERAL = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{server: 'https://1.2.3.4', namespace: shop}}
  syncPolicy: {{automated: {{prune: true}}}}
  sources:
  - {{repoURL: 'https://charts.example.org', chart: redis, targetRevision: 1.2.3, helm: {{valueFiles: [$values/root-values.yaml]}}}}
  - {{repoURL: '{URL}', ref: values}}
  - {{repoURL: '{URL}', path: chart, helm: {{valueFiles: [$values/chart/values-prod.yaml]}}}}
  - {{repoURL: 'https://example.org/other', path: x}}
"""


def test_several_sources() -> None:
    found = deployed({**FILES, "app.yaml": SEVERAL}, "production/kubernetes/web")
    assert [type(each) for each in found.sources] == [Unrendered, Chart, Unrendered]
    assert isinstance(found.sources[1], Chart)
    assert found.sources[1].value_files == ("chart/values-prod.yaml",)
    assert (found.cluster, found.namespace, found.prune, found.cascade) == ("https://1.2.3.4", "shop", True, False)
    assert (found.by, found.path) == ("Application web", "app.yaml")


def test_an_application_of_other_repositories_deploys_nothing_from_here() -> None:
    foreign = application("web", "x").replace(URL, "https://example.org/other")
    files = {"argo/app.yaml": foreign, "argo/own.yaml": application("own", "plain"), **FILES}
    found = deployed(files, "shared/kubernetes/argo")
    assert found.sources == (Manifests(path="argo", files=("argo/app.yaml", "argo/own.yaml")),)


def overridden(name: str, text: str, path: str = "kustomized", more: str = "") -> tuple[Deployment, list[str]]:
    """A source with one file beside it, and what its stack reads."""
    files = {**FILES, "app.yaml": application("web", path, more=more), f"{path}/{name}": text}
    seen = end(files)
    stack = seen.stacks["shared/kubernetes/web"]
    return deployments.of(stack, seen), sorted(seen.graph.closure(stack.id, seen.snapshot))


@pytest.mark.parametrize("name", [".argocd-source.yaml", ".argocd-source-web.yaml"])
def test_what_the_image_updater_commits(name: str) -> None:
    found, read = overridden(name, "kustomize:\n  images: ['nginx:8.8']\npath: elsewhere\n")
    [source] = found.sources
    assert isinstance(source, Kustomization)
    assert (source.path, yaml.safe_load(source.edits)) == (
        "kustomized",
        {"images": [{"name": "nginx", "newTag": "8.8"}]},
    )
    assert f"kustomized/{name}" in read


def test_a_file_beside_a_source_replaces_lists_and_keeps_the_rest() -> None:
    more = "    helm: {releaseName: other, parameters: [{name: a, value: b}]}\n"
    text = "helm: {parameters: [{name: image.tag, value: '4.4', forcestring: true}]}\n"
    [source] = overridden(".argocd-source-web.yaml", text, "chart", more)[0].sources
    assert isinstance(source, Chart)
    assert (source.release, source.parameters, source.forced) == ("other", (), (("image.tag", "4.4"),))


def test_the_file_of_the_name_wins_and_another_name_s_is_none() -> None:
    files = {
        **FILES,
        "app.yaml": application("web", "kustomized"),
        "kustomized/.argocd-source.yaml": "kustomize: {namePrefix: a-, nameSuffix: -z}",
        "kustomized/.argocd-source-web.yaml": "kustomize: {namePrefix: b-}",
        "kustomized/.argocd-source-other.yaml": "kustomize: {namePrefix: c-}",
    }
    [source] = deployed(files, "shared/kubernetes/web").sources
    assert isinstance(source, Kustomization)
    assert yaml.safe_load(source.edits) == {"namePrefix": "b-", "nameSuffix": "-z"}


@pytest.mark.parametrize("text", ["a: [", "- a"])
def test_a_file_beside_a_source_that_cannot_be_read(text: str) -> None:
    found, read = overridden(".argocd-source.yaml", text)
    [source] = found.sources
    assert isinstance(source, Unrendered)
    assert source.path == "kustomized/.argocd-source.yaml"
    assert "kustomized/.argocd-source.yaml" in read


REMOTE = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{server: 'https://1.2.3.4', namespace: shop}}
  sources:
  - {{repoURL: 'https://charts.acme.example', chart: redis, targetRevision: 1.2.3, helm: {{valueFiles: [$here/redis.yaml]}}}}
  - {{repoURL: '{URL}', ref: here}}
  - {{repoURL: '{URL}', path: plain}}
"""


def fixed(text: str, redis: str = "a: 1", more: Files | None = None) -> str:
    files = {**FILES, "app.yaml": text, "redis.yaml": redis, **(more or {})}
    [found] = [each for each in deployed(files, "shared/kubernetes/web").sources if isinstance(each, Unrendered)]
    return found.fixed


def test_a_chart_of_a_registry_is_the_same_with_the_same_values() -> None:
    plain = fixed(REMOTE)
    assert plain
    assert fixed(REMOTE, more={"plain/new.yaml": "a: b"}) == plain
    assert fixed(REMOTE, "a: 2") != plain
    assert fixed(REMOTE.replace("1.2.3,", "1.2.4,")) != plain
    assert fixed(REMOTE.replace("1.2.3,", "1.x,")) == ""
    assert fixed(REMOTE.replace("$here/redis.yaml", "$here/none.yaml")) == ""
    assert fixed(REMOTE.replace("helm: {", "helm: {releaseName: a, ")) != plain


@pytest.mark.parametrize("changed", ["web/params.libsonnet", "web/deep/a.txt", "vendor/k.libsonnet", "common/x.json"])
def test_what_jsonnet_imports_is_read(changed: str) -> None:
    """It is not rendered, and so a change of what it may read is never "part of no stack"."""
    more = "    directory: {jsonnet: {libs: [vendor]}}\n"
    files: Files = {
        "app.yaml": application("web", "web", more=more),
        "web/main.jsonnet": "local p = import 'params.libsonnet';\nlocal k = import \"k.libsonnet\";\n",
        "web/params.libsonnet": "(importstr '../common/x.json')",
        "web/deep/a.txt": "",
        "vendor/k.libsonnet": "{}",
        "common/x.json": "{}",
        "common/other.json": "{}",
    }
    base = end(files)
    reached = {each.id for each in affected.between(base, end({**files, changed: "// other"}))}
    assert "shared/kubernetes/web" in reached
    assert not [*affected.between(base, end({**files, "common/other.json": "[]"}))]


@pytest.mark.parametrize(
    "source",
    [
        "chart: redis, helm: {fileParameters: [{name: a, path: $here/redis.yaml}]}",
        "path: charts/redis, helm: {valueFiles: [$here/redis.yaml]}",
        "path: charts/redis, helm: {fileParameters: [{name: a, path: $here/redis.yaml}]}",
    ],
)
def test_what_a_source_elsewhere_takes_from_here_affects_it(source: str) -> None:
    """A chart in another repository with values in this one: nothing else here changes what is deployed."""
    text = REMOTE.replace("chart: redis", source.partition(", helm")[0]).replace(
        "helm: {valueFiles: [$here/redis.yaml]}", "helm" + source.partition("helm")[2]
    )
    text = text.replace(f"  - {{repoURL: '{URL}', path: plain}}\n", "")
    other = {"other.yaml": application("other", "plain")}
    files = {**FILES, **other, "app.yaml": text, "redis.yaml": "a: 1"}
    changed = affected.between(end(files), end({**files, "redis.yaml": "a: 2"}))
    assert [each.id for each in changed] == ["shared/kubernetes/web"]
    assert fixed(text, "a: 1", other) != fixed(text, "a: 2", other)


def test_a_file_of_a_parameter_affects_a_chart_of_ours() -> None:
    more = "    helm: {fileParameters: [{name: a, path: ../root-values.yaml}]}\n"
    files = {**FILES, "app.yaml": application("web", "chart", more=more)}
    changed = affected.between(end(files), end({**files, "root-values.yaml": "a: 2"}))
    assert [each.id for each in changed] == ["shared/kubernetes/web"]
