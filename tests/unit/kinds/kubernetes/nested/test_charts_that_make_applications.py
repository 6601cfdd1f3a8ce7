"""An app of apps that is a chart: what its templates make is deployed, with the parameters that they give."""

from __future__ import annotations

import posixpath
import time

import msgspec
import pytest
import yaml

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.nested import renderings
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Manifests, Unrendered
from tests.unit.kinds.kubernetes.ends import (
    DEPLOYMENT,
    URL,
    Files,
    application,
    deployed,
    end,
    findings,
    paths,
    surveyed,
)

TEMPLATE = f"""{{{{- if .Values.apps.api }}}}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: api
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  destination: {{name: {{{{ .Values.cluster | quote }}}}, namespace: api}}
  syncPolicy: {{automated: {{prune: true}}}}
  source:
    repoURL: {URL}
    path: charts/api
    helm:
      valueFiles: [values.yaml, "values-{{{{ .Values.name }}}}.yaml"]
      parameters:
      - name: host
        value: {{{{ include "host" . }}}}
{{{{- end }}}}
"""
ROOT: Files = {
    "outer/Chart.yaml": "name: outer\nversion: 1.0.0\n",
    "outer/values.yaml": "apps: {api: false}\ncluster: c\ndomain: example.org\n",
    "outer/values-production.yaml": "name: production\napps: {api: true}\ndomain: acme.org\n",
    "outer/values-staging.yaml": "name: staging\napps: {api: true}\n",
    "outer/values-eu.yaml": "name: eu\n",
    "outer/templates/api.yaml": TEMPLATE,
    "outer/templates/_names.tpl": '{{- define "host" }}{{ printf "%s.%s" .Values.name .Values.domain }}{{ end }}',
    "charts/api/Chart.yaml": "name: api\n",
    "charts/api/values.yaml": "",
    "charts/api/values-production.yaml": "",
    "charts/api/values-staging.yaml": "",
    "charts/api/values-eu.yaml": "",
    "charts/api/templates/a.yaml": DEPLOYMENT,
}


def test_each_application_that_a_chart_makes_is_a_stack() -> None:
    """By what it says once it is rendered; its chart is no stack by its directory any more."""
    assert paths(ROOT) == {
        "production/kubernetes/outer": "outer",
        "staging/kubernetes/outer": "outer",
        "shared/kubernetes/outer@eu": "outer",
        "production/kubernetes/api": "charts/api",
        "staging/kubernetes/api": "charts/api",
    }
    found = deployed(ROOT, "production/kubernetes/api")
    assert found == Deployment(
        sources=(
            Chart(
                path="charts/api",
                release="api",
                namespace="api",
                value_files=("charts/api/values.yaml", "charts/api/values-production.yaml"),
                parameters=(("host", "production.acme.org"),),
            ),
        ),
        cluster="c",
        revisions=(("github.com/acme/gitops", "HEAD"),),
        namespace="api",
        prune=True,
        cascade=True,
        by="Application api",
        home="argocd",
        path="outer/templates/api.yaml",
        line=3,
        within="production/kubernetes/outer of outer",
    )


@pytest.mark.parametrize(
    ("path", "content", "reached"),
    [
        ("charts/api/templates/a.yaml", "", {"production/kubernetes/api", "staging/kubernetes/api"}),
        ("charts/api/values-eu.yaml", "a: 1", set()),
        ("outer/values-staging.yaml", "name: staging\napps: {api: true}\ncluster: d\n", {"staging/kubernetes/api"}),
        ("outer/values-staging.yaml", "name: staging\napps: {api: true}\nother: d\n", set()),
        ("outer/values-eu.yaml", "name: eu\napps: {api: true}\n", {"shared/kubernetes/api@eu"}),
        ("outer/values-staging.yaml", "name: staging\n", {"staging/kubernetes/api"}),
    ],
)
def test_affected_by_what_it_reads_and_by_what_makes_it(path: str, content: str, reached: set[str]) -> None:
    """A change of the values that makes the same Application does not reach it."""
    found = affected.between(end(ROOT), end({**ROOT, path: content}))
    assert {each.id for each in found if "/api" in each.id} == reached


