"""Overrides: which rules are lifted for one change, by which label, set by whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gitops_ci.gate import checks, overrides
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.pull_request import PullRequest, Unreadable
from gitops_ci.model.verdict import Decision, VerdictReason
from tests.unit.gate.scene import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    DATABASE,
    ERIN,
    HEAD,
    MODULE_FILE,
    NETWORK,
    OLDER,
    case,
    decision,
    label,
    pull,
    review,
)

NAMED = "environments: [{name: staging}, {name: production, gate: {override: {approvers: {users: [bob, erin]}}}}]\n"
BOTH = """environments:
  - {name: staging, gate: {override: {approvers: {users: [bob]}}}}
  - {name: production, gate: {override: {label: lift, approvers: {users: [bob, carol]}}}}
"""
NOBODY = "environments: [{name: production, gate: {approvals: 1}}]\n"
NOT_KNOWN = Unreadable(what="who pushed", permission="contents: read")


def reason(
    rule: str = "rego/network.open",
    stack: str | None = NETWORK,
    decision: Decision = "blocked",
    message: str = "it is open",
) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy="close it", stack=stack)


OPEN = reason()


def name(*reasons: VerdictReason, config: str = NAMED, **of: Any) -> str:
    pull_request = pull(**of)
    judged = case(pull_request, config=config)
    (group,) = overrides.groups(reasons or (OPEN,), judged)
    return overrides.label(group, pull_request, judged)


def left(pull_request: PullRequest, *reasons: VerdictReason, config: str = NAMED, **given: Any) -> Decision:
    return decision(overrides.applied(reasons or (OPEN,), case(pull_request, config=config, **given)).reasons)


SCENARIOS: dict[str, tuple[PullRequest, Decision]] = {
    "no label": (pull(review(BOB)), "blocked"),
    "set by who may": (pull(labels=(label(name(), BOB),)), "pass"),
    "set by another": (pull(labels=(label(name(), CAROL),)), "blocked"),
    "set by the author, who may else": (pull(labels=(label(name(), BOB),), author=BOB), "blocked"),
    "set by who pushed": (pull(labels=(label(name(), BOB),), pushers=(ALICE, BOB)), "blocked"),
    "set by who is named and may not write": (pull(labels=(label(name(), ERIN),)), "blocked"),
    "set by a bot": (pull(labels=(label(name(), BOT),)), "blocked"),
    "nobody knows who set it": (pull(labels=(label(name(), None),)), "blocked"),
    "of an older head": (pull(labels=(label(name(head=OLDER), BOB),)), "blocked"),
    "of another finding": (pull(labels=(label(name(reason(message="another")), BOB),)), "blocked"),
    "of the same rule in another stack": (pull(labels=(label(name(reason(stack=DATABASE)), BOB),)), "blocked"),
    "labels cannot be read": (pull(labels=NOT_KNOWN), "blocked"),
    "who set it may have pushed it": (pull(labels=(label(name(), BOB),), pushers=NOT_KNOWN), "blocked"),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str) -> None:
    pull_request, expected = SCENARIOS[scenario]
    assert left(pull_request) == expected


@pytest.mark.parametrize(
    ("rule", "is_lifted"),
    [
        ("rego/network.open", True),
        ("checkov/CKV_AWS_20", True),
        ("terraform/module-unpinned", True),
        ("database/destructive-drop-table", True),
        ("gate/freeze", True),
        ("gate/promotion-missing", True),
        ("gate/promotion-soak", True),
        ("gate/approvals-missing", False),
        ("gate/changes-requested", False),
        ("gate/owners-missing", False),
        ("gate/destroy", False),
        ("gate/waiver-unapproved", False),
        ("gate/deciding-files", False),
        ("checks/plan-failed", False),
        ("checks/report-foreign", False),
        ("config/invalid", False),
        ("policy/waiver-expired", False),
        ("secrets/aws-access-key", False),
    ],
)
def test_which_rules_can_be_lifted(rule: str, is_lifted: bool) -> None:
    blocked = reason(rule)
    groups = overrides.groups([blocked], case(pull(), config=NAMED))
    assert [group.reasons for group in groups] == ([(blocked,)] if is_lifted else [])


def test_what_is_undecided_is_not_lifted() -> None:
    undecided = reason(decision="undecided")
    outcome = overrides.applied([undecided], case(pull(), config=NAMED))
    assert outcome.reasons == (undecided,)


def test_where_nobody_is_named_nothing_is_lifted_or_offered() -> None:
    outcome = overrides.applied([OPEN], case(pull(), config=NOBODY))
    assert outcome.reasons == (OPEN,)
    assert overrides.applied([OPEN], case(config=NAMED)).reasons == (OPEN,)


def test_one_more_finding_of_the_rule_voids_the_label() -> None:
    pull_request = pull(labels=(label(name(), BOB),))
    assert left(pull_request, OPEN, reason(message="another")) == "blocked"
    assert left(pull_request, OPEN, reason("rego/other")) == "blocked"
    again = msgspec.structs.replace(OPEN, remedy="said again, in other words")
    assert left(pull_request, OPEN, again) == "pass"


def test_a_rule_of_the_gate_is_lifted_whatever_time_it_tells() -> None:
    pull_request = pull(labels=(label(name(reason("gate/freeze", message="3 hours left")), BOB),))
    assert left(pull_request, reason("gate/freeze", message="2 hours left")) == "pass"


def test_what_is_about_no_stack_needs_who_may_everywhere() -> None:
    frozen = reason("gate/freeze", stack=None)
    changes = {MODULE_FILE: "# other\n"}
    judged = case(pull(), config=BOTH, changes=changes)
    (group,) = overrides.groups([frozen], judged)
    assert group.environments == ("production", "staging")
    name = overrides.label(group, pull(), judged)
    assert name.startswith("lift-")
    assert left(pull(labels=(label(name, BOB),)), frozen, config=BOTH, changes=changes) == "pass"
    assert left(pull(labels=(label(name, CAROL),)), frozen, config=BOTH, changes=changes) == "blocked"
    assert overrides.groups([frozen], case(pull(), config=NAMED, changes=changes)) == ()


def test_the_remedy_offers_the_label_and_says_why_one_does_not_count() -> None:
    (told,) = overrides.applied([OPEN], case(pull(), config=NAMED)).reasons
    assert (
        told.remedy
        == f"close it; or set the label {name()} (docs/rules/gate.md#labels-that-are-bound), which lifts it for this change (bob, erin)"
    )
    old = name(head=OLDER)
    (told,) = overrides.applied([OPEN], case(pull(labels=(label(old, BOB),)), config=NAMED)).reasons
    assert f"the label …{old[-6:]} is of something else" in told.remedy
    (told,) = overrides.applied([OPEN], case(pull(labels=(label(name(), CAROL),)), config=NAMED)).reasons
    assert told.remedy.endswith("carol, who set the label, is not one of those who are asked")
    unsure = pull(labels=(label(name(), BOB),), pushers=NOT_KNOWN)
    (told,) = overrides.applied([OPEN], case(unsure, config=NAMED)).reasons
    assert told.remedy.endswith("not known: who pushed")


def test_a_label_fits_into_a_label() -> None:
    longest = (
        "environments: [{name: production, gate: {override: {label: abcdefghijklmnopq, approvers: {users: [bob]}}}}]\n"
    )
    assert len(name(config=longest)) == 50
    with pytest.raises(Exception, match="label"):
        name(config=longest.replace("abc", "abcd"))


def test_who_lifted_what_and_why_is_there_for_the_record() -> None:
    (given,) = overrides.applied([OPEN], case(pull(labels=(label(name(), BOB),)), config=NAMED)).lifted
    assert (given.rule, given.what, given.why) == ("rego/network.open", NETWORK, "it is open")
    assert (given.how, given.by, given.label, given.commit) == ("label", ("bob",), name(), HEAD)
    assert (given.where, given.until, given.pull_request) == ("production", None, 7)


def test_of_a_queue_each_pull_request_needs_its_label() -> None:
    one, other = pull(labels=(label(name(), BOB),)), pull(number=8)
    assert decision(overrides.applied([OPEN], case(one, other, config=NAMED)).reasons) == "blocked"
    second = msgspec.structs.replace(other, labels=(label(name(number=8), BOB),))
    assert decision(overrides.applied([OPEN], case(one, second, config=NAMED)).reasons) == "pass"


def test_one_more_error_never_helps() -> None:
    found = [finding.make("rego/network.open", "error", f"{port} is open", help="", stack=NETWORK) for port in "ab"]
    pull_request = pull(labels=(label(name(*_reasons(found[:1])), BOB),))
    assert left(pull_request, *_reasons(found[:1])) == "pass"
    assert left(pull_request, *_reasons(found)) == "blocked"


def _reasons(found: list[Finding]) -> tuple[VerdictReason, ...]:
    return tuple(map(checks.of_finding, found))
