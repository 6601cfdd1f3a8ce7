from __future__ import annotations

from pathlib import Path

import pytest

import gitops_ci
from gitops_ci.schema.__main__ import texts


@pytest.mark.parametrize("name", ["config-1.json", "record-1.json", "report-1.json", "waivers-1.json"])
def test_the_shipped_schema_is_the_types(name: str) -> None:
    shipped = Path(gitops_ci.__file__).parent / "schema" / name
    assert shipped.read_text(encoding="utf-8") == texts()[name], "run `make schemas`"
