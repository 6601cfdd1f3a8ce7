"""Custom resources against JSON schemas that the repository keeps, by the names that other tools give such files."""

from __future__ import annotations

import json

import pytest

from gitops_ci.kinds.kubernetes.schemas import bundle
from tests.unit.kinds.kubernetes.rules import ends

if not bundle.available():
    pytest.skip("the extra `schemas` is not installed", allow_module_level=True)

CONFIG = "kinds: {kubernetes: {schemas: [shared/schemas]}}\n"
MONITOR = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web}\nspec: {endpoint: [], jobLabel: 1}\n"
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "metadata": {"type": "object"},
        "spec": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {"endpoints": {"type": "array"}, "jobLabel": {"type": "string"}},
        },
    },
}
FOUND = [
    ("kubernetes/unknown-field", "spec.endpoint is no field that there is: did you mean `endpoints`?"),
    ("kubernetes/schema", "spec.jobLabel is a whole number, and has to be a text"),
]


def told(files: dict[str, str]) -> list[tuple[str, str]]:
    found = ends.inspected({"gitops-ci.yml": CONFIG, f"{ends.AT}/web.yaml": MONITOR, **files})
    return [(each.rule, each.message.partition("web: ")[2] or each.message) for each in found]


@pytest.mark.parametrize(
    "name",
    [
        "monitoring.coreos.com/servicemonitor_v1.json",
        "servicemonitor-monitoring-v1.json",
        "servicemonitor-monitoring.coreos.com-v1.json",
    ],
)
def test_the_names_of_kubeconform_and_of_the_catalogue(name: str) -> None:
    assert told({f"shared/schemas/{name}": json.dumps(SCHEMA)}) == FOUND


def test_another_version_is_another_schema() -> None:
    [(rule, message)] = told({"shared/schemas/servicemonitor-monitoring-v1alpha1.json": json.dumps(SCHEMA)})
    assert (rule, "monitoring.coreos.com/v1 ServiceMonitor" in message) == ("kubernetes/schema-missing", True)


def test_a_crd_wins_over_what_is_kept_beside_it() -> None:
    crd = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: servicemonitors.monitoring.coreos.com}
spec:
  group: monitoring.coreos.com
  names: {kind: ServiceMonitor}
  versions: [{name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}]
"""
    files = {"shared/schemas/servicemonitor-monitoring-v1.json": json.dumps(SCHEMA), "shared/crd.yaml": crd}
    assert told(files) == []


@pytest.mark.parametrize("content", ["[]", "{", "\x00", '{"type": "nonsense"}', "[" * 5000])
def test_what_is_no_schema_is_said(content: str) -> None:
    path = "shared/schemas/servicemonitor-monitoring-v1.json"
    [(rule, message)] = told({path: content})
    assert (rule, f"{path} holds none that can be used" in message) == ("kubernetes/schema-missing", True)


def test_a_folder_that_is_not_there_is_an_error() -> None:
    found = ends.inspected({"gitops-ci.yml": CONFIG, f"{ends.AT}/web.yaml": MONITOR})
    [first] = [each for each in found if each.rule == "kubernetes/not-validated"]
    assert (first.severity, "shared/schemas, which is no folder" in first.message) == ("error", True)


def test_a_reference_in_a_schema_fetches_nothing() -> None:
    schema = {"type": "object", "properties": {"spec": {"$ref": "https://example.com/other.json"}}}
    assert told({"shared/schemas/servicemonitor-monitoring-v1.json": json.dumps(schema)}) == []
