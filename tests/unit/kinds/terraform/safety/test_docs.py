"""docs/rules/terraform.md: the examples of the safety check do what they say."""

from __future__ import annotations

import re

import pytest

from tests.unit.kinds.terraform.rules.test_docs import files, sections
from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, found, refused

RULES = {
    "terraform/provider-not-allowed": True,
    "terraform/module-not-allowed": True,
    "terraform/external-program": True,
    "terraform/path-not-allowed": True,
    "terraform/state-not-allowed": True,
    "terraform/server-not-allowed": True,
    "terraform/provisioner": False,
}


@pytest.mark.parametrize("rule", RULES)
def test_the_examples_do_what_they_say(rule: str) -> None:
    _, failing, passing = re.split(r"^(?:Fails|Passes)\b.*:$", sections()[rule], flags=re.MULTILINE)
    base = {ROOT: HARMLESS}
    assert rule in found(base, files(failing))
    assert (refused(base, files(failing)) is not None) is RULES[rule]
    assert found(base, files(passing)) == {}
