"""What a reviewer reads in a comment."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gitops_ci.model.finding import make
from gitops_ci.model.plan import Attribute, Change, Plan, Problem
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import markdown
from gitops_ci.render.comment.page import units
from tests.unit.render import oracle
from tests.unit.render.example import ENVIRONMENTS, LINKS, REALISTIC, affected, planned, report, update

GOLDEN = Path(__file__).parent / "golden" / "comment.md"


def written(subject: Report) -> str:
    comment = markdown.comment(subject, environments=ENVIRONMENTS)
    oracle.check(comment, ())
    return comment


def test_the_realistic_comment_is_as_a_person_checked_it() -> None:
    comment = markdown.comment(REALISTIC, LINKS, environments=ENVIRONMENTS)
    oracle.check(comment, ("https://github.com/acme/infra/", "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/"))
    assert comment == GOLDEN.read_text(encoding="utf-8")


def test_nothing_to_plan_is_one_line() -> None:
    comment = written(report(changed_files=3))
    assert "nothing to plan: 3 changed files, none of them part of a stack" in comment
    assert len(comment.splitlines()) == 4  # marker, heading, empty, footer


def test_a_noop_a_failed_and_a_skipped_plan_look_different() -> None:
    failed = Plan(
        stack="a/terraform/failed", status="failed", reason=Problem(code="invalid", message="no such argument")
    )
    skipped = Plan(stack="a/terraform/skipped", status="skipped", reason=Problem(code="no-credentials", message="m"))
    comment = written(report(planned("a/terraform/same", ()), failed, skipped, stacks=(affected("a/terraform/none"),)))
    assert "no change: terraform/same" in comment
    assert "terraform/failed · **✗ plan failed**" in comment
    assert "terraform/skipped · **not planned**" in comment
    assert "terraform/none · **no plan**" in comment
    assert "the change cannot be planned as it is" in comment
    assert "we could not find out what it would do" in comment
    assert "```\nno such argument\n```" in comment


def test_the_heading_is_the_verdict_and_its_reason() -> None:
    reasons = tuple(
        VerdictReason(rule="gate/x", decision="blocked", message=message, remedy="r") for message in ("first", "second")
    )
    subject = report(verdict=Verdict(decision="blocked", reasons=reasons))
    assert written(subject).splitlines()[1] == "### ⛔ Blocked · first (and 1 more reason)"
    assert markdown.summary_line(subject) == "Blocked: first (and 1 more reason)"


def test_a_pass_says_what_would_happen() -> None:
    plans = planned("production/terraform/a", [update("x", s=(1, 2))]), planned("production/terraform/b", ())
    subject = report(*plans, verdict=Verdict(decision="pass"))
    assert markdown.summary_line(subject) == "Pass: 1 stack changes, nothing is destroyed"


def test_stacks_that_need_the_same_share_a_row() -> None:
    reasons = tuple(
        VerdictReason(
            rule="gate/engine", decision="undecided", message="m", remedy="install it", stack=f"a/terraform/{n}"
        )
        for n in range(50)
    )
    comment = written(report(verdict=Verdict(decision="undecided", reasons=reasons)))
    assert comment.count("install it") == 1
    assert "a/terraform/2 and 47 more" in comment


def test_every_destroy_is_named_and_a_destructive_update_is_one() -> None:
    changes = [
        Change(address="gone", type="x", action="delete", destructive=True),
        Change(address="narrowed", type="column", action="update", destructive=True, reason="type_changes"),
        Change(address="read", type="x", action="read"),
    ]
    comment = written(report(planned("production/database/app", changes)))
    assert "**production/database/app** deletes `gone`" in comment
    assert "loses data in `narrowed`: type changes" in comment
    assert "`read`" not in comment


def test_a_summary_leaves_attributes_out_and_keeps_objects() -> None:
    comment = markdown.comment(REALISTIC, LINKS, environments=ENVIRONMENTS, detail="summary")
    assert "± aws_db_instance.main" in comment
    assert "engine_version    =" not in comment


def many(stacks: int, changes: int) -> Report:
    plans = [
        planned(
            f"{('production', 'staging')[number % 2]}/terraform/app{number // 2}",
            [
                Change(
                    address=f"module.m.aws_x.y[{index}]",
                    type="aws_x",
                    action=("update", "create", "replace", "delete")[index % 4],
                    attributes=tuple(
                        Attribute(path=f"a{key}", before=f"o{number // 2}", after=f"n{index}") for key in range(5)
                    ),
                )
                for index in range(changes)
            ],
        )
        for number in range(stacks)
    ]
    findings = [make("a/b", "warning", f"m{number}", help="h", path=f"p{number}") for number in range(stacks)]
    return report(*plans, findings=tuple(findings), stacks_total=stacks)


@pytest.mark.parametrize(("stacks", "changes"), [(2_000, 5), (500, 40), (2, 5_000)])
@pytest.mark.parametrize("limit", [1_000, 8_000, 65_000])
def test_a_huge_report_fits_and_says_what_is_missing(stacks: int, changes: int, limit: int) -> None:
    comment = markdown.comment(many(stacks, changes), LINKS, environments=ENVIRONMENTS, limit=limit)
    assert units(comment) <= limit
    assert "left out to fit" in comment
    if limit > 1_000:
        oracle.check(comment, ("https://github.com/",))
        assert "more destructive changes" in comment


def test_megabyte_values_are_cut() -> None:
    comment = written(report(planned("a/terraform/b", [update("x", value=("a" * 1_000_000, "`" * 1_000_000))])))
    assert len(comment) < 3_000
    assert "(1,000,000 characters)" in comment


def test_what_was_not_judged_and_what_was_accepted_is_said() -> None:
    comment = markdown.comment(REALISTIC, LINKS, environments=ENVIRONMENTS)
    assert "Not judged here" in comment
    assert "1 finding from before this change, 1 accepted" in comment
    assert "the backup account has a copy" in comment


def test_fixed_findings_are_one_line() -> None:
    fixed = msgspec.structs.replace(make("a/b", "error", "m", help=""), state="fixed")
    assert "\n\n1 fixed by it ✓\n" in written(report(findings=(fixed,)))


def test_the_chart_shows_what_reaches_what_and_stays_small() -> None:
    comment = written(REALISTIC)
    assert 'n0(["shared/databases/migrations"]) --> n1[["production/database/app"]]' in comment
    reasons = [affected(f"production/terraform/app{number}", *REALISTIC.stacks[0].reasons) for number in range(300)]
    assert '"300_in_production/terraform"' in written(report(stacks=tuple(reasons)))
