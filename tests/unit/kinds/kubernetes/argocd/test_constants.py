"""A set that cannot be rendered is affected by what it deploys for certain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end, kustomization

STACK = "shared/kubernetes/fleet"
FILES: Files = {
    "argo/one.yaml": application("one", "other"),
    "other/a.yaml": DEPLOYMENT,
    "apps/worker/base/kustomization.yaml": kustomization("a.yaml", "../../common"),
    "apps/worker/base/a.yaml": DEPLOYMENT,
    "apps/common/kustomization.yaml": kustomization("b.yaml"),
    "apps/common/b.yaml": DEPLOYMENT,
    "values/a.yaml": "a: 1",
    "values/b.yaml": "a: 1",
}
WORKER = ["apps/common/b.yaml", "apps/common/kustomization.yaml"]
BASE = ["apps/worker/base/a.yaml", "apps/worker/base/kustomization.yaml"]
GIT = {"git": {"repoURL": URL, "directories": [{"path": "other/*"}, {"path": "apps/*/base"}]}}


def read(source: dict[str, Any], generator: dict[str, Any] | None = None) -> list[str]:
    spec = {
        "goTemplate": True,
        "generators": [generator or {"clusters": {}}],
        "template": {"metadata": {"name": "x"}, "spec": {"source": {"repoURL": URL, **source}}},
    }
    value = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "fleet"}}
    seen = end({**FILES, "fleet.json": json.dumps({**value, "spec": spec})})
    return sorted(seen.graph.closure(STACK, seen.snapshot) - {"fleet.json"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"path": "apps/worker/base"}, WORKER + BASE),
        ({"path": "./apps/{{.name}}/base"}, WORKER + BASE),
        ({"path": "apps/worker/base", "targetRevision": "{{.revision}}"}, WORKER + BASE),
        ({"path": "apps/worker/base", "targetRevision": "v1.0.0"}, []),
        ({"path": "{{.name}}"}, []),
        ({"path": "gone"}, []),
        ({"chart": "x", "repoURL": "https://x", "helm": {"valueFiles": ["$v/values/a.yaml"]}}, ["values/a.yaml"]),
        ({"path": "other", "helm": {"valueFiles": ["../values/{{.name}}.yaml"]}}, ["other/a.yaml", "values/a.yaml", "values/b.yaml"]),
    ],
)  # fmt: skip
def test_constant_paths_and_folders(source: dict[str, Any], expected: list[str]) -> None:
    assert read(source) == expected


def test_a_path_of_a_git_generator() -> None:
    matrix = {"matrix": {"generators": [GIT, {"clusters": {}}]}}
    assert read({"path": "{{.path.path}}"}, matrix) == [*WORKER, *BASE, "other/a.yaml"]
