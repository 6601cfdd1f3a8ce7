"""Patterns and selectors of a target are tried in no time, or not read."""

from __future__ import annotations

import time

import pytest

from gitops_ci.kinds.kubernetes.nested import patching
from gitops_ci.kinds.kubernetes.nested.patching import Unknown

VALUE = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"labels": {"app": "web"}}}


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("web|api", "api", True),
        ("(web|api)-(staging|production)", "web-production", True),
        ("(web|api)-(staging|production)", "web-test", False),
        ("(app|web)-.*", "web-" + "x" * 200, True),
        (".*-web-.*", "a-web-b", True),
        ("w.b", "web", True),
    ],
)
def test_a_target_chooses_by_a_pattern(pattern: str, name: str, fits: bool) -> None:
    assert patching.meant({"name": pattern}, VALUE, frozenset({name})) is fits


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("(x|xx|x.)" * 22 + "y", "x" * 66), (".*x.*y", "x" * 1_000_000), ("(a|(b|(c|(d|e))))" * 11 + ".*.*y", "x" * 250)],
)
def test_what_would_be_tried_without_end_is_not_read(pattern: str, name: str) -> None:
    with pytest.raises(Unknown):
        patching.meant({"name": pattern}, VALUE, frozenset({name}))


def test_a_selector_is_read_in_no_time() -> None:
    begun = time.process_time()
    assert patching.meant({"labelSelector": " app = web "}, VALUE, frozenset())
    with pytest.raises(Unknown):
        patching.meant({"labelSelector": "app=" + " " * 100_000 + "!"}, VALUE, frozenset())
    assert time.process_time() - begun < 5
