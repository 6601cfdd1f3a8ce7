"""What is encrypted is left alone, and what only looks so is not: SealedSecret, SOPS; objects as they are rendered."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gitops_ci.policy.secrets import kubernetes

PASSWORD = "Gr4pe-vine-77"
ENC = "ENC[AES256_GCM,data:q8Zt3Lm=,iv:X0vB7nKd2Rw9Y=,tag:c2Rw9Y==,type:str]"
SEALED = base64.b64encode(b"\x02\x00" + bytes(range(256)) * 2 + b"x" * 40).decode()


def told(value: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(each.rule.partition("/")[2], each.place) for each in kubernetes.secrets_in(value)]


def sealed(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "a"}, "spec": spec}


def test_what_was_sealed_is_left_alone() -> None:
    assert told(sealed(encryptedData={"password": SEALED}, template={"data": {"user": "app"}})) == []


@pytest.mark.parametrize(
    "value",
    [
        PASSWORD,
        base64.b64encode(PASSWORD.encode()).decode(),
        SEALED[:200],  # cut off
        base64.b64encode(b"\x02\x00" + bytes(512)).decode(),  # a session key and no text
        base64.b64encode(b"\x00\x02" + bytes(600)).decode(),  # no key is that short
    ],
)
def test_what_cannot_have_been_sealed_is_found(value: str) -> None:
    assert told(sealed(encryptedData={"a": SEALED, "password": value})) == [
        ("sealed-secret", ("spec", "encryptedData", "password"))
    ]
    assert told(sealed(data=value)) == [("sealed-secret", ("spec", "data"))]


def test_the_template_of_a_sealed_secret_is_in_clear() -> None:
    template = {"data": {"password": PASSWORD, "user": "app"}}
    assert told(sealed(encryptedData={}, template=template)) == [
        ("sealed-secret", ("spec", "template", "data", "password"))
    ]


def document(values: dict[str, Any], **rules: str) -> dict[str, Any]:
    return {**values, "sops": {"mac": ENC, "lastmodified": "2026-01-01T00:00:00Z", **rules}}


def test_what_sops_encrypted_is_left_alone() -> None:
    assert told(document({"db": {"password": ENC, "hosts": [ENC, ENC]}, "port_unencrypted": "5432"})) == []
    assert told(document({"kind": "Secret", "data": {"password": ENC}}, encrypted_regex="^(data|stringData)$")) == []


def test_a_leaf_in_clear_beside_encrypted_ones_is_found() -> None:
    assert told(document({"db": {"password": ENC, "word": PASSWORD}})) == [("sops", ("db", "word"))]
    assert told(document({"db": [ENC, PASSWORD]})) == [("sops", ("db", 1))]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({"encrypted_regex": "^word$"}, True),
        ({"encrypted_regex": "^other$"}, False),
        ({"unencrypted_regex": "^word$"}, False),
        ({"encrypted_suffix": "rd"}, True),
        ({"encrypted_suffix": "_x"}, False),
        ({"unencrypted_suffix": "ord"}, False),
        ({"unencrypted_suffix": "_x"}, True),
        ({"encrypted_regex": "(w*)*$"}, True),  # a pattern that could run away leaves nothing out
    ],
)
def test_what_a_file_leaves_out_on_purpose_is_in_clear(rules: dict[str, str], found: bool) -> None:
    assert bool(told(document({"word": PASSWORD}, **rules))) is found


def test_what_is_left_out_is_found_where_it_is_a_secret_all_the_same() -> None:
    assert told(document({"password": PASSWORD}, encrypted_regex="^other$"))[0][0] == "sops"
    secret = {"kind": "Secret", "stringData": {"cookie": PASSWORD}}
    assert told(document(secret, encrypted_regex="^other$")) == [("kubernetes-secret", ("stringData", "cookie"))]


def test_a_claim_without_a_mac_is_none() -> None:
    assert told({"password": PASSWORD, "sops": {"version": "3.9.0"}}) == [("assignment", ("password",))]


def test_a_rendered_object_is_read_as_a_file_is() -> None:
    secret = {"kind": "Secret", "data": {"password": base64.b64encode(PASSWORD.encode()).decode(), "user": "YXBw"}}
    assert told(secret) == [("kubernetes-secret", ("data", "password"))]
    assert told({"kind": "List", "items": [{"kind": "ConfigMap"}, secret]}) == [
        ("kubernetes-secret", ("items", 1, "data", "password"))
    ]
    deployment = {"spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": PASSWORD}]}]}}
    assert told(deployment) == [("assignment", ("spec", "containers", 0, "env", 0, "value"))]


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "x", [], {}, {"kind": ["Secret"]}, {"kind": "Secret", "data": 7}, {"kind": "Secret", "data": {"a": None, "b": [1]}},
        {"kind": "Secret", "items": [1, {"data": 3}]}, {"kind": "SealedSecret"}, sealed(encryptedData=[1], template=3, data=[2]),
        {"auths": {"a": 1, "b": {"auth": 7}}}, {"secretGenerator": [1, {"literals": [3, "a"]}]}, {"sops": {"mac": 3}},
        {"kind": "Secret", "data": {".dockerconfigjson": "e30="}}, {"kind": "Secret", "data": {".dockercfg": "W10="}},
        {1: {None: "x"}, 2: [{"name": 3, "value": "y"}]},
    ],
)  # fmt: skip
def test_odd_objects_are_no_trouble(value: Any) -> None:
    assert told(value) == []


def test_deep_objects_are_no_trouble() -> None:
    deep: Any = PASSWORD
    for _ in range(5_000):
        deep = {"password": deep}
    assert told(deep) == []
