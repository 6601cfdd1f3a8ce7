"""docs/rules/terraform.md: a section a static rule, whose examples do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory, snapshot
from gitops_ci.kinds import catalog
from gitops_ci.kinds.terraform import rules

DOCS = Path(__file__).parents[5] / "docs" / "rules" / "terraform.md"


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def files(example: str) -> dict[str, str]:
    block = re.search(r"```hcl\n(.*?)```", example, re.DOTALL)
    assert block is not None
    parts = re.split(r"^# (\S+\.(?:tf|hcl))$", block[1], flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def emitted(example: str) -> dict[str, str]:
    seen = inventory.take(snapshot.of(files(example)), DEFAULT, catalog.ALL)
    return {found.rule: found.severity for stack in seen.stacks.values() for found in rules.findings(stack, seen)}


@pytest.mark.parametrize("rule", [rule.id for rule in rules.ALL])
def test_the_examples_do_what_they_say(rule: str) -> None:
    _, failing, passing = re.split(r"^(?:Fails|Passes)\b.*:$", sections()[rule], flags=re.MULTILINE)
    assert rule in emitted(failing)
    assert rule not in emitted(passing)


@pytest.mark.parametrize("rule", [rule.id for rule in rules.ALL])
def test_the_table_says_how_severe_a_rule_is(rule: str) -> None:
    _, failing, _ = re.split(r"^(?:Fails|Passes)\b.*:$", sections()[rule], flags=re.MULTILINE)
    row = re.search(rf"^\| {rule} \| (.*) \|$", sections()["Static rules"], re.MULTILINE)
    assert row is not None
    assert emitted(failing)[rule] in row[1]
