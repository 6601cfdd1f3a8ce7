"""A branch that is an environment: what of no environment enters it is judged by that one."""

from __future__ import annotations

from gitops_ci.config import SHARED, Config, Environment
from gitops_ci.config_gate import PRODUCTION, Gate
from gitops_ci.gate import checks, entering
from gitops_ci.model.verdict import VerdictReason

STAGING = Environment(name="staging", branch="main", enforcement="warn")
LIVE = Environment(name="production", branch="production", gate=Gate(approvals=2))
CONFIG = Config(environments=(STAGING, LIVE))
REASON = VerdictReason(
    rule="checks/plan-missing", decision="undecided", message="m", remedy="r", stack="shared/terraform/x"
)


def test_what_enters_a_branch_is_judged_by_its_gate_and_its_enforcement() -> None:
    assert entering.config(CONFIG, "production").gate(SHARED).approvals == 2
    (told,) = checks.weighed((REASON,), SHARED, entering.config(CONFIG, "main"))
    assert told.decision == "pass"
    (told,) = checks.weighed((REASON,), SHARED, entering.config(CONFIG, "production"))
    assert told.decision == "undecided"


def test_production_keeps_its_safe_defaults_as_a_branch() -> None:
    plain = Config(environments=(STAGING, Environment(name="production", branch="production")))
    assert entering.config(plain, "production").gate(SHARED) == PRODUCTION


def test_on_any_other_branch_nothing_is_different() -> None:
    for branch in (None, "feature", ""):
        assert entering.config(CONFIG, branch) is CONFIG
    assert entering.written(entering.config(CONFIG, "production")) == CONFIG
