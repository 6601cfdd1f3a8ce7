"""ApplicationSets: what each generator gives, in both languages, and why one gives nothing."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import msgspec
import pytest

from gitops_ci import config_file
from gitops_ci.config import DEFAULT, Config
from gitops_ci.kinds.kubernetes.argocd.sets import Rendering
from gitops_ci.kinds.kubernetes.discovery import deploying
from gitops_ci.kinds.kubernetes.gotemplate import Budget
from tests.unit.kinds.kubernetes.ends import URL, Files, surveyed

TEMPLATE: dict[str, Any] = {
    "metadata": {"name": "{{name}}"},
    "spec": {
        "project": "default",
        "source": {"repoURL": URL, "targetRevision": "HEAD", "path": "{{path}}"},
        "destination": {"name": "in-cluster", "namespace": "web"},
    },
}


def configured(**generators: Any) -> Config:
    return msgspec.convert({"kinds": {"kubernetes": {"repositories": [URL], "generators": generators}}}, Config)


def rendered(
    *generators: dict[str, Any],
    files: Files | None = None,
    config: Config | None = None,
    name: str = "{{name}}",
    path: str = "{{path}}",
    **spec: Any,
) -> Rendering:
    template = json.loads(json.dumps(TEMPLATE))
    template["metadata"]["name"], template["spec"]["source"]["path"] = name, path
    value = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all", "namespace": "argocd"},
        "spec": {"generators": list(generators), "template": template, **spec},
    }
    [found] = surveyed({**(files or {}), "set.yaml": json.dumps(value)}, config=config or configured()).renderings
    return found


def made(rendering: Rendering) -> list[tuple[str, str]]:
    assert rendering.troubles == ()
    return [(each.name, each.spec["source"]["path"]) for each in rendering.applications]


def trouble(rendering: Rendering) -> tuple[str, str]:
    [found] = rendering.troubles
    return found.code, found.message


LIST = {"list": {"elements": [{"name": "a", "path": "x/a"}, {"name": "b", "path": "x/b"}]}}
GO: dict[str, Any] = {"goTemplate": True, "goTemplateOptions": ["missingkey=error"]}


def test_a_list() -> None:
    assert made(rendered(LIST)) == [("a", "x/a"), ("b", "x/b")]
    assert made(rendered(LIST, name="{{ .name }}", path="{{ .path }}", **GO)) == [("a", "x/a"), ("b", "x/b")]


def test_what_fasttemplate_does_not_know_stays() -> None:
    """https://argo-cd.readthedocs.io: parameters that are not there are left as they are."""
    assert made(rendered(LIST, path="{{ path }}/{{nope}}/{{.path}}"))[0] == ("a", "x/a/{{nope}}/{{.path}}")


def test_go_refuses_what_is_missing() -> None:
    assert trouble(rendered(LIST, name="{{ .nope }}", **GO)) == ("invalid", 'map has no entry for key "nope"')
    assert trouble(rendered(LIST, goTemplate=True, goTemplateOptions=["missingkey=eror"]))[0] == "invalid"


def test_a_list_of_the_old_language_holds_texts_only() -> None:
    generator = {"list": {"elements": [{"name": "a", "path": 1}]}}
    assert trouble(rendered(generator))[0] == "invalid"
    nested = {"list": {"elements": [{"name": "a", "values": {"path": "p"}}]}}
    assert made(rendered(nested, path="{{values.path}}")) == [("a", "p")]


def test_elements_as_yaml() -> None:
    generator = {"list": {"elements": [], "elementsYaml": "- {name: a, path: p}\n- {name: b, path: q}\n"}}
    assert made(rendered(generator)) == [("a", "p"), ("b", "q")]


DIRECTORIES: Files = {
    "apps/web/kustomization.yaml": "",
    "apps/db/kustomization.yaml": "",
    "apps/old/x.yaml": "",
    "apps/.hidden/x.yaml": "",
    "apps/web/nested/x.yaml": "",
    "apps/readme.md": "",
}


def git(**options: Any) -> dict[str, Any]:
    return {"git": {"repoURL": "git@github.com:acme/gitops", "revision": "HEAD", **options}}


def test_directories() -> None:
    generator = git(directories=[{"path": "apps/*"}, {"path": "apps/old", "exclude": True}])
    expected = [("db", "apps/db"), ("web", "apps/web")]
    assert made(rendered(generator, files=DIRECTORIES, name="{{path.basename}}")) == expected
    go = rendered(generator, files=DIRECTORIES, name="{{.path.basename}}", path="{{.path.path}}", **GO)
    assert made(go) == expected
    segments = rendered(generator, files=DIRECTORIES, name="{{index .path.segments 1}}", path="{{.path.path}}", **GO)
    assert made(segments) == expected
    assert made(rendered(generator, files=DIRECTORIES, name="{{path[1]}}")) == expected


