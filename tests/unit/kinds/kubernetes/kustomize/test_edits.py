"""What Argo CD and Flux write into a kustomization."""

from __future__ import annotations

import yaml

from gitops_ci.kinds.kubernetes.kustomize import edits


def test_images_take_the_place_of_their_name_and_lists_grow() -> None:
    content = b"""images: [{name: a, newTag: "1"}, {name: b, newTag: "1"}]
patches: [{path: x.yaml}]
namespace: old
commonLabels: {a: b}
"""
    given = "images: [{name: a, newTag: '2'}]\npatches: [{path: y.yaml}]\nnamespace: new\ncommonLabels: {c: d}\n"
    assert yaml.safe_load(edits.applied(content, given)) == {
        "images": [{"name": "b", "newTag": "1"}, {"name": "a", "newTag": "2"}],
        "patches": [{"path": "x.yaml"}, {"path": "y.yaml"}],
        "namespace": "new",
        "commonLabels": {"a": "b", "c": "d"},
    }


def test_a_directory_without_one() -> None:
    assert yaml.safe_load(edits.applied(None, "resources: [a.yaml]")) == {"resources": ["a.yaml"]}
