"""A checker that gave no answer: undecided, as it counts where it is about, in one report and in many."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.gate import merging, policies, verdict
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Part

OPA = Engine(name="opa", version="1.22.3", source="path")
BROKEN = Problem(code="timeout", message="took longer than 10 s\nand more", path="environments/dev/k8s/a.yaml", line=7)
WARNING = Config(environments=(Environment(name="development", aliases=("dev",), enforcement="warn"),))


def test_an_open_question_is_undecided_and_says_where_and_what_to_do() -> None:
    (reason,) = policies.unanswered((PolicyRun(name="rego", problems=(BROKEN,)),), DEFAULT)
    assert reason.decision == "undecided"
    assert reason.message == "environments/dev/k8s/a.yaml:7: rego gave no answer: took longer than 10 s"
    assert reason.remedy.startswith("make the policy or the input smaller")


def test_it_counts_as_the_environment_of_its_file_does() -> None:
    (reason,) = policies.unanswered((PolicyRun(name="rego", problems=(BROKEN,)),), WARNING)
    assert reason.decision == "pass"


def test_one_about_no_file_counts_everywhere() -> None:
    missing = Problem(code="missing", message="checkov is not installed")
    (reason,) = policies.unanswered((PolicyRun(name="checkov", problems=(missing,)),), WARNING)
    assert (reason.decision, reason.who) == ("undecided", "whoever maintains the workflow")


def test_runs_of_several_jobs_are_one_where_they_are_alike() -> None:
    first = PolicyRun(name="rego", engine=OPA, seconds=1.5, inputs=3, policies=9, problems=(BROKEN,))
    second = PolicyRun(name="rego", engine=OPA, seconds=0.5, inputs=4, policies=9, problems=(BROKEN,))
    secrets = PolicyRun(name="secrets", inputs=5)
    assert policies.merged((first, secrets, second)) == (
        PolicyRun(name="rego", engine=OPA, seconds=2.0, inputs=7, policies=9, problems=(BROKEN,)),
        secrets,
    )


@pytest.mark.parametrize("told", [True, False])
def test_a_report_cannot_leave_an_open_question_out_of_its_reasons(told: bool) -> None:
    runs = (PolicyRun(name="rego", problems=(BROKEN,)),)
    reasons = tuple(policies.unanswered(runs, DEFAULT)) if told else ()
    claimed = merging.Claimed(stacks=(), plans=(), findings=(), policies=runs)
    assert merging.decided(Part(reasons=reasons), claimed).decision == ("undecided" if told else "blocked")
    assert verdict.of(reasons, plans=(), judges_pull_request=True).decision == ("undecided" if told else "pass")
