from __future__ import annotations

from gitops_ci.kinds import database
from gitops_ci.kinds.protocol import KindModule

KIND: KindModule = database
"""mypy proves it; the test below is for those who run without."""


def test_the_module_is_a_kind() -> None:
    assert all(callable(getattr(KIND, name)) for name in ("find", "plan", "check"))
