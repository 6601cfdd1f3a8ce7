"""What Argo CD passes over, or takes from another branch, and patterns and versions that a source has: no other is taken."""

from __future__ import annotations

import pytest

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.planning import lacking
from gitops_ci.kinds.kubernetes.sources import Chart, Manifests, Unrendered
from tests.unit.kinds.kubernetes.argocd.test_sources import FILES, only, sources
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, application, deployed, end

MARK = "# +argocd:skip-file-rendering\n"
HYDRATED = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  project: default
  destination: {{name: web-cluster, namespace: web}}
  source: {{repoURL: {URL}, path: chart}}
  sourceHydrator:
    drySource: {{repoURL: {URL}, path: plain, targetRevision: HEAD}}
    syncSource: {{targetBranch: BRANCH, path: web}}
"""


def test_a_file_that_argo_cd_skips_is_no_part_of_a_directory() -> None:
    before = {**FILES, "app.yaml": application("web", "plain")}
    after = {**before, "plain/a.yaml": DEPLOYMENT + MARK}
    [source] = deployed(after, "shared/kubernetes/web").sources
    assert source == Manifests(path="plain", files=("plain/b.json",))
    assert "shared/kubernetes/web" in {each.id for each in affected.between(end(before), end(after))}
    assert "shared/kubernetes/web" in {each.id for each in affected.between(end(after), end(before))}


MANY = f"'{'{a,b}' * 15}*.yaml'"
"""It stands for more patterns than are tried."""


@pytest.mark.parametrize("option", ["include", "exclude"])
@pytest.mark.parametrize("pattern", [MANY, "'[a'", "'{a'"])
def test_a_pattern_that_is_not_read_takes_and_leaves_out_nobody_knows_what(option: str, pattern: str) -> None:
    source = only("plain", f"    directory: {{{option}: {pattern}}}\n")
    assert isinstance(source, Unrendered)
    assert source.code == "not-rendered"
    assert "pattern" in source.why


def test_a_pattern_of_value_files_that_is_not_read() -> None:
    [source] = sources("chart", f"    helm: {{valueFiles: [{MANY}], ignoreMissingValueFiles: true}}\n")
    assert isinstance(source, Unrendered)
    assert "pattern" in source.why


def test_the_kubernetes_that_a_source_names_beats_the_configured_one() -> None:
    chart = only("chart", "    helm: {kubeVersion: v1.30.2-eks-1, apiVersions: [example.org/v1/Thing]}\n")
    assert isinstance(chart, Chart)
    assert (chart.kube_version, chart.api_versions) == ("v1.30.2-eks-1", ("example.org/v1/Thing",))
    odd = only("chart", "    helm: {kubeVersion: latest}\n")
    assert isinstance(odd, Unrendered)


def test_what_is_hydrated_beats_all_other_sources() -> None:
    files = {**FILES, "app.yaml": HYDRATED}
    one, other = (
        deployed({**files, "app.yaml": HYDRATED.replace("BRANCH", name)}, "shared/kubernetes/web")
        for name in ("env/production", "env/other")
    )
    assert one.sources == (Manifests(path="plain", files=("plain/a.yaml", "plain/b.json")),)
    assert lacking.elsewhere(one, one) is None
    assert lacking.elsewhere(one, other) is not None
    plain = deployed({**FILES, "app.yaml": application("web", "plain")}, "shared/kubernetes/web")
    assert lacking.elsewhere(plain, one) is not None
