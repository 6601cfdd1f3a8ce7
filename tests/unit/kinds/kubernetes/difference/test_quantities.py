"""Quantities as numbers."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes.difference import quantities


@pytest.mark.parametrize(
    ("written", "number"),
    [("1", 1), (2, 2), ("1k", 1000), ("1Ki", 1024), ("500m", 0.5), ("1e3", 1000), ("1.5Gi", 1.5 * 1024**3), ("0", 0)],
)
def test_a_quantity_is_a_number(written: str | int, number: float) -> None:
    assert quantities.number(written) == number


@pytest.mark.parametrize("written", ["", "Gi", "1GiB", "1e9999", None, [], "much"])
def test_anything_else_is_none(written: object) -> None:
    assert quantities.number(written) is None