def test_applications_of_applications() -> None:
    """The values come from the Application that takes the chart, and so on."""
    inner = TEMPLATE.replace("name: api\n", "name: {{ .Release.Name }}-deep\n", 1).replace("charts/api", "deep")
    first = TEMPLATE.replace("charts/api", "inner").replace("valueFiles: [values.yaml, ", "valueFiles: [")
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/values.yaml": "apps: {api: true}\nname: production\ndomain: x\n",
        "outer/templates/api.yaml": first,
        "outer/templates/_names.tpl": ROOT["outer/templates/_names.tpl"],
        "inner/Chart.yaml": "name: inner\n",
        "inner/values-production.yaml": "apps: {api: true}\nname: n\n",
        "inner/templates/a.yaml": inner.replace('{{ include "host" . }}', "{{ .Values.host }}").replace("helm:", "h:"),
        "deep/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {
        "shared/kubernetes/outer": "outer",
        "production/kubernetes/api": "inner",
        "production/kubernetes/api-deep": "deep",
    }
    assert deployed(files, "production/kubernetes/api-deep").sources == (
        Manifests(path="deep", files=("deep/a.yaml",)),
    )


def test_an_application_that_makes_itself_is_one_stack() -> None:
    own = TEMPLATE.replace("charts/api", "outer").replace("valueFiles: [values.yaml, ", "valueFiles: [")
    files = {**ROOT, "outer/templates/api.yaml": own}
    assert paths(files) == {
        "production/kubernetes/api": "outer",
        "staging/kubernetes/api": "outer",
        "shared/kubernetes/outer@eu": "outer",
        "production/kubernetes/charts/api": "charts/api",
        "staging/kubernetes/charts/api": "charts/api",
        "shared/kubernetes/charts/api@eu": "charts/api",
    }


def test_two_that_make_each_other_end() -> None:
    files: Files = {
        **{f"{name}/Chart.yaml": f"name: {name}\n" for name in "ab"},
        **{
            f"{name}/templates/x.yaml": TEMPLATE.replace("name: api", f"name: {other}").replace("charts/api", other)
            for name, other in ("ab", "ba")
        },
        **{f"{name}/values.yaml": "apps: {api: true}\nname: x\n" for name in "ab"},
        **{f"{name}/values-x.yaml": "apps: {api: true}\nname: x\n" for name in "ab"},
        **{f"{name}/templates/_n.tpl": '{{ define "host" }}h{{ end }}' for name in "ab"},
    }
    assert sorted(paths(files).values()) == ["a", "b"]


def _deep(levels: int) -> Files:
    """Charts of which each makes an Application of the next, which makes one only as it is told to."""
    files: Files = {"end/a.yaml": DEPLOYMENT}
    for depth in range(levels):
        following = f"chart{depth + 1}" if depth + 1 < levels else "end"
        text = TEMPLATE.replace("name: api", f"name: app{depth}").replace("charts/api", following)
        text = text.replace(
            'name: host\n        value: {{ include "host" . }}', 'name: apps.api\n        value: "true"'
        )
        files = {
            **files,
            f"chart{depth}/Chart.yaml": f"name: chart{depth}\n",
            f"chart{depth}/templates/x.yaml": text,
            f"chart{depth}/values.yaml": f"apps: {{api: {'false' if depth else 'true'}}}\nname: x\n",
            f"chart{depth}/values-x.yaml": "",
        }
    return files


def test_as_deep_as_is_looked() -> None:
    found = surveyed(_deep(4)).deployments
    assert [each.path for each in found.values() if each.by == "Application app3"] == ["chart3/templates/x.yaml"]
    assert "deep" not in f"{found}"


