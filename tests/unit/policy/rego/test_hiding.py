"""Messages without the secrets of what they are about."""

from __future__ import annotations

import base64
import json

import pytest

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


SECRETS = ("correct  horse-9981  battery", "kite\nmango-771-lemon\ntree-of-nothing", 'say "open sesame" to me 7')


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "quoted",
    [
        "{0}",
        "x" * 970 + " {0}",
        "a {0} b",
        "{1}",
        '{{"password": {1}}}',
        "{2}",
        "{3}",
        "{4}",
    ],
)
def test_a_secret_is_hidden_however_a_policy_quotes_it(secret: str, quoted: str) -> None:
    """As it is, behind much else, as JSON, in base64, with its white space put together, a line of it."""
    forms = (
        secret,
        json.dumps(secret),
        base64.b64encode(secret.encode()).decode(),
        " ".join(secret.split()),
        secret.splitlines()[-1],
    )
    told = hiding.message(quoted.format(*forms), [secret])
    for part in ("horse", "mango", "nothing", "sesame", base64.b64encode(secret.encode()).decode()[:12]):
        assert part not in told


def test_a_short_secret_is_hidden_as_a_word() -> None:
    assert hiding.message("it is hunter2, not hunter22", [], ["hunter2"]) == "it is (sensitive), not hunter22"


def test_a_message_is_one_line_and_not_too_long() -> None:
    assert hiding.message("plain  text\n", []) == "plain text"
    assert len(hiding.message("word " * 5000, [])) == hiding.MAX_MESSAGE + 2
