"""What is loaded ahead is there: a module that was moved would be passed over without a word."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from gitops_ci.commands import ahead


@pytest.mark.parametrize(
    "name", [*ahead.OF_ALL, *ahead.AT_THE_END, *(each for names in ahead.OF_KIND.values() for each in names)]
)
def test_every_module_that_is_loaded_ahead_exists(name: str) -> None:
    assert find_spec(f"gitops_ci.{name}") is not None
