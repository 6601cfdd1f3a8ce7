"""Every rule that the gate or the configuration can name has its section."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_rule_has_a_section() -> None:
    commands = ROOT / "gitops_ci" / "commands"
    sources = [
        *(ROOT / "gitops_ci" / "gate").glob("*.py"),
        *(commands / f"{name}.py" for name in ("deciding", "fork", "unread")),
    ]
    named = set(re.findall(r'"((?:checks|config)/[a-z-]+)"', "".join(path.read_text() for path in sources)))
    sections = set(re.findall(r"^## (\S+)$", (ROOT / "docs" / "rules" / "checks.md").read_text(), re.MULTILINE))
    assert named == sections
