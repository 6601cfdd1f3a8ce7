"""The rule family *freeze*: what is frozen, for whom, and who lets a change in. Now is Friday, 18:00 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import freeze, verdict
from gitops_ci.gate.case import Case
from gitops_ci.model.pull_request import Commit, Label, Person, PullRequest, Review, Unreadable
from gitops_ci.model.verdict import VerdictReason
from tests.unit.gate.scenes import ANN, BEN, EVE, HEAD, NOW, Scene, approved, labelled, pull

FROZEN = "freeze: [{from: '17:00', to: '08:00', days: [fri], timezone: Europe/Berlin, reason: weekend}]"
CONFIG = f"environments: [{{name: staging}}, {{name: production, gate: {{{FROZEN}}}}}]"
NAMED = CONFIG.replace("gate: {", "gate: {override: {approvers: {users: [ben], teams: [acme/sre]}}, ")
STAGING = {"environments/staging/terraform/dns/more.tf": "locals {}\n"}
UNREAD = Unreadable(what="the labels", permission="issues: read")


def told(scene: Scene) -> tuple[VerdictReason, ...]:
    return tuple(freeze.reasons(scene.case()))


def scene(*pulls: PullRequest, config: str = CONFIG, changed: Mapping[str, str | None] | None = None) -> Scene:
    made = Scene(config=config, pull_requests=pulls or (pull(),))
    return made if changed is None else Scene(config=config, pull_requests=pulls or (pull(),), changed=changed)


def asked(case: Case, pull_request: PullRequest) -> str:
    """The label that would let it in."""
    (held,) = freeze.frozen(case)
    return freeze.label(held, pull_request, case)


def with_label(
    by: Person | None = ANN, *, config: str = CONFIG, set_for: PullRequest | None = None, **given: object
) -> Scene:
    """The label of `set_for` (this pull request) is on it."""
    unlabelled = pull(**given)
    case = scene(unlabelled, config=config).case()
    return scene(pull(**given, labels=(labelled(asked(case, set_for or unlabelled), by),)), config=config)


def test_a_frozen_environment_says_until_when_why_and_who() -> None:
    (reason,) = told(scene())
    assert (reason.rule, reason.decision) == ("gate/freeze", "blocked")
    assert reason.message == "production is frozen until Sat 2026-11-28 08:00+01:00 (Europe/Berlin): weekend"
    assert reason.remedy.startswith("wait until then, or set the label gitops-ci-freeze-")
    assert reason.who == "to set it: anyone who may write and had no part in it"


@pytest.mark.parametrize(
    ("case", "decisions"),
    [
        # which environment
        (scene(changed=STAGING), []),
        (scene(changed={"README.md": "other"}), []),
        (scene(changed={"modules/vpc/main.tf": "locals {}"}), ["blocked"]),  # reaches production through the module
        (scene(changed={"environments/production/terraform/network/main.tf": None}), ["blocked"]),  # removes a stack
        (scene(config=CONFIG.replace("production,", "production, enforcement: warn,")), ["pass"]),
        (scene(config="environments: [{name: production}]"), []),
        # a push has entered already, and nobody can let it in
        (Scene(config=CONFIG, pull_requests=()), []),
        # a merge queue: each one has to be let in
        (scene(pull(), pull(number=8)), ["blocked", "blocked"]),
        # who lets it in
        (with_label(ANN), []),
        (with_label(EVE), ["blocked"]),  # the author
        (with_label(Person("kim")), ["blocked"]),  # may only read
        (with_label(Person("robot", bot=True)), ["blocked"]),
        (with_label(Person("robot[bot]")), ["blocked"]),
        (with_label(BEN, pushers=(EVE, BEN)), ["blocked"]),  # pushed to it
        (with_label(BEN, commits=(Commit(sha=HEAD, people=(EVE, BEN)),)), ["blocked"]),  # wrote a part of it
        (with_label(BEN, config=NAMED), []),
        (with_label(ANN, config=NAMED, members={"acme/sre": frozenset()}), ["blocked"]),
        (with_label(ANN, config=NAMED, members={"acme/sre": frozenset({"ann"})}), []),
        # what the label is bound to
        (with_label(ANN, set_for=pull(head="d" * 40)), ["blocked"]),  # another head: it was pushed to since
        (with_label(ANN, set_for=pull(number=9)), ["blocked"]),  # another pull request
        (with_label(ANN, set_for=pull(base_ref="other")), ["blocked"]),  # another branch
        (scene(pull(labels=(labelled("gitops-ci-freeze"),))), ["blocked"]),  # a label without a hash
        (scene(pull(labels=(labelled("gitops-ci-override"),))), ["blocked"]),
        # an approval is no word about the freeze
        (scene(pull(reviews=(approved(ANN),))), ["blocked"]),
        # what cannot be read is not decided
        (scene(pull(labels=UNREAD)), ["undecided"]),
        (with_label(None), ["undecided"]),
        (with_label(ANN, rights={}), ["undecided"]),
        (with_label(ANN, config=NAMED), ["undecided"]),  # no token can read the team
        (with_label(ANN, pushers=UNREAD), ["undecided"]),
        (with_label(ANN, pushers=UNREAD, reviews=(approved(BEN),)), []),  # two people have seen it
        (with_label(EVE, pushers=UNREAD, reviews=(approved(ANN), approved(BEN))), ["blocked"]),
        # an objection
        (
            with_label(
                ANN, reviews=(Review(id=1, by=BEN, state="changes_requested", commit=HEAD, at=NOW),)
            ),
            ["blocked"],
        ),
    ],
)  # fmt: skip
def test_scenarios(case: Scene, decisions: list[str]) -> None:
    assert [reason.decision for reason in told(case)] == decisions


def test_the_next_freeze_needs_another_label() -> None:
    config = CONFIG.replace("days: [fri], ", "")
    labels = (labelled(asked(scene(config=config).case(), pull())),)
    tonight = Scene(config=config, pull_requests=(pull(labels=labels),))
    later = Scene(config=config, pull_requests=(pull(labels=labels),), now=NOW + timedelta(hours=24))
    assert told(tonight) == ()
    assert [reason.decision for reason in told(later)] == ["blocked"]


def test_a_branch_that_is_an_environment_is_frozen_for_all_that_goes_there() -> None:
    files = {"network/main.tf": 'terraform {\n  backend "s3" {}\n}\n'}
    config = CONFIG.replace("production,", "production, branch: main,")
    main = Scene(config=config, base=files, changed={"network/more.tf": "locals {}"})
    other = Scene(config=config, base=files, changed=main.changed, pull_requests=(pull(base_ref="develop"),))
    assert [reason.decision for reason in told(main)] == ["blocked"]
    assert told(other) == ()


def test_a_freeze_without_an_end_says_so() -> None:
    config = CONFIG.replace("from: '17:00', to: '08:00', days: [fri]", "from: '00:00', to: '00:00'")
    (reason,) = told(scene(config=config))
    assert reason.message == "production is frozen without an end: weekend"
    assert reason.remedy.startswith("set the label ")


def test_who_let_it_in_is_recorded() -> None:
    case = with_label(ANN).case()
    (lifted,) = freeze.lifted(case)
    assert (lifted.rule, lifted.how, lifted.by, lifted.where) == ("gate/freeze", "label", ("ann",), "production")
    assert (lifted.pull_request, lifted.commit, lifted.why) == (7, HEAD, "weekend")
    assert lifted.label == asked(case, pull())
    assert "until Sat 2026-11-28 08:00" in lifted.what
    assert list(freeze.lifted(scene().case())) == []


PEOPLE = st.sampled_from([None, ANN, BEN, EVE, Person("kim"), Person("robot", bot=True)])
LABELS = st.lists(st.tuples(st.booleans(), PEOPLE), max_size=2)


@given(labels=LABELS, reviews=st.lists(PEOPLE.filter(bool), max_size=2), drop=st.integers(0, 3))
def test_fewer_labels_and_approvals_never_let_more_in(
    labels: list[tuple[bool, Person | None]], reviews: list[Person], drop: int
) -> None:
    right = asked(scene().case(), pull())
    every: list[Label | Review] = [labelled(right if fits else "other", by) for fits, by in labels]
    every += [approved(each) for each in reviews]
    kept = every[:drop] + every[drop + 1 :]

    def decision(given: list[Label | Review]) -> str:
        state = pull(
            labels=tuple(each for each in given if isinstance(each, Label)),
            reviews=tuple(each for each in given if isinstance(each, Review)),
        )
        return verdict.of(told(scene(state)), plans=(), judges_pull_request=True).decision

    order = ("blocked", "undecided", "pass")
    assert order.index(decision(kept)) <= order.index(decision(every))
