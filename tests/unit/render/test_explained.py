"""A rule explained: complete, readable in any width, and harmless whatever a report calls its rules."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gitops_ci.config import Config, Environment, Policy
from gitops_ci.model.finding import Finding, make
from gitops_ci.model.rule import Rule
from gitops_ci.policy import severity_here
from gitops_ci.policy.rules import catalog
from gitops_ci.render import explained, lines, prose, report_json, rule_texts
from gitops_ci.render.explained import Explained
from tests.unit.render import hostile
from tests.unit.render.test_comment_of_hostile_reports import SLOW

RULE = Rule(
    id="a/b",
    title="A rope has a knot",
    what="A rope has a knot: of any kind.",
    why="It is **weak**.",
    fix="Untie it, as [here](https://docs.example/x).",
    severity="error",
    found="Fails:\n\n```text\na  very   long rope\n```",
    passing="Passes: a rope.",
    page="rules/ropes.md#ab",
)
CONFIG = Config(
    environments=(Environment(name="production"), Environment(name="sandbox", enforcement="warn")),
    policy=Policy(severity={"a/*": "warning"}),
)


def shown(told: Explained, width: int = 80) -> str:
    return lines.plain(explained.terminal(told, width))


def test_a_rule_is_explained_from_what_to_where() -> None:
    findings = (make("a/b", "error", "knot", help="untie it", path="x.tf", line=3),)
    text = shown(Explained(rule=RULE, here=severity_here.of(RULE, CONFIG), findings=findings))
    assert (
        text
        == """\
a/b  A rope has a knot

What
  A rope has a knot: of any kind.

Why
  It is weak.

How to fix
  Untie it, as here (https://docs.example/x).

Severity
  by itself: error
  production and shared: warning
  sandbox: warning; nothing there blocks (enforcement: warn)

Examples
  Fails:

    a  very   long rope

  Passes: a rope.

In the report
  1 error

✗ knot  a/b
  x.tf:3
  → untie it

Documentation
  https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/ropes.md#ab
"""
    )


def test_a_configuration_that_says_nothing_is_not_told() -> None:
    text = shown(Explained(rule=RULE, here=severity_here.of(RULE, Config())))
    assert "Severity\n  error\n\nExamples" in text
    assert "In the report\n  nothing\n" in shown(Explained(rule=RULE, findings=()))


def test_off_is_said() -> None:
    config = structs.replace(CONFIG, policy=Policy(severity={"a/b": "off"}))
    assert "production and shared: off" in shown(Explained(rule=RULE, here=severity_here.of(RULE, config)))


def test_markdown_and_json_tell_the_same() -> None:
    findings = (make("a/b", "error", "knot", help="untie it", path="x.tf", line=3),)
    told = Explained(rule=RULE, here=severity_here.of(RULE, CONFIG), findings=findings)
    text = explained.markdown(told)
    for part in (
        "## `a/b`",
        "**A rope has a knot**",
        "- production and shared: warning",
        "**In the report**: 1 error",
        "- `x.tf:3`: knot",
    ):
        assert part in text.split("\n") or part in text
    document: Any = report_json.document(explained.document(told))
    assert b'"schema": "gitops-ci/rule/1"' in document
    assert b'"url": "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/ropes.md#ab"' in document
    assert b'"environment": "sandbox"' in document


def test_all_rules_are_listed_one_a_line() -> None:
    families = catalog.families()
    text = lines.plain(explained.list_terminal(families, 100))
    told = [line.split()[0] for line in text.splitlines() if line.startswith("  ")]
    assert told == [rule.id for rules in families.values() for rule in rules]
    assert max(map(len, text.splitlines())) <= 100
    assert explained.list_markdown(families).count("| [`") == len(told)
    assert len(explained.list_document(families)["rules"]) == len(told)  # type: ignore[arg-type]  # a list of rules


def test_prose_is_wrapped_and_code_is_not() -> None:
    text = "one two three four five six seven eight nine\n\n- an item that is longer than the line\n- second\n\n```x\ncode   as it is, however long the line may be, to its end\n```"
    assert (
        lines.plain(prose.lines(text, 40))
        == """\
  one two three four five six seven
  eight nine

  - an item that is longer than the line
  - second

    code   as it is, however long the line may be, to its end
"""
    )


def test_a_table_is_told_as_a_list_and_code_that_looks_like_one_is_not() -> None:
    text = "Of:\n\n| a | b |\n|---|:-:|\n| `x = 1` | `one`, `two` |\n| y | z |\n\n```text\n| a |\n|---|\n```"
    told = lines.plain(prose.lines(text, 80))
    assert told == "  Of:\n\n  - `x = 1`: `one`, `two`\n  - y: z\n\n    | a |\n    |---|\n"


def test_code_in_prose_is_coloured_to_its_end() -> None:
    (line,) = prose.lines("see `a b` and `c`", 80)
    assert [(span.text, span.style) for span in line.spans if span.style == "notice"] == [
        ("`", "notice"), ("a b", "notice"), ("`", "notice"), ("`", "notice"), ("c", "notice"), ("`", "notice"),
    ]  # fmt: skip


CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@SLOW
@given(st.lists(hostile.findings, min_size=1, max_size=4), st.integers(1, 200))
def test_rules_of_any_report_are_harmless(found: list[Finding], width: int) -> None:
    for id, rule in rule_texts.of(found).items():
        told = Explained(rule=rule, findings=tuple(each for each in found if each.rule == id))
        for line in lines.plain(explained.terminal(told, width)).split("\n"):
            assert not CONTROLS.search(line)
            assert not re.match(r"\s*::", line)
        for text in (explained.markdown(told), explained.list_markdown({"x": [rule]})):
            assert not CONTROLS.search(text.replace("\n", ""))
            outside = re.sub("`[^`\n]*`", "", text)
            assert "<script" not in outside
            assert "](http" not in outside or rule.link
        report_json.document(explained.document(told))
