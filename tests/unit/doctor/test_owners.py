"""Whether CODEOWNERS gives every workflow an owner."""

from __future__ import annotations

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.doctor import repository


@pytest.mark.parametrize(
    ("text", "owned"),
    [
        ("* @acme/all", True),
        ("/.github/ @acme/all", True),
        (".github @acme/all # ours", True),
        ("/.github/workflows/** @ann @bob", True),
        ("* @acme/all\n/.github/workflows/", False),
        ("* @acme/all\n.github/workflows/gitops.yml", False),
        ("* @acme/all\n/docs/", True),
        ("*.tf @acme/all", False),
        ("/.github/workflows/gitops.yml @ann", False),
        ("# * @acme/all", False),
        ("", False),
    ],
)
def test_lines(text: str, *, owned: bool) -> None:
    seen = snapshot.of({"CODEOWNERS": text, ".github/workflows/gitops.yml": ""})
    assert repository.owns_workflows(seen) == owned


def test_the_first_place_counts() -> None:
    seen = snapshot.of({".github/CODEOWNERS": "", "CODEOWNERS": "* @ann"})
    assert not repository.owns_workflows(seen)
    assert not repository.owns_workflows(snapshot.of({"README.md": ""}))
