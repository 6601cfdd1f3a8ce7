"""Objects that SOPS encrypted, as they are in a file, against their schemas."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes.schemas import bundle
from tests.unit.kinds.kubernetes.rules import ends

if not bundle.available():
    pytest.skip("the extra `schemas` is not installed", allow_module_level=True)

LEAF = "ENC[AES256_GCM,data:abcd,iv:abcd==,tag:abcd==,type:str]"
SECRET = f"""apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop}}
data: {{password: "{LEAF}"}}
immutable: "{LEAF}"
sops: {{mac: "{LEAF}", age: [], version: 3.8.1, encrypted_regex: ^(data|stringData|immutable)$}}
"""


def told(text: str) -> list[str]:
    return [each.rule for each in ends.inspected({f"{ends.AT}/secret.yaml": text})]


def test_an_encrypted_object_fits() -> None:
    assert told(SECRET) == []


def test_what_is_wrong_beside_is_found() -> None:
    assert told(SECRET.replace("kind: Secret", "kind: Secret\ndta: {}")) == ["kubernetes/unknown-field"]
    assert told(SECRET.replace(f'immutable: "{LEAF}"', "immutable: x")) == ["kubernetes/schema"]


def test_without_a_mac_it_is_a_field_like_any_other() -> None:
    assert "kubernetes/unknown-field" in told(SECRET.replace("mac:", "mc:"))