def test_one_that_goes_deeper_than_is_looked_says_so() -> None:
    found = surveyed(_deep(6)).deployments
    assert "Application app4 is made by what is made by others, more than 4 deep" in f"{found}"


@pytest.mark.parametrize(
    "template",
    [
        TEMPLATE.replace("{{- if .Values.apps.api }}", '{{- if (required "apps must be set" .Values.missing) }}'),
        TEMPLATE.replace(".Values.cluster", ".Values.no.such"),
        TEMPLATE.replace("| quote", "| randAlpha"),
        TEMPLATE.replace("project: default", "project: default\n  a: {{ .Capabilities.KubeVersion.Minor }}"),
        TEMPLATE.replace("  project: default", "  project: [default"),
        TEMPLATE.replace("{{- end }}", ""),
    ],
)
def test_what_a_template_makes_is_never_passed_over(template: str) -> None:
    """A stack that cannot say what it deploys; it is affected by the folders that the template names."""
    files = {**ROOT, "outer/templates/api.yaml": template}
    [unrendered] = deployed(files, "production/kubernetes/outer/api").sources
    assert isinstance(unrendered, Unrendered)
    assert (unrendered.path, "what outer makes of it cannot be told" in unrendered.why) == (
        "outer/templates/api.yaml",
        True,
    )
    found = affected.between(end(files), end({**files, "charts/api/templates/a.yaml": ""}))
    assert "production/kubernetes/outer/api" in {each.id for each in found}


def test_a_list_that_a_template_writes_as_json_is_read() -> None:
    made = '{{- range $cluster := include "clusters" . | fromJsonArray }}'
    files: Files = {
        **ROOT,
        "outer/templates/_names.tpl": '{{- define "clusters" }}{{ list .Values.name | toJson }}{{ end }}',
        "outer/templates/api.yaml": f"{made}\n{application('api', 'charts/api').replace('api-cluster', '{{ $cluster }}')}{{{{ end }}}}",
    }
    assert deployed(files, "production/kubernetes/api").cluster == "production"
    broken = {**files, "outer/templates/_names.tpl": '{{- define "clusters" }}{}{{ end }}'}
    [unrendered] = deployed(broken, "production/kubernetes/outer/api").sources
    assert isinstance(unrendered, Unrendered)


def test_a_template_that_only_may_make_one_is_no_trouble() -> None:
    """`apiVersion: {{ … }}` and `kind: {{ … }}` are usual, and seldom an Application."""
    text = "apiVersion: {{ .Capabilities.x.y }}\nkind: {{ .Values.kind }}\nmetadata: {name: x}\n"
    files: Files = {"web/Chart.yaml": "name: web\n", "web/templates/a.yaml": text}
    assert paths(files) == {"shared/kubernetes/web": "web"}


PLAIN = application("api", "charts/api")
IN_ANY_WORDS: dict[str, Files] = {
    "JSON on one line": {"a.yaml": msgspec.json.encode(yaml.safe_load(PLAIN))},
    "a key that is printed": {"a.yaml": PLAIN.replace("kind: App", '{{ print "kind: " }} App')},
    "a template in other quotes": {
        "a.yaml": "{{ include `a` . }}",
        "_a.tpl": "{{ define `a` }}\n" + PLAIN + "{{ end }}",
    },
    "a template by a name that is made": {
        "a.yaml": '{{ $n := print "a" "b" }}{{ include $n . }}',
        "_a.tpl": '{{ define "ab" }}\n' + PLAIN + "{{ end }}",
    },
    "a file of the chart": {
        "a.yaml": '{{ range $path, $_ := .Files.Glob "apps/*.tpl" }}\n---\n{{ tpl ($.Files.Get $path) $ }}{{ end }}',
        "../apps/x.tpl": PLAIN.replace("path: charts/api", "path: {{ .Values.path }}"),
    },
}


