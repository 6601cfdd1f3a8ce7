from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds.kubernetes.rules.argocd import projects
from tests.unit.kinds.kubernetes.rules import ends

WEB = {"repoURL": ends.HERE, "targetRevision": "main", "path": "apps/web"}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
FILES = {"apps/web/a.yaml": CONFIG, "charts/web/Chart.yaml": "name: web\n", "charts/web/values.yaml": "a: 1\n"}


def application(**spec: Any) -> str:
    given = {"project": "default", "source": WEB, "destination": {"name": "production", "namespace": "shop"}, **spec}
    kept = {key: value for key, value in given.items() if value is not None}
    metadata = {"name": "web", "namespace": "argocd"}
    return yaml.safe_dump(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": kept}
    )


def application_set(name: str = "{{env}}-web", **spec: Any) -> str:
    template = {
        "metadata": {"name": name},
        "spec": {"project": "default", "source": WEB, "destination": {"name": "{{env}}", "namespace": "shop"}},
    }
    given = {"generators": [{"list": {"elements": [{"env": "a"}, {"env": "b"}]}}], "template": template, **spec}
    metadata = {"name": "web", "namespace": "argocd"}
    return yaml.safe_dump(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": metadata, "spec": given}
    )


def rules(text: str, **more: str) -> list[str]:
    return [each.rule.partition("/")[2] for each in ends.argo({"argocd/a.yaml": text, **FILES, **more})]


def source(**more: Any) -> dict[str, Any]:
    return {key: value for key, value in {**WEB, **more}.items() if value is not None}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"project": None}, ["application-incomplete"]),
        ({"source": None}, ["application-incomplete"]),
        ({"source": source(repoURL=None)}, ["application-incomplete"]),
        ({"source": source(path=None)}, ["application-incomplete"]),
        ({"source": None, "sources": [{"repoURL": ends.HERE, "ref": "values"}]}, []),
        ({"source": {"repoURL": "https://charts", "chart": "web"}}, ["application-incomplete"]),
        ({"destination": None}, ["application-incomplete"]),
        ({"destination": {"namespace": "shop"}}, ["destination"]),
        ({"destination": {"server": "https://10.0.0.1:6443"}}, []),
        ({"destination": {"server": "in-cluster"}}, ["destination-server"]),
        ({"source": source(helm={"values": "a"}, plugin={"name": "b"})}, ["source-type"]),
        ({"source": source(path="/apps/web")}, []),
        ({"source": source(path=".")}, ["path-empty"]),
        ({"source": source(path=".", directory={"recurse": True})}, []),
        ({"source": source(path="../other")}, ["path-missing"]),
        ({"source": source(path="apps/web/a.yaml")}, ["path-missing"]),
        ({"source": source(path="nowhere", targetRevision="v1.2.3")}, []),
        ({"source": source(path="nowhere", repoURL="https://github.com/acme/other")}, []),
        ({"source": source(path="charts/web", helm={"valueFiles": ["values.yaml", "/charts/web/values.yaml"]})}, []),
        ({"source": source(path="charts/web", helm={"valueFiles": ["x.yaml"]})}, ["value-file-missing"]),
        ({"source": source(path="charts/web", helm={"valueFiles": ["../../../x.yaml"]})}, ["value-file-missing"]),
        (
            {"source": source(path="charts/web", helm={"valueFiles": ["x.yaml"], "ignoreMissingValueFiles": True})},
            [],
        ),
        ({"source": source(path="charts/web", helm={"valueFiles": ["https://x/y.yaml"]})}, []),
        ({"syncPolicy": {"syncOptions": ["CreateNamespace=true", "Prune=confirm", "ServerSideApply=true"]}}, []),
        ({"syncPolicy": {"syncOptions": ["createNamespace=true"]}}, ["sync-option"]),
        ({"syncPolicy": {"syncOptions": ["CreateNamespace= true"]}}, ["sync-option"]),
        ({"syncPolicy": {"syncOptions": ["Force=true"]}}, ["sync-option"]),
        ({"syncPolicy": {"syncOptions": [3]}}, ["sync-option"]),
        (
            {"destination": {"name": "a"}, "syncPolicy": {"syncOptions": ["CreateNamespace=true"]}},
            ["create-namespace"],
        ),
        ({"project": "shop"}, ["project-missing"]),
        ({"destination": [1], "source": "x", "syncPolicy": []}, ["application-incomplete"] * 2),
    ],
)
def test_an_application(spec: dict[str, Any], expected: list[str]) -> None:
    assert rules(application(**spec)) == expected


