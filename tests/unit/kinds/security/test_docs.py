"""docs/rules/security.md: a section a rule, whose examples do what they say."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from gitops_ci.kinds.security import rules
from tests.unit.kinds.security.sides import checked, found

DOCS = Path(__file__).parents[4] / "docs" / "rules" / "security.md"
SEALED, AGAIN = (base64.b64encode((512).to_bytes(2, "big") + word * 140).decode() for word in (b"seal", b"anew"))


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def example(section: str, title: str) -> dict[str, str]:
    """The files of the block below `title:`; none where there is no such block."""
    block = re.search(rf"^{title}:\n\n```\w+\n(.*?)```", section, re.DOTALL | re.MULTILINE)
    if block is None:
        return {}
    text = block[1].replace("SEALED-AGAIN", AGAIN).replace("SEALED", SEALED)
    parts = re.split(r"^# (shared/\S+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def emitted(rule: str, title: str) -> dict[str, str]:
    section = sections()[rule]
    base, head = example(section, "At base"), example(section, title)
    assert head
    told = (*found(head), *(checked(base, head) if base else ()))
    assert all(each.path in head and each.line and each.help for each in told)
    return {each.rule: each.severity for each in told}


@pytest.mark.parametrize("rule", rules.ALL)
def test_the_examples_do_what_they_say(rule: str) -> None:
    assert rule in emitted(rule, "Fails")
    assert rule not in emitted(rule, "Passes")


@pytest.mark.parametrize("rule", rules.ALL)
def test_the_table_says_how_severe_a_rule_is(rule: str) -> None:
    row = re.search(rf"^\| \[{rule}\]\(#.*\) \| (.*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    assert emitted(rule, "Fails")[rule] in row[1]
    assert rules.ALL[rule][0] in row[1]


def test_there_is_no_other_section() -> None:
    assert set(sections()) == set(rules.ALL)
