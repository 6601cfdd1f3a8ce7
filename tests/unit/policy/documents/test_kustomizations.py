from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.policy.documents import kustomizations


def taken(kustomization: str, *others: str) -> set[str]:
    files = dict.fromkeys(others, "")
    return set(kustomizations.taken(snapshot.of({"base/kustomization.yaml": kustomization, **files})))


def test_resources_and_patches_are_taken() -> None:
    text = """
resources: [deployment.yaml, ../shared/service.yaml, ../overlays]
patches:
  - path: patch.yaml
    target: {kind: Deployment}
  - patch: "- op: remove"
patchesStrategicMerge: [old.yaml]
"""
    others = ("base/deployment.yaml", "shared/service.yaml", "overlays/x.yaml", "base/patch.yaml", "base/old.yaml")
    assert taken(text, *others, "base/other.yaml") == set(others) - {"overlays/x.yaml"}


def test_what_is_not_there_is_not_taken() -> None:
    assert (
        taken("resources: [https://acme.example/x.yaml, gone.yaml, ../../out.yaml, /etc/passwd]", "out.yaml") == set()
    )


def test_other_names_are_no_kustomization() -> None:
    seen = snapshot.of({"a/Kustomization": "resources: [x.yaml]", "b/my-kustomization.yaml": "resources: [x.yaml]"})
    assert kustomizations.taken(seen) == frozenset()
    seen = snapshot.of({"a/Kustomization": "resources: [x.yaml]", "a/x.yaml": ""})
    assert kustomizations.taken(seen) == {"a/x.yaml"}


def test_one_that_cannot_be_read_takes_nothing() -> None:
    for text in ("resources: [", "- a", "resources: x.yaml", "resources: [{path: 3}, null]", "", "\t"):
        assert taken(text, "base/x.yaml") == set()


@given(st.text())
def test_whatever_it_holds(text: str) -> None:
    taken(text, "base/x.yaml")
