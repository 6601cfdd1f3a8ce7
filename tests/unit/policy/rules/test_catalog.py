"""The catalogue: in step with docs/rules, each rule told in full, and every rule of the code in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from gitops_ci.model.finding import make
from gitops_ci.model.rule import Rule
from gitops_ci.policy.rules import __main__ as compiler
from gitops_ci.policy.rules import catalog
from gitops_ci.render import rule_texts
from gitops_ci.render.links import Links

PACKAGE = Path(__file__).parents[4] / "gitops_ci"
NO_RULES = {"terraform/environments"}
"""Text of the code that looks like a rule's id and is none: a folder."""
OF_OTHERS = ("checkov/", "rego/")
"""Families whose rules are written elsewhere: by checkov, and in a repository."""


def test_the_catalogue_is_what_the_pages_say() -> None:
    assert catalog.FILE.read_bytes() == compiler.compiled(), "run `make schemas`"
    assert compiler.INDEX.read_text(encoding="utf-8") == compiler.index(), "run `make schemas`"


def test_a_rule_is_found_by_its_id() -> None:
    rule = catalog.of("terraform/state-shared")
    assert rule is not None
    assert rule.title == "Two stacks keep their state at the same place"
    assert rule.page == "rules/terraform.md#terraformstate-shared"
    assert rule.link == f"https://github.com/gitops-ci/gitops-ci/blob/v1/docs/{rule.page}"
    assert catalog.of("terraform/nothing") is None
    assert "terraform/state-shared" in catalog.ids()


@pytest.mark.parametrize("id", sorted(catalog.ids()))
def test_a_rule_is_told_in_full(id: str) -> None:
    rule = catalog.of(id)
    assert rule is not None
    for text in (rule.what, rule.why, rule.fix, rule.severity, rule.found, rule.passing):
        assert text.strip()
    assert 10 <= len(rule.title) <= 100, f"let the first clause of **What** be its title, not {rule.title!r}"
    assert not rule.title.endswith("…"), "let the first clause of **What** be shorter"
    assert re.match(r"Fails|Found", rule.found)
    assert re.match(r"Passes|Not found", rule.passing)


def test_a_rule_is_told_once() -> None:
    told = [
        id
        for page in compiler.found()
        for id in re.findall(r"^## `?([a-z-]+/[^`\s]+)`?$", page.read_text(), re.MULTILINE)
    ]
    assert sorted(id for id in told if not id.endswith("/ID")) == sorted(catalog.ids())


def test_findings_of_our_rules_are_documented_and_those_of_others_stay_as_they_are() -> None:
    ours = make("layout/missing-readme", "notice", "m", help="")
    (told,) = catalog.documented([ours])
    assert told.url == "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/layout.md#layoutmissing-readme"
    assert told.help.startswith("Add `README.md`")
    assert told.fingerprint == ours.fingerprint
    helped = structs.replace(ours, help="h", url="https://example.org")
    others = make("checkov/CKV_AWS_20", "error", "m", help="")
    assert list(catalog.documented([helped, others])) == [helped, others]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_every_rule_that_the_code_names_is_in_it() -> None:
    families = "|".join(map(re.escape, catalog.families()))
    named = re.compile(rf"(?:{families})/[a-z0-9-]*[a-z0-9]")
    unknown = [
        f"{name}:{node.lineno} {node.value}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and named.fullmatch(node.value)
        if node.value not in catalog.ids() | NO_RULES
    ]
    assert unknown == []


def test_every_finding_is_made_by_a_rule_that_is_in_it() -> None:
    """`finding.make("x/y", …)`, whatever its family; what is put together at run time begins with a known family."""
    families = tuple(f"{family}/" for family in catalog.families())
    unknown, seen = [], 0
    for name, tree in modules():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="make"), args=[ast.Constant(value=str(rule)), *_]):
                    seen += 1
                    unknown += [] if rule in catalog.ids() else [f"{name}:{node.lineno} {rule}"]
                case ast.Call(
                    func=ast.Attribute(attr="make"),
                    args=[ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_],
                ):
                    unknown += [] if start.startswith((*families, *OF_OTHERS)) else [f"{name}:{node.lineno} {start}…"]
                case _:
                    pass
    assert unknown == []
    assert seen > 10


def test_a_section_about_all_rules_of_a_family_is_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tools' rules have their page and its words where they bring none themselves."""
    any_of = Rule(
        id="tool/ID",
        title="A check of tool failed",
        what="It failed.",
        fix="See it.",
        found="Fails: X_2",
        page="rules/tool.md#toolid",
    )
    monkeypatch.setattr(catalog, "_all", lambda: {any_of.id: any_of})
    assert catalog.of("tool/ID") is None
    assert catalog.ids() == frozenset()
    assert catalog.families() == {}
    assert catalog.general("tool/X_1") is any_of
    found = make("tool/X_1", "error", "bucket is public", help="")
    rule = rule_texts.of([found])["tool/X_1"]
    assert (rule.id, rule.title, rule.what, rule.fix) == ("tool/X_1", "bucket is public", "It failed.", "See it.")
    assert rule.found == "", "an example of another rule"
    links = Links(docs="https://docs.example/")
    assert links.rule("tool/X_1", None) == "https://docs.example/rules/tool.md#toolid"
    assert links.rule("tool/X_1", "https://www.checkov.io/x") == "https://www.checkov.io/x"


def test_checkovs_checks_have_their_names() -> None:
    assert catalog.names()["checkov/CKV_AWS_20"] == "Ensure the S3 bucket does not allow READ permissions to everyone"
    assert all(
        re.fullmatch(r"checkov/CKV2?_[A-Z0-9]+_\d+", id) and name.isprintable() for id, name in catalog.names().items()
    )
    found = [make("checkov/CKV_AWS_20", "error", f"bucket {letter}", help="h") for letter in "ab"]
    assert rule_texts.of(found)["checkov/CKV_AWS_20"].title == catalog.names()["checkov/CKV_AWS_20"]
    told = rule_texts.of_checkov()
    assert told.keys() == catalog.names().keys()
    assert (told["checkov/CKV_AWS_20"].severity, told["checkov/CKV_AWS_21"].severity) == ("error", "warning")
    assert told["checkov/CKV_AWS_20"].found == ""
    assert not catalog.ids() & catalog.names().keys()
