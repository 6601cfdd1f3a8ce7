"""Messages without the secrets of what they are about."""

from __future__ import annotations

import base64
import json

from gitops_ci.policy.rego import hiding


def test_what_a_secret_holds() -> None:
    encoded = base64.b64encode(b"hunter2").decode()
    secret = {"kind": "Secret", "data": {"a": encoded, "b": "xx"}, "stringData": {"c": {"deep": "geheim"}}}
    known = hiding.of(json.dumps({"request": {"object": secret}}).encode())
    assert {encoded, "hunter2", "geheim"} <= known
    assert hiding.message("password hunter2 and geheim", known) == "password (sensitive) and (sensitive)"


def test_what_a_name_calls_secret() -> None:
    content = {"db_password": "correct horse", "name": "correct", "token": "short", "apiKey": "arn:aws:iam::1:role/x"}
    assert hiding.of(json.dumps(content).encode()) == {"correct horse"}


def test_what_looks_like_one() -> None:
    told = hiding.message("key AKIAIOSFODNN7EXAMPLE and ghp_0123456789abcdefghijABCDEFGHIJ012345", ())
    assert "ghp_" not in told
