"""What is written to break the search: it ends soon, tells nothing, and never fails."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.policy import secrets
from gitops_ci.policy.secrets import formats, judging, text

PASSWORD = "Gr4pe-vine-77"
PATHS = (
    "a.yaml", "a.json", "a.tf", "a.tfvars", ".env", "a.sh", "a.go", "a.md", "a.sql", ".netrc", ".npmrc", "kubeconfig",
    "package-lock.json", "a.xml", "noname",
)  # fmt: skip
PARTS = (
    "password: ", "password=", "password='", '"password": "', "token ", "secret\n", "://a:b@", "://", "://a:", "eyJ", "eyJhbGciOi.",
    "sk-", "AKIA", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nA: b", "A: ", "Private-Lines: 1\n", "LS0tLS1CRUdJTi",
    "- name: token\n  value: ", "name=token value=", "<password>", "<password>a</", "identified by 'x", "password 'x' ", "curl -u a:b ",
    'authorization: basic ', "machine a login b password c ", '"auth": "aaaaaaaa"', "{{", "${", "<<EOT\n", "password = <<EOT\n",
    "password: |\n ", "kind: Secret\nstringData:\n a: b\n---\n", "[", "{", '{"a":', "- ", "&a [*a]", "sops: {mac: ENC[}\n", "a ", "Aa1",
    "secret-", "my secret ", "xxx", "@a", "__a", "{a", "SG.", "Q~", "sig=", "hv", "# token: a\n", "\x00", "\r", "'", "\\", "=", "//:_auth=",
)  # fmt: skip


def seconds(path: str, content: bytes) -> float:
    begun = time.process_time()
    formats.reader(path)(content)
    return time.process_time() - begun


@pytest.mark.parametrize("part", PARTS)
def test_four_times_the_text_takes_four_times_as_long(part: str) -> None:
    for path in ("a.yaml", "a.json", ".env", ".netrc"):
        small = seconds(path, f"token {part * (8_000 // len(part))} password".encode())
        large = seconds(path, f"token {part * (32_000 // len(part))} password".encode())
        assert large < 10 * small + 0.5, path


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=25), st.sampled_from(PATHS))
@settings(max_examples=300, deadline=None)
def test_nothing_fails(parts: list[str], path: str) -> None:
    content = "".join(parts)
    for each in formats.reader(path)(content.encode("utf-8", "surrogatepass")):
        assert 1 <= each.line <= content.count("\n") + 1


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=25))
@settings(max_examples=200, deadline=None)
def test_nothing_before_a_secret_hides_it(parts: list[str]) -> None:
    """One detector: what is found is what masking hides."""
    content = "".join(parts) + f"\npassword={PASSWORD} \n"
    line = content.count("\n")
    assert [each for each in text.search(content, judging.CONFIG) if each.line == line]
    assert PASSWORD not in secrets.masked(content)


def test_a_long_line_of_json_is_searched_soon() -> None:
    record = {
        "id": 7,
        "token": "${TOKEN}",
        "password": "",
        "url": "https://a.internal/x",
        "note": "the secret of the key",
    }
    content = json.dumps([record] * 50_000).encode()
    assert len(content) > 5_000_000
    planted = content.replace(b'"password": ""', b'"password": "Gr4pe-vine-77"', 1)
    assert seconds("a.json", content) < 6
    assert [each.rule for each in formats.reader("a.json")(planted)] == ["secrets/assignment"]
    assert [each.rule for each in formats.reader("a.js")(planted + b'x="ghp_' + b"aB3dE5gH7jK9" * 3 + b'"')] == [
        "secrets/token"
    ]


def test_what_is_not_searched_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_NAMES", 10)
    (last,) = formats.reader(".env")(b"token=a\n" * 11)
    assert (last.rule, last.line) == ("secrets/not-searched", 11)
    assert formats.reader(".env")(b"token=a\n" * 10) == ()


def test_a_pattern_of_the_repository_does_not_run_away() -> None:
    mac = "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"
    for pattern in ("(a*)*$", "(a|a)*b", "((a+)+)+$", ".*" * 30 + "b", "(", "a{1000}{1000}"):
        document = {"a" * 80: "x1", "sops": {"mac": mac, "encrypted_regex": pattern}}
        assert seconds("a.json", json.dumps(document).encode()) < 1
