"""The rule family *destructive changes*: who agrees to exactly what is deleted or replaced."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import destroy
from gitops_ci.gate.case import Case
from gitops_ci.model.plan import Action, Attribute, Change
from gitops_ci.model.pull_request import Commit, Label, Person, PullRequest, Unreadable
from tests.unit.gate.scene import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    DATABASE,
    DAVE,
    ERIN,
    HEAD,
    NETWORK,
    OLDER,
    case,
    decision,
    each_without,
    label,
    plan,
    pull,
    review,
    rights,
    told,
)

PLAIN = ""
"""Production guards protected types where nothing is said; nobody is named."""
ALL = "environments: [{name: production, gate: {destroy: all}}]\n"
OFF = "environments: [{name: production, gate: {approvals: 1}}]\n"
OWN_TYPES = "environments: [{name: production, gate: {destroy: protected, protected_types: [aws_vpc, 'helm_*']}}]\n"
NAMED = """environments:
  - name: production
    gate:
      destroy: protected
      approvers: {users: [bob]}
      by_kind: {terraform: {approvers: {users: [carol], teams: [acme/dba]}}}
"""
OVERRIDDEN = """environments:
  - name: production
    gate: {destroy: protected, approvers: {users: [bob]}, override: {approvers: {users: [dave]}}}