def test_directories_with_a_prefix_and_values() -> None:
    generator = git(directories=[{"path": "apps/web"}], pathParamPrefix="app", values={"to": "{{app.path.basename}}-x"})
    assert made(rendered(generator, files=DIRECTORIES, name="{{values.to}}", path="{{app.path}}")) == [
        ("web-x", "apps/web")
    ]
    generator["git"]["values"] = {"to": "{{ .app.path.basename }}-x"}
    go = rendered(generator, files=DIRECTORIES, name="{{.values.to}}", path="{{.app.path.path}}", **GO)
    assert made(go) == [("web-x", "apps/web")]


FILES: Files = {
    "clusters/eu/config.json": '{"cluster": {"name": "eu", "size": 3}, "tags": ["x"]}',
    "clusters/us/config.yaml": "cluster: {name: us, size: 1000000}\n",
    "clusters/several.yaml": "- cluster: {name: one}\n- cluster: {name: two}\n",
}


def test_files() -> None:
    """Values are flattened with dots; numbers are what Go prints of a float."""
    generator = git(files=[{"path": "clusters/**/config.*"}])
    found = rendered(
        generator, files=FILES, name="{{cluster.name}}", path="{{path}}/{{cluster.size}}/{{path.filename}}"
    )
    assert made(found) == [("eu", "clusters/eu/3/config.json"), ("us", "clusters/us/1e+06/config.yaml")]
    assert found.read == ("clusters/eu/config.json", "clusters/us/config.yaml")
    go = rendered(
        generator, files=FILES, name="{{.cluster.name}}", path="{{.path.path}}/{{.path.filenameNormalized}}", **GO
    )
    assert made(go)[0] == ("eu", "clusters/eu/config.json")


def test_a_file_with_several_sets() -> None:
    found = rendered(git(files=[{"path": "clusters/several.yaml"}]), files=FILES, name="{{cluster.name}}")
    assert made(found) == [("one", "clusters"), ("two", "clusters")]


def test_files_that_are_left_out_or_cannot_be_read() -> None:
    generator = git(files=[{"path": "clusters/*/config.*"}, {"path": "clusters/us/*", "exclude": True}])
    assert [each for each, _ in made(rendered(generator, files=FILES, name="{{cluster.name}}"))] == ["eu"]
    code, message = trouble(rendered(generator, files={"clusters/x/config.json": "a: [\n"}))
    assert (code, "clusters/x/config.json" in message, "line" in message) == ("invalid", True, True)


def test_another_repository_is_not_here() -> None:
    code, message = trouble(rendered({"git": {"repoURL": "https://example.org/other", "directories": [{"path": "*"}]}}))
    assert (code, "https://example.org/other" in message) == ("offline", True)


def test_a_matrix() -> None:
    """The second generator may use what the first gives, and the first one wins."""
    generator = {"matrix": {"generators": [{"list": {"elements": [{"env": "dev"}, {"env": "prod"}]}}, LIST]}}
    names = [name for name, _ in made(rendered(generator, name="{{env}}-{{name}}"))]
    assert names == ["dev-a", "dev-b", "prod-a", "prod-b"]
    inner = git(files=[{"path": "clusters/{{path.basename}}/config.json"}])
    inner["git"]["pathParamPrefix"] = "config"
    nested = {"matrix": {"generators": [git(directories=[{"path": "clusters/*"}]), inner]}}
    assert made(rendered(nested, files=FILES, name="{{cluster.name}}")) == [("eu", "clusters/eu")]


def test_a_matrix_that_contradicts_itself() -> None:
    other = {"list": {"elements": [{"name": "b"}]}}
    code, message = trouble(rendered({"matrix": {"generators": [LIST, other]}}))
    assert (code, message.startswith("found duplicate key name")) == ("invalid", True)
    go = rendered({"matrix": {"generators": [LIST, other]}}, name="{{.name}}", path="{{.path}}", **GO)
    assert made(go) == [("a", "x/a"), ("b", "x/b")]


@pytest.mark.parametrize("count", [1, 3])
def test_a_matrix_has_two_generators(count: int) -> None:
    assert "expected exactly two" in trouble(rendered({"matrix": {"generators": [LIST] * count}}))[1]


def test_a_merge() -> None:
    other = {"list": {"elements": [{"name": "b", "path": "else"}, {"name": "c", "path": "nobody"}]}}
    generator = {"merge": {"mergeKeys": ["name"], "generators": [LIST, other]}}
    assert made(rendered(generator)) == [("a", "x/a"), ("b", "else")]
    assert made(rendered(generator, name="{{.name}}", path="{{.path}}", **GO)) == [("a", "x/a"), ("b", "else")]
    twice = {"merge": {"mergeKeys": ["nope"], "generators": [LIST, other]}}
    assert "not unique" in trouble(rendered(twice))[1]
    assert "mergeKeys" in trouble(rendered({"merge": {"generators": [LIST, other]}}))[1]


def test_a_selector() -> None:
    for selector, names in (
        ({"matchLabels": {"name": "a"}}, ["a"]),
        ({"matchExpressions": [{"key": "name", "operator": "NotIn", "values": ["a"]}]}, ["b"]),
        ({"matchExpressions": [{"key": "nope", "operator": "Exists"}]}, []),
    ):
        assert [name for name, _ in made(rendered({**LIST, "selector": selector}))] == names


