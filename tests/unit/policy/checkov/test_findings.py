"""What is told of a failed check: above all nothing that is the opposite of what it wants."""

from __future__ import annotations

import pytest

from gitops_ci.config import Config
from gitops_ci.discover import snapshot
from gitops_ci.policy.checkov import findings
from gitops_ci.policy.checkov.job import Failed
from gitops_ci.policy.scope import Scope


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("Ensure the S3 bucket has access logging enabled", True),
        ("Ensure that S3 buckets are encrypted.", True),
        ("S3 Bucket has an ACL defined which allows public READ access.", False),
        ("Suspicious use of curl with secrets", False),
    ],
)
def test_what_a_check_has_found_is_not_what_to_do(name: str, holds: bool) -> None:
    end = snapshot.of({"s3.tf": "x"})
    scope = Scope(rules=end, base=None, head=end, config=Config(), changed=frozenset(), paths=("s3.tf",), stacks={})
    failed = Failed(check="CKV_AWS_20", name=name, resource="aws_s3_bucket.a", path="s3.tf", line=1, end=1)
    found = findings.of_file(failed, "terraform", scope).found
    assert found.message == f"aws_s3_bucket.a: {name}"
    assert (name.rstrip(".") in found.help) is holds
    assert found.help.startswith("Change aws_s3_bucket.a so that ")
