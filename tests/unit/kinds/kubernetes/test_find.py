"""Which stacks a repository has: by directory, by Argo CD, and what happens to the odd ones."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, Config, Environment, Layout, StackPattern
from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests
from tests.unit.kinds.kubernetes.ends import (
    DEPLOYMENT,
    Files,
    application,
    application_set,
    deployed,
    end,
    findings,
    kustomization,
    paths,
)

K = kustomization("a.yaml")


@pytest.mark.parametrize(
    ("directory", "id"),
    [
        ("environments/production/k8s", "production/kubernetes/main"),
        ("environments/prod/kubernetes/web", "production/kubernetes/web"),
        ("kubernetes/overlays/staging", "staging/kubernetes/main"),
        ("apps/web/overlays/dev", "development/kubernetes/apps/web"),
        ("apps/web/overlays/prod-eu", "production/kubernetes/apps/web@prod-eu"),
        ("clusters/production/web", "production/kubernetes/web"),
        ("clusters/prod-eu-1/web", "production/kubernetes/web@prod-eu-1"),
        ("shared/kubernetes/web", "shared/kubernetes/web"),
        ("web", "shared/kubernetes/web"),
        ("", "shared/kubernetes/main"),
    ],
)
def test_ids_of_directories(directory: str, id: str) -> None:
    at = f"{directory}/" if directory else ""
    assert paths({f"{at}kustomization.yaml": K, f"{at}a.yaml": DEPLOYMENT}) == {id: directory}


def test_bases_and_components_are_no_stacks() -> None:
    files: Files = {
        "base/kustomization.yaml": K,
        "base/a.yaml": DEPLOYMENT,
        "overlays/production/kustomization.yaml": kustomization("../../base", more="components: [../../extra]\n"),
        "extra/kustomization.yaml": "kind: Component\n",
        "unused/kustomization.yaml": "kind: Component\n",
    }
    assert paths(files) == {"production/kubernetes/main": "overlays/production"}
    assert affected.unclaimed(end({}), end(files)) == ("unused/kustomization.yaml",)


def test_manifests_of_a_component_that_no_stack_takes_are_read_by_nobody() -> None:
    """What the component does not name is deployed by nobody either way, and so is YAML elsewhere."""
    files = {
        "unused/kustomization.yaml": kustomization("deep/a.yaml", more="kind: Component\n"),
        "unused/deep/a.yaml": DEPLOYMENT,
        "unused/beside.yaml": DEPLOYMENT,
        ".github/workflows/ci.yaml": "on: push\n",
    }
    changed = {path: f"{text}# more\n" if "kustom" not in path else text for path, text in files.items()}
    assert affected.unclaimed(end(files), end(changed)) == ("unused/deep/a.yaml",)
    taken = {"web/kustomization.yaml": "components: [../unused]\n"}
    assert affected.unclaimed(end({**files, **taken}), end({**changed, **taken})) == ()


def test_charts_once_for_each_environment() -> None:
    files: Files = {
        "charts/web/Chart.yaml": "name: shop\n",
        "charts/web/values.yaml": "",
        "charts/web/values-production.yaml": "",
        "charts/web/values/staging.yaml": "",
        "charts/web/values-prod-eu.yaml": "",
        "charts/web/charts/redis/Chart.yaml": "name: redis\n",
        "charts/lib/Chart.yaml": "name: lib\ntype: library\n",
        "charts/common/Chart.yaml": "name: common\n",
        "charts/api/Chart.yaml": "name: api\ndependencies: [{name: common, repository: 'file://../common'}]\n",
    }
    assert paths(files) == {
        "production/kubernetes/charts/web": "charts/web",
        "production/kubernetes/charts/web@prod-eu": "charts/web",
        "staging/kubernetes/charts/web": "charts/web",
        "shared/kubernetes/charts/api": "charts/api",
    }
    [chart] = deployed(files, "staging/kubernetes/charts/web").sources
    assert chart == Chart(path="charts/web", release="shop", value_files=("charts/web/values/staging.yaml",))


def test_plain_manifests() -> None:
    """Only where the folders say that they are deployed, and only YAML that holds objects."""
    files: Files = {
        "environments/production/kubernetes/web/a.yaml": DEPLOYMENT,
        "environments/production/kubernetes/web/deep/b.yml": DEPLOYMENT,
        "environments/production/kubernetes/web/values.yaml": "a: 1",
        "environments/production/kubernetes/web/other/kustomization.yaml": kustomization("c.yaml"),
        "environments/production/kubernetes/web/other/c.yaml": DEPLOYMENT,
        "environments/production/security/rbac.yaml": DEPLOYMENT,
        "environments/production/databases/x.yaml": DEPLOYMENT,
        "docs/example.yaml": DEPLOYMENT,
        "k8s/x.yaml": "a: 1",
        ".github/workflows/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {
        "production/kubernetes/web": "environments/production/kubernetes/web",
        "production/kubernetes/web/other": "environments/production/kubernetes/web/other",
    }
    [source] = deployed(files, "production/kubernetes/web").sources
    at = "environments/production/kubernetes/web"
    assert source == Manifests(path=at, files=(f"{at}/a.yaml", f"{at}/deep/b.yml"))


def test_declared_stacks_replace_the_guess() -> None:
    pattern = StackPattern(kind="kubernetes", path="apps/{name}/on-{environment}")
    chart = StackPattern(
        kind="kubernetes", path="chart", environments=("staging", "production"), var_files=("{environment}.yaml",)
    )
    files: Files = {
        "apps/web/on-production/kustomization.yaml": K,
        "apps/web/on-production/a.yaml": DEPLOYMENT,
        "apps/db/on-staging/a.yaml": DEPLOYMENT,
        "apps/empty/on-staging/a.txt": "",
        "chart/Chart.yaml": "name: c\n",
        "chart/staging.yaml": "",
        "production.yaml": "",
        "other/kustomization.yaml": K,
        "app.yaml": application("web", "apps/web/on-production", more="  syncPolicy: {automated: {prune: true}}\n"),
    }
    config = Config(layout=Layout(stacks=(pattern, chart)))
    assert paths(files, config=config) == {
        "production/kubernetes/chart": "chart",
        "production/kubernetes/web": "apps/web/on-production",
        "staging/kubernetes/chart": "chart",
        "staging/kubernetes/db": "apps/db/on-staging",
    }
    found = deployed(files, "production/kubernetes/web", config=config)
    assert (found.by, found.prune) == ("Application web", True)
    files_of = {
        environment: source.value_files
        for environment in ("staging", "production")
        for source in deployed(files, f"{environment}/kubernetes/chart", config=config).sources
        if isinstance(source, Chart)
    }
    assert files_of == {"staging": ("chart/staging.yaml",), "production": ("production.yaml",)}


OVERLAYS: Files = {
    f"apps/web/overlays/{name}/{file}": content
    for name in ("development", "production")
    for file, content in (("kustomization.yaml", K), ("a.yaml", DEPLOYMENT))
}


def test_an_application_names_its_directory() -> None:
    """Called alike in every environment, whatever the environment's own word in its name."""
    files: Files = {
        **OVERLAYS,
        "argocd/a.yaml": application("web-prod", "apps/web/overlays/production"),
        "argocd/b.yaml": application("development-web", "apps/web/overlays/development"),
    }
    assert paths(files) == {
        "development/kubernetes/web": "apps/web/overlays/development",
        "production/kubernetes/web": "apps/web/overlays/production",
        "shared/kubernetes/argocd": "argocd",
    }