CLUSTERS = [
    {"name": "Prod_EU", "server": "https://1.2.3.4", "labels": {"env": "production"}},
    {"name": "dev", "server": "https://5.6.7.8", "labels": {"env": "development"}},
]


def test_clusters_need_an_answer() -> None:
    code, message = trouble(rendered({"clusters": {}}))
    assert (code, "kinds.kubernetes.generators.clusters" in message) == ("offline", True)


def test_clusters_from_the_configuration() -> None:
    config = configured(clusters=CLUSTERS)
    chosen = {"clusters": {"selector": {"matchLabels": {"env": "production"}}, "values": {"to": "{{nameNormalized}}"}}}
    assert made(rendered(chosen, config=config, path="{{values.to}}/{{metadata.labels.env}}")) == [
        ("Prod_EU", "prod-eu/production")
    ]
    everyone = rendered({"clusters": {}}, config=config, name="{{.nameNormalized}}", path="{{.server}}", **GO)
    assert [name for name, _ in made(everyone)] == ["prod-eu", "dev", "in-cluster"]
    labels = rendered(chosen, config=config, name="{{.name}}", path="{{ .metadata.labels.env }}", **GO)
    assert labels.troubles[0].code == "invalid"  # its values are of the other language


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("scmProvider", "scm_provider"),
        ("pullRequest", "pull_requests"),
        ("plugin", "plugin"),
        ("clusterDecisionResource", "cluster_decisions"),
    ],
)
def test_services_from_the_configuration(kind: str, key: str) -> None:
    assert trouble(rendered({kind: {}}))[0] == "offline"
    config = configured(**{key: [{"name": "a", "number": 7}]})
    assert made(rendered({kind: {}}, config=config, path="{{.number}}", name="{{.name}}", **GO)) == [("a", "7")]


def test_a_generator_of_no_known_kind() -> None:
    assert trouble(rendered({"nosuch": {}}))[0] == "invalid"
    assert trouble(rendered({"lists": {}}))[0] == "refused"  # no API server takes what is nearly `list`
    assert trouble(rendered({**LIST, "git": {}}))[0] == "invalid"


def test_one_generator_that_fails_leaves_the_others() -> None:
    found = rendered({"clusters": {}}, LIST)
    assert ([each.name for each in found.applications], len(found.troubles)) == (["a", "b"], 1)


def test_a_generators_own_template_comes_first() -> None:
    generator = {
        "list": {**LIST["list"], "template": {"metadata": {}, "spec": {"source": {"path": "own"}, "destination": {}}}}
    }
    assert made(rendered(generator)) == [("a", "own"), ("b", "own")]


def test_a_patch_of_the_template() -> None:
    patch = "spec:\n  project: elsewhere\n  source:\n    path: '{{path}}-patched'\n    targetRevision: null\n"
    found = rendered(LIST, templatePatch=patch)
    assert made(found)[0] == ("a", "x/a-patched")
    spec = found.applications[0].spec
    assert (spec["project"], "targetRevision" in spec["source"]) == ("default", False)
    assert "templatePatch" in trouble(rendered(LIST, templatePatch="a: [\n"))[1]


def test_what_goes_with_an_application() -> None:
    assert rendered(LIST).applications[0].cascade is True
    preserved = rendered(LIST, syncPolicy={"preserveResourcesOnDeletion": True})
    assert preserved.applications[0].cascade is False
    kept = rendered(LIST, syncPolicy={"applicationsSync": "create-update"})
    assert (kept.applications[0].cascade, kept.applications[0].kept) == (True, True)


def test_too_many_are_refused_soon() -> None:
    thousand = {"list": {"elements": [{"name": str(number)} for number in range(1000)]}}
    again = {"list": {"elements": [{"path": str(number)} for number in range(1000)]}}
    assert "more than" in trouble(rendered({"matrix": {"generators": [thousand, again]}}))[1]


@pytest.mark.parametrize(
    ("name", "path"), [("{{ range until 90 }}{{ end }}{{ .name }}", ""), ("{{ .name }}", "{{ .name }}" + "x" * 5000)]
)
def test_all_templates_together_have_a_limit(monkeypatch: pytest.MonkeyPatch, name: str, path: str) -> None:
    monkeypatch.setattr(deploying, "Budget", partial(Budget, steps=50_000, characters=1 << 20))
    many = {"list": {"elements": [{"name": f"a{number}"} for number in range(1000)]}}
    code, message = trouble(rendered(many, name=name, path=path, **GO))
    assert (code, "too much" in message) == ("invalid", True)
    assert len(made(rendered(LIST, name=name, path=path, **GO))) == 2


def test_the_configuration_is_read() -> None:
    """As a user writes it."""
    text = b"version: 1\nkinds: {kubernetes: {generators: {clusters: [{name: a, server: b}]}}}\n"
    parsed = config_file.load(text)
    assert parsed.kinds.kubernetes.generators.clusters is not None
    assert DEFAULT.kinds.kubernetes.generators.clusters is None
