"""Which addresses and versions stay what they are."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes import addresses

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/base//deploy?ref=v1.2.3",
        "https://github.com/acme/base?timeout=90s&ref=1.2.3-rc.1",
        f"github.com/acme/base?ref={COMMIT}",
        "git@github.com:acme/base.git//deploy?ref=v1.2.3",
        "https://github.com/acme/base/releases/download/v0.11.0/manifests.yaml",
        "https://raw.githubusercontent.com/acme/base/v1.2.3/install.yaml",
        "https://raw.githubusercontent.com/acme/base/refs/tags/v1.2.3/install.yaml",
        "https://files.acme.example/base/previous/v0.50.0/release.yaml",
    ],
)
def test_pinned(address: str) -> None:
    assert addresses.is_pinned(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/base",
        "https://github.com/acme/base//v1.2.3",
        "https://github.com/acme/base?ref=main",
        "https://github.com/acme/base?ref=v1",
        "https://github.com/acme/base?ref=release-1.2.3",
        "https://github.com/acme/base?ref=v1.2.3&ref=main",
        "https://github.com/acme/base?ref=main&ref=v1.2.3",
        "https://github.com/acme/base?ref=0123456",
        "https://raw.githubusercontent.com/acme/base/main/v1.2.3/install.yaml",
        "https://raw.githubusercontent.com/acme/base/refs/heads/v1.2.3/install.yaml",
        "https://github.com/acme/base/releases/latest/download/install.yaml",
        "https://files.acme.example/stable/release.yaml",
        "https://git.acme.example/base.git//v1.2.3",
        "",
    ],
)
def test_not_pinned(address: str) -> None:
    assert not addresses.is_pinned(address)


@pytest.mark.parametrize(
    ("version", "is_exact"),
    [("1.2.3", True), ("v1.2.3+build", True), ("1.2", False), (">=1.2.3", False), ("1.2.x", False), ("1.2.3 - 2.0.0", False), ("", False)],
)  # fmt: skip
def test_exact(version: str, is_exact: bool) -> None:
    assert addresses.is_exact(version) is is_exact
