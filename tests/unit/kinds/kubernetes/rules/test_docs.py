"""docs/rules/kubernetes.md, argocd.md and flux.md: a section a rule, whose examples do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitops_ci.kinds.kubernetes.rules import catalog
from gitops_ci.kinds.kubernetes.schemas import bundle
from gitops_ci.model.finding import Finding
from tests.unit.kinds.kubernetes.rules import ends

DOCS = Path(__file__).parents[5] / "docs" / "rules"

if not bundle.available():
    pytest.skip("the extra `schemas` is not installed", allow_module_level=True)


def page(rule: str) -> str:
    return (DOCS / f"{rule.partition('/')[0]}.md").read_text(encoding="utf-8")


def section(rule: str) -> str:
    found = re.split(r"^## (.+)$", page(rule), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))[rule]


def told(rule: str, title: str) -> list[Finding]:
    block = re.search(rf"^{title}:\n\n```yaml\n(.*?)```", section(rule), re.DOTALL | re.MULTILINE)
    assert block is not None
    files = ends.parts(block[1])
    assert files
    asked = {"argocd": ends.argo, "flux": ends.flux}.get(rule.partition("/")[0], ends.inspected)
    return asked(files)


@pytest.mark.parametrize("rule", catalog.ALL)
def test_the_examples_do_what_they_say(rule: str) -> None:
    found = told(rule, "Fails")
    assert {each.rule for each in found} == {rule}
    assert all(each.help for each in found)
    assert all(each.line or rule == "kubernetes/not-validated" for each in found)
    passing = told(rule, "Passes")
    assert {each.rule for each in passing} <= {"kubernetes/schema-missing"} - {rule}


@pytest.mark.parametrize("rule", catalog.ALL)
def test_the_table_says_how_severe_a_rule_is(rule: str) -> None:
    row = re.search(rf"^\| \[{rule}\]\(#.*\) \| (.*) \|$", page(rule), re.MULTILINE)
    assert row is not None
    assert {each.severity for each in told(rule, "Fails")} <= set(re.findall(r"error|warning|notice", row[1]))
    assert catalog.ALL[rule][0] in row[1]
