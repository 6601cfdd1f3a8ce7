"""The rule family *approvals*: what a pull request has, and what follows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import approvals, verdict
from gitops_ci.model.pull_request import Commit, Person, PullRequest, Review, Unreadable
from tests.unit.gate.scene import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    DATABASE_FILE,
    DAVE,
    ERIN,
    HEAD,
    NETWORK,
    OLDER,
    RIGHTS,
    STAGING_FILE,
    case,
    decision,
    each_without,
    pull,
    review,
    rights,
    told,
)

ONE = ""
"""Production needs one approval where nothing is said."""
TWO = "environments: [{name: production, gate: {approvals: 2}}]\n"
NAMED = "environments: [{name: production, gate: {approvals: 1, approvers: {users: [Carol], teams: [acme/dba]}}}]\n"
BY_KIND = """environments:
  - name: production
    gate:
      approvals: 1
      by_kind: {terraform: {approvals: 2}, database: {approvers: {users: [dave]}}}
"""
WARNS = "environments: [{name: production, enforcement: warn, gate: {approvals: 1}}]\n"
HIDDEN = Unreadable(what="the members of acme/dba", permission="members: read")
NO_PUSHERS = Unreadable(what="who pushed", permission="contents: read")

MISSING = [("gate/approvals-missing", "blocked")]
CHANGES = [("gate/changes-requested", "blocked")]
UNREADABLE = [("gate/approvals-unreadable", "undecided")]
UNKNOWN = [("gate/pushers-unknown", "undecided")]
PASSES: list[tuple[str, str]] = []


WORKFLOWS = Person("github-actions[bot]", bot=True)


def commit(*people: Person, strangers: tuple[str, ...] = (), signed: bool = False) -> Commit:
    return Commit(sha=HEAD, people=people, strangers=strangers, signed=signed)


def by_machine(*reviews: Review, commits: tuple[Commit, ...], pushers: tuple[Person, ...] = (BOT,)) -> PullRequest:
    """What machines pushed, alone or beside others."""
    return pull(*reviews, author=pushers[0], commits=commits, pushers=pushers)


SCENARIOS: dict[str, tuple[str, PullRequest, list[tuple[str, str]]]] = {
    "nobody approved": (ONE, pull(), MISSING),
    "somebody approved": (ONE, pull(review(BOB)), PASSES),
    "one of two approved": (TWO, pull(review(BOB)), MISSING),
    "one approved twice, two are asked": (TWO, pull(review(BOB), review(BOB, minute=1)), MISSING),
    "two of two approved": (TWO, pull(review(BOB), review(CAROL)), PASSES),
    "in another case it is the same person": (TWO, pull(review("bob"), review("BOB", minute=1)), MISSING),
    # Who made the change
    "the author approved": (ONE, pull(review(ALICE)), MISSING),
    "the author approved, written otherwise": (ONE, pull(review("ALICE")), MISSING),
    "the author of others' commits, written otherwise": (
        ONE,
        pull(review("ALICE"), commits=(commit(CAROL),), pushers=(CAROL,)),
        MISSING,
    ),
    "a commit's author approved": (ONE, pull(review(BOB), commits=(commit(BOB), commit(ALICE))), MISSING),
    "a co-author approved": (ONE, pull(review(BOB), commits=(commit(ALICE, Person("Bob")),)), MISSING),
    "who pushed to it approved": (ONE, pull(review(BOB), pushers=(ALICE, Person("BOB"))), MISSING),
    "a bot approved": (ONE, pull(review(BOT)), MISSING),
    "a bot approved that says it is a person": (ONE, pull(review("renovate[bot]")), MISSING),
    "somebody who may only read approved": (ONE, pull(review(ERIN)), MISSING),
    "somebody who may triage approved": (ONE, pull(review(BOB), rights=rights(bob="triage")), MISSING),
    "who maintains it approved": (ONE, pull(review(BOB), rights=rights(bob="maintain")), PASSES),
    # Which review counts
    "an older commit was approved": (ONE, pull(review(BOB, commit=OLDER)), MISSING),
    "the head, then by mistake an older commit": (ONE, pull(review(BOB), review(BOB, commit=OLDER, minute=1)), PASSES),
    "the approval was dismissed": (ONE, pull(review(BOB, "dismissed")), MISSING),
    "approved, then a later approval was dismissed": (
        ONE,
        pull(review(BOB), review(BOB, "dismissed", minute=1)),
        MISSING,
    ),
    "approved, then commented": (ONE, pull(review(BOB), review(BOB, "commented", minute=1)), PASSES),
    "only commented": (ONE, pull(review(BOB, "commented")), MISSING),
    "approved, then changes asked for": (ONE, pull(review(BOB), review(BOB, "changes_requested", minute=1)), CHANGES),
    "changes asked for, then approved": (ONE, pull(review(BOB, "changes_requested"), review(BOB, minute=1)), PASSES),
    "reviews that come in another order": (ONE, pull(review(BOB, minute=1), review(BOB, "changes_requested")), PASSES),
    "another one asked for changes": (ONE, pull(review(BOB), review(CAROL, "changes_requested")), CHANGES),
    "changes asked for of an older commit": (
        ONE,
        pull(review(BOB), review(CAROL, "changes_requested", commit=OLDER)),
        CHANGES,
    ),
    "a passer-by asked for changes": (ONE, pull(review(BOB), review(ERIN, "changes_requested")), PASSES),
    "a bot asked for changes": (ONE, pull(review(BOB), review(BOT, "changes_requested")), PASSES),
    "who is made a co-author is still heard": (
        ONE,
        pull(review(BOB), review(CAROL, "changes_requested"), commits=(commit(ALICE, CAROL),)),
        CHANGES,
    ),
    "the rights of who asked for changes are not known": (
        ONE,
        pull(review(BOB), review("frank", "changes_requested")),
        UNREADABLE,
    ),
    # Who is asked
    "another than the named approved": (NAMED, pull(review(BOB), members={"acme/dba": frozenset()}), MISSING),
    "the named user approved": (NAMED, pull(review(CAROL), members={"acme/dba": HIDDEN}), PASSES),
    "a member of the team approved": (NAMED, pull(review(BOB), members={"acme/dba": frozenset({"bob"})}), PASSES),
    "a team in another case": (NAMED, pull(review(BOB), members={"Acme/DBA": frozenset({"BOB"})}), PASSES),
    "a member who may not write": (NAMED, pull(review(ERIN), members={"acme/dba": frozenset({"erin"})}), MISSING),
    "the team cannot be read": (NAMED, pull(review(BOB), members={"acme/dba": HIDDEN}), UNREADABLE),
    "the team cannot be read and nobody approved": (NAMED, pull(members={"acme/dba": HIDDEN}), MISSING),
    "the team does not exist": (
        NAMED,
        pull(review(BOB), members={"acme/dba": Unreadable(what="acme/dba: no such team", permission="")}),
        UNREADABLE,
    ),
    "the team was not asked about": (NAMED, pull(review(BOB)), UNREADABLE),
    "another than the named asked for changes": (
        NAMED,
        pull(review(CAROL), review(DAVE, "changes_requested"), members={"acme/dba": frozenset()}),
        PASSES,
    ),
    "another than the named asked for changes, of whom nothing is known": (
        NAMED,
        pull(review(CAROL), review("frank", "changes_requested"), members={"acme/dba": frozenset()}),
        PASSES,
    ),
    "another than the named approved, of whom nothing is known": (
        NAMED,
        pull(review("frank"), members={"acme/dba": frozenset()}),
        MISSING,
    ),
    "of who asked for changes neither team nor rights are known": (
        NAMED,
        pull(review(CAROL), review("frank", "changes_requested"), members={"acme/dba": HIDDEN}),
        UNREADABLE,
    ),
    # What cannot be read
    "reviews": (ONE, pull(reviews=Unreadable(what="the reviews", permission="pull-requests: read")), UNREADABLE),
    "commits": (
        ONE,
        pull(review(BOB), commits=Unreadable(what="the commits", permission="contents: read")),
        UNREADABLE,
    ),
    "commits, and nobody approved": (
        ONE,
        pull(commits=Unreadable(what="the commits", permission="contents: read")),
        MISSING,
    ),
    "the rights of who approved": (
        ONE,
        pull(review(BOB), rights={"bob": Unreadable(what="the rights of bob", permission="metadata: read")}),
        UNREADABLE,
    ),
    "nobody asked for the rights of who approved": (ONE, pull(review(BOB), rights={}), UNREADABLE),
    "rights of one, and another's count": (
        ONE,
        pull(review(BOB), review(CAROL), rights={**RIGHTS, "bob": Unreadable(what="x", permission="y")}),
        PASSES,
    ),
    "who pushed is not known: who approved may have": (ONE, pull(review(BOB), pushers=NO_PUSHERS), UNKNOWN),
    "who pushed is not known, one more than asked": (ONE, pull(review(BOB), review(CAROL), pushers=NO_PUSHERS), PASSES),
    "who pushed is not known, nobody approved": (ONE, pull(pushers=NO_PUSHERS), MISSING),
    "nobody is known to have pushed": (ONE, pull(review(BOB), pushers=()), UNKNOWN),
    "a stranger's commit that a colleague pushed": (
        ONE,
        pull(review(BOB), commits=(commit(ALICE, strangers=("Al",)),)),
        PASSES,
    ),
    # What machines pushed: they vouch for nothing that nobody signed
    "a machine's own commit, signed": (ONE, by_machine(review(BOB), commits=(commit(BOT, signed=True),)), PASSES),
    "a machine's own commit, not signed: anybody can write that": (
        ONE,
        by_machine(review(BOB), commits=(commit(BOT),)),
        UNKNOWN,
    ),
    "a commit that names a colleague, pushed by a machine": (
        ONE,
        by_machine(review(BOB), commits=(commit(ALICE),), pushers=(WORKFLOWS,)),
        UNKNOWN,
    ),
    "one more than asked makes up for it": (
        ONE,
        by_machine(review(BOB), review(CAROL), commits=(commit(ALICE),), pushers=(WORKFLOWS,)),
        PASSES,
    ),
    "a commit that a colleague signed, pushed by a machine": (
        ONE,
        by_machine(review(BOB), commits=(commit(ALICE, signed=True),), pushers=(WORKFLOWS,)),
        PASSES,
    ),
    "a colleague pushed the first, a machine one by nobody known": (
        ONE,
        by_machine(review(BOB), commits=(commit(ALICE), commit(strangers=("B",))), pushers=(ALICE, WORKFLOWS)),
        UNKNOWN,
    ),
    "a colleague pushed the first, a machine one that it signed": (
        ONE,
        by_machine(review(BOB), commits=(commit(ALICE), commit(BOT, signed=True)), pushers=(ALICE, BOT)),
        UNKNOWN,
    ),
    "both signed theirs": (
        ONE,
        by_machine(review(BOB), commits=(commit(ALICE, signed=True), commit(BOT, signed=True)), pushers=(ALICE, BOT)),
        PASSES,
    ),
    "signed, with an author of whom nobody knows": (
        ONE,
        by_machine(review(BOB), commits=(commit(BOT, strangers=("Bob",), signed=True),)),
        UNKNOWN,
    ),
    "signed for a workflow, which anybody who may write can start": (
        ONE,
        by_machine(review(BOB), commits=(commit(WORKFLOWS, signed=True),), pushers=(WORKFLOWS,)),
        UNKNOWN,
    ),
    "a machine pushed, and commits cannot be read": (
        ONE,
        pull(review(BOB), pushers=(BOT,), commits=Unreadable(what="the commits", permission="contents: read")),
        UNREADABLE,
    ),
    # By kind
    "two for Terraform": (BY_KIND, pull(review(BOB)), MISSING),
    "two for Terraform, given": (BY_KIND, pull(review(BOB), review(CAROL)), PASSES),
    # Enforcement
    "nobody approved where it only warns": (WARNS, pull(), [("gate/approvals-missing", "pass")]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    config, pull_request, expected = SCENARIOS[name]
    assert told(approvals.reasons(case(pull_request, config=config))) == expected


def test_an_environment_without_a_gate_asks_nobody() -> None:
    assert list(approvals.reasons(case(pull(), changes={STAGING_FILE: None}))) == []


def test_a_change_of_no_stack_asks_nobody() -> None:
    assert list(approvals.reasons(case(pull(), changes={"README.md": "# Other\n"}))) == []


def test_without_a_pull_request_nothing_is_judged() -> None:
    assert list(approvals.reasons(case())) == []


def test_a_stack_that_is_only_shown_asks_nobody() -> None:
    shown = [msgspec.structs.replace(stack, change="unmodified") for stack in case(pull()).stacks]
    assert approvals.needs(shown, case(pull()).config) == ()


def test_a_removed_stack_needs_an_approval() -> None:
    (reason,) = approvals.reasons(case(pull(), changes={DATABASE_FILE: None}))
    assert (reason.stack, reason.decision) == ("production/terraform/database", "blocked")


def test_the_reason_says_whose_approval_does_not_count_and_what_to_do() -> None:
    (reason,) = approvals.reasons(
        case(pull(review(BOB, commit=OLDER), review(ALICE, minute=1), review(ERIN, minute=2)), config=NAMED)
    )
    assert reason.stack == NETWORK
    assert reason.message == (
        "1 approval is missing; alice is the author; bob approved eeeeeee, an older commit; erin may not write here"
    )
    assert reason.remedy == "approve fffffff in a review"
    assert reason.who == "Carol, a member of acme/dba"


def test_what_cannot_be_read_names_the_permission() -> None:
    (reason,) = approvals.reasons(case(pull(review(BOB), members={"acme/dba": HIDDEN}), config=NAMED))
    assert "not known: the members of acme/dba" in reason.message
    assert reason.remedy.startswith("give the gate's token members: read; or approve")
    (reason,) = approvals.reasons(case(pull(review(BOB), pushers=NO_PUSHERS)))
    assert reason.message == "1 of 1 approval, which may be the author's own: not known: who pushed"
    assert "contents: read" in reason.remedy
    assert "one more" in reason.remedy


def test_many_stacks_of_one_need_are_told_once() -> None:
    changed = {"modules/vpc/main.tf": "# other\n", DATABASE_FILE: "# other\n"}
    (reason,) = approvals.reasons(case(pull(), changes=changed))
    assert reason.stack is None
    assert reason.message == "2 stacks of production: 1 approval is missing"


def test_each_pull_request_of_a_queue_needs_its_own() -> None:
    other = pull(review(BOB, commit=OLDER), number=8, head=OLDER)
    assert told(approvals.reasons(case(pull(review(BOB)), other))) == PASSES
    (reason,) = approvals.reasons(case(pull(review(BOB)), pull(number=8, head=OLDER)))
    assert reason.message == "#8: 1 approval is missing"


def test_who_approved_is_there_for_the_record() -> None:
    (given,) = approvals.lifted(case(pull(review(BOB), review(ALICE))))
    assert (given.by, given.where, given.what, given.commit) == (("bob",), "production", NETWORK, HEAD)
    assert (given.how, given.pull_request, given.until) == ("review", 7, None)
    assert list(approvals.lifted(case(pull(review(ALICE))))) == []


PEOPLE = [ALICE, BOB, CAROL, Person("BOB"), ERIN, BOT]
REVIEWS = st.lists(
    st.builds(
        lambda by, state, commit, minute: review(by, state, commit=commit, minute=minute),
        st.sampled_from(PEOPLE),
        st.sampled_from(["approved", "approved", "changes_requested", "commented", "dismissed"]),
        st.sampled_from([HEAD, HEAD, OLDER]),
        st.integers(0, 5),
    ),
    max_size=6,
)
STATES = st.fixed_dictionaries(
    {},
    optional={
        "pushers": st.sampled_from([(ALICE,), (ALICE, CAROL), (ALICE, BOT), (), NO_PUSHERS]),
        "commits": st.sampled_from(
            [(commit(ALICE, CAROL),), (commit(ALICE, signed=True),), (commit(strangers=("x",)),), NO_PUSHERS]
        ),
        "rights": st.sampled_from([RIGHTS, {}, rights(bob="read")]),
        "members": st.sampled_from([{}, {"acme/dba": frozenset({"bob", "alice"})}, {"acme/dba": HIDDEN}]),
        "author": st.sampled_from([ALICE, BOB, BOT]),
    },
)
RANK = {"pass": 0, "undecided": 1, "blocked": 2}


@given(REVIEWS, STATES, st.sampled_from([ONE, TWO, NAMED, BY_KIND]))
def test_taking_an_approval_away_never_helps(reviews: list[Review], state: dict[str, Any], config: str) -> None:
    pull_request = pull(*reviews, **state)
    before = decision(approvals.reasons(case(pull_request, config=config)))
    for fewer in each_without(pull_request):
        after = decision(approvals.reasons(case(fewer, config=config)))
        assert RANK[after] >= RANK[before]


@given(REVIEWS, STATES, st.sampled_from(PEOPLE), st.sampled_from([ONE, TWO, NAMED]))
def test_another_author_or_less_that_is_known_never_helps(
    reviews: list[Review], state: dict[str, Any], person: Person, config: str
) -> None:
    pull_request = pull(*reviews, **state)
    passes = decision(approvals.reasons(case(pull_request, config=config))) == "pass"
    worse = [
        msgspec.structs.replace(pull_request, author=person),
        msgspec.structs.replace(pull_request, commits=NO_PUSHERS),
        msgspec.structs.replace(pull_request, pushers=NO_PUSHERS),
        msgspec.structs.replace(pull_request, rights={}),
        msgspec.structs.replace(pull_request, reviews=NO_PUSHERS),
        msgspec.structs.replace(pull_request, head="a" * 40),
    ]
    if isinstance(pull_request.pushers, tuple) and pull_request.pushers:
        worse.append(msgspec.structs.replace(pull_request, pushers=(*pull_request.pushers, BOT)))
    if isinstance(pull_request.commits, tuple):
        worse[0] = msgspec.structs.replace(pull_request, commits=(*pull_request.commits, commit(person)))
    for each in worse:
        assert decision(approvals.reasons(case(each, config=config))) != "pass" or passes


def test_the_order_of_reviews_does_not_matter() -> None:
    reviews = (review(BOB), review(CAROL, minute=1), review(BOB, "commented", minute=2))
    found = {tuple(approvals.reasons(case(pull(*some), config=TWO))) for some in (reviews, reviews[::-1])}
    assert found == {()}


def test_ordered_reasons_are_stable() -> None:
    reasons = tuple(approvals.reasons(case(pull())))
    assert verdict.ordered(reasons + reasons) == reasons
