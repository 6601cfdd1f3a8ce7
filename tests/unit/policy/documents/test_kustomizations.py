from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.policy.documents import kustomizations


def taken(kustomization: str, *others: str) -> dict[str, str]:
    files = dict.fromkeys(others, "")
    return {**kustomizations.taken(snapshot.of({"base/kustomization.yaml": kustomization, **files}))}


def test_resources_and_patches_are_taken() -> None:
    text = """
resources: [deployment.yaml, ../shared/service.yaml, ../overlays]
patches:
  - path: patch.yaml
    target: {kind: Deployment}
  - patch: "- op: remove"
patchesStrategicMerge: [old.yaml]
"""
    resources, patches = ("base/deployment.yaml", "shared/service.yaml"), ("base/patch.yaml", "base/old.yaml")
    assert taken(text, *resources, *patches, "overlays/x.yaml", "base/other.yaml") == {
        **dict.fromkeys(resources, "resource"),
        **dict.fromkeys(patches, "patch"),
    }


def test_what_is_both_is_a_resource() -> None:
    for text in ("resources: [x.yaml]\npatches: [{path: x.yaml}]", "patches: [{path: x.yaml}]\nresources: [x.yaml]"):
        assert taken(text, "base/x.yaml") == {"base/x.yaml": "resource"}


def test_what_is_not_there_is_not_taken() -> None:
    assert taken("resources: [https://acme.example/x.yaml, gone.yaml, ../../out.yaml, /etc/passwd]", "out.yaml") == {}


def test_other_names_are_no_kustomization() -> None:
    seen = snapshot.of({"a/Kustomization": "resources: [x.yaml]", "b/my-kustomization.yaml": "resources: [x.yaml]"})
    assert kustomizations.taken(seen) == {}
    seen = snapshot.of({"a/Kustomization": "resources: [x.yaml]", "a/x.yaml": ""})
    assert kustomizations.taken(seen) == {"a/x.yaml": "resource"}


def test_one_that_cannot_be_read_takes_nothing() -> None:
    for text in ("resources: [", "- a", "resources: x.yaml", "resources: [{path: 3}, null]", "", "\t"):
        assert taken(text, "base/x.yaml") == {}


@given(st.text())
def test_whatever_it_holds(text: str) -> None:
    taken(text, "base/x.yaml")
