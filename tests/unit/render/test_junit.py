"""JUnit XML: well formed and of the grammar that CI systems read, whatever a report holds."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from msgspec import structs

from gitops_ci.model.finding import Finding, Waiver, make
from gitops_ci.model.plan import Engine, Plan, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason
from gitops_ci.render import junit
from tests.unit.render import example, hostile
from tests.unit.render.test_comment_of_hostile_reports import SLOW

# What Jenkins' junit-10.xsd, GitLab and Azure DevOps agree on: element → (required, allowed attributes, children).
GRAMMAR: dict[str, tuple[set[str], set[str], tuple[str, ...]]] = {
    "testsuites": ({"name"}, {"tests", "failures", "errors", "skipped", "time"}, ("testsuite",)),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp"},
        ("properties", "testcase"),
    ),
    "properties": (set(), set(), ("property",)),
    "property": ({"name", "value"}, set(), ()),
    "testcase": ({"name", "classname"}, {"time"}, ("skipped", "failure", "error", "system-out")),
    "skipped": (set(), {"message"}, ()),
    "failure": ({"message"}, {"type"}, ()),
    "error": ({"message"}, {"type"}, ()),
    "system-out": (set(), set(), ()),
}
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufffe\uffff]")
OUTCOMES = ("skipped", "failure", "error")


def read(report: Report) -> ET.Element:
    """The document, held against the grammar and its own counts."""
    top = ET.fromstring(junit.encode(report))
    assert top.tag == "testsuites"
    for element in top.iter():
        required, optional, children = GRAMMAR[element.tag]
        assert required <= element.attrib.keys() <= required | optional, element.attrib
        order = [children.index(child.tag) for child in element]
        assert order == sorted(order)
        for text in (element.text or "", *element.attrib.values()):
            assert not CONTROLS.search(text), text
        if element.tag == "testcase":
            assert sum(child.tag in OUTCOMES for child in element) <= 1
        if element.tag in ("testsuites", "testsuite"):
            cases = list(element.iter("testcase"))
            counts = {"tests": len(cases)} | {
                name: sum(case.find(tag) is not None for case in cases)
                for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
            }
            assert {name: int(element.get(name, "-1")) for name in counts} == counts
        if "timestamp" in element.attrib:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", element.get("timestamp", ""))
        if "time" in element.attrib:
            assert float(element.get("time", "")) >= 0
    return top


def outcomes(report: Report) -> dict[str, tuple[str, str]]:
    """The outcome and message of each case, by suite and name."""
    told = {}
    for case in read(report).iter("testcase"):
        first = case[0] if len(case) else None
        outcome = first.tag if first is not None and first.tag in OUTCOMES else "passed"
        told[f"{case.get('classname')} {case.get('name')}"] = (
            outcome,
            (first.get("message") or "") if first is not None else "",
        )
    return told


def found(name: str, severity: Any = "error", **fields: Any) -> Finding:
    return structs.replace(
        make(f"layout/{name}", severity, f"about {name}", help="mend it", path="a.tf", line=3), **fields
    )


def test_what_blocks_fails_and_the_rest_says_why_it_does_not() -> None:
    waiver = Waiver(what="x", owner="@acme/sre", reason="known", until="2026-12-31")
    told = outcomes(
        example.report(
            findings=(
                found("a"),
                found("b", "warning"),
                found("c", state="existing"),
                found("d", state="fixed"),
                found("e", waived_by=waiver),
                found("f", path=None, line=None, stack="production/terraform/network"),
            )
        )
    )
    assert told == {
        "repository layout/a a.tf:3": ("failure", "error: about a"),
        "repository layout/b a.tf:3": ("passed", ""),
        "repository layout/c a.tf:3": ("skipped", "from before this change"),
        "repository layout/d a.tf:3": ("passed", ""),
        "repository layout/e a.tf:3": ("skipped", "waived by @acme/sre until 2026-12-31: known"),
        "production/terraform/network layout/f": ("failure", "error: about f"),
    }


def test_what_a_finding_is_about_and_who_else_says_so_is_below_its_message() -> None:
    also = ("checkov/CKV_AWS_24", "x/\x1b[1m")
    (case,) = read(example.report(findings=(found("a", address="aws_vpc.main", also=also),))).iter("testcase")
    assert case[0].text == (
        "a.tf:3: error: about a\nabout aws_vpc.main\nalso checkov/CKV_AWS_24, x/\\x1b[1m\n→ mend it"
    )
    named = found("a", message="aws_vpc.main is open", address="aws_vpc.main")
    (case,) = read(example.report(findings=(named,))).iter("testcase")
    assert case[0].text == "a.tf:3: error: aws_vpc.main is open\n→ mend it"


@pytest.mark.parametrize(("decision", "outcome"), [("blocked", "failure"), ("undecided", "error"), ("pass", "passed")])
def test_the_verdicts_word_counts(decision: Decision, outcome: str) -> None:
    """An environment that only warns lets its errors and failed plans pass."""
    stack = "production/terraform/cdn"
    reasons = tuple(
        VerdictReason(rule=rule, decision=decision, message="m", remedy="r", stack=stack)
        for rule in ("layout/a", "checks/plan-failed", "checks/plan-missing")
    )
    findings = (found("a", stack=stack),)
    judged = example.report(example.CDN, findings=findings, verdict=Verdict(decision=decision, reasons=reasons))
    claimed = example.report(example.CDN, findings=findings, part=Part(reasons=reasons))
    for each in (judged, claimed):
        told = outcomes(each)
        assert {name: outcome for name, (outcome, _) in told.items()} == {
            f"{stack} plan": outcome,
            f"{stack} checks/plan-missing": outcome,
            f"{stack} layout/a a.tf:3": outcome,
        }


@pytest.mark.parametrize(("code", "outcome"), [("invalid", "failure"), ("timeout", "error")])
def test_a_plan_that_failed(code: str, outcome: str) -> None:
    plan = Plan(
        stack="a/terraform/b", status="failed", reason=Problem(code=code, message="first\nsecond", path="x.tf", line=2)
    )
    assert outcomes(example.report(plan)) == {"a/terraform/b plan": (outcome, "failed: first")}


def test_a_checker_without_an_answer_is_an_error() -> None:
    engine = Engine(name="opa", version="1.9.0", source="path")
    problem = Problem(code="timeout", message="took too long", path="p.rego", line=4)
    runs = (
        PolicyRun(name="rego", engine=engine, inputs=3, policies=2, problems=(problem,)),
        PolicyRun(name="secrets", inputs=9),
    )
    report = example.report(policies=runs)
    assert outcomes(report) == {
        "repository policies/rego": ("error", "gave no answer: took too long"),
        "repository policies/secrets": ("passed", ""),
    }
    text = junit.encode(report).decode()
    assert "opa 1.9.0 (path)\n2 rules asked about 3 inputs\np.rego:4: took too long" in text


def test_a_realistic_report_has_a_suite_a_stack() -> None:
    top = read(example.REALISTIC)
    names = [suite.get("name") for suite in top]
    assert names[0] == "repository"
    assert names[1:] == sorted(plan.stack for plan in example.PLANS)
    properties = {each.get("name"): each.get("value") for each in top[1].iter("property")}
    assert properties["environment"] == "production"
    assert properties["engine"] == "postgres 16.4"


@SLOW
@given(hostile.reports)
def test_any_report_is_well_formed(report: Report) -> None:
    read(report)
