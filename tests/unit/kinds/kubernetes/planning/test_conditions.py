"""Changed templates that decide by the time, by chance or by the cluster."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.kinds import kubernetes
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application, end

CHART = {
    "deploy/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "deploy/web/templates/a.yaml": DEPLOYMENT,
}
BY_ARGO = {"argo/web.yaml": application("web", "deploy/web")}
BY_FLUX = {
    "clusters/source.yaml": (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: here, namespace: flux-system}\n"
        f"spec: {{url: {URL}, ref: {{branch: main}}}}\n"
    ),
    "clusters/web.yaml": (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: flux-system}\n"
        "spec: {chart: {spec: {chart: ./deploy/web, sourceRef: {kind: GitRepository, name: here}}}}\n"
    ),
    "clusters/all.yaml": (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: all, namespace: flux-system}\n"
        "spec: {path: ./clusters, prune: true, sourceRef: {kind: GitRepository, name: here}}\n"
    ),
}
TIME = "{{ if gt (now | unixEpoch | int64) 1896000000 }}a: 1{{ end }}"
PAST = "{{ if not .Release.IsInstall }}a: 1{{ end }}"
APIS = '{{ if .Capabilities.APIVersions.Has "argoproj.io/v1alpha1" }}a: 1{{ end }}'


def plan(base: Files, head: Files, place: Path, *, api_versions: tuple[str, ...] = ()) -> Plan:
    settings = msgspec.structs.replace(DEFAULT.kinds.kubernetes, api_versions=api_versions)
    kinds = msgspec.structs.replace(DEFAULT.kinds, kubernetes=settings)
    config = msgspec.structs.replace(DEFAULT, kinds=kinds)
    one, other = end(base, config=config), end(head, config=config)
    [stack] = [each for each in other.stacks.values() if each.path == "deploy/web"]
    tools = Tools(place, lambda _: f"---\n# Source: web/templates/a.yaml\n{DEPLOYMENT}")
    return kubernetes.plan(stack, one, other, tools)


@pytest.mark.parametrize(
    ("by", "text", "told"),
    [
        (BY_ARGO, TIME, "by the time or by chance"),
        (BY_FLUX, TIME, "by the time or by chance"),
        (BY_ARGO, PAST, ""),
        (BY_FLUX, PAST, "by what is in the cluster"),
        (BY_ARGO, APIS, "by the APIs of the cluster"),
        (BY_ARGO, "{{ if .x }}a: 1{{ end }}", ""),
    ],
)
def test_a_new_template_that_nobody_can_render_is_undecided(by: Files, text: str, told: str, tmp_path: Path) -> None:
    base = {**CHART, **by}
    found = plan(base, {**base, "deploy/web/templates/b.yaml": f"\n{text}"}, tmp_path)
    assert found.changes == ()
    if not told:
        assert found.status == "unchanged"
        return
    assert found.reason is not None
    assert (found.reason.code, found.reason.path, found.reason.line) == (
        "conditional",
        "deploy/web/templates/b.yaml",
        2,
    )
    assert told in found.reason.message


def test_what_base_has_just_the_same_and_what_comes_anew_is_no_reason(tmp_path: Path) -> None:
    base = {**CHART, **BY_ARGO, "deploy/web/templates/b.yaml": TIME + APIS}
    head = {**base, "deploy/web/values.yaml": "a: 1\n", "deploy/web/README.md": TIME}
    assert plan(base, head, tmp_path).status == "unchanged"
    new = {**CHART, **BY_ARGO, "deploy/web/templates/b.yaml": APIS}
    assert plan({"README.md": ""}, new, tmp_path).status == "changed"


@pytest.mark.parametrize(
    ("name", "status"), [("charts/lib-1.0.0.tgz", "unchanged"), ("templates/charts/lib-1.0.0.tgz", "failed")]
)
def test_a_packed_chart_is_compressed_and_asks_nothing_as_it_is_written(name: str, status: str, tmp_path: Path) -> None:
    base: Files = {**CHART, **BY_ARGO}
    assert plan(base, {**base, f"deploy/web/{name}": f"\x1f{TIME}"}, tmp_path).status == status


def test_the_apis_are_known_where_they_are_configured(tmp_path: Path) -> None:
    base = {**CHART, **BY_ARGO}
    head = {**base, "deploy/web/templates/b.yaml": APIS}
    assert plan(base, head, tmp_path, api_versions=("argoproj.io/v1alpha1",)).status == "unchanged"


def test_values_of_the_deployer_are_asked_as_well(tmp_path: Path) -> None:
    base = {**CHART, **BY_ARGO}
    given = application("web", "deploy/web", more=f"    helm: {{values: 'x: \"{TIME}\"'}}\n")
    found = plan(base, {**base, "argo/web.yaml": given}, tmp_path)
    assert found.reason is not None
    assert (found.reason.code, found.reason.path) == ("conditional", "argo/web.yaml")