def test_a_misspelt_option_is_told_what_is_meant() -> None:
    text = application(syncPolicy={"syncOptions": ["PruneLast=True"]})
    [found] = ends.argo({"argocd/a.yaml": text, **FILES})
    assert "`PruneLast=true` is meant" in found.message
    assert text.splitlines()[(found.line or 0) - 1].strip() == "- PruneLast=True"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"generators": []}, ["set-incomplete"]),
        ({"generators": [{"strange": {}}]}, []),  # the rendering says so
        ({"generators": [{"strange": {}, "clusters": {}}, {"matrix": {"generators": [{"clusters": {}}] * 3}}]}, []),
        (
            {"generators": [{"git": {"repoURL": ends.HERE, "directories": [{"path": "apps/*"}]}}]},
            ["set-incomplete", "template-language", "template-language"],
        ),
        (
            {"generators": [{"merge": {"generators": [{"list": {"elements": []}}, {"list": {"elements": []}}]}}]},
            [],
        ),
        ({"syncPolicy": {"applicationsSync": "always"}}, ["set-incomplete"]),
        ({"syncPolicy": {"applicationsSync": "create-only"}}, []),
        ({"goTemplate": True, "goTemplateOptions": ["missingkey=error"], "name": "{{.env}}"}, ["template-language"]),
        ({"name": "{{.env}}-web"}, ["template-language", "template-language", "name-collision"]),
        ({"name": "web"}, ["name-collision"]),
    ],
)
def test_an_application_set(spec: dict[str, Any], expected: list[str]) -> None:
    assert rules(application_set(**spec)) == expected


def test_templates_that_helm_or_alertmanager_fill_in_are_no_words_of_the_set() -> None:
    helm = {"values": "title: '{{ .Labels.name }}'", "releaseName": "{{env}}"}
    template = {
        "metadata": {"name": "{{env}}-web"},
        "spec": {
            "project": "default",
            "source": source(path="charts/web", helm=helm),
            "destination": {"name": "{{env}}", "namespace": "shop"},
        },
    }
    assert rules(application_set(template=template)) == []


def test_each_of_several_sources_is_filled_in() -> None:
    """An address or a version that no generator gives stays as it is, and Argo CD finds no such repository."""
    several = [source(path="charts/web"), source(path="charts/web", targetRevision="{{nobody.gives}}")]
    template = {
        "metadata": {"name": "{{env}}-web"},
        "spec": {"project": "default", "sources": several, "destination": {"name": "{{env}}", "namespace": "shop"}},
    }
    found = ends.argo({"argocd/set.yaml": application_set(template=template), **FILES})
    assert [each.message for each in found if each.rule == "argocd/template-language"] == [
        "ApplicationSet web: no generator gives `{{nobody.gives}}`: it stays as it is"
    ]


def test_two_sets_of_one_folder_give_no_name_twice() -> None:
    one, two = application_set(), application_set().replace("name: web\n", "name: again\n")
    found = ends.argo({"argocd/a.yaml": one, "argocd/b.yaml": two, **FILES})
    assert [(each.rule, each.severity) for each in found] == [("argocd/name-collision", "warning")] * 2
    assert ends.argo({"argocd/a.yaml": one, "elsewhere/b.yaml": two, **FILES}) == []


def test_what_a_patch_completes_is_not_judged_as_it_is_written() -> None:
    base = application(destination=None)
    files = {
        "base/kustomization.yaml": "resources: [app.yaml]\n",
        "base/app.yaml": base,
        "over/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        "over/patch.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n",
    }
    assert ends.argo({**files, **FILES}) == []
    del files["over/kustomization.yaml"], files["over/patch.yaml"]
    assert [each.rule for each in ends.argo({**files, **FILES})] == ["argocd/application-incomplete"]


def test_what_is_wrong_with_all_of_a_set_is_told_once() -> None:
    text = application_set().replace("name: '{{env}}'\n", "server: '{{env}}-cluster'\n")
    [found] = ends.argo({"argocd/a.yaml": text, **FILES})
    assert found.rule == "argocd/destination-server"
    assert found.message.endswith(": a-cluster, b-cluster")
    assert "server:" in text.splitlines()[(found.line or 0) - 1]


@pytest.mark.parametrize(
    ("patterns", "address", "permitted"),
    [
        (["*"], "https://github.com/acme/gitops", True),
        (["https://github.com/acme/*"], "https://github.com/acme/gitops.git", True),
        (["https://github.com/*"], "https://github.com/acme/gitops", False),
        (["https://github.com/**"], "https://github.com/acme/gitops", True),
        (["git@github.com:acme/gitops.git"], "ssh://git@github.com/acme/gitops", True),
        (["*", "!https://github.com/acme/secret"], "https://github.com/acme/secret", False),
        (["https://github.com/{acme,other}/gitops"], "https://github.com/other/gitops", True),
        (["https://github.com/acme/"], "https://github.com/other", False),
        ([], "https://github.com/acme/gitops", False),
        (["*a*a*a*a*a*a*b"], "a" * 250, False),
        (["**a**a**a**b"], "a" * 250, True),  # more than is tried
        (["{a,aa,a?}" * 25 + "b"], "a" * 75, True),
        (["https://github.com/**/gitops-*"], "https://github.com/acme/deep/gitops-web", True),
    ],
)
def test_a_project_permits_sources(patterns: list[str], address: str, permitted: bool) -> None:
    assert projects.permits_source({"sourceRepos": patterns}, address) is permitted