@pytest.mark.parametrize("way", IN_ANY_WORDS)
def test_a_template_that_makes_one_in_any_words(way: str) -> None:
    files: dict[str, str | bytes] = {f"outer/templates/{path}": text for path, text in IN_ANY_WORDS[way].items()}
    files = {posixpath.normpath(path): text for path, text in files.items()}
    files |= {"outer/Chart.yaml": "name: outer\n", "outer/values.yaml": "path: charts/api\n"}
    files |= {"charts/api/Chart.yaml": "name: api\n", "charts/api/templates/a.yaml": DEPLOYMENT}
    assert deployed(files, "shared/kubernetes/api").by == "Application api"
    assert [each.id for each in affected.between(end(files), end({**files, "charts/api/templates/a.yaml": ""}))] == [
        "shared/kubernetes/api"
    ]


def test_one_whose_words_stand_in_values_and_that_cannot_be_run() -> None:
    text = "apiVersion: {{ .Values.api }}\nkind: {{ .Values.kind }}\nmetadata: {name: {{ randAlpha 3 }}}\n"
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/values.yaml": "api: argoproj.io/v1alpha1\nkind: Application\n",
        "outer/templates/a.yaml": text,
    }
    [unrendered] = deployed(files, "shared/kubernetes/outer/a").sources
    assert isinstance(unrendered, Unrendered)


def test_a_file_of_a_chart_that_its_template_writes_is_one_application() -> None:
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/apps/a.yaml": PLAIN,
        "outer/templates/a.yaml": '{{ .Files.Get "apps/a.yaml" }}',
        "charts/api/Chart.yaml": "name: api\n",
    }
    assert [(each.by, each.within != "") for each in surveyed(files).deployments.values() if each.by] == [
        ("Application api", True)
    ]


def test_one_that_makes_more_of_itself_each_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderings, "MOST", 50)
    more = "    helm: {parameters: [{name: x, value: '{{ $.Values.x }}-{{ $i }}'}]}\n"
    text = application("a-{{ $.Values.x }}-{{ $i }}", "outer", more=more)
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/values.yaml": "x: a\n",
        "outer/templates/a.yaml": "{{ range $i := until 10 }}\n---\n" + text + "{{ end }}",
    }
    found = surveyed(files).deployments
    assert len(found) < 500
    assert "make more than 50 objects" in f"{found}"


@pytest.mark.parametrize(
    "files",
    [
        {"a.yaml": "apiVersion:" + " " * 300_000, "b.yaml": "kind:" + " " * 300_000},
        {
            "_a.tpl": "apiVersion: argoproj.io/v1\nkind: Application\n"
            + "".join(f'{{{{ define "n{n}" }}}}{{{{ end }}}}\n' for n in range(20_000)),
            "b.yaml": '{{ define "b" }}{{ include "c" . }}{{ end }}' + "x" * 500_000,
        },
    ],
)
def test_long_templates_are_read_as_fast_as_they_are_long(files: Files) -> None:
    started = time.process_time()
    surveyed({"outer/Chart.yaml": "name: outer\n", **{f"outer/templates/{path}": text for path, text in files.items()}})
    assert time.process_time() - started < 10


def test_charts_with_many_values_are_not_copied_without_end() -> None:
    asked = ", ".join(f"{{name: big, alias: a{n}, repository: 'file://../big'}}" for n in range(150))
    files: Files = {
        "outer/Chart.yaml": f"name: outer\ndependencies: [{asked}]\n",
        "outer/templates/a.yaml": PLAIN,
        "big/Chart.yaml": "name: big\n",
        "big/values.yaml": "".join(f"k{n}: {{a: [1, 2]}}\n" for n in range(10_000)),
    }
    started = time.process_time()
    assert "charts in one" in f"{surveyed(files).deployments}"
    assert time.process_time() - started < 20


