"""docs/rules/kubernetes-files.md: a section a rule, whose examples do what they say; and the ids of docs/kinds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.kinds.kubernetes.ends import findings, kustomization, paths

DOCS = Path(__file__).parents[4] / "docs"
RULES = (
    "kubernetes/unreadable-file",
    "kubernetes/missing-file",
    "kubernetes/circular-kustomization",
    "argocd/set-offline",
    "argocd/set-invalid",
)


def sections() -> dict[str, str]:
    text = (DOCS / "rules" / "kubernetes-files.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def told(rule: str, title: str) -> dict[str, str]:
    block = re.search(rf"^{title}:\n\n```yaml\n(.*?)```", sections()[rule], re.DOTALL | re.MULTILINE)
    assert block is not None
    parts = re.split(r"^# (\S+\.yaml)$", block[1], flags=re.MULTILINE)[1:]
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    found = findings({**files, "web/a.yaml": "apiVersion: v1\nkind: Service\n"})
    assert all(each.path in files and each.line and each.help for each in found)
    return {each.rule: each.severity for each in found}


@pytest.mark.parametrize("rule", RULES)
def test_the_examples_do_what_they_say(rule: str) -> None:
    assert rule in told(rule, "Fails")
    assert told(rule, "Passes") == {}


@pytest.mark.parametrize("rule", RULES)
def test_the_table_says_how_severe_a_rule_is(rule: str) -> None:
    text = (DOCS / "rules" / "kubernetes-files.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| \[{rule}\]\(#.*\) \| (.*) \|$", text, re.MULTILINE)
    assert row is not None
    assert row[1] == told(rule, "Fails")[rule]


def test_there_is_no_other_section() -> None:
    assert set(sections()) == set(RULES)


def test_the_ids_of_the_manual_are_the_real_ones() -> None:
    text = (DOCS / "kinds" / "kubernetes-stacks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+/kubernetes/[^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) == 6
    for path, id in rows:
        assert paths({f"{path}/kustomization.yaml": kustomization()}) == {id: path}
