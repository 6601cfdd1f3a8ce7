"""What deploys a stack and gets another namespace, or another name: what it deployed goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.kinds import kubernetes
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import Files, end, kustomization
from tests.unit.kinds.kubernetes.planning.test_stacks import actions

STACK = "production/kubernetes/shop"
CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: web%s}\n"
KEPT = ", annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}"
FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop%s}
spec: {path: apps/shop, prune: true, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}%s}
"""


def files(home: str, *, more: str = "", at: str = "shop") -> Files:
    """The namespace stands in the file of the Kustomization."""
    return {
        f"clusters/production/{at}.yaml": FLUX % (f", namespace: {home}" if home else "", more),
        "apps/shop/a.yaml": "",
        "apps/shop/kustomization.yaml": kustomization("a.yaml"),
    }


def overlay(home: str) -> Files:
    """A kustomization gives it."""
    return {
        **files(""),
        "clusters/production/kustomization.yaml": kustomization("shop.yaml", more=f"namespace: {home}\n"),
    }


def plan(base: Files, head: Files, place: Path, text: str = CLAIM % "") -> Plan:
    one, other = end(base), end(head)
    id = next(id for id in other.stacks if id.startswith(STACK) and "old" not in id)
    return kubernetes.plan(other.stacks[id], one, other, Tools(place, lambda _: text))


@pytest.mark.parametrize(("base", "head"), [(files("one"), files("two")), (overlay("one"), overlay("two"))])
def test_what_it_deployed_goes_with_the_old_one_and_is_made_anew(base: Files, head: Files, tmp_path: Path) -> None:
    [change] = plan(base, head, tmp_path).changes
    assert (change.action, change.address, change.destructive) == ("replace", "PersistentVolumeClaim web/data", True)
    assert change.reason == (
        "Kustomization shop goes from namespace one to two, so this is deleted and made anew; the data of its volume goes with it, unless the volume's policy is Retain; only if the "
        "Kustomization shop is deleted: nobody here says what prunes clusters/production/shop.yaml"
    )


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (files("one"), files("one")),
        (files(""), files("one")),
        (files("one", more=", deletionPolicy: Orphan"), files("two")),
        (files("one", more=", suspend: true"), files("two")),
        (files("one"), {**files("two"), **files("one", at="old")}),
    ],
)
def test_what_stays_is_taken_over(base: Files, head: Files, tmp_path: Path) -> None:
    assert plan(base, head, tmp_path).changes == ()


def test_what_an_annotation_keeps_is_taken_over(tmp_path: Path) -> None:
    assert plan(files("one"), files("two"), tmp_path, CLAIM % KEPT).changes == ()


def test_what_the_new_one_has_no_more_is_deleted(tmp_path: Path) -> None:
    moved = files("two", more=", targetNamespace: other")
    one, other = end(files("one")), end(moved)
    texts = iter([CLAIM % "", (CLAIM % "").replace("web", "other")])
    found = kubernetes.plan(other.stacks[STACK], one, other, Tools(tmp_path, lambda _: next(texts)))
    assert actions(found) == [
        ("create", "PersistentVolumeClaim other/data"),
        ("delete", "PersistentVolumeClaim web/data"),
    ]
