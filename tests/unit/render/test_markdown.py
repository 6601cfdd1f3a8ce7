"""What a reviewer reads in a comment."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec
import pytest

from gitops_ci.model.finding import make
from gitops_ci.model.plan import Attribute, Change, Check, Plan, Problem, Unseen
from gitops_ci.model.report import Report, Unread
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import markdown, terminal
from gitops_ci.render.comment.page import units
from tests.unit.render import oracle
from tests.unit.render.example import ENVIRONMENTS, LINKS, REALISTIC, affected, planned, policy, report, update

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


def test_what_a_plan_that_succeeded_says_all_the_same_is_told_once() -> None:
    reason = Problem(code="folded", message="2 objects differ only in chart labels\nbase could not be planned")
    plan = msgspec.structs.replace(planned("a/kubernetes/web", (update("x"),)), reason=reason)
    assert "# 2 objects differ only in chart labels" in written(report(plan))
    told = make("terraform/base-unplanned", "notice", "base could not be planned", help="h", stack="a/kubernetes/web")
    comment = written(report(plan, findings=(told,)))
    assert "# 2 objects differ only in chart labels" in comment
    assert "# base could not be planned" not in comment


def test_what_a_replace_loses_is_told_beside_what_forces_it() -> None:
    forcing = Attribute(path="spec.storage", before="2Gi", after="1Gi", forces_replacement=True)
    change = Change(
        address="PersistentVolumeClaim data",
        type="PersistentVolumeClaim",
        action="replace",
        reason="the data of its volume goes with it",
        destructive=True,
        attributes=(forcing,),
    )
    comment = written(report(planned("a/kubernetes/web", (change,))))
    assert "forces a new one (destroy before create); the data of its volume goes with it" in comment
    coded = msgspec.structs.replace(change, reason="replace_because_cannot_update")
    assert "cannot be updated" not in written(report(planned("a/kubernetes/web", (coded,))))


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


def test_a_pass_says_that_there_are_warnings() -> None:
    """Those of before the change, and what somebody waived, are none to read."""
    found = [make("kubernetes/reference-missing", "warning", f"no {each}", help="h") for each in ("a", "b", "c")]
    findings = (found[0], found[1], msgspec.structs.replace(found[2], state="existing"))
    subject = report(planned("a/kubernetes/web", [update("x")]), findings=findings, verdict=Verdict(decision="pass"))
    assert markdown.summary_line(subject) == "Pass: 1 stack changes, nothing is destroyed; 2 warnings"


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


def gone(number: int) -> list[Change]:
    return [
        Change(address=f"gone[{each}]", type="x", action="delete", destructive=True, reason=f"as {each} says")
        for each in range(number)
    ]


def caution(*stacks: Plan) -> str:
    return written(report(*stacks)).partition("[!CAUTION]")[2].partition("\n\n")[0]


def test_where_many_are_destroyed_every_stack_is_named_before_one_has_all_its_lines() -> None:
    told = caution(*[planned(f"production/terraform/app{number}", gone(30 - number)) for number in range(20)])
    assert all(f"app{number}**" in told for number in range(20))
    assert "**production/terraform/app0** deletes `gone[1]`: as 1 says, and 28 more" in told
    assert told.count("\n") == 40
    many = [planned(f"production/terraform/app{number}", gone(1 + number % 20)) for number in range(50)]
    assert caution(*many).splitlines()[-1] == "> - and 80 more destructive changes"


def test_many_that_are_destroyed_for_one_reason_take_one_line() -> None:
    alike = [msgspec.structs.replace(each, reason="no longer there") for each in gone(30)]
    told = caution(planned("production/terraform/app", [*gone(1), *alike[1:]]))
    assert told.splitlines()[1:] == [
        "> - **production/terraform/app** deletes `gone[0]`: as 0 says",
        f"> - **production/terraform/app** deletes 29, no longer there: {', '.join(f'`gone[{n}]`' for n in range(1, 21))} and 9 more",
    ]
    few = caution(planned("production/terraform/app", alike[:2]))
    assert few.count("deletes") == 2
    every = caution(*[planned(f"production/terraform/app{number}", alike) for number in range(40)])
    assert all(f"app{number}** deletes 30, no longer there: `gone[0]`, " in every for number in range(40))


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
        assert re.search(r"[0-9,]+ more( destructive changes)?$", comment, re.MULTILINE)


def test_megabyte_values_are_cut() -> None:
    comment = written(report(planned("a/terraform/b", [update("x", value=("a" * 1_000_000, "`" * 1_000_000))])))
    assert len(comment) < 3_000
    assert "(1,000,000 characters)" in comment


def test_what_was_not_judged_and_what_was_accepted_is_said() -> None:
    comment = markdown.comment(REALISTIC, LINKS, environments=ENVIRONMENTS)
    assert "Not judged here" in comment
    assert "1 finding from before this change, 1 waived" in comment
    assert "the backup account has a copy" in comment


def test_what_is_good_to_know_is_told_beside_the_verdict() -> None:
    notes = tuple(
        VerdictReason(rule="gate/ordering", decision="pass", message=f"#{number} <b>came first", remedy="let it")
        for number in range(12)
    )
    told = msgspec.structs.replace(REALISTIC, verdict=Verdict(decision="pass", reasons=notes))
    comment = written(told)
    assert comment.count("&#60;b&#62;came first: let it\n") == 10
    assert "left out to fit: 2 notes" in comment
    assert "[!NOTE]" in comment
    assert "#4 <b>came first: let it" in terminal.plain(terminal.report_lines(told))
    assert "To merge" not in comment


def test_fixed_findings_are_one_line() -> None:
    fixed = msgspec.structs.replace(make("a/b", "error", "m", help=""), state="fixed")
    assert "\n\n1 fixed by it ✓\n" in written(report(findings=(fixed,)))


def test_the_chart_shows_what_reaches_what_and_stays_small() -> None:
    comment = written(REALISTIC)
    assert 'n0(["shared/databases/migrations"]) --> n1[["production/database/app"]]' in comment
    reasons = [affected(f"production/terraform/app{number}", *REALISTIC.stacks[0].reasons) for number in range(300)]
    assert '"300 in production/terraform"' in written(report(stacks=tuple(reasons)))


def fleet(environment: str = "production") -> str:
    comment = markdown.comment(REALISTIC, LINKS, environments=ENVIRONMENTS)
    start = comment.index(f"<details><summary><b>{environment}/terraform/fleet</b>")
    return comment[start : comment.index("</details>", start)]


def test_checks_that_do_not_hold_are_a_warning_and_those_that_do_are_counted() -> None:
    comment = written(REALISTIC)
    assert (
        "> [!WARNING]\n> - **production/terraform/fleet**: `check.certificate` failed: The certificate of "
        "api.acme.example ends in 9 days.\n> - **production/terraform/fleet**: 1 check known after apply only: `check.health`\n"
    ) in comment
    assert "**1 failed check**" in comment
    assert "2 checks passed" in fleet().splitlines()[0]
    assert "var.size" not in comment


def test_a_check_that_fails_alike_in_two_stacks_is_told_once() -> None:
    check = Check(address="check.a", status="error", problems=("no\nway",))
    plans = [planned(f"production/terraform/{name}", (), checks=(check,)) for name in ("a", "b")]
    said = "**production/terraform/a** and **production/terraform/b**: `check.a` could not be evaluated: no way"
    assert said in written(report(*plans))


def test_a_plan_on_state_that_will_change_is_noted() -> None:
    assert "> [!NOTE]\n> - **production/terraform/fleet** was planned against state" in written(REALISTIC)


def test_drift_pending_changes_and_generated_configuration_are_folded_apart() -> None:
    comment = written(REALISTIC)
    parts = comment.split("<details>")
    drift = next(
        part
        for part in parts
        if "changed outside of the repository: 1 that the plan builds on, 2 that it does not build on" in part
    )
    assert "(edited by hand)" in drift
    assert "~ aws_autoscaling_group.blue" in drift
    assert "desired_capacity" not in comment
    pending = next(part for part in parts if "pending before this pull request: 1 change" in part)
    assert "backup_retention_period" in pending
    assert comment.count("backup_retention_period") == 2
    generated = next(part for part in parts if "<b>Configuration that was generated</b> for 1 import" in part)
    assert "```hcl\nresource" in generated


def test_what_waits_already_is_told_where_the_change_itself_does_nothing() -> None:
    waiting = planned("production/terraform/a", (), pending=(update("x", s=(1, 2)),))
    checked = planned("production/terraform/b", (), checks=(Check(address="check.a", status="fail"),))
    comment = written(report(waiting, checked, planned("production/terraform/c", ())))
    assert "| terraform/a · no change · 1 pending |" in comment
    assert "| terraform/b · no change · **1 failed check** |" in comment
    assert "| no change: terraform/c |" in comment
    assert "pending before this pull request: 1 change" in comment
    assert "3 affected stacks, nothing changes" in comment
    text = terminal.plain(terminal.report_lines(report(waiting)))
    assert "   pending before this change, not its doing\n   ~ x\n" in text


def test_a_failed_plan_keeps_its_changes_and_is_partial() -> None:
    part = next(part for part in written(REALISTIC).split("<details>") if "<b>production/terraform/cdn</b>" in part)
    assert "1 update, partial: the plan failed" in part
    assert "```diff\n# partial: the plan failed, there may be more changes than these\n" in part
    assert "default_ttl" in part


def test_formatting_and_reads_are_counted() -> None:
    assert (
        fleet()
        .rstrip()
        .endswith(
            "# 1 update differs only in formatting: aws_iam_role.fleet\n# 1 step that alters nothing: data.aws_ami.debian\n```"
        )
    )


def test_nearly_the_same_change_is_told_by_what_differs() -> None:
    assert "only what differs from production/terraform/fleet" in fleet("staging")
    assert "# 8 more changes as in production/terraform/fleet" in fleet("staging")
    assert "aws_security_group" not in fleet("staging")


def test_caution_says_in_which_order_and_names_deposed_objects() -> None:
    comment = written(REALISTIC)
    assert "`user_data_base64` forces a new one (create before destroy)" in comment
    assert "deletes the deposed object `5f3a91c2` of `aws_instance.fleet`" in comment


def test_a_plan_of_fifty_thousand_changes_costs_no_more_than_what_is_shown() -> None:
    """The time of each change that is left out would add up to minutes: the same as with a hundredth of them."""
    changes = [update(f"x{number}", policy=(policy("a"), policy("b"))) for number in range(50_000)]
    start = time.process_time()
    comment = markdown.comment(report(planned("production/terraform/a", changes)))
    assert time.process_time() - start < 3
    assert re.search(r"\n# 49,\d{3} more changes left out to fit: ", comment)


def test_what_is_left_out_of_a_diff_is_told_by_its_type() -> None:
    comment = markdown.comment(many(1, 400), limit=8_000)
    assert re.search(r"# 3\d\d more changes left out to fit: 100 updates of aws_x, 100 creates of aws_x", comment)


def test_rules_are_loosened_where_data_is_lost() -> None:
    loosened = Change(address="rego.rule data.k.deny", type="rego.rule", action="update", destructive=True)
    granted = Change(address="casbin.permission p, a, *", type="casbin.permission", action="create", destructive=True)
    emptied = Change(address="data in users", type="data", action="update", destructive=True)
    comment = written(
        report(planned("shared/security/main", [loosened, granted]), planned("production/database/app", [emptied]))
    )
    assert "**shared/security/main** loosens `rego.rule data.k.deny`" in comment
    assert "**shared/security/main** adds `casbin.permission p, a, *`" in comment
    assert "**production/database/app** loses `data in users`" in comment


def test_what_nobody_looked_at_is_in_the_headline_and_not_called_safe() -> None:
    chart = Unseen(what="ingress-nginx 5.0.0", sort="chart", why="the chart is not in this repository")
    plan = msgspec.structs.replace(planned("a/kubernetes/apps", (update("x"),)), unseen=(chart,))
    comment = written(report(plan, verdict=Verdict(decision="pass")))
    assert "### ✅ Pass · 1 stack changes; 1 chart of a registry was not looked at\n" in comment
    several = msgspec.structs.replace(
        plan, unseen=(chart, msgspec.structs.replace(chart, what="redis 1"), Unseen(what="x", sort="source", why="w"))
    )
    said = "; 2 charts of registries and 1 source elsewhere were not looked at\n"
    assert said in written(report(several, verdict=Verdict(decision="pass")))
    assert said in written(report(msgspec.structs.replace(planned("a/kubernetes/b", ()), unseen=several.unseen)))


def left(address: str, kind: str, reason: str = "left behind: nothing prunes it") -> Change:
    return Change(address=address, type=kind, action="forget", reason=reason)


def test_what_is_left_running_is_in_the_headline_and_above_the_table() -> None:
    changes = (left("ConfigMap web/a", "ConfigMap"), left("apps/Deployment web/web", "apps/Deployment"))
    comment = written(report(planned("production/kubernetes/web", changes), verdict=Verdict(decision="pass")))
    assert "### ✅ Pass · 1 stack changes, 2 objects left running and no longer managed\n" in comment
    assert (
        "> [!CAUTION]\n> - **production/kubernetes/web** leaves 2 objects running in namespace `web`, "
        "no longer managed\n" in comment
    )
    assert "| kubernetes/web · 2 left behind |" in comment
    assert "↑ ConfigMap web/a  # left behind: nothing prunes it\n" in comment
    assert "forget" not in comment


def test_an_application_that_goes_is_no_object_that_runs_on_and_terraform_says_forget() -> None:
    application = left(
        "argoproj.io/Application argocd/web", "argoproj.io/Application", "what it deployed is left behind"
    )
    comment = written(report(planned("shared/kubernetes/argocd", (application,))))
    assert "CAUTION" not in comment
    assert "nothing is destroyed" in comment
    removed = Change(address="aws_instance.a", type="aws_instance", action="forget")
    comment = written(report(planned("a/terraform/web", (removed,))))
    assert "· 1 forget" in comment
    assert "forgotten: keeps existing, is no longer managed" in comment


def test_many_stacks_that_change_alike_take_two_rows() -> None:
    plans = [planned(f"a/kubernetes/apps/{name}", (update("x"),)) for name in ("one", "two", "three", "four")]
    comment = written(report(*plans))
    assert "| kubernetes/apps/four |  | 1 |" in comment
    assert "| 3 more stacks like kubernetes/apps/four: one, three and two |  | 3 |" in comment
    assert comment.count("```diff") == 1


def test_many_plans_that_fail_for_one_reason_take_two_rows_and_another_reason_its_own() -> None:
    def failed(name: str, message: str) -> Plan:
        return Plan(stack=f"a/kubernetes/{name}", status="failed", reason=Problem(code="not-rendered", message=message))

    comment = written(report(*(failed(name, "gone") for name in "abcd"), failed("e", "another")))
    assert "| kubernetes/a · **✗ plan failed** |" in comment
    assert "| 3 more stacks like kubernetes/a: b, c and d |" in comment
    assert "| kubernetes/e · **✗ plan failed** |" in comment


def test_a_table_without_marks_is_one_without_errors() -> None:
    """A finding in a file that several stacks read is no single stack's: it has a row of its own."""
    shared = make("kubernetes/schema", "error", "is wrong", help="Mend it.", path="base/a.yaml")
    told = written(report(planned("a/kubernetes/b", (update("x"),)), findings=(shared,)))
    assert "| of no single stack |  |  |  |  | ✗ 1 |  |\n" in told
    own = msgspec.structs.replace(shared, stack="a/kubernetes/b")
    assert "of no single stack" not in written(report(planned("a/kubernetes/b", (update("x"),)), findings=(own,)))
    assert "of no single stack" not in written(report(findings=(shared,)))


def test_changed_files_that_no_stack_reads_are_named_or_their_folders() -> None:
    few = Unread(count=2, paths=("README.md", "docs/a.md"))
    assert "nothing to plan: 2 changed files, none of them part of a stack: README.md and docs/a.md\n" in written(
        report(changed_files=2, unread=few)
    )
    assert "<sub>2 changed files that no stack reads: README.md and docs/a.md</sub>" in written(
        report(planned("a/kubernetes/b", (update("x"),)), changed_files=3, unread=few)
    )
    many = Unread(count=205, paths=(*(f"a/b/{number}.yaml" for number in range(98)), "c/d.yaml", "e.md"))
    said = "a/b (98), c (1), the root (1) and 105 elsewhere"
    assert said in written(report(changed_files=205, unread=many))
    assert said in terminal.plain(terminal.report_lines(report(planned("a/kubernetes/b", ()), unread=many)))
