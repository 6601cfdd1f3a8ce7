"""What is taken for a secret and what is not; that the search ends soon on any text."""

from __future__ import annotations

import base64
import gzip
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy import secrets
from gitops_ci.policy.secrets import CHANGED, MASK

SECRET = "hunter2"
TOKENS = (
    "AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1" * 18, "github_pat_" + "a1" * 20,
    "glpat-" + "a1" * 10, "xoxb-" + "1234567890-abcdef", "sk_live_" + "a1" * 12, "rk_test_" + "a1" * 12,
    "whsec_" + "a1" * 16, "AIza" + "a1-_5" * 7, "ya29." + "a1" * 20, "GOCSPX-" + "a1" * 14, "npm_" + "a1" * 18,
    "pypi-AgE" + "a1" * 30, "hvs." + "a1" * 12, "a1" * 7 + ".atlasv1." + "a1" * 30, "dop_v1_" + "a1" * 32,
    "SG." + "a1" * 11 + "." + "a1" * 21 + "a", "shpat_" + "a1" * 16, "sk-ant-" + "a1" * 20, "dapi" + "a1" * 16,
    "dckr_pat_" + "a1" * 12, "glsa_" + "a1" * 20, "NRAK-" + "A1B" * 9, "abc1Q~" + "a1" * 16,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "AGE-SECRET-KEY-1" + "Q" * 58,
)  # fmt: skip
HOLDING = (
    "password=hunter2", "export DB_PASSWORD=hunter2\nexec x", "--password hunter2 -h x", '{"x": "--db-password hunter2 -v"}', "mysql --password=hunter2",
    "postgres://bob:hunter2@db.internal:5432/app", "redis://:hunter2@cache:6379/0", "amqps://bob:hunter2@mq",
    "Server=db;Uid=bob;Pwd=hunter2;Timeout=3", "DefaultEndpointsProtocol=https;AccountKey=hunter2==;Suffix=x",
    '{"password":"hunter2","user":"bob"}', '{"password" : "hunter2"}', '{\\"password\\":\\"hunter2\\",\\"a\\":1}',
    '[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"PORT","value":"80"}]',
    '[{"value":"hunter2","name":"API_TOKEN"}]', '{"tokens": ["hunter2", "x"]}', "- name: DB_PASSWORD\n  value: hunter2",
    "password: hunter2 and more\nuser: bob", "db:\n  password: |\n    hunter2\n  user: bob",
    "password = <<EOT\nhunter2\nEOT", "{user: bob, password: hunter2}", "machine h login l password hunter2",
    "CREATE ROLE app PASSWORD 'hunter2'", "ALTER USER x IDENTIFIED BY 'hunter2'", "echo 'root:hunter2' | chpasswd",
    "curl -u bob:hunter2 https://x", '{"auths":{"r":{"auth":"hunter2hunter2=="}}}', "Authorization: Basic hunter2",
    "authorization: Bearer hunter2", "DB_PASSWORD=$hunter2", '{"password":"{hunter2"}', '{"password":"$hunter2!"}', "client_secret => 'hunter2'", "https://x/?token=hunter2&page=1",
    "https://a.blob.core.windows.net/c?sv=1&sig=hunter2hunter2hunter2%3D", "log in with password: hunter2 please",
)  # fmt: skip
HARMLESS = (
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf", "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "sha256:" + "ab" * 32, "0123456789abcdef0123456789abcdef01234567", "ami-0a1b2c3d4e5f67890", "m6i.large",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIB\n",
    base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").decode(),
    "ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]", "password: ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]",
    "PASSWORD=$DB_PASSWORD", "password: ${DB_PASSWORD}", "token: ${{ secrets.TOKEN }}", "lock_passwd: true",
    '{"token": null, "user": "bob"}', "secretName: db\nmountPath: /x", "https://example.com/a:b@c",
    '{"Action":["secretsmanager:GetSecretValue","iam:CreateAccessKey"],"Resource":"arn:aws:iam::1:user/x"}',
    "git@github.com:acme/infra.git", "http://host:8080/a@b", "The secret is kept elsewhere", "GreaterThanThreshold",
    '{"valueFrom":"arn:aws:ssm:eu-west-1:1:parameter/db/password","name":"DB_PASSWORD"}', "max_token_count",
    "token.actions.githubusercontent.com:aud", "error retrieving credentials: no valid sources found",
    "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "password = var.password",
)  # fmt: skip


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:12])
def test_a_token_is_found_by_its_form(token: str) -> None:
    for text in (token, f"x {token}\ny", json.dumps({"a": token}), f"'{token}'"):
        masked = secrets.masked(text)
        assert token not in masked, text
        assert MASK in masked
    assert token not in secrets.masked(base64.b64encode(f"first line\n{token}\n".encode()).decode())