def test_the_cluster_or_the_file_tells_the_environment() -> None:
    files: Files = {
        "web/kustomization.yaml": K,
        "web/a.yaml": DEPLOYMENT,
        "argocd/a.yaml": application("web", "web").replace("web-cluster", "prod-eu"),
        "argocd/staging/b.yaml": application("web", "web"),
    }
    assert {id for id in paths(files) if not id.endswith(("argocd", "argocd/b"))} == {
        "production/kubernetes/web",
        "staging/kubernetes/web",
        "staging/kubernetes/argocd",
    } - {"staging/kubernetes/argocd"}


def test_a_manifest_does_not_tell_the_environment_of_what_deploys_it() -> None:
    files: Files = {
        "root.yaml": application("all", "sets"),
        "apps/a/web.yaml": DEPLOYMENT,
        "sets/my-prod-set.yaml": application_set("production"),
        "sets/my-staging-set.yaml": application_set("staging").replace("name: apps", "name: other"),
    }
    assert paths(files)["shared/kubernetes/all"] == "sets"
    chart: Files = {
        "root.yaml": application("all", "chart"),
        "chart/Chart.yaml": "name: all\n",
        "chart/values-staging.yaml": "",
        "chart/templates/prod.yaml": DEPLOYMENT,
    }
    assert paths(chart)["shared/kubernetes/all"] == "chart"


