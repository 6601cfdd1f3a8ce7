"""What a fork's reports add to a verdict of our own: never a pass, never less than we found."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import DEFAULT
from gitops_ci.gate import foreign
from gitops_ci.gate.foreign import Claim, Known
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.model.plan import Plan
from gitops_ci.model.report import Part, Planned, Report, Tool
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason

STACK = "production/database/app"
OURS = finding.make("layout/x", "warning", "ours", help="h", path="a.sql", line=3)
REASON = VerdictReason(rule="x/y", decision="blocked", message="m", remedy="r")


def own(decision: Decision = "pass") -> Report:
    reasons = () if decision == "pass" else (msgspec.structs.replace(REASON, decision=decision),)
    return Report(
        tool=Tool("1"),
        repository="acme/infra",
        pull_request=7,
        base="b" * 40,
        head="a" * 40,
        planned=Planned(commit="c" * 40, tree="d" * 40),
        config_digest="",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        findings=(OURS,),
        verdict=Verdict(decision=decision, reasons=reasons, left_out=("approvals",)),
        part=Part(expected=(STACK,)),
    )


def judged(*reports: Report, ours: Report | None = None, problems: tuple[str, ...] = ()) -> Report:
    paths, expected = frozenset({"a.sql"}), frozenset({STACK})
    known = Known(report=ours or own(), config=DEFAULT, paths=paths, expected=expected)
    return foreign.judged(known, tuple(Claim(f"{n}", report) for n, report in enumerate(reports)), problems)


def decision(report: Report) -> Decision:
    assert report.verdict is not None
    return report.verdict.decision


def rules(report: Report) -> set[str]:
    assert report.verdict is not None
    return {reason.rule for reason in report.verdict.reasons}


def claimed(*findings: Finding) -> Report:
    return msgspec.structs.replace(own(), findings=findings, verdict=None)


def test_an_honest_report_changes_nothing() -> None:
    assert judged(own()) == own()
    assert judged() == own()


Altered = Callable[[Report], Report]


@pytest.mark.parametrize(
    ("altered", "rule", "expected"),
    [
        (lambda it: msgspec.structs.replace(it, head="d" * 40), "checks/report-foreign", "blocked"),
        (lambda it: msgspec.structs.replace(it, head=None), "checks/report-foreign", "blocked"),
        (lambda it: msgspec.structs.replace(it, pull_request=8), "checks/report-foreign", "blocked"),
        (lambda it: msgspec.structs.replace(it, repository="acme/x"), "checks/report-foreign", "blocked"),
        (lambda it: planned(it, "staging/terraform/dns"), "checks/plan-foreign", "blocked"),
        (
            lambda it: msgspec.structs.replace(planned(it, "staging/terraform/dns"), base="e" * 40),
            "checks/report-stale",
            "undecided",
        ),
        (lambda it: planned(it, STACK, STACK), "checks/report-contradictory", "blocked"),
        (lambda it: planned(it, STACK, status="failed"), "checks/report-contradictory", "blocked"),
    ],
)
def test_what_is_not_believed_is_a_reason(altered: Altered, rule: str, expected: Decision) -> None:
    found = judged(altered(own()))
    assert (rules(found), decision(found)) == ({rule}, expected)


def planned(report: Report, *stacks: str, status: str = "unchanged") -> Report:
    plans = tuple(msgspec.convert({"stack": stack, "status": status}, Plan) for stack in stacks)
    return msgspec.structs.replace(report, plans=plans, verdict=None)


def test_what_is_no_report_blocks() -> None:
    found = judged(problems=("no JSON",))
    assert (rules(found), decision(found)) == ({"checks/report-invalid"}, "blocked")


def test_an_error_of_theirs_that_their_reasons_leave_out_contradicts_itself() -> None:
    error = finding.make("evil/rule", "error", "m", help="h")
    found = judged(claimed(error))
    assert rules(found) == {"evil/rule", "checks/report-contradictory"}


def test_a_claim_is_marked_and_leads_nowhere() -> None:
    waiver = Waiver(what="w", owner="o", reason="r")
    evil = finding.make("evil/rule", "warning", "m", help="h", path="../x", line=9, stack="production/other/x")
    evil = msgspec.structs.replace(evil, url="https://evil.example", waived_by=waiver, also=("a/b",), address="x")
    [_, taken] = sorted(judged(claimed(OURS, evil)).findings, key=lambda each: each.rule == "evil/rule")
    assert taken.message == "the fork's run says: m"
    assert (taken.url, taken.waived_by, taken.path, taken.line, taken.stack) == (None, None, None, None, None)
    assert (taken.also, taken.address, taken.source) == ((), None, "claimed")


@pytest.mark.parametrize("rule", ["x", "x/y z", "<b>/x", "x/y\n::error::", "", "/x", "x/" + "y" * 200])
def test_a_rule_of_no_name_gets_one(rule: str) -> None:
    evil = msgspec.structs.replace(OURS, rule=rule, message="other")
    assert {each.rule for each in judged(claimed(evil)).findings} == {"layout/x", "claimed/finding"}


def test_what_is_fixed_is_not_taken_and_too_much_is_cut() -> None:
    fixed = msgspec.structs.replace(OURS, message="fixed", state="fixed")
    many = [msgspec.structs.replace(OURS, message=f"m{number}") for number in range(foreign.MOST + 5)]
    found = judged(claimed(fixed, *many))
    assert len(found.findings) == foreign.MOST + 1
    assert "checks/report-contradictory" in rules(found)


SEVERITIES = st.sampled_from(["error", "warning", "notice"])
STATES = st.sampled_from(["new", "existing", "fixed"])
LINES = st.none() | st.integers(-5, 10**12)
FINDINGS = st.builds(
    Finding,
    rule=st.text(max_size=20) | st.just("layout/x"),
    severity=SEVERITIES,
    message=st.text(max_size=20) | st.just("ours"),
    path=st.none() | st.sampled_from(["a.sql", "../x", ""]),
    line=LINES,
    stack=st.none() | st.just(STACK),
    state=STATES,
)
ORDER = ("pass", "undecided", "blocked")


@given(st.sampled_from(ORDER), st.lists(FINDINGS, max_size=5), st.booleans())
def test_no_report_takes_anything_away(before: Decision, findings: list[Finding], claims_pass: bool) -> None:
    verdict = Verdict(decision="pass") if claims_pass else None
    report = msgspec.structs.replace(own(), findings=tuple(findings), verdict=verdict)
    found = judged(report, ours=own(before))
    assert ORDER.index(decision(found)) >= ORDER.index(before)
    assert OURS in found.findings
    assert found.verdict is not None
    assert set(own(before).verdict.reasons) <= set(found.verdict.reasons)  # type: ignore[union-attr]  # it has one
    assert all(each.line is None or each.line > 0 for each in found.findings)
