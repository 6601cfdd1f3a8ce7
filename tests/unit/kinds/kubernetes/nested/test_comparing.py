"""A plan has the engine say what was found without one: another object, or one more, is told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import KUSTOMIZE, Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end, kustomization
from tests.unit.kinds.kubernetes.nested.test_charts_that_make_applications import ROOT

MADE = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: api
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  destination: {{name: c, namespace: api}}
  syncPolicy: {{automated: {{prune: true}}}}
  source:
    repoURL: {URL}
    path: charts/api
    helm:
      valueFiles: [values.yaml, values-production.yaml]
      parameters: [{{name: host, value: production.acme.org}}]
"""
SOURCE = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: web}}
spec: {{url: '{URL}', ref: {{tag: v1.0.0}}}}
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
CHANGED: Files = {**ROOT, "charts/api/templates/a.yaml": f"{DEPLOYMENT}spec: {{}}\n"}


def _plan(place: Path, outer: str | Ended, id: str = "production/kubernetes/api", head: Files = CHANGED) -> Plan:
    def answers(args: Sequence[str]) -> str | Ended:
        return outer if args[2].endswith("/outer") else CONFIG_MAP

    before, after = end(ROOT), end(head)
    return kubernetes.plan(after.stacks[id], before, after, Tools(place, answers))


def test_what_the_engine_makes_as_well_is_planned(tmp_path: Path) -> None:
    assert (_plan(tmp_path, MADE).status, _plan(tmp_path, MADE).reason) == ("unchanged", None)


@pytest.mark.parametrize(
    "other",
    [
        MADE.replace("production.acme.org", "other.acme.org"),
        MADE.replace("finalizers: [resources-finalizer.argocd.argoproj.io]", "a: b"),
        MADE.replace("name: api\n", "name: other\n", 1),
        CONFIG_MAP,
        Ended(1, b"", b"Error: execution error at (outer/templates/api.yaml:1:1): no", "exited"),
    ],
)
def test_another_one_is_not_known(other: str | Ended, tmp_path: Path) -> None:
    found = _plan(tmp_path, other)
    assert found.reason is not None
    assert (found.status, found.reason.code, found.reason.path) == (
        "failed",
        "read-otherwise",
        "outer/templates/api.yaml",
    )
    assert "what production/kubernetes/outer makes of Application api is not sure" in found.reason.message


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (application("more", "web"), "Application more: the engine makes it, and it was not found without one"),
        (
            MADE.replace("charts/api", "charts/x"),
            "Application api: the engine makes another one of it than was read without one",
        ),
        (application("more", "web").replace("acme", "evil"), ""),
        (SOURCE, "GitRepository web: the engine makes it"),
        (SOURCE.replace("acme", "evil"), ""),
        (MADE, ""),
    ],
)
def test_what_makes_one_that_nobody_found_is_not_planned(more: str, reason: str, tmp_path: Path) -> None:
    """One of another repository deploys nothing of this one."""
    head = {**ROOT, "outer/values-production.yaml": f"{ROOT['outer/values-production.yaml']!s}a: b\n"}
    found = _plan(tmp_path, f"{MADE}---\n{more}", "production/kubernetes/outer", head)
    message = "" if found.reason is None else found.reason.message
    assert (found.status == "failed", reason in message) == (bool(reason), True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("execution error at (web/templates/a.yaml:1:3): host must be set", "not-rendered"),
        ('template: web/templates/a.yaml:1:3: nil pointer evaluating interface {}.host', "not-rendered"),
        ("parse error at (web/templates/a.yaml:1): unclosed action", "plan-failed"),
    ],
)  # fmt: skip
def test_a_chart_that_nothing_deploys_and_that_lacks_values_is_not_wrong(said: str, code: str, tmp_path: Path) -> None:
    files: Files = {"web/Chart.yaml": "name: web\n", "web/templates/a.yaml": "a"}
    tools = Tools(tmp_path, lambda _: Ended(1, b"", f"Error: {said}".encode(), "exited"))
    after = end(files)
    found = kubernetes.plan(after.stacks["shared/kubernetes/web"], end({}), after, tools)
    assert found.reason is not None
    assert (found.reason.code, "its values come from elsewhere" in found.reason.message) == (
        code,
        code == "not-rendered",
    )


def test_the_same_of_an_application_is_to_be_mended(tmp_path: Path) -> None:
    files: Files = {
        "web/Chart.yaml": "name: web\n",
        "web/templates/a.yaml": "a",
        "argo/a.yaml": application("web", "web"),
    }
    said = b"Error: execution error at (web/templates/a.yaml:1:3): host must be set"
    after = end(files)
    tools = Tools(tmp_path, lambda _: Ended(1, b"", said, "exited"))
    found = kubernetes.plan(after.stacks["shared/kubernetes/web"], end({}), after, tools)
    assert found.reason is not None
    assert found.reason.code == "plan-failed"


def _said(text: str, _: Sequence[str]) -> str:
    return text


def test_an_overlay_is_compared_as_well(tmp_path: Path) -> None:
    files: Files = {
        "argo/base/kustomization.yaml": kustomization("web.yaml"),
        "argo/base/web.yaml": application("web", "web/base"),
        "argo/overlays/production/kustomization.yaml": kustomization("../../base", more="namePrefix: a-\n"),
        "web/base/a.yaml": DEPLOYMENT,
    }
    made = application("a-web", "web/base").replace("a-web-cluster", "web-cluster")
    for text, status in ((made, "changed"), (made.replace("web/base", "web/x"), "failed")):
        before, after = end(files), end({**files, "web/base/a.yaml": f"{DEPLOYMENT}spec: {{}}\n"})
        tools = Tools(tmp_path, partial(_said, text), (KUSTOMIZE,))
        found = kubernetes.plan(after.stacks["production/kubernetes/a-web"], before, after, tools)
        assert found.status == status


def test_yaml_in_a_text_may_be_written_otherwise(tmp_path: Path) -> None:
    """Helm's `toYaml` quotes and breaks lines as it likes; what it holds has to be the same."""
    template = f"{ROOT['outer/templates/api.yaml']!s}".replace(
        "      parameters:", "      values: |\n        a: '1'\n        b: [x]\n      parameters:"
    )
    files = {**ROOT, "outer/templates/api.yaml": template}
    for text, status in (('a: "1"\n        b:\n        - x', "unchanged"), ("a: 1\n        b: [x]", "failed")):
        made = MADE.replace("      parameters:", f"      values: |\n        {text}\n      parameters:")
        before = end(files)
        after = end({**files, "charts/api/templates/a.yaml": f"{DEPLOYMENT}spec: {{}}\n"})
        tools = Tools(tmp_path, partial(_by_chart, made))
        assert kubernetes.plan(after.stacks["production/kubernetes/api"], before, after, tools).status == status


def _by_chart(made: str, args: Sequence[str]) -> str:
    return made if args[2].endswith("/outer") else CONFIG_MAP
