from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_every_rule_has_its_section() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "gitops_ci/kinds/database").rglob("*.py"))
    rules = set(re.findall(r'"(database/[a-z-]+)"', sources))
    sections = re.findall(r"^## (database/[a-z-]+)$", (ROOT / "docs/rules/database.md").read_text(), re.MULTILINE)
    assert sorted(rules) == sorted(sections)
