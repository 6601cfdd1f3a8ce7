"""How findings name objects of Kubernetes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_ci.policy import addresses


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        ("Pod.default.debug", "Pod debug"),
        ("Pod.shop.debug", "Pod shop/debug"),
        ("CustomResourceDefinition.default.crons.acme.example", "CustomResourceDefinition crons.acme.example"),
        ("aws_s3_bucket", None),
        ("", None),
    ],
)
def test_of_checkov(resource: str, address: str | None) -> None:
    assert addresses.of_checkov(resource) == address


POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "debug", "namespace": "shop"}}


@pytest.mark.parametrize(
    ("document", "address"),
    [
        (POD, "Pod shop/debug"),
        ({"request": {"object": POD}, "review": {}}, "Pod shop/debug"),
        (POD | {"metadata": {"name": "debug", "namespace": "default"}}, "Pod debug"),
        (POD | {"metadata": {"generateName": "debug-"}}, None),
        (POD | {"metadata": ["name"]}, None),
        (POD | {"metadata": {"name": 7}}, None),
        (POD | {"kind": ["Pod"]}, None),
        ({"kind": "Pod", "metadata": {"name": "debug"}}, None),
        ({"request": {"object": None}}, None),
        ({"request": "GET"}, None),
        ([POD], None),
        ("Pod", None),
    ],
)
def test_of_a_document(document: Any, address: str | None) -> None:
    assert addresses.of_payload(json.dumps(document).encode()) == address


def test_a_name_may_be_long_or_a_secret() -> None:
    assert len(addresses.of("Pod", "", "x" * 5000) or "") <= 200
    assert "ghp_" not in (addresses.of("Pod", "", "ghp_" + "a1B2" * 9) or "")