@pytest.mark.parametrize("text", HOLDING)
def test_a_secret_inside_a_text_is_masked_and_the_rest_stays(text: str) -> None:
    masked = secrets.masked(text)
    assert SECRET not in masked
    assert MASK in masked
    assert masked.startswith(text.partition(SECRET)[0].rstrip()[:8])
    assert SECRET not in secrets.masked(base64.b64encode(b"#!/bin/sh\n" + text.encode()).decode())


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert secrets.masked(text) is text


@pytest.mark.parametrize(
    "name",
    [
        "password", "db_password", "master_passwords", "secret_string", "client_secret", "apiKey", "token", "auth.token",
        "private_key_pem", "masterUserPassword", "client-secret", "primary_access_key", "DB_PASSWORD", "passphrase",
        "db_pass", "password_wo", "kubeconfig", "connectionString", "signing_key", "credentials", "certificate_password",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert secrets.is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "token_ttl",
        "key_id",
        "secret_name",
        "tokenizer",
        "passenger",
        "bypass",
        "compass",
        "key",
        "kms_key",
        "public_key",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not secrets.is_secret_name(name)


def test_a_secret_that_changes_is_told_apart_from_one_that_stays() -> None:
    assert secrets.masked_pair("a=1\npassword=old", "a=2\npassword=old") == (
        f"a=1\npassword={MASK}",
        f"a=2\npassword={MASK}",
    )
    assert secrets.masked_pair("a=1\npassword=old", "a=2\npassword=new") == (
        f"a=1\npassword={MASK}",
        f"a=2\npassword={CHANGED}",
    )
    assert secrets.masked_pair("password=old", "password=old\ntoken=old") == (
        f"password={MASK}",
        f"password={MASK}\ntoken={MASK}",
    )
    assert secrets.masked_pair("a", "b") == ("a", "b")


def test_where_only_the_place_of_secrets_changes_nothing_is_shown() -> None:
    assert secrets.masked_pair("password=aaa\ntoken=bbb", "password=bbb\ntoken=aaa") is None


def test_only_references_are_references() -> None:
    assert secrets.is_reference("arn:aws:secretsmanager:eu-west-1:1:secret:db")
    assert secrets.is_reference("ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]")
    assert not secrets.is_reference("hunter2 arn:aws:iam::1:x")


@given(st.text(max_size=80), st.sampled_from(TOKENS), st.text(max_size=80))
def test_no_token_survives_what_stands_around_it(before: str, token: str, after: str) -> None:
    assert token not in secrets.masked(f"{before} {token} {after}")


@pytest.mark.parametrize(
    "before",
    [
        "password='[\n", 'password="${X}\n', "token: '{{ x\n", 'secret=\\"[\n', "password='null, ", "passwords=[true, ",
        "name: token, value: '[ a=\n",
    ],
)  # fmt: skip
def test_what_is_harmless_and_never_closed_hides_no_other(before: str) -> None:
    assert SECRET not in secrets.masked(f"{before}password={SECRET}\n")


@given(st.text(alphabet=st.sampled_from("ab1 =:;,\n\"'\\{}[]-@/|<>$()%_.password")) | st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = secrets.masked(f"{text} password={SECRET}")
    assert secrets.masked(masked) == masked


@pytest.mark.parametrize(
    "part",
    [
        'password=\\"', "://a:", "eyJ", " ", "\\", "curl ", 'name="password"', "password: |\n ", "-", '"auth"',
        "-----BEGIN PRIVATE KEY-----", "password = <<A\n", "a,", "[password=[", 'value="', "'x:y", "secret:", ",x", "{",
        "name: token\nvalue: ", "login x password ", "--token", "=", "password='[ ", "password=[true, ", "A1b", "SG.", "://", "password:\t",
    ],
)  # fmt: skip
def test_a_hostile_text_takes_no_longer_than_its_length_allows(part: str) -> None:
    def seconds(length: int) -> float:
        text = f"token {part * (length // len(part))} password"
        started = time.process_time()
        secrets.find(text)
        return time.process_time() - started

    assert seconds(40_000) < 10 * seconds(10_000) + 0.5, "four times the text takes four times as long, not sixteen"


def test_a_secret_in_packed_user_data_hides_the_whole_word() -> None:
    def packed(content: bytes) -> str:
        return base64.b64encode(gzip.compress(content, mtime=0)).decode()

    assert secrets.masked(packed(b"#!/bin/sh\nexport DB_PASSWORD=hunter2-long\n")) == secrets.MASK
    harmless = packed(b"#!/bin/sh\necho hello and welcome\n")
    assert secrets.masked(harmless) == harmless
    assert secrets.masked(packed(b"x" * 50_000_000)[:-4])  # a bomb that is cut off