@pytest.mark.parametrize(
    ("permitted", "destination", "expected"),
    [
        ([{"name": "*", "namespace": "*"}], {"name": "a", "namespace": "b"}, True),
        ([{"name": "a", "namespace": "shop"}], {"name": "a", "namespace": "kube-system"}, False),
        ([{"name": "a", "namespace": "shop-*"}], {"name": "a", "namespace": "shop-1"}, True),
        ([{"name": "a", "namespace": "*"}], {"name": "b", "namespace": "c"}, False),
        ([{"server": "https://1.2.3.4", "namespace": "*"}], {"name": "b", "namespace": "c"}, True),  # nobody knows
        ([{"server": "https://kubernetes.default.svc", "namespace": "*"}], {"name": "in-cluster"}, True),
        (
            [{"name": "*", "namespace": "*"}, {"name": "*", "namespace": "!kube-system"}],
            {"name": "a", "namespace": "kube-system"},
            False,
        ),
        ([], {"name": "a"}, False),
    ],
)
def test_a_project_permits_destinations(
    permitted: list[dict[str, str]], destination: dict[str, str], expected: bool
) -> None:
    assert projects.permits_destination({"destinations": permitted}, destination) is expected


def test_a_project_of_another_top_level_folder_may_be_of_another_argo_cd() -> None:
    project = yaml.safe_dump(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "shop", "namespace": "argocd"},
            "spec": {"sourceRepos": ["*"], "destinations": [{"name": "staging", "namespace": "*"}]},
        }
    )
    app = application(project="shop")
    for path, severity in (("argocd/project.yaml", "error"), ("docs/project.yaml", "warning")):
        [found] = ends.argo_of(snapshots.of({"argocd/a.yaml": app, path: project, **FILES}))
        assert (found.rule, found.severity) == ("argocd/project-forbids", severity)


@pytest.mark.parametrize("spec", [None, [], "x", {"sources": "x", "destination": 3, "project": []}, {"template": []}])
@pytest.mark.parametrize("kind", ["Application", "ApplicationSet", "AppProject"])
def test_nothing_that_somebody_writes_is_a_traceback(kind: str, spec: Any) -> None:
    value = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    found = ends.argo({"a.yaml": msgspec.json.encode(value).decode()})
    assert all(each.rule.endswith("-incomplete") for each in found)


def to(**destination: str) -> str:
    return application(destination={"namespace": "shop", **destination})


CONFIGURED = "kinds: {kubernetes: {generators: {clusters: [{name: production, server: 'https://p.example'}]}}}\n"


@pytest.mark.parametrize(
    ("destination", "others", "found"),
    [
        ({"name": "producton"}, {"name": "production"}, True),
        ({"server": "https://producton.k8s.example"}, {"server": "https://production.k8s.example"}, True),
        ({"name": "prodcution"}, {"name": "production"}, True),
        ({"name": "stagng"}, {"name": "staging"}, True),
        ({"name": "production-2"}, {"name": "production-1"}, False),
        ({"server": "https://10.0.0.1"}, {"server": "https://10.0.0.2"}, False),
        ({"name": "eu-prod"}, {"name": "us-prod"}, False),
        ({"name": "east"}, {"name": "west"}, False),
        ({"name": "development"}, {"name": "production"}, False),
        ({"name": "production"}, {"name": "production"}, False),
    ],
)
def test_a_cluster_with_a_wrong_letter_is_one_that_nobody_knows(
    destination: dict[str, str], others: dict[str, str], found: bool
) -> None:
    more = {f"argocd/{name}.yaml": to(**others).replace("name: web", f"name: {name}") for name in ("b", "c")}
    assert rules(to(**destination), **more) == ["destination-unknown"] * found
    one = {key: each for key, each in more.items() if key == "argocd/b.yaml"}
    assert rules(to(**destination), **one) == []  # one alone is no custom


@pytest.mark.parametrize(
    ("destination", "severity"),
    [
        ({"name": "production"}, None),
        ({"name": "in-cluster"}, None),
        ({"server": "https://p.example:443/"}, None),
        ({"server": "https://kubernetes.default.svc"}, None),
        ({"name": "staging"}, "error"),
        ({"server": "https://q.example"}, "error"),
    ],
)
def test_a_cluster_that_is_not_configured_is_an_error(destination: dict[str, str], severity: str | None) -> None:
    found = ends.argo({"argocd/a.yaml": to(**destination), **FILES, "gitops-ci.yml": CONFIGURED})
    assert [(each.rule, each.severity) for each in found] == (
        [("argocd/destination-unknown", severity)] if severity else []
    )
