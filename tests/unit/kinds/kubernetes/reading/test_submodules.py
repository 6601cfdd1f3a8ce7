"""Git submodules in what is deployed: another commit of one is another deployment that nobody sees here."""

from __future__ import annotations

import pytest
from msgspec import structs

from gitops_ci.config import DEFAULT
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import SUBMODULE
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes.discovery import deployments
from gitops_ci.kinds.kubernetes.sources import Unrendered
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, application, kustomization
from tests.unit.kinds.kubernetes.flux.test_flux import SOURCE, flux

FLUX = {"flux.yaml": SOURCE + flux("web", "web")}
RECURSING = {"app.yaml": application("web", "web", more="    directory: {recurse: true}\n")}
APP = {"app.yaml": application("web", "web")}
CHART = {"web/Chart.yaml": "name: web\nversion: 1.0.0\n", "web/templates/a.yaml": DEPLOYMENT}
OVERLAY = {"web/kustomization.yaml": kustomization("../lib/base", "a.yaml"), "web/a.yaml": DEPLOYMENT}


def end(files: Files, at: str, commit: str) -> Inventory:
    """An end at which a path is a submodule at a commit."""
    snapshot = snapshots.of({**files, at: ""})
    entries = {**snapshot.entries, at: structs.replace(snapshot.entries[at], mode=SUBMODULE, oid=commit * 40)}
    changed = snapshot.changed(commit=None, tree=commit * 40, changes={at: entries[at]})
    return inventory.take(changed, DEFAULT, {"kubernetes": kubernetes})


@pytest.mark.parametrize(
    ("files", "at", "fixed"),
    [
        ({**RECURSING, "web/a.yaml": DEPLOYMENT}, "web/sub", True),
        ({**APP, **CHART}, "web/charts/lib", False),
        ({**APP, **OVERLAY}, "lib", False),
        ({**APP, "other/a.yaml": DEPLOYMENT, "b.yaml": application("other", "other")}, "web", False),
        (OVERLAY, "lib", False),
        (
            {
                "flux.yaml": SOURCE.replace("fleet'", "fleet', recurseSubmodules: true") + flux("web", "web"),
                "web/a.yaml": DEPLOYMENT,
            },
            "web/sub",
            False,
        ),
    ],
)
def test_another_commit_of_a_submodule_is_not_known(files: Files, at: str, fixed: bool) -> None:
    before, after = end(files, at, "a"), end(files, at, "b")
    [stack] = affected.between(before, after)
    gap = deployments.of(after.stacks[stack.id], after).sources[-1]
    assert isinstance(gap, Unrendered)
    assert (gap.code, "submodule" in gap.why, bool(gap.fixed)) == ("not-rendered", True, fixed)


@pytest.mark.parametrize(
    "files",
    [
        {**APP, "web/a.yaml": DEPLOYMENT},
        {**FLUX, "web/a.yaml": DEPLOYMENT},
        {**APP, "web/kustomization.yaml": kustomization("a.yaml"), "web/a.yaml": DEPLOYMENT},
    ],
)
def test_one_that_nobody_takes_is_none_of_it(files: Files) -> None:
    assert not affected.between(end(files, "web/sub", "a"), end(files, "web/sub", "b"))
