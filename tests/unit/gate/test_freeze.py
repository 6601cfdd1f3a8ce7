"""The rule family *freeze*: what is frozen, for whom, and who lets a change in. Now is Friday, 18:00 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import freeze, overrides, verdict
from gitops_ci.model.pull_request import Commit, Label, Person, PullRequest, Review, Unreadable
from gitops_ci.model.verdict import VerdictReason
from tests.unit.gate.scenes import ANN, BEN, EVE, HEAD, NETWORK, NOW, Scene, approved, labelled, pull

FROZEN = "freeze: [{from: '17:00', to: '08:00', days: [fri], timezone: Europe/Berlin, reason: weekend}]"
BARE = f"environments: [{{name: staging}}, {{name: production, gate: {{{FROZEN}}}}}]"
CONFIG = BARE.replace("gate: {", "gate: {override: {approvers: {users: [ben, eve], teams: [acme/sre]}}, ")
STAGING = {"environments/staging/terraform/dns/more.tf": "locals {}\n"}
BOTH = {**STAGING, "environments/production/terraform/network/more.tf": "locals {}\n"}
UNREAD = Unreadable(what="the labels", permission="issues: read")
TEAM = {"acme/sre": frozenset({"ann", "kim", "eve"})}


def told(scene: Scene) -> tuple[VerdictReason, ...]:
    """What is left once overrides are applied."""
    case = scene.case()
    return overrides.applied(freeze.reasons(case), case).reasons


def scene(*pulls: PullRequest, config: str = CONFIG, changed: Mapping[str, str | None] | None = None) -> Scene:
    made = Scene(config=config, pull_requests=pulls or (pull(members=TEAM),))
    return made if changed is None else Scene(config=config, pull_requests=made.pull_requests, changed=changed)


def asked(scene: Scene, pull_request: PullRequest) -> str:
    """The label that would let it in."""
    case = scene.case()
    (group,) = overrides.groups(freeze.reasons(case), case)
    return overrides.label(group, pull_request, case)


def with_label(by: Person | None = BEN, *, set_for: PullRequest | None = None, **given: object) -> Scene:
    """The label of `set_for` (this pull request) is on it."""
    state = {"members": TEAM, **given}
    name = asked(scene(), set_for or pull(**state))
    return scene(pull(**state, labels=(labelled(name, by),)))


def test_a_frozen_environment_says_until_when_why_and_who() -> None:
    (reason,) = freeze.reasons(scene().case())
    assert reason == VerdictReason(
        rule="gate/freeze",
        decision="blocked",
        message="production is frozen until Sat 2026-11-28 08:00+01:00 (Europe/Berlin): weekend",
        remedy="wait until then",
        who="ben, eve, a member of acme/sre",
        stack=NETWORK,
    )


@pytest.mark.parametrize(
    ("case", "decisions"),
    [
        # which environment
        (scene(), ["blocked"]),
        (scene(changed=STAGING), []),
        (scene(changed=BOTH), ["blocked"]),
        (scene(changed={"README.md": "other"}), []),
        (scene(changed={"modules/vpc/main.tf": "locals {}"}), ["blocked"]),  # reaches production through the module
        (scene(changed={"environments/production/terraform/network/main.tf": None}), ["blocked"]),  # removes a stack
        (scene(config=CONFIG.replace("production,", "production, enforcement: warn,")), ["pass"]),
        (scene(config="environments: [{name: production}]"), []),
        # what was pushed has entered already
        (Scene(config=CONFIG, pull_requests=()), []),
        # a merge queue: each one has to be let in
        (scene(pull(), pull(number=8)), ["blocked"]),
        (scene(*with_label().pull_requests, pull(number=8, members=TEAM)), ["blocked"]),
        # who lets it in
        (with_label(BEN), []),
        (with_label(ANN), []),  # by the team
        (with_label(EVE), ["blocked"]),  # the author
        (with_label(Person("kim")), ["blocked"]),  # may only read
        (with_label(Person("robot", bot=True)), ["blocked"]),
        (with_label(Person("robot[bot]")), ["blocked"]),
        (with_label(BEN, pushers=(EVE, BEN)), ["blocked"]),  # pushed to it
        (with_label(BEN, commits=(Commit(sha=HEAD, people=(EVE, BEN)),)), ["blocked"]),  # wrote a part of it
        (with_label(ANN, members={"acme/sre": frozenset()}), ["blocked"]),
        (scene(pull(labels=(labelled("gitops-override-" + "0" * 32, BEN),)), config=BARE), ["blocked"]),  # nobody may
        # what the label is bound to
        (with_label(BEN, set_for=pull(head="d" * 40)), ["blocked"]),  # another head: it was pushed to since
        (with_label(BEN, set_for=pull(number=9)), ["blocked"]),  # another pull request
        (with_label(BEN, set_for=pull(base_ref="other")), ["blocked"]),  # another branch
        (scene(pull(labels=(labelled("gitops-override", BEN),))), ["blocked"]),  # a label without a hash
        # an approval is no word about the freeze
        (scene(pull(members=TEAM, reviews=(approved(BEN), approved(ANN)))), ["blocked"]),
        # what cannot be read lets nothing in
        (scene(pull(labels=UNREAD)), ["blocked"]),
        (with_label(None), ["blocked"]),
        (with_label(BEN, rights={}), ["blocked"]),
        (with_label(ANN, members={}), ["blocked"]),
        (with_label(BEN, pushers=UNREAD), ["blocked"]),
        # an objection
        (with_label(BEN, reviews=(Review(id=1, by=ANN, state="changes_requested", commit=HEAD, at=NOW),)), ["blocked"]),
    ],
)  # fmt: skip
def test_scenarios(case: Scene, decisions: list[str]) -> None:
    assert [reason.decision for reason in told(case)] == decisions


def test_it_ends_by_itself() -> None:
    before, after = NOW - timedelta(hours=2, seconds=1), NOW + timedelta(hours=13)
    for now in (before, after):
        assert told(Scene(config=CONFIG, now=now)) == ()
    for now in (before + timedelta(seconds=1), after - timedelta(seconds=1)):
        assert [reason.decision for reason in told(Scene(config=CONFIG, now=now))] == ["blocked"]


def test_a_branch_that_is_an_environment_is_frozen_for_all_that_goes_there() -> None:
    files = {"network/main.tf": 'terraform {\n  backend "s3" {}\n}\n'}
    config = CONFIG.replace("production,", "production, branch: main,")
    main = Scene(config=config, base=files, changed={"network/more.tf": "locals {}"})
    other = Scene(config=config, base=files, changed=main.changed, pull_requests=(pull(base_ref="develop"),))
    assert [reason.decision for reason in told(main)] == ["blocked"]
    assert told(other) == ()


def test_a_freeze_without_an_end_says_so() -> None:
    config = BARE.replace("from: '17:00', to: '08:00', days: [fri]", "from: '00:00', to: '00:00'")
    (reason,) = told(scene(config=config))
    assert reason.message == "production is frozen without an end: weekend"
    assert reason.remedy == "end the freeze on the base branch"
    assert reason.who == "whoever maintains gitops-ci.yml, on the base branch"


def test_who_let_it_in_is_recorded() -> None:
    case = with_label(BEN).case()
    (lifted,) = overrides.applied(freeze.reasons(case), case).lifted
    assert (lifted.rule, lifted.by, lifted.where, lifted.commit) == ("gate/freeze", ("ben",), "production", HEAD)
    assert lifted.why == "production is frozen until Sat 2026-11-28 08:00+01:00 (Europe/Berlin): weekend"


PEOPLE = st.sampled_from([None, ANN, BEN, EVE, Person("kim"), Person("robot", bot=True)])
LABELS = st.lists(st.tuples(st.booleans(), PEOPLE), max_size=2, unique_by=lambda each: each[0])  # a name is there once


@given(labels=LABELS, reviews=st.lists(PEOPLE.filter(bool), max_size=2), drop=st.integers(0, 3))
def test_fewer_labels_and_approvals_never_let_more_in(
    labels: list[tuple[bool, Person | None]], reviews: list[Person], drop: int
) -> None:
    right = asked(scene(), pull())
    every: list[Label | Review] = [labelled(right if fits else "other", by) for fits, by in labels]
    every += [approved(each) for each in reviews]
    kept = every[:drop] + every[drop + 1 :]

    def decision(given: list[Label | Review]) -> str:
        state = pull(
            members=TEAM,
            labels=tuple(each for each in given if isinstance(each, Label)),
            reviews=tuple(each for each in given if isinstance(each, Review)),
        )
        return verdict.of(told(scene(state)), plans=(), judges_pull_request=True).decision

    order = ("blocked", "undecided", "pass")
    assert order.index(decision(kept)) <= order.index(decision(every))


@given(
    now=st.integers(-200, 200).map(lambda hours: NOW + timedelta(hours=hours)), more=st.sampled_from(["12:00", "20:00"])
)
def test_another_window_never_lets_more_in(now: object, more: str) -> None:
    wider = CONFIG.replace("freeze: [", f"freeze: [{{from: '{more}', to: '13:00'}}, ")
    assert isinstance(now, type(NOW))
    if told(Scene(config=CONFIG, now=now)):
        assert told(Scene(config=wider, now=now))
