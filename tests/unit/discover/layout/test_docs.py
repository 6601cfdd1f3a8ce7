"""docs/rules/layout.md: a section a rule, whose examples do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitops_ci import config_file
from gitops_ci.config import DEFAULT
from gitops_ci.discover import layout, naming, snapshot
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import Kind, Stack

DOCS = Path(__file__).parents[4] / "docs" / "rules" / "layout.md"
RUN = [rule.id for rule in layout.ALL]
MARKERS: dict[str, Kind] = {".tf": "terraform", ".sql": "database", ".yaml": "kubernetes", ".rego": "security"}


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def tree(listing: str) -> Snapshot:
    lines = [line.replace("\\n", "\n") for line in listing.splitlines()]
    links = dict(line.split(" -> ") for line in lines if " -> " in line)
    return snapshot.of({line: "" for line in lines if " -> " not in line}, links=links)


def stacks(seen: Snapshot) -> list[Stack]:
    """Every folder with a source in it is a stack; the article keeps none directly in an environment's folder."""
    found = {}
    for path in seen.entries:
        folder = path.rpartition("/")[0]
        kind = MARKERS.get(Path(path).suffix)
        if kind and folder.count("/") > 1:
            found[folder, kind] = naming.place(folder, kind, DEFAULT)
    return list(found.values())


def emitted(example: str) -> set[str]:
    configured = re.search(r"```yaml\n(.*?)```", example, re.DOTALL)
    config = config_file.load(configured[1].encode()) if configured else DEFAULT
    listing = re.search(r"```text\n(.*?)```", example, re.DOTALL)
    assert listing is not None
    seen = tree(listing[1])
    return {finding.rule for finding in layout.findings(seen, stacks(seen), config)}


def test_every_rule_has_a_section_and_a_row_and_nothing_else_has() -> None:
    ids = list(RUN)
    assert list(sections()) == ids
    rows = re.findall(r"^\| (layout/[a-z0-9-]+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == ids


@pytest.mark.parametrize("rule", RUN)
def test_examples(rule: str) -> None:
    section = sections()[rule]
    assert "**Fix**: " in section
    _, failing, passing = re.split(r"^(?:Fails|Passes)\b.*:$", section, flags=re.MULTILINE)
    assert rule in emitted(failing)
    assert rule not in emitted(passing)
