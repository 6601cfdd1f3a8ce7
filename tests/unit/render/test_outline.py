from __future__ import annotations

from gitops_ci.model.finding import make
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import outline, words
from gitops_ci.render.comment import heading
from tests.unit.render.example import affected, planned, report


def test_production_is_first_unlisted_environments_after_and_shared_last() -> None:
    plans = [planned(f"{name}/terraform/a", ()) for name in ("shared", "canary", "staging", "production")]
    shown = outline.rows(report(*plans), ("production", "staging"))
    assert [row.environment for row in shown] == ["production", "staging", "canary", "shared"]


def test_an_affected_stack_without_a_plan_is_shown_as_that() -> None:
    (row,) = outline.rows(report(stacks=(affected("production/terraform/a"),)))
    assert row.unplanned
    assert not row.changed


def test_findings_that_say_the_same_are_one_thing_in_several_places() -> None:
    findings = [make("a/b", "error", "m", help="h", path=path) for path in ("x", "y")]
    assert [[finding.path for finding in group] for group in outline.places(findings)] == [["x", "y"]]


def test_words() -> None:
    assert words.several(1, "stack") == "1 stack"
    assert words.several(1204, "stack") == "1,204 stacks"
    assert words.some(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert words.some([], 2) == ""
    assert [words.duration(each) for each in (0.04, 9.96, 59.4, 59.6, 125, 3840)] == [
        "0.0 s", "10 s", "59 s", "1 min 0 s", "2 min 5 s", "1 h 4 min",
    ]  # fmt: skip


def test_what_a_finding_calls_wrong_and_no_plan_follows_is_one_reason() -> None:
    def failed(code: str, line: int | None) -> tuple[VerdictReason, ...]:
        plan = Plan(
            stack="a/kubernetes/b", status="failed", reason=Problem(code=code, message="m", path="a", line=line)
        )
        reasons = (
            VerdictReason(rule="argocd/path-missing", decision="blocked", message="a:3: no", remedy="r"),
            VerdictReason(rule="checks/plan-failed", decision="blocked", message="m", remedy="r", stack=plan.stack),
        )
        return heading.deciding(report(plan, verdict=Verdict(decision="blocked", reasons=reasons)))

    assert [each.rule for each in failed("invalid", 3)] == ["argocd/path-missing"]
    for code, line in (("invalid", 33), ("invalid", None), ("not-rendered", 3)):
        assert len(failed(code, line)) == 2


def test_a_refusal_that_a_finding_tells_is_one_reason() -> None:
    def reason(rule: str, message: str) -> VerdictReason:
        return VerdictReason(rule=rule, decision="blocked", message=message, remedy="r", stack="staging/terraform/a")

    finding = reason("terraform/module-not-allowed", 'a/main.tf:1: module "m" is from elsewhere')
    skipped = reason("checks/plan-skipped", 'module "m" is from elsewhere; to permit it, name it')
    other = reason("checks/plan-skipped", "no engine")
    verdict = Verdict(decision="blocked", reasons=(finding, skipped, other))
    assert heading.deciding(report(verdict=verdict)) == (finding, other)


def test_a_file_that_neither_a_plan_nor_a_checker_can_read_is_one_reason() -> None:
    def left_open(message: str) -> VerdictReason:
        said = f"m/2.sql:1: database gave no answer: {message}"
        return VerdictReason(rule="checks/policy-unanswered", decision="undecided", message=said, remedy="r")

    def failed(message: str) -> VerdictReason:
        return VerdictReason(rule="checks/plan-failed", decision="blocked", message=message, remedy="r", stack="a/b/c")

    def rules_of(*reasons: VerdictReason) -> list[str]:
        verdict = Verdict(decision="blocked", reasons=reasons)
        return [each.rule for each in heading.deciding(report(verdict=verdict))]

    said = "2 cannot be parsed"
    assert rules_of(left_open(said), failed(said)) == ["checks/plan-failed"]
    assert rules_of(left_open(said), failed(f"{said} (and 1 more files that cannot be read)")) == ["checks/plan-failed"]
    for other in ("3 cannot be parsed", f"{said} elsewhere"):
        assert len(rules_of(left_open(said), failed(other))) == 2
    assert rules_of(left_open(said)) == ["checks/policy-unanswered"]
