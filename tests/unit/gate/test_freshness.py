"""The rule family *freshness*: heads and bases that moved, and what that matters to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import freshness
from gitops_ci.model.verdict import VerdictReason
from tests.unit.gate.scenes import FILES, HEAD, NETWORK, OLDER, TIP, Scene, pull

MAIN = "environments/production/terraform/network/main.tf"
CONFIG = "environments: [{name: staging}, {name: production}]"
WARNING = "environments: [{name: staging}, {name: production, enforcement: warn}]"


def told(scene: Scene) -> list[VerdictReason]:
    return list(freshness.reasons(scene.case()))


def moved(earlier: Mapping[str, str | None], *, config: str = CONFIG, **given: object) -> Scene:
    """The reports were made on a base in which these files were otherwise."""
    return Scene(config=config, planned_on=earlier, **given)  # type: ignore[arg-type]  # what a Scene takes


@pytest.mark.parametrize(
    ("scene", "rules"),
    [
        # nothing moved
        (Scene(), []),
        (Scene(pull_requests=(pull(draft=True),)), []),  # GitHub itself merges no draft
        (Scene(pull_requests=()), []),
        # the head
        (Scene(pull_requests=(pull(head="f" * 40),)), ["gate/head-moved"]),
        (Scene(report={"head": None}), ["gate/head-moved"]),
        (Scene(report={"head": "f" * 40}), ["gate/head-moved"]),
        (Scene(pull_requests=(pull(), pull(number=8))), ["gate/head-moved"]),  # a queue has a commit of its own
        # closed
        (Scene(pull_requests=(pull(open=False),)), ["gate/closed"]),
        # the branch has moved while the gate was looking
        (Scene(pull_requests=(pull(base_tip="f" * 40),)), ["gate/base-moved"]),
        # the base moved: what does not matter
        (moved({"README.md": "other"}), []),
        (moved({"environments/staging/terraform/dns/main.tf": ""}), []),  # a stack that is not affected
        (moved({"modules/other/main.tf": "locals {}"}), []),  # a module that nothing affected uses
        (moved({".github/workflows/ci.yml": "on: push"}), []),  # what runs is the head's
        # what an affected stack is made of
        (moved({MAIN: ""}), ["gate/base-moved"]),
        (moved({"modules/vpc/main.tf": ""}), ["gate/base-moved"]),
        (moved({"modules/vpc/new.tf": "locals {}"}), ["gate/base-moved"]),  # deleted since
        (moved({"modules/vpc/main.tf": None}), ["gate/base-moved"]),  # added since
        (moved({"modules/vpc/main.tf": ""}, changed={MAIN: None}), ["gate/base-moved"]),  # of a stack that is removed
        # what decides
        (moved({"gitops-ci.yml": "version: 1\n"}), ["gate/base-moved"]),
        (moved({"gitops-ci.yml": None}), ["gate/base-moved"]),
        (moved({"gitops-ci-waivers.yml": "version: 1\n"}), ["gate/base-moved"]),
        (moved({"gitops-ci-baseline.json": "{}"}), ["gate/base-moved"]),
        (moved({".github/CODEOWNERS": "* @ann\n"}), ["gate/base-moved"]),
        (moved({"docs/CODEOWNERS": "* @ann\n"}), ["gate/base-moved"]),
        (moved({"shared/security/policies/a.rego": "package a"}), ["gate/base-moved"]),
        (moved({"other/a.rego": "package a"}), []),
        (moved({"mine/a.rego": "package a"}, config=CONFIG + "\npolicy: {rego: [{path: mine}]}"), ["gate/base-moved"]),
        (moved({"mine/d.json": "1"}, config=CONFIG + "\npolicy: {rego: [{path: a, data: [mine]}]}"), ["gate/base-moved"]),
        (moved({"checks/a.py": "1"}, config=CONFIG + "\npolicy: {checkov: {custom_checks: checks}}"), ["gate/base-moved"]),
        (moved({"w.yml": "version: 1"}, config=CONFIG + "\npolicy: {waivers: w.yml}"), ["gate/base-moved"]),
        # the base is not known
        (Scene(planned_on=None), ["gate/base-unknown"]),
        (Scene(planned_on=None, report={"base": None}), ["gate/base-unknown"]),
    ],
)  # fmt: skip
def test_scenarios(scene: Scene, rules: list[str]) -> None:
    found = told(scene)
    assert [reason.rule for reason in found] == rules
    assert {reason.decision for reason in found} <= {"undecided"}


def test_the_paths_and_the_commits_are_told() -> None:
    (reason,) = told(moved({MAIN: "", "modules/vpc/main.tf": "", "README.md": ""}))
    assert (reason.stack, reason.remedy) == (
        NETWORK,
        "update the branch (the button, or a push): a re-run plans the same old merge",
    )
    assert reason.message == (
        f"main has moved ({OLDER[:7]} → {TIP[:7]}) since this was planned, and with it what this stack is made of: "
        f"{MAIN}, modules/vpc/main.tf"
    )


def test_many_paths_are_counted() -> None:
    (reason,) = told(moved({f"modules/vpc/{number}.tf": "" for number in range(6)}))
    assert reason.message.endswith("modules/vpc/0.tf, modules/vpc/1.tf, modules/vpc/2.tf and 3 more")


def test_a_merge_queue_is_judged_by_its_own_commit() -> None:
    case = Scene(pull_requests=(pull(head="f" * 40), pull(number=8, base_tip="f" * 40))).case()
    case.head.snapshot.commit = HEAD
    assert list(freshness.reasons(case)) == []


def test_an_environment_that_only_warns_is_told() -> None:
    (reason,) = told(moved({MAIN: ""}, config=WARNING))
    assert (reason.decision, reason.rule) == ("pass", "gate/base-moved")


ANY_FILES = st.dictionaries(
    st.sampled_from([*FILES, "gitops-ci.yml", "new.txt", "modules/vpc/x.tf", "CODEOWNERS"]),
    st.sampled_from([None, "", "# other\n"]),
)


@given(earlier=ANY_FILES, more=ANY_FILES)
def test_what_moves_more_is_never_fresher(earlier: dict[str, str | None], more: dict[str, str | None]) -> None:
    """A base that differs in more files leaves at least the same undecided."""
    less, all_of_it = Scene(planned_on=earlier), Scene(planned_on={**more, **earlier})
    if less.case().planned_on is None:
        return
    before = {(reason.rule, reason.stack) for reason in told(less)}
    assert before <= {(reason.rule, reason.stack) for reason in told(all_of_it)}