def test_long_texts_in_many_applications_are_no_reason_to_give_up() -> None:
    """`helm.values` of some kilobytes in each of hundreds, as alphagov/govuk-helm-charts has it."""
    written = "".join(f"          key{n}: {'x' * 80}\n" for n in range(500))
    given = f"    helm:\n      values: |\n{written}    path: "
    made = (application(f"a{n}{{{{ .Values.x }}}}", "charts/api").replace("    path: ", given) for n in range(150))
    files: Files = {
        "charts/api/Chart.yaml": "name: api\n",
        "charts/api/templates/a.yaml": DEPLOYMENT,
        "outer/Chart.yaml": "name: outer\n",
        **{f"outer/templates/{n}.yaml": text for n, text in enumerate(made)},
    }
    found = surveyed(files).deployments.values()
    assert len([each for each in found if each.by.startswith("Application a")]) == 150


def test_objects_that_stand_in_values() -> None:
    """A chart that writes what its values hold (`bedag/raw`)."""
    held = "\n".join(f"  {line}" for line in TEMPLATE.replace("{{- if .Values.apps.api }}", "").split("\n") if line)
    held = (
        held.replace("{{- end }}", "")
        .replace("{{ .Values.cluster | quote }}", "c")
        .replace('"values-{{ .Values.name }}.yaml"', "")
    )
    held = held.replace('{{ include "host" . }}', "h").replace("  apiVersion", "- apiVersion", 1)
    files: Files = {
        "raw/Chart.yaml": "name: raw\n",
        "raw/values-production.yaml": f"resources:\n{held}\n",
        "raw/templates/a.yaml": "{{ range .Values.resources }}\n---\n{{ toYaml . }}\n{{ end }}\n",
        "charts/api/Chart.yaml": "name: api\n",
        "charts/api/values.yaml": "",
        "charts/api/templates/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {"production/kubernetes/raw": "raw", "production/kubernetes/api": "charts/api"}


def test_what_flux_deploys_can_be_made_as_well() -> None:
    template = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: "{{ .Values.name }}-web", namespace: flux-system}
spec: {path: ./web, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/values.yaml": "name: staging\n",
        "outer/templates/a.yaml": template,
        "web/kustomization.yaml": "resources: [a.yaml]\n",
        "web/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {"shared/kubernetes/outer": "outer", "staging/kubernetes/web": "web"}


def test_a_chart_in_a_chart_makes_them_with_its_own_values_where_it_is_on() -> None:
    inside = {
        path.replace("outer/", "top/charts/outer/"): content for path, content in ROOT.items() if "outer/" in path
    }
    files: Files = {
        **{path: content for path, content in ROOT.items() if "outer/" not in path},
        **inside,
        "top/Chart.yaml": "name: top\ndependencies: [{name: outer, condition: outer.enabled}]\n",
        "top/values.yaml": "outer: {enabled: true, name: production, apps: {api: true}}\n",
    }
    off = {**files, "top/values.yaml": "outer: {enabled: false, name: production, apps: {api: true}}\n"}
    assert deployed(files, "production/kubernetes/api").sources[0].parameters == (  # type: ignore[union-attr]  # a chart
        ("host", "production.example.org"),
    )
    assert "production/kubernetes/api" not in paths(off)


def test_charts_that_take_each_other_again_and_again_end() -> None:
    """Each asks for the next under several names: 3^20 of them."""
    files: Files = {}
    for depth in range(20):
        asked = ", ".join(
            f"{{name: c{depth + 1}, alias: a{n}, repository: 'file://../c{depth + 1}'}}" for n in range(3)
        )
        files = {
            **files,
            f"c{depth}/Chart.yaml": f"name: c{depth}\ndependencies: [{asked}]\n",
            f"c{depth}/templates/x.yaml": TEMPLATE,
        }
    assert "charts in one" in f"{surveyed(files).deployments}"


def test_a_project_that_a_chart_makes_is_there() -> None:
    """Beside an Application that stands in a file."""
    project = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: {{ .Values.name }}}\n"
    files: Files = {
        "argo/web.yaml": application("web", "web").replace("project: default", "project: shop"),
        "web/a.yaml": DEPLOYMENT,
        "outer/Chart.yaml": "name: outer\n",
        "outer/values.yaml": "name: shop\n",
        "outer/templates/a.yaml": f"{project}spec: {{sourceRepos: ['*'], destinations: [{{name: '*', namespace: '*'}}]}}",
    }
    assert "argocd/project-missing" not in {each.rule for each in findings(files)}
    other = {**files, "outer/values.yaml": "name: other\n"}
    assert "argocd/project-missing" in {each.rule for each in findings(other)}