"""
WARNS = "environments: [{name: production, enforcement: warn, gate: {destroy: all}}]\n"

UNAPPROVED = [("gate/destroy", "blocked")]
UNREADABLE = [("gate/approvals-unreadable", "undecided")]
UNKNOWN = [("gate/pushers-unknown", "undecided")]
PASSES: list[tuple[str, str]] = []
NOT_KNOWN = Unreadable(what="who pushed", permission="contents: read")


def change(
    address: str = "aws_db_instance.main", action: Action = "replace", *attributes: Attribute, **given: Any
) -> Change:
    of: dict[str, Any] = {"type": address.partition(".")[0], "destructive": action in ("replace", "delete")}
    return Change(address=address, action=action, attributes=attributes, **(of | given))


ENGINE = Attribute(path="engine_version", before="15.4", after="16.1", forces_replacement=True)
PASSWORD = Attribute(path="password", sensitive=True)
MAIN = change("aws_db_instance.main", "replace", ENGINE, PASSWORD)


def made(pull_request: PullRequest, config: str = PLAIN, *changes: Change, **given: Any) -> Case:
    return case(pull_request, config=config, plans=[plan(*(changes or (MAIN,)))], **given)


def name(config: str = PLAIN, *changes: Change, **of: Any) -> str:
    """The label that agrees to these changes."""
    pull_request = pull(**of)
    judged = made(pull_request, config, *changes)
    (some,) = destroy.guarded(judged)
    return destroy.label(some, pull_request)


def labelled(by: Person | None = BOB, config: str = PLAIN, *reviews: Any, **given: Any) -> PullRequest:
    return pull(*reviews, labels=(label(name(config), by),), **given)


SCENARIOS: dict[str, tuple[str, PullRequest, list[tuple[str, str]]]] = {
    "nobody agreed": (PLAIN, pull(), UNAPPROVED),
    "an approval alone says nothing of what is destroyed": (PLAIN, pull(review(BOB)), UNAPPROVED),
    "the label, set by a colleague": (PLAIN, labelled(), PASSES),
    "the label in capitals": (PLAIN, pull(labels=(label(name().upper()),)), PASSES),
    "the label, set by the author": (PLAIN, labelled(ALICE), UNAPPROVED),
    "the label, set by a co-author": (PLAIN, labelled(commits=(Commit(sha=HEAD, people=(BOB,)),)), UNAPPROVED),
    "the label, set by who pushed": (PLAIN, labelled(pushers=(ALICE, BOB)), UNAPPROVED),
    "the label, set by a bot": (PLAIN, labelled(BOT), UNAPPROVED),
    "the label, set by somebody who may only triage": (PLAIN, labelled(rights=rights(bob="triage")), UNAPPROVED),
    "the label, set by somebody who may only read": (PLAIN, labelled(ERIN), UNAPPROVED),
    "the label, by nobody knows whom": (PLAIN, labelled(None), UNREADABLE),
    "the label of an older head": (PLAIN, pull(labels=(label(name(head=OLDER)),)), UNAPPROVED),
    "the label of another pull request": (PLAIN, pull(labels=(label(name(number=8)),)), UNAPPROVED),
    "the label of another base branch": (PLAIN, pull(labels=(label(name(base_ref="next")),)), UNAPPROVED),
    "the label of other changes": (PLAIN, pull(labels=(label(name(PLAIN, change("aws_db_instance.b"))),)), UNAPPROVED),
    "a label that only looks like it": (
        PLAIN,
        pull(labels=(label("gitops-ci-destroy"), label("gitops-ci-destroy-x"))),
        UNAPPROVED,
    ),
    "half of the label": (PLAIN, pull(labels=(label(name()[:-1]),)), UNAPPROVED),
    "labels cannot be read": (PLAIN, pull(labels=NOT_KNOWN), UNREADABLE),
    "the label, and somebody asked for changes": (
        PLAIN,
        labelled(BOB, PLAIN, review(CAROL, "changes_requested")),
        [("gate/changes-requested", "blocked")],
    ),
    # Who is named
    "an approval by who is named for the kind": (NAMED, pull(review(CAROL)), PASSES),
    "an approval by a member of the team": (
        NAMED,
        pull(review(DAVE), members={"acme/dba": frozenset({"dave"})}),
        PASSES,
    ),
    "an approval by who is named for other kinds": (
        NAMED,
        pull(review(BOB), members={"acme/dba": frozenset()}),
        UNAPPROVED,
    ),
    "the label by another than the named": (NAMED, labelled(BOB, NAMED, members={"acme/dba": frozenset()}), UNAPPROVED),
    "the label by who is named": (NAMED, labelled(CAROL, NAMED), PASSES),
    "a team that cannot be read": (NAMED, pull(review(DAVE), members={"acme/dba": NOT_KNOWN}), UNREADABLE),
    "an approval of an older head by who is named": (NAMED, pull(review(CAROL, commit=OLDER)), UNAPPROVED),
    "an approval by who is named, and no labels": (NAMED, pull(review(CAROL), labels=NOT_KNOWN), PASSES),
    "who overrides is who agrees": (OVERRIDDEN, pull(review(DAVE)), PASSES),
    "who approves else is not enough then": (OVERRIDDEN, pull(review(BOB)), UNAPPROVED),
    # Who pushed is not known
    "the label by who may have pushed": (PLAIN, labelled(pushers=NOT_KNOWN), UNKNOWN),
    "the label, and an approval by another": (PLAIN, labelled(BOB, PLAIN, review(CAROL), pushers=NOT_KNOWN), PASSES),
    "two approvals and no label": (PLAIN, pull(review(BOB), review(CAROL), pushers=NOT_KNOWN), UNAPPROVED),
    "the author's label and two approvals": (
        PLAIN,
        labelled(ALICE, PLAIN, review(BOB), review(CAROL), pushers=NOT_KNOWN),
        UNAPPROVED,
    ),
    "nobody minds": (OFF, pull(), PASSES),
    "it only warns": (WARNS, pull(), [("gate/destroy", "pass")]),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str) -> None:
    config, pull_request, expected = SCENARIOS[scenario]
    assert told(destroy.reasons(made(pull_request, config))) == expected


@pytest.mark.parametrize(
    ("config", "changed", "is_guarded"),
    [
        (PLAIN, change("aws_db_instance.a", "delete"), True),
        (PLAIN, change("aws_db_instance.a", "replace"), True),
        (PLAIN, change("aws_db_instance.a", "delete", destructive=False), True),
        (PLAIN, change("aws_db_instance.a", "update"), False),
        (PLAIN, change("aws_db_instance.a", "forget"), False),
        (PLAIN, change("aws_s3_bucket.a", "delete"), True),
        (PLAIN, change("google_sql_database_instance.a", "delete"), True),
        (PLAIN, change("azurerm_storage_account.a", "delete"), True),
        (PLAIN, change("null_resource.a", "delete"), False),
        (PLAIN, change("PersistentVolumeClaim.a", "delete"), True),
        (PLAIN, change("x", "delete", type="apps/StatefulSet"), True),
        (PLAIN, change("orders", "update", type="table", destructive=True), True),
        (PLAIN, change("data in orders", "update", type="data", destructive=True), True),
        (PLAIN, change("orders_idx", "delete", type="index"), False),
        (ALL, change("null_resource.a", "delete"), True),
        (ALL, change("null_resource.a", "create"), False),
        (OFF, change("aws_db_instance.a", "delete"), False),
        (OWN_TYPES, change("aws_vpc.a", "delete"), True),
        (OWN_TYPES, change("helm_release.a", "delete"), True),
        (OWN_TYPES, change("aws_db_instance.a", "delete"), False),
    ],
)
def test_what_is_guarded(config: str, changed: Change, is_guarded: bool) -> None:
    assert bool(destroy.guarded(made(pull(), config, changed))) is is_guarded


def test_a_label_fits_into_a_label() -> None:
    assert re.fullmatch(r"gitops-ci-destroy-[0-9a-f]{32}", name())
    assert len(name()) == 50


@pytest.mark.parametrize(
    "other",
    [
        change("aws_db_instance.other", "replace", ENGINE, PASSWORD),
        change("aws_db_instance.main", "delete", ENGINE, PASSWORD),
        change("aws_db_instance.main", "replace", PASSWORD),
        change("aws_db_instance.main", "replace", msgspec.structs.replace(ENGINE, after="17.0"), PASSWORD),
        change("aws_db_instance.main", "replace", ENGINE, msgspec.structs.replace(PASSWORD, forces_replacement=True)),
        change("aws_db_instance.main", "replace", ENGINE, PASSWORD, reason="tainted"),
        change("aws_db_instance.main", "replace", ENGINE, PASSWORD, deposed="abc"),
    ],
)
def test_any_other_change_is_another_label(other: Change) -> None:
    assert name(PLAIN, other) != name()


def test_a_new_destroy_is_another_label_and_what_is_not_destroyed_is_not() -> None:
    assert name(PLAIN, MAIN, change("aws_s3_bucket.logs", "delete")) != name()
    assert name(PLAIN, MAIN, MAIN) != name()
    assert name(PLAIN, MAIN, change("aws_s3_bucket.new", "create")) == name()


def test_the_branch_is_part_of_the_label_and_its_tip_is_not() -> None:
    """What the tip does to the changes is in them: a merge queue plans against another one each time."""
    judged = made(pull())
    (some,) = destroy.guarded(judged)
    assert destroy.label(some, pull(base_ref="lax")) != destroy.label(some, pull())
    assert destroy.label(some, pull(base_tip=OLDER)) == name()


BUCKET = change("aws_s3_bucket.logs", "delete", Attribute(path="tags", before={"b": 1, "a": [1, {"y": 1, "x": 2}]}))


def test_the_label_is_the_same_in_whichever_order_reports_come() -> None:
    pull_request = pull()
    swapped = change("aws_db_instance.main", "replace", PASSWORD, ENGINE)
    sorted_keys = change(
        "aws_s3_bucket.logs", "delete", Attribute(path="tags", before={"a": [1, {"x": 2, "y": 1}], "b": 1})
    )
    found = set()
    for plans in (
        [plan(MAIN, BUCKET), plan(MAIN, stack=DATABASE)],
        [plan(MAIN, stack=DATABASE), plan(BUCKET, MAIN)],
        [plan(swapped, stack=DATABASE), plan(sorted_keys, swapped)],
        [msgspec.structs.replace(plan(MAIN, BUCKET), seconds=9.0), plan(MAIN, stack=DATABASE)],
    ):
        judged = case(pull_request, plans=plans)
        (some,) = destroy.guarded(judged)
        found.add(destroy.label(some, pull_request))
    assert len(found) == 1


def test_the_label_survives_the_report_s_way_through_a_file() -> None:
    again = msgspec.json.decode(msgspec.json.encode(plan(MAIN, BUCKET)), type=type(plan()))
    assert name(PLAIN, *again.changes) == name(PLAIN, MAIN, BUCKET)


def test_a_path_that_is_no_text_is_hashed_as_well() -> None:
    assert name(PLAIN, change("aws_db_instance.main", "delete", path="\udcff.tf")) != name()


def test_each_environment_has_its_label() -> None:
    both = "environments: [{name: staging, gate: {destroy: all}}, {name: production, gate: {destroy: all}}]\n"
    plans = [plan(MAIN), plan(MAIN, stack="staging/terraform/network")]
    judged = case(pull(), config=both, plans=plans)
    first, second = destroy.guarded(judged)
    assert destroy.label(first, pull()) != destroy.label(second, pull())
    one = pull(labels=(label(destroy.label(first, pull())),))
    assert told(destroy.reasons(case(one, config=both, plans=plans))) == UNAPPROVED


def test_the_reason_says_what_is_destroyed_and_which_label_to_set() -> None:
    judged = made(pull(review(BOB)), PLAIN, MAIN, BUCKET, change("aws_s3_bucket.old", "delete"))
    (reason,) = destroy.reasons(judged)
    assert reason.message == (
        "2 deletes and 1 replace in production (aws_db_instance.main, aws_s3_bucket.logs, aws_s3_bucket.old): 1 approval is missing"
    )
    (some,) = destroy.guarded(judged)
    assert reason.remedy == f"set the label {destroy.label(some, pull())} (docs/rules/gate.md#labels-that-are-bound)"
    assert (reason.stack, reason.who) == (NETWORK, "anyone who may write and had no part in it")
    (reason,) = destroy.reasons(made(pull(), NAMED))
    assert reason.remedy.endswith(", or approve in a review")
    assert reason.who == "carol, a member of acme/dba"


def test_an_outdated_label_is_named() -> None:
    old = name(head=OLDER)
    (reason,) = destroy.reasons(made(pull(labels=(label(old),))))
    assert f"the label …{old[-6:]} is not: it is of others, or of an older head or base" in reason.message


def test_who_agreed_is_there_for_the_record() -> None:
    (given,) = destroy.lifted(made(labelled()))
    assert (given.how, given.by, given.label) == ("label", ("bob",), name())
    assert given.what == "1 replace: aws_db_instance.main"
    (given,) = destroy.lifted(made(pull(review(CAROL)), NAMED))
    assert (given.how, given.by, given.label) == ("review", ("carol",), None)
    assert list(destroy.lifted(made(pull()))) == []


def test_of_a_queue_each_pull_request_needs_its_own() -> None:
    other = pull(number=8, head=OLDER)
    (reason,) = destroy.reasons(case(labelled(), other, plans=[plan(MAIN)]))
    assert reason.message.startswith("#8: 1 replace in production (")


RANK = {"pass": 0, "undecided": 1, "blocked": 2}
CHANGES = st.lists(st.sampled_from([MAIN, BUCKET, change("null_resource.a", "delete")]), max_size=3)
SETTERS = st.sampled_from([ALICE, BOB, CAROL, ERIN, BOT, None])


@given(
    CHANGES, SETTERS, st.lists(st.sampled_from([BOB, CAROL, ALICE]), max_size=2), st.sampled_from([PLAIN, NAMED, ALL])
)
def test_one_more_destroy_or_one_approval_less_never_helps(
    changes: list[Change], by: Person | None, approving: list[Person], config: str
) -> None:
    reviews = [review(each, minute=index) for index, each in enumerate(approving)]
    judged = case(pull(), config=config, plans=[plan(*changes)])
    labels = tuple(label(destroy.label(some, pull()), by) for some in destroy.guarded(judged))
    pull_request = pull(*reviews, labels=labels, members={"acme/dba": frozenset({"bob"})})

    def judge(pull_request: PullRequest, *more: Change) -> int:
        told = destroy.reasons(case(pull_request, config=config, plans=[plan(*changes, *more)]))
        return RANK[decision(told)]

    before = judge(pull_request)
    assert judge(pull_request, change("aws_db_instance.new", "delete")) >= before
    assert all(judge(fewer) >= before for fewer in each_without(pull_request))
    assert judge(msgspec.structs.replace(pull_request, labels=())) >= before
    assert judge(msgspec.structs.replace(pull_request, head=OLDER)) >= before


def test_labels_of_nothing_do_no_harm() -> None:
    odd = tuple(Label(name=each) for each in ("", "gitops-ci-destroy-", "💥", "a" * 50, name()[:-1] + "g"))
    assert told(destroy.reasons(made(pull(labels=odd)))) == UNAPPROVED
