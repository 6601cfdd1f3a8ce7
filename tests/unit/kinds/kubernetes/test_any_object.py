"""Whatever a repository holds, its stacks are found without a traceback, and each can be asked what it deploys."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes.argocd import changes
from gitops_ci.kinds.kubernetes.discovery import deployments
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, end

WORDS = st.sampled_from(
    [
        "", "web", "../..", "/", "*", "{{name}}", "{{ .name }}", "{{", URL, "$values/x.yaml", "a\nb", "https://x/y", "ref",
        "production", "argocd", "./web/", "**", "[", "GitRepository", "missingkey=error", "Exists", "values", "\x00",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "spec", "source", "sources", "path", "repoURL", "helm", "kustomize", "directory", "plugin", "valueFiles", "values",
        "generators", "list", "elements", "git", "directories", "files", "matrix", "merge", "mergeKeys", "clusters",
        "selector", "matchLabels", "matchExpressions", "template", "templatePatch", "goTemplate", "goTemplateOptions",
        "metadata", "name", "namespace", "destination", "syncPolicy", "automated", "project", "finalizers", "sourceRef",
        "kind", "chart", "postBuild", "substitute", "images", "patches", "components", "resources", "bases", "ref",
        "elementsYaml", "pathParamPrefix", "exclude", "parameters", "valuesObject", "copy", "artifacts", "dependencies",
    ]
)  # fmt: skip
LEAVES = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(allow_nan=False), st.just({}))
ANY = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
SPECS = st.dictionaries(KEYS, ANY, max_size=6)


def written(kind: str, group: str, spec: Any, metadata: Any) -> str:
    return json.dumps({"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec})


@settings(max_examples=50, deadline=None)
@given(st.lists(SPECS, min_size=5, max_size=5), ANY, ANY)
def test_any_object_is_looked_at(specs: list[dict[str, Any]], metadata: Any, other: Any) -> None:
    files = {
        "argo/app.yaml": written("Application", "argoproj.io", specs[0], metadata),
        "argo/set.yaml": written("ApplicationSet", "argoproj.io", specs[1], metadata),
        "argo/project.yaml": written("AppProject", "argoproj.io", other, metadata),
        "flux/k.yaml": written("Kustomization", "kustomize.toolkit.fluxcd.io", specs[2], metadata),
        "flux/h.yaml": written("HelmRelease", "helm.toolkit.fluxcd.io", specs[3], metadata),
        "flux/a.yaml": written("ArtifactGenerator", "source.extensions.fluxcd.io", specs[4], metadata),
        "web/kustomization.yaml": json.dumps(other),
        "chart/Chart.yaml": json.dumps(other),
        "web/a.yaml": DEPLOYMENT,
    }
    head = end(files)
    assert all(deployments.of(stack, head).path for stack in head.stacks.values())
    assert all(
        each.path in files and each.line for each in head.findings if each.rule.startswith(("kubernetes", "argocd"))
    )
    assert isinstance(changes.between(end({"web/a.yaml": DEPLOYMENT}), head), tuple)


GENERATORS: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.one_of(
        st.fixed_dictionaries({"list": st.fixed_dictionaries({"elements": st.lists(ANY, max_size=2)})}),
        st.fixed_dictionaries({"git": st.fixed_dictionaries({"repoURL": st.just(URL), "directories": ITEMS})}),
        st.fixed_dictionaries({"git": st.fixed_dictionaries({"repoURL": st.just(URL), "files": ITEMS})}),
        st.fixed_dictionaries({"matrix": st.fixed_dictionaries({"generators": st.lists(GENERATORS, max_size=3)})}),
        st.fixed_dictionaries(
            {"merge": st.fixed_dictionaries({"generators": st.lists(GENERATORS, max_size=3), "mergeKeys": ANY})}
        ),
    )
)
ITEMS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries({"path": WORDS}, optional={"exclude": ANY}), max_size=3
)


@settings(max_examples=50, deadline=None)
@given(st.lists(GENERATORS, max_size=3), ANY, st.booleans(), ANY)
def test_any_set_is_rendered_or_refused(generators: list[Any], template: Any, goes: bool, patch: Any) -> None:
    spec = {"generators": generators, "template": template, "goTemplate": goes, "templatePatch": patch}
    head = end(
        {"argo/set.yaml": written("ApplicationSet", "argoproj.io", spec, {"name": "x"}), "web/a.yaml": DEPLOYMENT}
    )
    assert all(each.path and each.line for each in head.findings if each.rule.startswith("argocd"))