@pytest.mark.parametrize("between", ["", '{{ define "deep" }}{{ include "app" . }}{{ end }}'])
def test_a_template_that_is_taken_from_a_library(between: str) -> None:
    """The object stands in what is defined elsewhere, and the file only asks for it."""
    files: Files = {
        **{path: content for path, content in ROOT.items() if path != "outer/templates/api.yaml"},
        "outer/Chart.yaml": "name: outer\ndependencies: [{name: lib, repository: 'file://../lib'}]\n",
        "outer/templates/all.yaml": f'{{{{ template "{"deep" if between else "app"}" . }}}}\n',
        "lib/Chart.yaml": "name: lib\ntype: library\n",
        "lib/templates/_app.tpl": f'{{{{ define "app" }}}}\n{TEMPLATE}{{{{ end }}}}',
        "lib/templates/_deep.tpl": between,
    }
    found = deployed(files, "production/kubernetes/api")
    assert (found.by, found.path) == ("Application api", "outer/templates/all.yaml")
    reads = {each.path for each in end(files).graph.read_by("production/kubernetes/api")}
    assert "lib/templates/_app.tpl" in reads


def test_the_reason_names_what_makes_it() -> None:
    head = {**ROOT, "outer/values-staging.yaml": "name: staging\napps: {api: true}\ncluster: d\n"}
    [found] = [each for each in affected.between(end(ROOT), end(head)) if each.name == "api"]
    assert [(each.path, each.via) for each in found.reasons] == [
        ("outer/values-staging.yaml", ("staging/kubernetes/outer",))
    ]


def test_a_chart_that_lacks_its_values_takes_no_other_instance_away() -> None:
    """Who deploys the outer chart may say another environment than its own values do, or has to say one."""
    own = "apps: {api: true}\nname: %s\ndomain: x\ncluster: c\n"
    files: Files = {path: content for path, content in ROOT.items() if "outer/values" not in path}
    told = {**files, "outer/values.yaml": own % "staging"}
    assert paths(told) == {
        "shared/kubernetes/outer": "outer",
        "staging/kubernetes/api": "charts/api",
        "production/kubernetes/charts/api": "charts/api",
        "shared/kubernetes/charts/api@eu": "charts/api",
    }
    untold = {**files, "outer/values.yaml": own % "''"}
    assert paths(untold) == {
        "shared/kubernetes/outer": "outer",
        "staging/kubernetes/charts/api": "charts/api",
        "production/kubernetes/charts/api": "charts/api",
        "shared/kubernetes/charts/api@eu": "charts/api",
    }


def test_an_application_that_a_plugin_renders_is_no_doubt_of_its_maker() -> None:
    """Only what asks for a file that is not here may be another one: a plugin's stack is never the chart beside it."""
    made = application("api", "charts/api", more="    plugin: {name: kasane}\n")
    files: Files = {
        "outer/Chart.yaml": "name: outer\n",
        "outer/templates/api.yaml": made,
        "charts/api/Chart.yaml": "name: api\n",
        "charts/api/templates/a.yaml": DEPLOYMENT,
    }
    assert paths(files) == {"shared/kubernetes/outer": "outer", "shared/kubernetes/api": "charts/api"}
    [source] = deployed(files, "shared/kubernetes/api").sources
    assert isinstance(source, Unrendered)
