"""docs/rules/secrets.md: a section a rule, whose examples do what they say; the page itself holds no secret."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Literal

import pytest

from gitops_ci.policy.rules import catalog
from gitops_ci.policy.secrets import formats, rules
from gitops_ci.policy.secrets.forms import FORMS
from gitops_ci.policy.secrets.text import UNREAD
from tests.unit.policy.rules import rule_examples
from tests.unit.policy.secrets.test_step import checked

DOCS = Path(__file__).parents[4] / "docs" / "rules" / "secrets.md"
VALUES = {
    "a password": "Gr4pe-vine-77",
    "a GitHub token": "ghp_" + "b7Xk29QmZt4LwR8sVnYc" + "01dHfJ5gPa6eTuWi",
    "base64 of a key": base64.b64encode(bytes(range(7, 247))).decode(),
    "base64 of user:password": base64.b64encode(b"ci:Gr4pe-vine-77").decode(),
    "what kubeseal wrote": base64.b64encode((512).to_bytes(2, "big") + b"seal" * 140).decode(),
}


def example(rule: str, side: Literal["fails", "passes"]) -> dict[str, str]:
    """Its files, with values in place of what only describes them."""
    given = re.compile(r"<([a-zA-Z][\w: ]+)>")
    return {
        path: given.sub(lambda each: VALUES[each[1]], text) for path, text in rule_examples.files(rule, side).items()
    }


@pytest.mark.parametrize("rule", [rule for rule in rules.RULES if rule != UNREAD])
def test_the_examples_do_what_they_say(rule: str) -> None:
    fails, passes = example(rule, "fails"), example(rule, "passes")
    assert fails
    assert passes
    assert {(each.rule, each.severity) for each in checked(None, fails).findings} == {(rule, "error")}
    assert checked(None, passes).findings == ()


def test_what_is_not_searched() -> None:
    assert checked(None, example(UNREAD, "passes")).findings == ()
    (told,) = checked(None, {"dump.env": "password=x\n" * 50_001}).findings
    known = catalog.of(UNREAD)
    assert known is not None
    assert (told.rule, told.severity) == (UNREAD, known.severity)


def test_the_page_says_of_every_provider_where_its_tokens_are_revoked() -> None:
    rule = catalog.of("secrets/token")
    assert rule is not None
    told = re.findall(r"^- (.+?): (.+)$", rule.fix, re.MULTILINE)
    assert told == [(form.owner, form.rotate) for form in FORMS]


def test_there_is_a_section_for_every_rule_and_no_other() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert re.findall(r"^## (secrets/\S+)$", page, re.MULTILINE) == list(rules.RULES)


def test_the_page_holds_no_secret() -> None:
    assert formats.code(DOCS.read_bytes()) == ()
