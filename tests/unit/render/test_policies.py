"""The policy step as it is read: checkers with what they looked at, what they left open, and five hundred findings."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from gitops_ci.model.finding import Finding, Waiver, make
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import checkers, finding_groups, markdown, terminal
from gitops_ci.render.comment.page import units
from tests.unit.render import example, oracle

OPA = Engine(name="opa", version="1.9.0", source="path")
TIMEOUT = Problem(code="timeout", message="took longer than 300 s\nat all", path="policies/a.rego", line=4)
RUNS = (
    PolicyRun(name="rego", engine=OPA, seconds=0.31, inputs=214, policies=12),
    PolicyRun(name="checkov", seconds=4.9, inputs=1, problems=(TIMEOUT,)),
)


def found(rule: str, message: str, number: int = 1, **fields: Any) -> Finding:
    made = make(
        rule, "warning", message, help=f"mend {rule}", path=f"environments/production/f{number}.tf", line=number
    )
    return structs.replace(made, **fields)


FINDINGS = (
    found("rego/a.deny", "one"),
    found("rego/a.deny", "two", state="existing"),
    found("rego/a.deny", "three", state="fixed"),
    found("rego/a.deny", "four", waived_by=Waiver(what="x", owner="o", reason="r")),
    found("checkov/CKV_1", "five"),
)


def reported(*findings: Finding, **fields: Any) -> Report:
    values: dict[str, Any] = {"findings": findings, "policies": RUNS}
    return example.report(**(values | fields))


def comment(report: Report, **options: Any) -> str:
    written = markdown.comment(report, example.LINKS, **options)
    oracle.check(written, ("https://github.com/", "https://docs.prismacloud.io/"))
    return written


def shown(report: Report) -> str:
    return terminal.plain(terminal.report_lines(report))


def test_the_comment_has_a_row_a_checker_and_says_loudly_what_is_open() -> None:
    text = comment(reported(*FINDINGS))
    assert "<b>2 policy checkers</b> · 1 question without an answer, 2 new, 1 fixed ✓ · 5.2 s" in text
    assert "| Rego | opa 1.9.0 (path) | 12 | 214 | 1 new, 1 from before, 1 fixed, 1 waived | 0.3 s |" in text
    assert "| checkov |  |  | 1 | **? 1 question without an answer** · 1 new | 4.9 s |" in text
    warning = text[text.index("> [!WARNING]") :].split("\n")[1]
    assert warning.startswith("> - **checkov gave no answer**: took longer than 300 s ([`policies/a.rego:4`](")


def test_the_terminal_has_a_line_a_checker() -> None:
    text = shown(reported(*FINDINGS))
    assert "· Rego     12 rules, 214 inputs, 1 new, 1 from before, 1 fixed, 1 waived, 0.3 s, opa 1.9.0 (path)" in text
    assert "? checkov  1 input, 1 new, 4.9 s" in text
    assert "  ? policies/a.rego:4: checkov gave no answer: took longer than 300 s" in text
    assert "1 finding from before this change, 1 fixed by it ✓" in text


def test_what_the_verdict_tells_is_not_told_twice() -> None:
    reason = VerdictReason(
        rule="checks/policy-unanswered",
        decision="undecided",
        message="policies/a.rego:4: checkov gave no answer: took longer than 300 s",
        remedy="r",
    )
    judged = reported(verdict=Verdict(decision="undecided", reasons=(reason,)))
    assert checkers.unsaid(judged) == []
    assert comment(judged).count("took longer than 300 s") == 2  # the heading and what to do
    let_through = structs.replace(reason, decision="pass")
    passed = reported(verdict=Verdict(decision="pass", reasons=(let_through,)))
    assert checkers.unsaid(passed) == [(RUNS[1], TIMEOUT)]


def test_nothing_is_said_where_no_checker_was_asked() -> None:
    report = reported(policies=())
    assert "checker" not in comment(report)
    assert "rules" not in shown(report)


def test_many_open_questions_are_counted() -> None:
    problems = tuple(Problem(code="needs-opa", message=f"policy {n} needs opa") for n in range(30))
    report = reported(policies=(PolicyRun(name="rego", problems=problems),))
    assert "> - 10 more questions without an answer" in comment(report)
    assert "and 10 more questions without an answer" in shown(report)


# Many findings


def many(count: int) -> list[Finding]:
    return [found(f"checkov/CKV_{n % 20}", f"bucket {n} is public", n) for n in range(1, count + 1)]


def test_few_findings_are_told_one_by_one() -> None:
    groups = finding_groups.of([*many(5), found("checkov/CKV_1", "bucket 1 is public", 77)], 10)
    assert [len(group.findings) for group in groups] == [2, 1, 1, 1, 1]
    assert groups[0].said == "bucket 1 is public"


def test_many_are_told_by_rule_and_errors_last_of_all() -> None:
    errors = [structs.replace(found("rego/a.deny", f"e{n}", n), severity="error") for n in range(3)]
    groups = finding_groups.of([*many(60), *errors], 10)
    assert [group.said for group in groups[:3]] == ["e0", "e1", "e2"]
    assert len(groups) == 3 + 20
    assert sum(len(group.findings) for group in groups) == 63
    assert groups[3].said == "bucket 1 is public (and 2 more)"
    assert groups[3].help == "mend checkov/CKV_1"


def test_a_rule_of_ours_gives_its_title_and_its_fix() -> None:
    several = [found("terraform/state-shared", f"m{n}", n, help=f"h{n}") for n in range(30)]
    (group,) = finding_groups.of(several, 10)
    assert group.said == "Two stacks keep their state at the same place (30 findings)"
    assert group.help.startswith("Give each stack a key of its own")


def test_five_hundred_findings_are_a_page() -> None:
    report = reported(*many(500))
    text = comment(report)
    assert "<b>500 findings</b> · 500 warnings" in text
    rows = [line for line in text.split("\n") if line.startswith("| ⚠")]
    assert len(rows) == 20
    assert all("and 21 more" in row for row in rows)  # 4 of 25 places are shown
    assert "nothing left out" in text
    assert units(text) < 30_000
    assert len(shown(report).split("\n")) < 200
    assert units(comment(report, limit=9_000)) <= 9_000
