"""The rule family *checks* and the verdict: the table of trust.md, row by row."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.gate import checks, verdict
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding, Severity, State, Waiver
from gitops_ci.model.plan import Change, Plan, Problem
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import EXIT_CODES, Decision, Verdict, VerdictReason

ID = "production/terraform/network"
WARNING_DEVELOPMENT = Config(
    environments=(Environment(name="development", aliases=("dev",), enforcement="warn"), Environment(name="production"))
)


def stack(stack_id: str = ID) -> AffectedStack:
    environment, _, name = stack_id.split("/")
    return AffectedStack(
        id=stack_id,
        environment=environment,
        kind="terraform",
        name=name,
        path=stack_id,
        change="modified",
        certainty="direct",
    )


def plan(code: str | None = None, *, stack_id: str = ID, status: Literal["failed", "skipped"] = "failed") -> Plan:
    if code is None:
        return Plan(stack=stack_id, status="unchanged")
    return Plan(stack=stack_id, status=status, reason=Problem(code=code, message="first line\nsecond line"))


def found(severity: Severity = "error", *, stack: str | None = None, path: str | None = None) -> Finding:
    return findings.make(
        "layout/x", severity, "is wrong", help="mend it", stack=stack, path=path, line=3 if path else None
    )


def judged(
    *plans: Plan,
    told: tuple[Finding, ...] = (),
    stacks: tuple[AffectedStack, ...] | None = None,
    config: Config = DEFAULT,
) -> Verdict:
    expected = (stack(),) if stacks is None else stacks
    reasons = checks.reasons(expected, plans, told, config)
    return verdict.of(reasons, plans=plans, judges_pull_request=True)


@pytest.mark.parametrize("status", ["changed", "unchanged"])
def test_everything_planned_passes(status: Literal["changed", "unchanged"]) -> None:
    assert judged(Plan(stack=ID, status=status)) == Verdict(decision="pass")


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("plan-failed", "blocked"),
        ("invalid", "blocked"),
        ("not-allowed", "blocked"),
        ("binding", "blocked"),
        ("engine-missing", "undecided"),
        ("engine-killed", "undecided"),
        ("provider-failed", "undecided"),
        ("too-much-output", "undecided"),
        ("engine-failed", "undecided"),
        ("init-failed", "undecided"),
        ("timeout", "undecided"),
        ("unreachable", "undecided"),
        ("interrupted", "undecided"),
        ("not-rendered", "undecided"),
        ("no-source", "undecided"),
        ("internal-error", "undecided"),
        ("a-code-of-the-future", "undecided"),
    ],
)
def test_each_problem(code: str, decision: Decision) -> None:
    for status in ("failed", "skipped"):
        told = judged(plan(code, status=status))
        assert told.decision == decision
        (reason,) = told.reasons
        assert (reason.rule, reason.stack, reason.message) == (f"checks/plan-{status}", ID, "first line")
        assert reason.remedy


def test_what_blocks_names_its_place_once() -> None:
    for message, path, line, said in (
        ("metadata.name is missing", "apps/pvc.yaml", 2, "apps/pvc.yaml:2: metadata.name is missing"),
        ("metadata.name is missing", "apps/pvc.yaml", None, "apps/pvc.yaml: metadata.name is missing"),
        ("no key, in apps/pvc.yaml:2", "apps/pvc.yaml", 2, "no key, in apps/pvc.yaml:2"),
        ("no key", None, None, "no key"),
    ):
        failed = Plan(stack=ID, status="failed", reason=Problem(code="invalid", message=message, path=path, line=line))
        (reason,) = judged(failed).reasons
        assert reason.message == said


def test_a_failure_without_a_reason_does_not_pass() -> None:
    assert judged(Plan(stack=ID, status="failed")).decision == "undecided"
    assert judged(Plan(stack=ID, status="skipped")).decision == "undecided"


def test_a_missing_plan_is_undecided() -> None:
    (reason,) = judged().reasons
    assert (reason.rule, reason.decision, reason.stack) == ("checks/plan-missing", "undecided", ID)


@pytest.mark.parametrize("order", [1, -1])
def test_two_plans_of_one_stack_are_not_believed(order: int) -> None:
    told = judged(*(plan(), plan("timeout"))[::order])
    assert told.decision == "blocked"
    assert told.reasons[0].rule == "checks/plan-contradictory"


def test_a_plan_that_nobody_asked_for_is_not_believed() -> None:
    told = judged(plan(), plan(stack_id="staging/terraform/other"))
    assert [(reason.rule, reason.decision) for reason in told.reasons] == [("checks/plan-foreign", "blocked")]


def test_nothing_affected_passes() -> None:
    assert judged(stacks=()) == Verdict(decision="pass")


@pytest.mark.parametrize(("severity", "decision"), [("error", "blocked"), ("warning", "pass"), ("notice", "pass")])
def test_only_errors_block(severity: Severity, decision: Decision) -> None:
    assert judged(plan(), told=(found(severity),)).decision == decision


@pytest.mark.parametrize(("state", "decision"), [("new", "blocked"), ("existing", "pass"), ("fixed", "pass")])
def test_only_what_the_change_adds_blocks(state: State, decision: Decision) -> None:
    assert judged(plan(), told=(msgspec.structs.replace(found(), state=state),)).decision == decision


def test_a_waived_finding_does_not_block() -> None:
    waived = msgspec.structs.replace(found(), waived_by=Waiver(what="layout/x", owner="ann", reason="legacy"))
    assert judged(plan(), told=(waived,)).decision == "pass"


def test_a_reason_names_the_place_and_the_remedy() -> None:
    (reason,) = judged(plan(), told=(found(path="a/main.tf"),)).reasons
    assert (reason.message, reason.remedy) == ("a/main.tf:3: is wrong", "mend it")


@pytest.mark.parametrize(
    "told",
    [found(stack="development/terraform/x"), found(path="environments/dev/x/main.tf"), found(path="dev/main.tf")],
)
def test_an_environment_that_only_warns_never_blocks(told: Finding) -> None:
    development = stack("development/terraform/x")
    kinds = (plan("plan-failed", stack_id=development.id), plan("timeout", stack_id=development.id))
    for each in kinds:
        assert judged(each, told=(told,), stacks=(development,), config=WARNING_DEVELOPMENT).decision == "pass"
    assert judged(stacks=(development,), config=WARNING_DEVELOPMENT).decision == "pass"
    assert judged(plan(), told=(told,)).decision == "blocked"


@pytest.mark.parametrize("told", [found(stack="production/terraform/x"), found(path="shared/dev/main.tf"), found()])
def test_what_belongs_to_no_warning_environment_blocks(told: Finding) -> None:
    assert judged(plan(), told=(told,), config=WARNING_DEVELOPMENT).decision == "blocked"


def test_a_broken_binding_blocks_in_every_environment() -> None:
    development = stack("development/terraform/x")
    told = judged(plan("binding", stack_id=development.id), stacks=(development,), config=WARNING_DEVELOPMENT)
    assert told.decision == "blocked"


def test_an_environment_that_the_configuration_does_not_know_blocks() -> None:
    sandbox = stack("sandbox/terraform/x")
    assert judged(plan("plan-failed", stack_id=sandbox.id), stacks=(sandbox,)).decision == "blocked"


def test_blocked_comes_before_undecided_before_pass() -> None:
    def reason(decision: Decision) -> VerdictReason:
        return VerdictReason(rule="x/y", decision=decision, message="", remedy="")

    told = verdict.of([reason("pass"), reason("undecided"), reason("blocked")], plans=(), judges_pull_request=True)
    assert told.decision == "blocked"
    assert [each.decision for each in told.reasons] == ["blocked", "undecided", "pass"]
    assert verdict.of([reason("pass"), reason("undecided")], plans=(), judges_pull_request=True).decision == "undecided"
    assert EXIT_CODES == {"pass": 0, "blocked": 1, "undecided": 3}


def test_what_cannot_be_judged_without_the_pull_request_is_said() -> None:
    def destroying(number: int) -> Plan:
        changes = tuple(Change(address=f"a.{n}", type="a", action="delete", destructive=True) for n in range(number))
        return Plan(stack=ID, status="changed", changes=changes)

    def left_out(*plans: Plan, pull_request: bool = False) -> str:
        return "; ".join(verdict.of((), plans=plans, judges_pull_request=pull_request).left_out)

    assert left_out() == ""
    assert left_out(destroying(0)) == "approvals, promotion order and freeze windows (they need the pull request)"
    assert "agreed to 1 destructive change " in left_out(destroying(1))
    assert "agreed to 3 destructive changes " in left_out(destroying(1), destroying(2))
    assert left_out(destroying(1), pull_request=True) == ""


def test_what_is_only_told_is_judged_all_the_same() -> None:
    warned = VerdictReason(rule="checks/plan-missing", decision="pass", message="has no plan", remedy="plan it")
    assert verdict.of((warned,), plans=(), judges_pull_request=True) == Verdict(decision="pass", reasons=(warned,))


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        ("migrations/004_new.sql", "004_new.sql drops users.age", "migrations/004_new.sql:3: drops users.age"),
        ("004_new.sql", "004_new.sql.bak is there", "004_new.sql:3: 004_new.sql.bak is there"),
        ("main.tf", "it is open", "main.tf:3: it is open"),
    ],
)
def test_the_file_of_a_finding_is_named_once(path: str, message: str, said: str) -> None:
    found = findings.make("database/contract", "error", message, help="Mend it.", path=path, line=3)
    assert checks.of_finding(found).message == said


def test_a_folder_whose_name_is_what_is_wrong_is_named_again() -> None:
    message = "producton is no known environment"
    found = findings.make(
        "layout/unknown-environment", "error", message, help="Rename it.", path="environments/producton"
    )
    assert checks.of_finding(found).message == f"environments/producton: {message}"
