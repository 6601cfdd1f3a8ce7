"""What is left of a verdict where the reports are of something else, or a job did not end well."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.errors import UsageError
from gitops_ci.gate import claims
from gitops_ci.gate.claims import Asked
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason
from tests.unit.render import example

HEAD = "a" * 40
RESULTS = ("success", "failure", "cancelled", "skipped")
DECISIONS: tuple[Decision, ...] = ("pass", "blocked", "undecided")


def report(decision: Decision = "pass", head: str = HEAD, number: int | None = 7) -> Report:
    reasons = () if decision == "pass" else (VerdictReason(rule="x/y", decision=decision, message="m", remedy="r"),)
    verdict = Verdict(decision=decision, reasons=reasons, left_out=("approvals",))
    return msgspec.structs.replace(example.report(), head=head, pull_request=number, verdict=verdict)


def decided(found: Report, asked: Asked) -> tuple[Decision, tuple[str, ...]]:
    verdict = claims.judged(found, asked).verdict
    assert verdict is not None
    return verdict.decision, tuple(reason.rule for reason in verdict.reasons)


def test_reports_of_this_commit_keep_their_verdict() -> None:
    asked = Asked(HEAD, 7)
    assert claims.judged(report(), asked) == report()
    assert decided(report("blocked"), asked) == ("blocked", ("x/y",))


@pytest.mark.parametrize(("head", "number"), [("b" * 40, 7), (HEAD, 8)])
def test_reports_of_something_else_never_pass_and_the_commit_that_is_asked_about_is_told(
    head: str, number: int
) -> None:
    told = claims.judged(report(head=head, number=number), Asked(HEAD, 7))
    assert (told.head, told.pull_request) == (HEAD, 7)
    assert decided(report(head=head, number=number), Asked(HEAD, 7)) == ("undecided", ("checks/report-stale",))


def test_without_an_event_the_reports_speak_for_themselves() -> None:
    assert decided(report(), Asked(None, None)) == ("pass", ())


def test_a_head_of_several_pull_requests_never_passes_and_stays_blocked() -> None:
    others = tuple(f"#{number} to lax" for number in range(8, 15))
    asked = Asked(HEAD, 7, others=others)
    assert decided(report(), asked) == ("undecided", ("checks/pull-request-unclear",))
    assert decided(report("blocked"), asked) == ("blocked", ("x/y", "checks/pull-request-unclear"))
    verdict = claims.judged(report(), asked).verdict
    assert verdict is not None
    assert "#8 to lax, #9 to lax" in verdict.reasons[0].message
    assert "and 2 more" in verdict.reasons[0].message


def test_reports_that_were_refused_block() -> None:
    told = claims.refused(report(), "checks/report-invalid", "no report", "run it again")
    assert decided(told, Asked(HEAD, 7)) == ("blocked", ("checks/report-invalid",))


@pytest.mark.parametrize(
    ("result", "decision"), [(each, "pass" if each in ("success", "skipped") else "undecided") for each in RESULTS]
)
def test_a_job_that_did_not_end_well_counts(result: str, decision: Decision) -> None:
    needs = json.dumps({"detect": {"result": "success", "outputs": {}}, "plan": {"result": result}})
    assert decided(report(), Asked(HEAD, 7, needs))[0] == decision


@pytest.mark.parametrize("needs", ["{", "[]", '{"plan": 3}', '{"plan": {}}', "\ud800"])
def test_what_is_not_tojson_needs_is_a_usage_error(needs: str) -> None:
    with pytest.raises(UsageError, match="--needs"):
        claims.judged(report(), Asked(HEAD, 7, needs))


def test_no_report_at_all_is_undecided() -> None:
    told = claims.none(msgspec.structs.replace(report(), verdict=None))
    assert told.verdict is not None
    assert (told.verdict.decision, told.verdict.reasons[0].rule) == ("undecided", "checks/report-missing")


@given(st.sampled_from(DECISIONS), st.sampled_from(RESULTS), st.sampled_from([HEAD, "b" * 40]))
def test_nothing_that_is_added_makes_a_verdict_better(decision: Decision, result: str, head: str) -> None:
    order = {"pass": 0, "undecided": 1, "blocked": 2}
    after = decided(report(decision, head), Asked(HEAD, 7, json.dumps({"plan": {"result": result}})))[0]
    assert order[after] >= order[decision]
