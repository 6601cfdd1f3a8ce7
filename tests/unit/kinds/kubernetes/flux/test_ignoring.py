"""What Flux leaves out of a source, and at which revision it is: either decides what the stacks that take it deploy."""

from __future__ import annotations

import pytest

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.flux.ignoring import Ignoring, Pattern
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, deployed, end, kustomization
from tests.unit.kinds.kubernetes.flux.test_flux import flux

STACK = "production/kubernetes/web"
SOURCE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  url: https://github.com/acme/fleet
"""
PLAIN: Files = {
    "sources/fleet.yaml": SOURCE,
    "clusters/production/web.yaml": flux("web", "web"),
    "web/a.yaml": DEPLOYMENT,
    "web/deep/b.yaml": DEPLOYMENT,
}


def taken(files: Files) -> tuple[str, ...]:
    [source, *_] = deployed(files, STACK).sources
    assert isinstance(source, Kustomization)
    return source.files


@pytest.mark.parametrize(
    "more",
    [
        {".sourceignore": "# what is no manifest\n\nweb/deep/\n"},
        {".sourceignore": "/web/*/b.yaml\n"},
        {".sourceignore": "b.yaml"},
        {".sourceignore": "**/deep"},
        {"web/.sourceignore": "/deep/\n"},
        {"web/deep/.sourceignore": "*\n!a.yaml\n"},
        {"sources/fleet.yaml": SOURCE + "  ignore: |\n    /*\n    !/web\n    deep\n"},
    ],
)
def test_a_generated_kustomization_has_no_file_that_is_left_out(more: Files) -> None:
    assert taken({**PLAIN, **more}) == ("web/a.yaml",)


@pytest.mark.parametrize("text", ["web/deep/*.yml\n", "/deep\n", "deep/\n!web/deep/\n", "b.yaml/\n", "x/**/b.yaml"])
def test_what_is_not_left_out_stays(text: str) -> None:
    assert taken({**PLAIN, ".sourceignore": text}) == ("web/a.yaml", "web/deep/b.yaml")


def test_of_folders_that_are_checked_out_nothing_else_is_there() -> None:
    assert taken({**PLAIN, "sources/fleet.yaml": SOURCE + "  sparseCheckout: [./clusters, web/deep]\n"}) == (
        "web/deep/b.yaml",
    )
    every = {**PLAIN, "sources/fleet.yaml": SOURCE + "  sparseCheckout: [./]\n"}
    assert taken(every) == ("web/a.yaml", "web/deep/b.yaml")


def test_a_kustomization_or_a_chart_of_which_a_file_is_left_out_is_not_known() -> None:
    files = {**PLAIN, "web/kustomization.yaml": kustomization("a.yaml", "deep"), ".sourceignore": "a.yaml\nb.yaml\n"}
    files["web/deep/kustomization.yaml"] = kustomization("b.yaml")
    *_, gap = deployed(files, STACK).sources
    assert isinstance(gap, Unrendered)
    assert gap.code == "not-rendered"
    assert gap.what == "web/a.yaml"
    assert "1 more" in gap.why
    fewer = deployed({**files, ".sourceignore": "a.yaml\n"}, STACK).sources[-1]
    assert isinstance(fewer, Unrendered)
    assert fewer.fixed not in ("", gap.fixed)

    release = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}
"""
    chart: Files = {
        **PLAIN,
        "clusters/production/web.yaml": release + "---\n" + flux("fleet", "clusters/production"),
        "charts/web/Chart.yaml": "name: web\nversion: 1.0.0\n",
        "charts/web/README.md": "",
        "charts/web/templates/a.yaml": DEPLOYMENT,
    }
    [whole] = deployed({**chart, ".sourceignore": "*.md\n"}, STACK).sources
    assert isinstance(whole, Chart)
    _, gap = deployed({**chart, ".sourceignore": "charts/*/templates/\n"}, STACK).sources
    assert isinstance(gap, Unrendered)


@pytest.mark.parametrize(
    "more",
    [
        {".sourceignore": "docs/\n"},
        {"sources/fleet.yaml": SOURCE + "  ref: {tag: v2.0.0}\n"},
        {"sources/fleet.yaml": SOURCE + "  ignore: docs/\n"},
        {"sources/fleet.yaml": SOURCE + "  sparseCheckout: [web]\n"},
    ],
)
def test_what_decides_about_a_source_affects_who_takes_it(more: Files) -> None:
    before = {**PLAIN, "sources/fleet.yaml": SOURCE + "  ref: {tag: v1.0.0}\n"} if "tag" in str(more) else PLAIN
    assert STACK in {each.id for each in affected.between(end(before), end({**before, **more}))}


def test_when_a_source_is_looked_at_affects_nobody() -> None:
    later = {**PLAIN, "sources/fleet.yaml": SOURCE + "  interval: 5m\n"}
    assert STACK not in {each.id for each in affected.between(end(PLAIN), end(later))}


def test_patterns_that_would_take_long_leave_everything_out() -> None:
    assert Ignoring((Pattern("", "[a", keeps=False, is_folder=False),)).lacks("b")
    assert Ignoring((Pattern("", "a/**/b/**/c/**/d/**/e/**/f", keeps=False, is_folder=False),)).lacks("b")
    assert Ignoring((Pattern("", "x", keeps=False, is_folder=False),) * 2000).lacks("b")