def test_two_of_one_name_are_told_apart() -> None:
    def web(cluster: str) -> str:
        return application("web", "web").replace("web-cluster", cluster)

    files: Files = {"web/kustomization.yaml": K, "web/a.yaml": DEPLOYMENT}
    by_cluster = {**files, "argo/a.yaml": web("eu"), "argo/b.yaml": web("https://us.example.org:6443")}
    assert [id for id in paths(by_cluster) if "/web" in id] == [
        "shared/kubernetes/web@eu",
        "shared/kubernetes/web@us.example.org-6443",
    ]
    by_file = {**files, "argo/a.yaml": web("in-cluster"), "argo/b.yaml": web("in-cluster")}
    assert [id for id in paths(by_file) if "/web" in id] == [
        "shared/kubernetes/web@web-argo-a",
        "shared/kubernetes/web@web-argo-b",
    ]
    assert end(by_file).ambiguous == frozenset()
    other = {"web/other/kustomization.yaml": K, "web/other/a.yaml": DEPLOYMENT}
    by_folder = {**by_file, **other, "argo/b.yaml": web("in-cluster").replace("path: web", "path: web/other")}
    two = {**by_folder, "web/own/kustomization.yaml": K, "web/own/a.yaml": DEPLOYMENT}
    two["argo/a.yaml"] = web("in-cluster").replace("path: web", "path: web/own")
    assert {id for id in paths(two) if "@" in id} == {"shared/kubernetes/web@own", "shared/kubernetes/web@other"}


@pytest.mark.parametrize("name", ["'../../x'", "'a@b'", "'a b'", '"a\\nb"', "'::'", "''", "{a: b}", "x" * 5000])
def test_names_that_no_cluster_takes_make_no_odd_ids(name: str) -> None:
    written = application("web", "web").replace("name: web,", f"name: {name},")
    files: Files = {"apps/a.yaml": written, "web/a.yaml": DEPLOYMENT}
    [id] = [each for each in paths(files) if each != "shared/kubernetes/apps"]
    assert set(id.removeprefix("shared/kubernetes/")) <= set("abcdefghijklmnopqrstuvwxyz-.")


