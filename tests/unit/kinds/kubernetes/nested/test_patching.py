"""Patches on objects of Argo CD and Flux: what a target means, and which patterns are not tried."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes.nested import patching, templates
from gitops_ci.kinds.kubernetes.nested.patching import Unknown


def meant(name: str, *names: str) -> bool:
    value = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": names[-1]}}
    return patching.meant({"name": name}, value, frozenset(names))


@pytest.mark.parametrize("name", ["web", "w.b", "^web$", "web|api", "(web|api)", "we.*", ".*"])
def test_a_target_is_a_pattern(name: str) -> None:
    assert meant(name, "web")
    assert not meant(name, "shop") or name == ".*"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("(x|xx|x.)" * 20 + "y", "x" * 60), (".*x.*y", "x" * 1_000_000), ("(a|b)" * 20, "a" * 20)],
)
def test_what_would_take_long_is_not_tried(pattern: str, name: str) -> None:
    with pytest.raises(Unknown, match="pattern"):
        meant(pattern, name)


def test_a_template_takes_one_whose_name_is_made() -> None:
    assert templates.read(b"{{ include   (print $.a) . }}").takes_any
    assert not templates.read(b'{{ include "a" . }}').takes_any
