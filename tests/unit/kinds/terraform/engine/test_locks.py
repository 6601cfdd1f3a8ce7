"""The lock file is read and written as Terraform understands it, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.engine import locks
from gitops_ci.kinds.terraform.language.blocks import Unreadable

NULL = "registry.terraform.io/hashicorp/null"
FILE = b"""# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/null" {
  version     = "3.2.1"
  constraints = "~> 3.0"
  hashes = [
    "h1:ydA0/SNRVB1o95btfshvYsmxA+jZFRZcvKzZSB+4S1M=",
    "zh:58ed64389620cc7b82f01332e27723856422820cfd302e304b5f6c3436fb9840",
  ]
}
"""


def test_an_entry() -> None:
    [(source, entry)] = locks.read(FILE).items()
    assert (source, entry.version) == (NULL, "3.2.1")
    assert len(entry.hashes) == 2
    assert entry.archives == {"zh:58ed64389620cc7b82f01332e27723856422820cfd302e304b5f6c3436fb9840"}


def test_one_more_hash_changes_nothing_else() -> None:
    [(source, entry)] = locks.read(locks.accepting(FILE, {NULL: "h1:new="})).items()
    assert (source, entry.version) == (NULL, "3.2.1")
    assert entry.hashes == {"h1:new=", *locks.read(FILE)[NULL].hashes}
    assert b'constraints = "~> 3.0"' in locks.accepting(FILE, {NULL: "h1:new="})
    assert locks.read(locks.accepting(FILE, {})) == locks.read(FILE)


@pytest.mark.parametrize(
    "content",
    [
        b'provider "a" {',
        b'provider "a" {\n  hashes = []\n}\n',
        b'provider "a" "b" {\n  version = "1.0.0"\n}\n',
        b'provider "a" {\n  version = var.x\n}\n',
        b'provider "a" {\n  version = "1.0.0"\n  hashes = local.x\n}\n',
        b"\xff",
        b"#" * (1 << 20) + b"\n",
    ],
)
def test_what_terraform_did_not_write_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        locks.read(content)


@given(st.binary(max_size=300) | st.text(alphabet='provider "{}=\n[],hashes', max_size=300).map(str.encode))
def test_anything_else_is_refused_or_read(content: bytes) -> None:
    try:
        entries = locks.read(content)
    except Unreadable:
        return
    assert locks.read(locks.accepting(content, {})) == entries