def test_an_application_that_points_at_itself() -> None:
    files: Files = {
        "apps/root.yaml": application("root", "apps"),
        "apps/web.yaml": application("web", "web"),
        "web/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {"shared/kubernetes/root": "apps", "shared/kubernetes/web": "web"}
    [source] = deployed(files, "shared/kubernetes/root").sources
    assert source == Manifests(path="apps", files=("apps/root.yaml", "apps/web.yaml"))


def reached(base: Files, head: Files) -> dict[str, str]:
    return {each.id: each.certainty for each in affected.between(end(base), end(head))}


def test_what_a_change_reaches() -> None:
    files: Files = {
        "base/kustomization.yaml": K,
        "base/a.yaml": DEPLOYMENT,
        "base/unused.txt": "",
        "overlays/production/kustomization.yaml": kustomization("../../base"),
        "overlays/staging/kustomization.yaml": "resources: []\n",
        "charts/web/Chart.yaml": "name: web\ndependencies: [{name: lib, repository: 'file://../lib'}]\n",
        "charts/lib/Chart.yaml": "name: lib\n",
        "charts/lib/templates/a.tpl": "",
        "values/prod.yaml": "",
        "argo/app.yaml": application("web", "charts/web", more="    helm: {valueFiles: [../../values/prod.yaml]}\n"),
    }
    web = "production/kubernetes/web"
    for path, expected in (
        ("base/a.yaml", {"production/kubernetes/main": "module"}),
        ("base/kustomization.yaml", {"production/kubernetes/main": "module"}),
        ("base/unused.txt", {}),
        ("overlays/staging/kustomization.yaml", {"staging/kubernetes/main": "direct"}),
        ("charts/lib/templates/a.tpl", {web: "module"}),
        ("charts/web/Chart.yaml", {web: "direct"}),
        ("values/prod.yaml", {web: "file"}),
        ("argo/app.yaml", {"shared/kubernetes/argo": "direct"}),
    ):
        assert reached(files, {**files, path: f"{files[path]!s}\n"}) == expected, path


def applications(*names: str, project: str = "kind: AppProject\nmetadata: {name: default}\nspec: {}\n") -> str:
    written = [application(name, "web").rstrip() for name in names]
    return "\n---\n".join([f"apiVersion: argoproj.io/v1alpha1\n{project}", *written])


WEB: Files = {"web/a.yaml": DEPLOYMENT, "web/kustomization.yaml": K}


def test_an_application_among_others_is_reached_by_what_it_says_itself() -> None:
    base: Files = {**WEB, "argo/kustomization.yaml": "", "argo/all.yaml": applications("a", "b")}
    a, b = "shared/kubernetes/a", "shared/kubernetes/b"
    changed = applications("a", "b").replace("b-cluster", "elsewhere")
    assert reached(base, {**base, "argo/all.yaml": "# moved\n" + changed}) == {b: "file"}
    project = applications("a", "b", project="kind: AppProject\nmetadata: {name: default}\nspec: {roles: []}\n")
    assert reached(base, {**base, "argo/all.yaml": project}) == {a: "file", b: "file"}
    other = applications("a", "b").replace("{name: default}", "{name: other}", 1)
    assert reached({**base, "argo/all.yaml": other}, {**base, "argo/all.yaml": other + "\n# x"}) == {}


SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  generators:
  - git: {repoURL: 'https://github.com/acme/gitops', revision: HEAD, files: [{path: clusters/*.yaml}]}
  template:
    metadata: {name: 'web-{{name}}'}
    spec: {destination: {name: '{{name}}'}, source: {repoURL: 'https://github.com/acme/gitops', path: web}}
"""


def test_a_set_reaches_the_applications_that_it_makes_otherwise() -> None:
    base: Files = {
        **WEB,
        "argo/kustomization.yaml": "",
        "argo/all.yaml": SET,
        "clusters/a.yaml": "name: a",
        "clusters/b.yaml": "name: b",
    }
    a, b = "shared/kubernetes/web-a", "shared/kubernetes/web-b"
    assert reached(base, {**base, "argo/all.yaml": SET.replace("path: web}", "path: web/}")}) == {a: "file", b: "file"}
    assert reached(base, {**base, "argo/all.yaml": f"{SET}# x"}) == {}
    assert reached(base, {**base, "clusters/a.yaml": "name: a\nunused: 1"}) == {}
    renamed = reached(base, {**base, "clusters/a.yaml": "name: c"})
    assert renamed == {a: "file", "shared/kubernetes/web-c": "file"}
    assert affected.unclaimed(end(base), end({**base, "argo/all.yaml": f"{SET}# x"})) == ()


def test_what_a_generator_reads_reaches_the_application_that_takes_it_as_values_as_well() -> None:
    values = "source: {repoURL: 'https://github.com/acme/gitops', path: web, helm: {valueFiles: ['/clusters/{{name}}.yaml']}}"
    plain = "source: {repoURL: 'https://github.com/acme/gitops', path: web}"
    base: Files = {
        "web/Chart.yaml": "name: web\n",
        "web/templates/a.yaml": DEPLOYMENT,
        "argo/kustomization.yaml": "",
        "argo/all.yaml": SET.replace(plain, values),
        "clusters/a.yaml": "name: a\ntag: v1\n",
        "clusters/b.yaml": "name: b\ntag: v1\n",
    }
    assert reached(base, {**base, "clusters/a.yaml": "name: a\ntag: v2\n"}) == {"shared/kubernetes/web-a": "file"}


def test_an_app_of_apps_is_reached_by_every_file_that_it_deploys() -> None:
    base: Files = {**WEB, "apps/root.yaml": application("root", "apps"), "apps/web.yaml": application("web", "web")}
    root = "shared/kubernetes/root"
    assert reached(base, {**base, "apps/root.yaml": application("root", "apps") + "# x"}) == {root: "direct"}
    kustomized: Files = {**base, "apps/kustomization.yaml": kustomization("root.yaml", "web.yaml")}
    assert reached(kustomized, {**kustomized, "apps/root.yaml": application("root", "apps") + "# x"}) == {
        root: "direct"
    }


def test_links_are_followed_to_what_they_lead_to() -> None:
    files: Files = {
        "shared/a.yaml": DEPLOYMENT,
        "shared/values.yaml": "a: 1",
        "shared/templates/b.yaml": "{{ .Values.a }}",
        "chart/Chart.yaml": "name: web\n",
        "environments/production/k8s/b.yaml": DEPLOYMENT,
        "app.yaml": application("web", "chart", more="    helm: {valueFiles: [linked.yaml]}\n"),
    }
    links = {
        "environments/production/k8s/a.yaml": "../../../shared/a.yaml",
        "environments/production/k8s/gone.yaml": "../nope.yaml",
        "environments/production/k8s/out.yaml": "/etc/passwd",
        "chart/linked.yaml": "../shared/values.yaml",
        "chart/templates": "../shared/templates",
    }
    base = end(files, links=links)
    for path, id in (
        ("shared/a.yaml", "production/kubernetes/main"),
        ("shared/values.yaml", "shared/kubernetes/web"),
        ("shared/templates/b.yaml", "shared/kubernetes/web"),
    ):
        head = end({**files, path: f"{files[path]!s}\n"}, links=links)
        assert [each.id for each in affected.between(base, head)] == [id]
    [source] = deployments.of(base.stacks["production/kubernetes/main"], base).sources
    at = "environments/production/k8s"
    assert source == Manifests(path=at, files=(f"{at}/a.yaml", f"{at}/b.yaml"))


def test_values_of_one_environment_reach_no_other() -> None:
    files: Files = {
        "web/Chart.yaml": "name: web\n",
        "web/values.yaml": "",
        "web/values-production.yaml": "",
        "web/values-staging.yaml": "",
        "web/values-usdf.yaml": "",
        "web/values-example.yaml": "",
        "web/templates/a.yaml": "{{ .Values.a }}",
    }
    production, staging, other = "production/kubernetes/web", "staging/kubernetes/web", "shared/kubernetes/web@usdf"
    everything = dict.fromkeys((production, staging, other), "direct")
    for path, expected in (
        ("web/values-production.yaml", {production: "direct"}),
        ("web/values-usdf.yaml", {other: "direct"}),
        ("web/values-example.yaml", {}),
        ("web/values.yaml", everything),
        ("web/templates/a.yaml", everything),
    ):
        assert reached(files, {**files, path: f"{files[path]!s}\n"}) == expected, path
    for path, reads in (
        ("web/templates/b.yaml", '{{ .Files.Get "values-example.yaml" }}'),
        ("web/templates/b.yaml", '{{ (index . "Files").Get "values-example.yaml" }}'),
        ("web/charts/lib/templates/_b.tpl", '{{ $.Files.Get "values-example.yaml" }}'),
        ("web/values.yaml", "text: '{{ .Files.Get \"values-example.yaml\" }}'"),
    ):
        with_files = {**files, path: reads}
        assert reached(with_files, {**with_files, "web/values-example.yaml": "a: 1"}) == everything, reads


def test_a_base_that_comes_back_reaches_its_overlays() -> None:
    overlay: Files = {"overlays/production/kustomization.yaml": kustomization("../../base", "x.yaml")}
    base: Files = {"base/kustomization.yaml": K}
    assert reached(overlay, {**overlay, **base}) == {"production/kubernetes/main": "module"}
    assert reached(overlay, {**overlay, "overlays/production/x.yaml": DEPLOYMENT}) == {
        "production/kubernetes/main": "direct"
    }


def rules(files: Files) -> list[tuple[str, str | None, int | None]]:
    return [(each.rule, each.path, each.line) for each in findings(files)]


def test_what_is_wrong_with_kustomizations() -> None:
    files: Files = {
        "production/kustomization.yaml": kustomization("../base", "nope.yaml", "../plain", "../broken"),
        "base/kustomization.yaml": kustomization("../base2"),
        "base2/kustomization.yaml": kustomization("../base"),
        "plain/a.yaml": DEPLOYMENT,
        "broken/kustomization.yaml": "resources: [a\nb: c\n",
        "testdata/kustomization.yaml": kustomization("nope.yaml"),
    }
    assert sorted(rules(files)) == [
        ("kubernetes/circular-kustomization", "base/kustomization.yaml", 2),
        ("kubernetes/circular-kustomization", "base2/kustomization.yaml", 2),
        ("kubernetes/missing-file", "production/kustomization.yaml", 3),
        ("kubernetes/missing-file", "production/kustomization.yaml", 4),
        ("kubernetes/unreadable-file", "broken/kustomization.yaml", 2),
    ]


BOMB = "apiVersion: argoproj.io/v1alpha1\nkind: Application\na: &a [x]\n" + "".join(
    f"{chr(98 + index)}: &{chr(98 + index)} [{', '.join([f'*{chr(97 + index)}'] * 10)}]\n" for index in range(8)
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: [\n", 4),
        ("apiVersion: argoproj.io/v1alpha1\r\nkind: Application\r\nspec: *nope\r\n", 3),
        (b"apiVersion: argoproj.io/v1alpha1\nkind: \xff\n", 2),
        (BOMB, 4),
    ],
)
def test_an_application_that_cannot_be_read(content: str | bytes, line: int) -> None:
    assert rules({"apps/a.yaml": content}) == [("kubernetes/unreadable-file", "apps/a.yaml", line)]


HARD = """# a comment\r
---\r
apiVersion: v1\r
kind: Service\r
---\r
apiVersion: argoproj.io/v1alpha1\r
kind: Application\r
metadata: &meta\r
  name: web\r
  labels: {on: yes, mode: 0755, equals: =}\r
spec:\r
  <<: &rest {project: default}\r
  source: {repoURL: 'https://github.com/acme/gitops', path: web}\r
  destination: {name: in-cluster}\r
"""


def test_yaml_that_is_hard() -> None:
    """Windows line ends, anchors, merge keys, `=`, octals, several documents; and the line is right."""
    files: Files = {"argo/a.yaml": HARD, "web/a.yaml": DEPLOYMENT}
    found = deployed(files, "shared/kubernetes/web")
    assert (found.path, found.line, rules(files)) == ("argo/a.yaml", 6, [])


def test_templates_are_never_read_as_yaml() -> None:
    files: Files = {
        "chart/Chart.yaml": "name: web\n",
        "chart/templates/app.yaml": application("{{ .Release.Name }}", "{{ .Values.path }}") + "{{- end }}\n",
        "skeleton/app.yaml": application("x", "y") + "{{ if a }}\n",
    }
    assert (list(paths(files)), rules(files)) == (["shared/kubernetes/chart", "shared/kubernetes/chart/app"], [])


def test_a_set_that_cannot_be_rendered_is_a_stack_that_cannot_either() -> None:
    """What changes in it is planned by nobody, and so it must not pass."""
    value = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  generators: [{clusters: {}}, {list: {elements: [{a: 1}]}}]
  template:
    metadata: {name: x}
    spec: {project: default, source: {repoURL: "https://x", chart: a, targetRevision: 1.0.0}, destination: {name: a}}
"""
    files: Files = {"sets/all.yaml": value}
    assert sorted(rules(files)) == [
        ("argocd/set-invalid", "sets/all.yaml", 5),
        ("argocd/set-offline", "sets/all.yaml", 5),
    ]
    found = deployed(files, "shared/kubernetes/all")
    assert len(found.sources) == 2
    assert "offline" in getattr(found.sources[0], "why", "")


def test_environments_of_the_configuration() -> None:
    config = Config(environments=(Environment(name="blue", aliases=("b",)),))
    assert paths({"overlays/b/kustomization.yaml": K}, config=config) == {"blue/kubernetes/main": "overlays/b"}
    [source] = deployed({"overlays/b/kustomization.yaml": K}, "blue/kubernetes/main", config=config).sources
    assert source == Kustomization(path="overlays/b")
    assert DEFAULT.environments != config.environments
