"""A secret that lies in a security stack reaches neither a Change nor a Finding."""

from __future__ import annotations

import base64

import msgspec
import pytest

from gitops_ci.model.plan import Attribute
from tests.unit.kinds.security.sides import changes, checked, found, only

SECRET = "hunter2-correct-horse-battery"
OTHER = "another-correct-horse-battery"


def sealed(value: str) -> str:
    text = base64.b64encode((512).to_bytes(2, "big") + value.encode().ljust(560, b"x")).decode()
    return (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: shop}\n"
        f"spec: {{encryptedData: {{password: {text}, user: AAAA}}, template: {{data: {{password: {value}}}}}}}\n"
    )


def forms(value: str) -> dict[str, str]:
    coded = base64.b64encode(value.encode()).decode()
    return {
        "secret.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata: {{x: {coded}}}\nstringData: {{y: {value}}}\n",
        "list.yaml": f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: Secret, metadata: {{name: b}}, data: {{x: {coded}}}}}]\n",
        "sealed.yaml": sealed(value),
        "sops.yaml": f"a: ENC[AES256_GCM,data:{coded},iv:x,tag:y,type:str]\nsops: {{mac: 'ENC[AES256_GCM,data:{coded}]', "
        f"age: [{{recipient: age1x, enc: '{value}'}}]}}\n",
        "map.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{db_password: {value}}}\n",
        "env.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: d}}\nspec: {{env: [{{name: DB_PASSWORD, value: {value}}}]}}\n",
        "a.env": f"DB_PASSWORD={value}\n",
        "a.rego": f'package a\npassword := "{value}"\n',
        "policy.csv": f"p, alice, password={value}, read\n",
        "np.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: e}\n"
        f"spec: {{ingress: [{{from: [{{podSelector: {{matchLabels: {{password: {value}}}}}}}]}}]}}\n",
    }  # fmt: skip


@pytest.mark.parametrize("path", forms(SECRET))
def test_no_secret_is_told(path: str) -> None:
    one, other = {path: forms(SECRET)[path]}, {path: forms(OTHER)[path]}
    for base, head in (({}, one), (one, {}), (one, other)):
        told = changes(base, head)
        assert told, "what changes is told all the same"
        at = {f"shared/security/{name}": text for name, text in head.items()}
        before = {f"shared/security/{name}": text for name, text in base.items()}
        written = msgspec.json.encode((told, found(at), checked(before, at))).decode()
        for value in (SECRET, OTHER):
            assert value not in written
            assert base64.b64encode(value.encode()).decode() not in written


def test_a_sealed_value_is_told_as_changed() -> None:
    change = only({"a.yaml": sealed(SECRET)}, {"a.yaml": sealed(OTHER)})
    assert change.attributes == (
        Attribute(path="spec.encryptedData.password", sensitive=True),
        Attribute(path="spec.template.data.password", sensitive=True),
    )
    assert not change.destructive
