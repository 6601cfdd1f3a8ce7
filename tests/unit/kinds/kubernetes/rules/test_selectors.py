"""Selectors of workloads against the labels of their own templates."""

from __future__ import annotations

import pytest

from tests.unit.kinds.kubernetes.rules import ends

TEXT = """apiVersion: apps/v1
kind: KIND
metadata: {name: web, namespace: shop}
spec:
  serviceName: web
  selector: SELECTOR
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, image: "acme/web:1"}]}
"""


def told(selector: str, kind: str = "Deployment") -> list[tuple[str, int | None]]:
    text = TEXT.replace("KIND", kind).replace("SELECTOR", selector)
    found = ends.inspected({f"{ends.AT}/web.yaml": text})
    return [(each.message, each.line) for each in found if each.rule == "kubernetes/selector-mismatch"]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"])
def test_a_selector_that_its_own_pods_do_not_fit(kind: str) -> None:
    said = f"apps/{kind} shop/web: its selector asks for `app: webx`, and its template's labels do not fit"
    assert told("{matchLabels: {tier: front, app: webx, other: x}}", kind) == [(said, 6)]


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("{key: app, operator: In, values: [web, api]}", True),
        ("{key: app, operator: In, values: [api]}", False),
        ("{key: app, operator: NotIn, values: [web]}", False),
        ("{key: gone, operator: NotIn, values: [web]}", True),
        ("{key: app, operator: Exists}", True),
        ("{key: gone, operator: Exists}", False),
        ("{key: app, operator: DoesNotExist}", False),
    ],
)
def test_expressions(expression: str, fits: bool) -> None:
    assert (told(f"{{matchExpressions: [{expression}]}}") == []) is fits


@pytest.mark.parametrize("selector", ["{matchLabels: {app: web}}", "{}", "[]"])
def test_what_fits_or_is_for_the_schema(selector: str) -> None:
    assert told(selector) == []
