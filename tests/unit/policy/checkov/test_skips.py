from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gitops_ci.config import Framework
from gitops_ci.policy.checkov import skips
from gitops_ci.policy.checkov.skips import Skip

TERRAFORM = """# checkov:skip=CKV_AWS_1:outside of any block
resource "aws_s3_bucket" "a" {
  #checkov:skip=CKV_AWS_20,CKV_AWS_57:public on purpose
  tags = { a = "}" }
}
variable "x" {}
module "m" { # on its header's line
  source = "./m" # bridgecrew:skip=CKV_AWS_24
}
"""
MANIFESTS = """apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: shop
  annotations:
    checkov.io/skip1: CKV_K8S_16=legacy
    other: checkov:skip=CKV_K8S_1
---
kind: Pod
metadata: {name: b, annotations: {cortex.io/skip2: CKV_K8S_8}}
"""
TEMPLATE = """Resources:
  Bucket:
    Type: AWS::S3::Bucket
    # checkov:skip=CKV_AWS_18:no log of logs
  Other:
    Type: AWS::S3::Bucket
"""


PATHS = {"terraform": "a/main.tf", "kubernetes": "a.yaml", "cloudformation": "a.yml", "github_actions": "w.yml"}


def found(content: bytes, framework: Framework) -> tuple[Skip, ...]:
    return skips.found(content, framework, PATHS.get(framework, "Dockerfile"))


def placed(content: bytes, framework: Framework) -> tuple[Skip, ...]:
    """The same without the digests."""
    return tuple(replace(skip, block="") for skip in found(content, framework))


def test_of_terraform_each_belongs_to_its_block() -> None:
    assert placed(TERRAFORM.encode(), "terraform") == (
        Skip("CKV_AWS_20", "public on purpose", "resource.aws_s3_bucket.a", 2, 5),
        Skip("CKV_AWS_57", "public on purpose", "resource.aws_s3_bucket.a", 2, 5),
        Skip("CKV_AWS_24", "", "module.m", 7, 9),
    )


def test_of_manifests_annotations_count_and_comments_do_not() -> None:
    first, second = placed(MANIFESTS.encode(), "kubernetes")
    assert first == Skip("CKV_K8S_16", "legacy", "Pod/shop/a", 1, 9)
    assert (second.check, second.within, second.begin) == ("CKV_K8S_8", "Pod//b", 10)


def test_of_other_yaml_each_belongs_to_the_keys_above() -> None:
    [skip] = placed(TEMPLATE.encode(), "cloudformation")
    assert skip == Skip("CKV_AWS_18", "no log of logs", "Resources.Bucket", 4, 4)


def test_of_a_dockerfile_each_is_for_all_of_it() -> None:
    [skip] = found(b"FROM a\n# checkov:skip=CKV_DOCKER_2: none\n", "dockerfile")
    assert (skip.check, skip.reason, skip.within, skip.begin) == ("CKV_DOCKER_2", "none", "", 1)
    assert skip.end > 10**6


@pytest.mark.parametrize(
    ("content", "framework"),
    [
        (b'resource "a" "b" {\n # checkov:skip=CKV_A_1\n', "terraform"),
        (b"kind: [\nx: checkov.io/skip: CKV_A_1", "kubernetes"),
        (b"7\n# checkov.io/skip", "kubernetes"),
        (b"# checkov:skip=", "dockerfile"),
    ],
)
def test_what_cannot_be_placed_is_no_skip(content: bytes, framework: Framework) -> None:
    assert found(content, framework) == ()


def test_base_grants_the_same_check_in_the_same_block_wherever_that_is() -> None:
    base = found(TERRAFORM.encode(), "terraform")
    moved = found(b"locals {}\n\n\n" + TERRAFORM.encode(), "terraform")
    assert {skips.standing(skip, base) for skip in moved} == {"same"}
    elsewhere = found(TERRAFORM.replace('"a" {', '"b" {').encode(), "terraform")
    assert [skips.standing(skip, base) for skip in elsewhere] == ["new", "new", "same"]
    assert skips.standing(Skip("CKV_AWS_18", "", "resource.aws_s3_bucket.a", 2, 5), base) == "new"


@pytest.mark.parametrize(
    ("text", "framework", "before", "after"),
    [
        (TERRAFORM, "terraform", "tags = {", "acl = 1\n  tags = {"),
        (MANIFESTS, "kubernetes", "namespace: shop", "namespace: shop\n  labels: {a: b}"),
        (MANIFESTS.replace("apiVersion", "# \u2028\u2028\u2028\u2028\u2028\u2028\u2028\napiVersion", 1),
         "kubernetes", "other: ", "another: "),
        (TEMPLATE, "cloudformation", "logs\n  Other", "logs\n    X: 1\n  Other"),
        ("FROM a\n# checkov:skip=CKV_DOCKER_2: none\n", "dockerfile", "FROM a", "FROM a\nUSER root"),
    ],
)  # fmt: skip
def test_a_block_that_was_altered_is_asked_about_again(
    text: str, framework: Framework, before: str, after: str
) -> None:
    base, head = found(text.encode(), framework), found(text.replace(before, after, 1).encode(), framework)
    assert skips.standing(base[0], base) == "same"
    assert skips.standing(head[0], base) == "altered"
    assert [skip.within for skip in head] == [skip.within for skip in base]


WORDS = st.sampled_from(
    ["checkov", "bridgecrew", "cortex", ":skip=", ".io/skip", ":", "CKV_AWS_1", " ", "\n", "#", "{", "}", "x"]
)


@given(st.lists(WORDS).map("".join))
def test_what_is_muted_has_its_lines_and_no_skip(text: str) -> None:
    """The expression is checkov's own (checkov/common/comment/enum.py), and so are the prefixes of annotations."""
    muted = skips.muted(text.encode()).decode()
    assert re.search(r"(checkov:skip=|bridgecrew:skip=|cortex:skip=)", muted) is None
    assert not any(prefix in muted for prefix in ("checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"))
    assert (len(muted), muted.count("\n")) == (len(text), text.count("\n"))


@given(st.lists(WORDS).map("".join), st.sampled_from(["terraform", "kubernetes", "dockerfile", "github_actions"]))
def test_no_text_breaks_it(text: str, framework: Framework) -> None:
    for skip in found(text.encode(), framework):
        assert skip.check
        assert 1 <= skip.begin <= skip.end
