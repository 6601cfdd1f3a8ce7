"""Versions and constraints as Terraform compares them: the cases of go-version's own tests, and some of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.engine import versions
from gitops_ci.kinds.terraform.engine.versions import Version


def allows(condition: str, version: str) -> bool:
    conditions, found = versions.constraints(condition), versions.version(version)
    assert conditions is not None
    assert found is not None
    return versions.allowed(found, conditions)


@pytest.mark.parametrize(
    ("condition", "version", "fits"),
    [
        (">= 1.0, < 1.2", "1.1.5", True),
        ("< 1.0, < 1.2", "1.1.5", False),
        ("= 1.0", "1.1.5", False),
        ("= 1.0", "1.0.0", True),
        ("1.0", "1.0.0", True),
        ("1.0.0", "1.0", True),
        ("!= 1.0", "1.0.0", False),
        ("!=1.0.1", "1.0.0", True),
        ("~> 1.0", "2.0", False),
        ("~> 1.0", "1.1", True),
        ("~> 1.0", "1.2.3", True),
        ("~> 1.0.0", "1.2.3", False),
        ("~> 1.0.0", "1.0.7", True),
        ("~> 1.0.7", "1.0.4", False),
        ("~> 1.0.7", "1.0.7", True),
        ("~> 1.0.7", "1.0.8", True),
        ("~> 1.0.9.5", "1.0.9.6", True),
        ("~> 1.0.9.5", "1.0.8.0", False),
        ("~> 1.0.9.5", "1.0.10.0", False),
        ("~> 1", "2.5.0", True),
        ("~> 1", "0.15.0", False),
        ("> 1.9", "1.10.0", True),
        ("> 1.9", "1.9.0", False),
        (" >= v1.5.0 , <2", "1.15.5", True),
        (">= 1.10", "1.9.8", False),
        ("<= 1.5.7", "1.5.7", True),
        (">= 1.16", "1.16.0-alpha20260101", True),
        ("< 1.16.0", "1.16.0-beta1", False),
    ],
)
def test_a_constraint(condition: str, version: str, fits: bool) -> None:
    assert allows(condition, version) is fits


@pytest.mark.parametrize(
    "text", ["", ",", ">= 1.0,", ">= 1.0 < 2", "=> 1.0", "~ 1.0", ">= x", "1.0.*", ">= 1.6.0-rc1", "1." + "0" * 300]
)
def test_what_terraform_refuses_is_no_constraint(text: str) -> None:
    assert versions.constraints(text) is None


@pytest.mark.parametrize("text", ["", "x", "1.", ".1", "1.2.3 4", "latest", "1..2", "-1", "1" * 400])
def test_what_is_no_version(text: str) -> None:
    assert versions.version(text) is None


def test_versions_in_order() -> None:
    texts = ["0.15.5", "1.0", "1.5.0-alpha", "1.5.0-alpha.1", "1.5.0-beta.2", "1.5.0-beta.11", "1.5.0-rc1", "v1.5.0"]
    found = [version for text in texts if (version := versions.version(text)) is not None]
    assert len(found) == len(texts)
    assert sorted(found[1:] + found[:1], key=lambda each: each.order) == found


numbers = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(tuple)


@given(numbers, numbers)
def test_comparisons_agree_with_each_other(ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    version, other = ".".join(map(str, ours)), ".".join(map(str, theirs))
    width = max(len(ours), len(theirs))
    left, right = (each + (0,) * (width - len(each)) for each in (ours, theirs))
    assert allows(f"> {other}", version) is (left > right)
    assert allows(f">= {other}", version) is (left >= right)
    assert allows(f"< {other}", version) is (left < right)
    assert allows(f"<= {other}", version) is (left <= right)
    assert allows(other, version) is (left == right)
    assert allows(f"!= {other}", version) is (left != right)
    fixed = len(theirs) - 1
    assert allows(f"~> {other}", version) is (left >= right and left[:fixed] == right[:fixed])


@given(st.text(max_size=60))
def test_any_text_is_read_or_not(text: str) -> None:
    versions.constraints(text)
    found = versions.version(text)
    assert found is None or isinstance(found, Version)
