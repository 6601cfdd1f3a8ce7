"""Kubernetes' own schemas, and those of CRDs: what fits and what does not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes.rules.api_versions import RETIRED
from gitops_ci.kinds.kubernetes.schemas import bundle, custom
from gitops_ci.kinds.kubernetes.schemas.misfits import shown

if not bundle.available():
    pytest.skip("the extra `schemas` is not installed", allow_module_level=True)

OLDEST, NEWEST = min(bundle.available()), max(bundle.available())


def misfits(text: str, version: bundle.Version = (1, 34)) -> list[tuple[str, str, bool]]:
    value = yaml.safe_load(text)
    group, _, name = value["apiVersion"].rpartition("/")
    validator = bundle.of(version).validator(group, name, value["kind"])
    assert validator is not None
    return [(shown(each.place), each.message, each.unknown) for each in validator.misfits(value)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{replicas: 2, selector: {app: a}}", []),
        ("{replicas: '2'}", [("spec.replicas", "is a text, and has to be a whole number", False)]),
        ("{replicas: 2.5}", [("spec.replicas", "is a number, and has to be a whole number", False)]),
        ("{replicas: null}", []),
        ("{replica: 2}", [("spec.replica", "is no field that there is", True)]),
        (
            "{selector: {app: 1}, template: []}",
            [
                ("spec.selector.app", "is a whole number, and has to be a text", False),
                ("spec.template", "is a list, and has to be a mapping", False),
            ],
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(spec: str, expected: list[tuple[str, str, bool]]) -> None:
    assert misfits(f"{{apiVersion: v1, kind: ReplicationController, metadata: {{name: a}}, spec: {spec}}}") == expected


@pytest.mark.parametrize("given", ["1", "'1'", "0.5", "100m", "null"])
def test_a_quantity_is_a_text_or_a_number(given: str) -> None:
    limit = f"{{type: Container, max: {{cpu: {given}}}}}"
    assert misfits(f"{{apiVersion: v1, kind: LimitRange, metadata: {{name: a}}, spec: {{limits: [{limit}]}}}}") == []


@pytest.mark.parametrize("given", ["http", "80"])
def test_a_port_has_a_name_or_a_number(given: str) -> None:
    ports = f"[{{port: 80, targetPort: {given}}}]"
    assert misfits(f"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: {ports}}}}}") == []


def test_no_value_is_told() -> None:
    [(place, said, _)] = misfits("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {pin: 483920}}")
    assert place == "stringData.pin"
    assert "483920" not in said


def test_a_key_with_dots_is_quoted() -> None:
    labels = "{app.kubernetes.io/name: [1]}"
    [(place, _, _)] = misfits(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, labels: {labels}}}}}")
    assert place == 'metadata.labels["app.kubernetes.io/name"]'


@pytest.mark.parametrize(
    ("configured", "expected", "left"),
    [
        ((), {NEWEST: NEWEST}, ()),
        (("1.30", "v1.31.4"), {(1, 30): (1, 30), (1, 31): (1, 31)}, ()),
        (("1.999",), {(1, 999): NEWEST}, ()),
        (("1.19", "what"), {}, ("1.19", "what")),
    ],
)
def test_each_configured_version_is_checked_by_the_nearest_that_is_not_newer(
    configured: tuple[str, ...], expected: dict[bundle.Version, bundle.Version], left: tuple[str, ...]
) -> None:
    assert bundle.chosen(configured) == (expected, left)


@pytest.mark.parametrize(("api_version", "kind"), sorted(RETIRED))
def test_the_table_of_retired_apis_says_what_the_schemas_say(api_version: str, kind: str) -> None:
    retired = RETIRED[api_version, kind]
    group, _, version = api_version.rpartition("/")
    known = [each for each in bundle.available() if bundle.of(each).knows(group, version, kind)]
    if retired.removed is None:
        assert NEWEST in known
    elif retired.removed <= OLDEST:
        assert known == []
    else:
        assert max(known) == (retired.removed[0], retired.removed[1] - 1)
    assert retired.removed is None or retired.deprecated <= retired.removed


def test_no_stable_version_is_gone_that_the_table_does_not_know() -> None:
    gone = {
        (f"{group}/{version}".lstrip("/"), kind)
        for each in bundle.available()
        for group, version, kind in bundle.of(each).kinds
        if not bundle.of(NEWEST).knows(group, version, kind) and "alpha" not in version and not kind.endswith("List")
    }
    assert gone - RETIRED.keys() == {("authentication.k8s.io/v1beta1", "SelfSubjectReview")}  # nobody applies one


def known(schema: dict[str, Any], **spec: Any) -> custom.Known:
    names = {"kind": "Thing", "plural": "things"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return custom.known([{"spec": {"group": "acme.example", "names": names, "versions": [version], **spec}}])


def of_thing(schema: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    validator = known({"type": "object", "properties": {"spec": schema}}).validator(("acme.example", "v1", "Thing"))
    assert validator is not None
    thing = {"apiVersion": "acme.example/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": value}
    return [(shown(each.place), each.message) for each in validator.misfits(thing)]


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "value", "places"),
    [
        ({"type": "object", "properties": {"a": TEXT}}, {"a": 1}, ["spec.a"]),
        ({"type": "object", "properties": {"a": TEXT}}, {"a": None}, []),
        ({"type": "object", "properties": {"a": TEXT}}, {"b": "x"}, ["spec.b"]),
        ({"type": "object", "properties": {"a": TEXT}, "x-kubernetes-preserve-unknown-fields": True}, {"b": 1}, []),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"b": {"c": 1}}, []),
        ({"type": "object", "additionalProperties": TEXT}, {"b": 1}, ["spec.b"]),
        ({"type": "object", "required": ["a"], "properties": {"a": TEXT}}, {}, ["spec.a"]),
        ({"type": "object", "required": ["a"], "properties": {"a": {**TEXT, "default": "x"}}}, {}, []),
        ({"x-kubernetes-int-or-string": True, "pattern": "^a$"}, 3, []),
        ({"x-kubernetes-int-or-string": True}, 3.5, ["spec"]),
        ({"type": "number"}, 3, []),
        ({"type": "string", "enum": ["a", "b"]}, "c", ["spec"]),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A", ["spec"]),
        (
            {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}},
            [{"a": "x"}, {"a": 1}],
            ["spec[1].a"],
        ),
        (
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {"a": "x", "b": "y"},
            ["spec"],
        ),
        (
            {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
            {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": {}},
            [],
        ),
    ],
)
def test_a_custom_resource_is_what_its_crd_says(schema: dict[str, Any], value: Any, places: list[str]) -> None:
    assert [place for place, _ in of_thing(schema, value)] == places


def test_an_old_crd_has_one_schema_for_all_versions() -> None:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "integer"}}}}
    found = custom.known(
        [{"spec": {"group": "acme.example", "names": {"kind": "Thing"}, "version": "v1", "validation": schema}}]
    )
    validator = found.validator(("acme.example", "v1", "Thing"))
    assert validator is not None
    assert validator.misfits({"spec": "a"})


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strange"},
        {"type": "string", "pattern": "("},
        {"type": "string", "pattern": "(a{999}){999}"},
        {"minLength": "x"},
        nested(100),
    ],
)
def test_a_schema_that_is_none_validates_nothing(schema: dict[str, Any]) -> None:
    assert known(schema).validator(("acme.example", "v1", "Thing")) is None


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema", "file:///etc/passwd", "#/nowhere"])
def test_a_reference_is_not_followed(reference: str) -> None:
    assert of_thing({"$ref": reference, "type": "string"}, "a") == []


@pytest.mark.parametrize(
    "definition", [{}, {"spec": []}, {"spec": {"group": 1, "names": {"kind": "A"}}}, {"spec": {"names": []}}]
)
def test_a_crd_that_is_none_defines_nothing(definition: dict[str, Any]) -> None:
    assert custom.known([definition]).schemas == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "properties", "items", "required", "enum", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "items", "required", "enum", "anyOf", "not", "additionalProperties"]),
        JSON,
    ),
    JSON,
)
def test_any_schema_is_used_or_refused(schema: dict[str, Any], value: Any) -> None:
    validator = known(schema).validator(("acme.example", "v1", "Thing"))
    if validator is not None:
        validator.misfits({"spec": value})
