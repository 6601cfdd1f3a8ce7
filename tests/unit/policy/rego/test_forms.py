"""What a policy is asked about, told from what it reads."""

from __future__ import annotations

import pytest

from gitops_ci.config import PolicyInput
from gitops_ci.policy.rego import forms


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        ({"request"}, {"review"}),
        ({"review", "parameters"}, {"review"}),
        ({"resource_changes", "variables"}, {"plan"}),
        ({"kind", "metadata", "data"}, {"object"}),
        ({"spec"}, {"object"}),
        ({"statements", "path"}, {"sql"}),
        ({"resource", "provider"}, {"hcl"}),
        ({"services", "version"}, {"file"}),
        ({"provider", "functions"}, {"file"}),
        ({"provider"}, {"file"}),
        ({"kind", "services"}, {"object", "file"}),
        ({"request", "resource_changes"}, {"review", "plan"}),
        ({""}, {"file"}),
        (set(), {"file"}),
    ],
)
def test_told(reads: set[str], told: set[str]) -> None:
    assert forms.told(reads) == told


@pytest.mark.parametrize(
    ("given", "reads", "told"),
    [
        (["manifest"], {"request"}, {"review"}),
        (["manifest"], {"kind"}, {"object"}),
        (["manifest"], {"kind", "request"}, {"object", "review"}),
        (["plan", "file"], {"kind"}, {"plan", "file"}),
        ([], {"kind"}, set()),
    ],
)
def test_configured(given: list[PolicyInput], reads: set[str], told: set[str]) -> None:
    assert forms.configured(given, reads) == told
