"""Terraform's language in the shape of hcl2json."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.language.blocks import Unreadable
from gitops_ci.policy.documents import hcl

BLOCKS = b"""\
locals {
  a = 1
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.env}"

  rule {
    id = "x"
  }
  rule {
    id = "y"
  }
}

provider "aws" {}
provider "aws" {
  alias = "b"
}
"""


def test_blocks_are_lists_under_their_labels() -> None:
    found = hcl.document(BLOCKS)
    assert found.value == {
        "locals": [{"a": 1}],
        "resource": {"aws_s3_bucket": {"logs": [{"bucket": "logs-${var.env}", "rule": [{"id": "x"}, {"id": "y"}]}]}},
        "provider": {"aws": [{}, {"alias": "b"}]},
    }
    assert found.line_of(("resource", "aws_s3_bucket", "logs")) == 5
    assert found.line_of(("resource", "aws_s3_bucket", "logs", 0, "rule", 1, "id")) == 12
    assert found.line_of(("provider", "aws", 1)) == 17


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"text"', "text"),
        (r'"a \"b\" \n $${x}"', 'a "b" \n ${x}'),
        ('"${var.x}"', "${var.x}"),
        ('"a-${f("b")}-c"', 'a-${f("b")}-c'),
        ("var.x", "${var.x}"),
        ("1 + 2", "${1 + 2}"),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("[]", []),
        ('[1, "a", var.x, [2],]', [1, "a", "${var.x}", [2]]),
        ('{a = 1, "b" : 2\n  c = {d = var.e}}', {"a": 1, "b": 2, "c": {"d": "${var.e}"}}),
        ("{(var.k) = 1}", {"${(var.k)}": 1}),
        ("[for x in y : x]", "${[for x in y : x]}"),
        ("{for k, v in y : k => v}", "${{for k, v in y : k => v}}"),
        ("[1][0]", "${[1][0]}"),
        ("x ? {a = 1} : {}", "${x ? {a = 1} : {}}"),
        ("<<EOF\n  a ${x}\nEOF", "  a ${x}\n"),
        ("<<-EOF\n    a\n      b\n    EOF", "a\n  b\n"),
        ('{ a = <<EOF\nx\nEOF\n  b = 2 }', {"a": "x\n", "b": 2}),
    ],
)  # fmt: skip
def test_expressions(expression: str, value: Any) -> None:
    assert hcl.value(expression) == value


@pytest.mark.parametrize(
    "content", [b"a = ", b"a {", b'a = 1\na "x" {}\n', b"a = {b}", b"a = " + b"[" * 60 + b"]" * 60, b"\xff"]
)
def test_what_is_no_configuration(content: bytes) -> None:
    with pytest.raises(Unreadable):
        hcl.document(content)


@given(st.text(alphabet='ab1 ={}[]"$%\n<-EOF,:.()', max_size=60))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(Unreadable):
        hcl.document(text.encode())
