"""The rules together: what is told of which stack, what is not validated, secrets of a rendering, and any object at all."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes.rules import around, schema
from gitops_ci.kinds.kubernetes.schemas import bundle
from tests.unit.kinds.kubernetes.rules import ends

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {type: ExternalName, external: a}\n"
)
WEB = f"{ends.AT}/web.yaml"


def test_what_is_written_elsewhere_is_told_of_no_stack_and_without_its_namespace() -> None:
    shared = SERVICE.replace(", namespace: shop", "")
    kustomization = {f"{ends.AT}/kustomization.yaml": "resources: [../../../shared/web.yaml]\n"}
    [own] = ends.inspected({WEB: SERVICE}, SERVICE)
    [others] = ends.inspected({"shared/web.yaml": shared, **kustomization}, SERVICE)
    assert (own.path, own.stack, own.address) == (WEB, ends.STACK.id, "Service shop/web")
    assert (others.path, others.stack, others.address) == ("shared/web.yaml", None, "Service web")


def test_a_stack_without_a_rendering_is_its_plain_manifests() -> None:
    assert [each.rule for each in ends.inspected({WEB: SERVICE})] == ["kubernetes/unknown-field"]


def test_without_the_extra_it_is_said_that_nothing_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "available", dict)
    for versions, severity in ((), "notice"), (("1.31",), "error"):
        [found] = ends.inspected({WEB: SERVICE}, versions=versions)
        assert (found.rule, found.severity, found.stack) == ("kubernetes/not-validated", severity, None)


def test_only_some_of_the_versions_is_said() -> None:
    old = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\nspec: {x: 1}\n"
    found = ends.inspected({WEB: old}, versions=("1.31", "1.32"))
    told = {each.rule: each.message for each in found}
    assert told.keys() == {"kubernetes/api-removed", "kubernetes/schema", "kubernetes/unknown-field"}
    assert told["kubernetes/unknown-field"].endswith("(Kubernetes 1.31)")


@pytest.mark.parametrize(
    ("versions", "expected"),
    [((), "warning"), (("1.24",), None), (("1.25",), "error"), (("1.21", "1.25"), "error"), (("1.21",), "deprecated")],
)
def test_when_an_api_is_removed(versions: tuple[str, ...], expected: str | None) -> None:
    job = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\n"
    found = {each.rule: each.severity for each in ends.inspected({WEB: job}, versions=versions)}
    if expected == "deprecated":
        assert found[schema.DEPRECATED] == "warning"
    elif expected is None:
        assert schema.REMOVED not in found
    else:
        assert found[schema.REMOVED] == expected


def test_many_misfits_of_one_object_are_counted() -> None:
    data = {f"key{number}": number for number in range(50)}
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
    found = ends.inspected({WEB: text})
    assert len(found) == 21
    assert "30 more places" in found[-1].message


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {entry: Y29ycmVjdC1ob3JzZQ==}\n"
VALUES = f"{ends.AT}/values.yaml"


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({VALUES: "a: 1\nstore: correct-horse\n"}, [(VALUES, 2)]),
        ({VALUES: "store: Y29ycmVjdC1ob3JzZQ==\n"}, [(VALUES, 1)]),
        ({VALUES: "password: correct-horse-7\nstore: x\n"}, []),
        ({VALUES: "store: other\n"}, []),
        ({WEB: SECRET}, []),  # policy.secrets tells it there
        ({VALUES: "store: correct-horse\n", "gitops-ci.yml": "policy: {secrets: {ignore: ['**/values.yaml']}}"}, []),
        ({VALUES: "store: correct-horse\n", "gitops-ci.yml": "policy: {secrets: {enabled: false}}"}, []),
    ],
)
def test_a_value_that_a_rendering_makes_a_secret_of(files: dict[str, str], places: list[tuple[str, int]]) -> None:
    found = ends.inspected(files, SECRET)
    assert [(each.path, each.line) for each in found if each.rule == "kubernetes/rendered-secret"] == places
    assert not any("horse" in each.message for each in found)


def test_a_value_that_is_found_by_its_name_is_told_there_only() -> None:
    found = ends.inspected(
        {VALUES: "password: correct-horse-9x\n"}, SECRET.replace("Y29ycmVjdC1ob3JzZQ==", "Y29ycmVjdC1ob3JzZS05eA==")
    )
    assert found == []


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("metadata: {name: web, namespace: shop}\n", {"web", "shop"}),
        ('{"metadata": {"name": "web"}, "secretName" : "tls"}', {"web", "tls"}),
        ("name: &a web\n", {"web"}),
        ("name: 'web'\n# nothing\nnames: x\n", {"web"}),
        ("namePrefix: blue-\n", {"*"}),
        ("name: {{ .Values.name }}\n", {"*"}),
        ("name: *a\n", {"*"}),
        ('"n\\x61me": web\n', {"*"}),
    ],
)
def test_names_are_found_without_parsing(content: str, names: set[str]) -> None:
    assert around.names_in(content.encode()) == names


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "web", "shop", "1", "{{x}}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["metadata", "spec", "template", "containers", "name", "selector", "volumes", "envFrom", "configMapRef", "env",
             "valueFrom", "labels", "data", "items", "generators", "list", "source", "sources", "destination", "server",
             "syncPolicy", "syncOptions", "helm", "valueFiles", "project", "securityContext"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip
KINDS = st.sampled_from(
    [("apps/v1", "Deployment"), ("v1", "Secret"), ("v1", "Service"), ("v1", "Pod"), ("v1", "List"), ("batch/v1", "CronJob"),
     ("argoproj.io/v1alpha1", "Application"), ("argoproj.io/v1alpha1", "ApplicationSet"), ("x.example/v1", "Thing"),
     ("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("a/b/c", "D"), ("", "E")]
)  # fmt: skip


@example(("apps/v1", "Deployment"), {"spec": None, "items": [{"metadata": None}]})
@given(KINDS, st.dictionaries(st.sampled_from(["metadata", "spec", "data", "stringData", "items"]), ANY, max_size=4))
def test_no_object_is_a_traceback(kind: tuple[str, str], fields: dict[str, Any]) -> None:
    text = yaml.safe_dump({**fields, "apiVersion": kind[0], "kind": kind[1]})
    for found in (*ends.inspected({WEB: text}), *ends.inspected({WEB: text}, text)):
        assert found.message
        assert found.path in (WEB, ends.AT, None)


def test_a_kind_without_a_schema_is_one_finding_whichever_object_is_named() -> None:
    """A file that goes makes no new one of it (trial 7, L14)."""
    one, other = (
        f"apiVersion: example.com/v1\nkind: {kind}\nmetadata: {{name: {kind.lower()}, namespace: shop}}\n"
        for kind in ("One", "Other")
    )
    both = ends.inspected({WEB: f"{one}---\n{other}", f"{ends.AT}/more.yaml": other.replace("name: o", "name: p")})
    [left] = ends.inspected({f"{ends.AT}/more.yaml": other.replace("name: o", "name: p")})
    assert [each.rule for each in both] == ["kubernetes/schema-missing"] * 2
    assert left.path != both[1].path
    assert (left.fingerprint, left.stack) == (both[1].fingerprint, None)
