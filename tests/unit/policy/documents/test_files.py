"""Files as the values that they hold."""

from __future__ import annotations

import pytest

from gitops_ci.policy.documents import files, manifests
from gitops_ci.policy.documents.files import Unreadable


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.yaml", "YAML"), ("a/b.YML", "YAML"), ("a.tf.json", "JSON"), ("a.toml", "TOML"), ("a.tf", "HCL"),
        ("terragrunt.hcl", "HCL"), ("x/Dockerfile", "Dockerfile"), ("Dockerfile.prod", "Dockerfile"),
        ("api.dockerfile", "Dockerfile"), ("Containerfile", "Dockerfile"), ("Dockerfile.dockerignore", None),
        ("a.ini", None), ("yaml", None), ("Dockerfiles/x", None), ("a.rego", None),
    ],
)  # fmt: skip
def test_formats(path: str, name: str | None) -> None:
    assert files.format_of(path) == name


def test_every_item_of_a_list_is_a_document_of_its_own() -> None:
    first, second = files.documents("a.yaml", b"- a: 1\n- a: 2\n  b:\n    c: 3\n")
    assert (first.value, first.line) == ({"a": 1}, 1)
    assert (second.value, second.line, second.line_of(("b", "c"))) == ({"a": 2, "b": {"c": 3}}, 2, 4)


def test_documents_before_one_that_cannot_be_read_are_given() -> None:
    found = files.documents("a.yaml", b"a: 1\n---\nb: [\n")
    assert next(found).value == {"a": 1}
    with pytest.raises(Unreadable) as error:
        next(found)
    assert error.value.line is not None
    assert error.value.line >= 3


def test_dates_of_toml_are_text() -> None:
    (found,) = files.documents("a.toml", b"d = 2020-01-02\n[a]\nb = [1]\n")
    assert found.value == {"d": "2020-01-02", "a": {"b": [1]}}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.json", b"[" * 100_000), ("a.json", b"\xff"), ("a.yaml", b"\xff"), ("a.toml", b"\xff"), ("a.tf", b"\xff"),
        ("Dockerfile", b"\xff"), ("a.yaml", b"[" * 5000), ("a.toml", b"a = " + b"[" * 5000), ("a.json", b'"\\ud800"'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(path: str, content: bytes) -> None:
    with pytest.raises(Unreadable):
        list(files.documents(path, content))


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("Pod", "pods"), ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"), ("Endpoints", "endpoints")],
)
def test_the_resource_of_a_review(kind: str, plural: str) -> None:
    text = f"apiVersion: x.io/v1\nkind: {kind}\nmetadata: {{name: web, namespace: ns}}\n"
    (manifest,) = manifests.objects(files.documents("a.yaml", text.encode()))
    request = manifests.review(manifest, None)["request"]
    assert request["resource"] == {"group": "x.io", "version": "v1", "resource": plural}
    assert (request["name"], request["namespace"]) == ("web", "ns")
    assert request["uid"] == manifests.review(manifest, manifest)["request"]["uid"]


def test_objects() -> None:
    text = b"kind: a\n---\napiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}, 3]\n---\n- 1\n"
    (found,) = manifests.objects(files.documents("a.yaml", text))
    assert (found.value["kind"], found.name, found.place) == ("Pod", "a", ("items", 0))


def test_an_object_whose_kind_is_called_like_a_list_is_none() -> None:
    text = b"apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nitems: [1.2.3.4]\n"
    (found,) = manifests.objects(files.documents("a.yaml", text))
    assert (found.value["kind"], found.place) == ("AllowList", ())
