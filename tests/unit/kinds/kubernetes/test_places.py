from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.places import Places
from gitops_ci.policy.documents.yaml_documents import Place

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: sidecar
          image: acme/sidecar:1
        - name: web
          image: acme/web:1
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          securityContext:
            privileged: true
"""
OVERLAY = """\
resources:
  - ../base
namePrefix: blue-
patches:
  - path: patch.yaml
configMapGenerator:
  - name: settings
    literals: [a=b]
"""
FILES = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "over/kustomization.yaml": OVERLAY,
    "over/patch.yaml": PATCH,
}
WEB = {"name": "web", "image": "acme/web:1", "securityContext": {"privileged": True}}
VALUE = {
    "metadata": {"name": "blue-web"},
    "spec": {"replicas": 1, "template": {"spec": {"containers": [WEB, {"name": "sidecar"}]}}},
}


def places(files: dict[str, str] | None = None) -> Places:
    given = FILES if files is None else files
    return Places(given, snapshots.of(given))


def rendered(kind: str, name: str, group: str = "", path: str | None = None, line: int | None = None) -> Object:
    identity = Identity(group, kind, "shop", name)
    return Object(identity=identity, api_version=f"{group}/v1".lstrip("/"), value=VALUE, path=path, line=line)


@pytest.mark.parametrize(
    ("place", "path", "line"),
    [
        ((), "base/deployment.yaml", 1),
        (("spec", "replicas"), "base/deployment.yaml", 6),
        (("spec", "template", "spec", "containers", 0, "image"), "base/deployment.yaml", 13),
        (("spec", "template", "spec", "containers", 0, "securityContext", "privileged"), "over/patch.yaml", 11),
        (("spec", "template", "spec", "containers", 1, "readinessProbe"), "base/deployment.yaml", 10),
        (("spec", "template", "spec", "containers", 0), "base/deployment.yaml", 12),
        (("spec", "selector"), "base/deployment.yaml", 5),
    ],
)
def test_a_field_is_where_somebody_wrote_it(place: Place, path: str, line: int) -> None:
    assert places().of(rendered("Deployment", "blue-web", "apps"), place) == (path, line)
    known = rendered("Deployment", "blue-web", "apps", "base/deployment.yaml", 1)
    assert places().of(known, place) == (path, line)


def test_what_is_generated_is_where_its_generator_is() -> None:
    assert places().of(rendered("ConfigMap", "blue-settings-9ghfb4cf5f")) == ("over/kustomization.yaml", 7)
    known = rendered("ConfigMap", "settings-9ghfb4cf5f", path="over/kustomization.yaml", line=6)
    assert places().of(known, ("data", "a")) == ("over/kustomization.yaml", 6)


def test_an_exact_name_comes_before_a_part_of_it() -> None:
    files = {
        "kustomization.yaml": "resources: [one.yaml, two.yaml]\n",
        "one.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
        "two.yaml": "# two\napiVersion: v1\nkind: Service\nmetadata: {name: blue-web}\n",
    }
    assert places(files).of(rendered("Service", "blue-web")) == ("two.yaml", 2)
    assert places(files).of(rendered("Service", "red-web")) == ("one.yaml", 1)


def test_a_patch_in_a_kustomization_is_where_it_is_written() -> None:
    patch = "".join(f"      {line}\n" for line in PATCH.splitlines())
    files = {
        "base.yaml": DEPLOYMENT,
        "kustomization.yaml": f"resources: [base.yaml]\npatches:\n  - patch: |-\n{patch}",
    }
    place = ("spec", "template", "spec", "containers", 0, "securityContext", "privileged")
    assert places(files).of(rendered("Deployment", "web", "apps"), place) == ("kustomization.yaml", 3)


TEMPLATE = """\
{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
{{- end }}
"""


def test_a_template_is_searched_for_the_key() -> None:
    files = {"chart/Chart.yaml": "name: web\n", "chart/templates/web.yaml": TEMPLATE}
    known = rendered("Deployment", "web", "apps", "chart/templates/web.yaml")
    assert places(files).of(known, ("spec", "replicas")) == ("chart/templates/web.yaml", 7)
    assert places(files).of(known, ("spec", "template", "spec", "containers", 0, "tty")) == (
        "chart/templates/web.yaml",
        10,
    )
    assert places(files).of(known) == ("chart/templates/web.yaml", 3)
    unknown = rendered("Deployment", "web", "apps")
    assert places(files).of(unknown, ("spec", "replicas")) == ("chart/templates/web.yaml", 7)


def test_what_nobody_wrote_has_no_place() -> None:
    assert places().of(rendered("Job", "web", "batch"), ("spec",)) == (None, None)


STEPS = st.one_of(st.sampled_from(["spec", "template", "containers", "metadata", "x"]), st.integers(0, 3))


@given(st.lists(STEPS, max_size=6))
def test_any_place_has_a_line_of_a_file(place: list[str | int]) -> None:
    path, line = places().of(rendered("Deployment", "blue-web", "apps"), tuple(place))
    assert path in FILES
    assert line is not None
    assert 1 <= line <= FILES[path].count("\n")
