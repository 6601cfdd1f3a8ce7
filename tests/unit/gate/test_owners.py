"""The rule family *owners*: who owns what a change reaches, by the CODEOWNERS that base has."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gitops_ci.gate import codeowners, owners
from gitops_ci.model.pull_request import PullRequest, Unreadable
from tests.unit.gate.scene import (
    ALICE,
    BOB,
    CAROL,
    DATABASE_FILE,
    HEAD,
    MODULE_FILE,
    NETWORK,
    NETWORK_FILE,
    OLDER,
    STAGING_FILE,
    case,
    pull,
    review,
    told,
)

ASKS = "environments: [{name: staging}, {name: production, gate: {owners: true}}]\n"
WARNS = "environments: [{name: staging}, {name: production, enforcement: warn, gate: {owners: true}}]\n"
FILE = ".github/CODEOWNERS"
OWNED = "/environments/production/ @bob\n/environments/production/terraform/database/ @acme/dba\n/modules/ @carol\n"
MISSING = ("gate/owners-missing", "blocked")
UNKNOWN = ("gate/owners-unknown", "undecided")
INVALID = ("gate/codeowners-invalid", "undecided")
BROKEN = ("gate/codeowners-invalid", "blocked")
MODULE = {MODULE_FILE: "# other\n"}

Changes = Mapping[str, str | None] | None

SCENARIOS: dict[str, tuple[str | None, Changes, PullRequest, list[tuple[str, str]]]] = {
    "no owner approved": (OWNED, None, pull(), [MISSING]),
    "another approved": (OWNED, None, pull(review(CAROL)), [MISSING]),
    "the owner approved": (OWNED, None, pull(review(BOB)), []),
    "the owner approved an older head": (OWNED, None, pull(review(BOB, commit=OLDER)), [MISSING]),
    "the owner wrote it": (OWNED, None, pull(review(BOB), author=BOB), [MISSING]),
    "the owner asked for changes": (
        OWNED,
        None,
        pull(review(BOB, "changes_requested")),
        [("gate/changes-requested", "blocked")],
    ),
    "one of two owners": ("* @bob @carol\n", None, pull(review(CAROL)), []),
    "the last line counts": ("* @bob\n*.tf @carol\n", None, pull(review(BOB)), [MISSING]),
    "a team of which nothing can be read": (
        OWNED,
        {DATABASE_FILE: "# other\n"},
        pull(review(CAROL), members={"acme/dba": Unreadable(what="acme/dba", permission="members: read")}),
        [("gate/approvals-unreadable", "undecided")],
    ),
    "a member of the team": (
        OWNED,
        {DATABASE_FILE: "# other\n"},
        pull(review(CAROL), members={"acme/dba": frozenset({"carol"})}),
        [],
    ),
    # What a shared module reaches
    "a module: its owner is not enough": (OWNED, MODULE, pull(review(CAROL)), [MISSING]),
    "a module: the stack's owner is not enough": (OWNED, MODULE, pull(review(BOB)), [MISSING]),
    "a module: both": (OWNED, MODULE, pull(review(BOB), review(CAROL)), []),
    "a module that nobody owns": ("/environments/ @bob\n", MODULE, pull(review(BOB)), []),
    "a file of one's own beside a module asks for no fewer": (
        OWNED + "/environments/production/terraform/network/mine.tf @carol\n",
        {**MODULE, f"environments/{NETWORK}/mine.tf": "# mine\n"},
        pull(review(CAROL)),
        [MISSING],
    ),
    "a stack that nobody asks for": (OWNED, {STAGING_FILE: None}, pull(), []),
    # What CODEOWNERS says
    "nobody is named": ("/docs/ @bob\n", None, pull(review(BOB)), [UNKNOWN]),
    "nobody has to agree": ("* @bob\n*.tf\n", None, pull(), []),
    "an address only": ("* it@acme.example\n", None, pull(review(BOB)), [UNKNOWN]),
    "there is none": (None, None, pull(review(BOB)), [INVALID]),
    "a line is wrong": ("* @bob\n!x @carol\n", None, pull(review(BOB)), [INVALID]),
    # What the change does to it
    "deleted here": (OWNED, {FILE: None, NETWORK_FILE: "# other\n"}, pull(review(BOB)), [BROKEN]),
    "deleted here, and nothing else": (OWNED, {FILE: None}, pull(review(BOB)), [BROKEN]),
    "deleted here: the old one is asked": (OWNED, {FILE: None, NETWORK_FILE: "# other\n"}, pull(), [MISSING, BROKEN]),
    "made one's own here": (
        OWNED,
        {FILE: "* @alice @carol\n", NETWORK_FILE: "# other\n"},
        pull(review(CAROL)),
        [MISSING],
    ),
    "another put in its place": (
        OWNED,
        {FILE: None, "CODEOWNERS": "* @carol\n", NETWORK_FILE: "# other\n"},
        pull(review(CAROL)),
        [MISSING],
    ),
    "broken here": (OWNED, {FILE: "!* @bob\n"}, pull(review(BOB)), [BROKEN]),
    "mended here": ("!* @bob\n", {FILE: OWNED}, pull(), []),
    "added here": (None, {FILE: OWNED}, pull(), []),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    file, changes, pull_request, expected = SCENARIOS[name]
    files = {FILE: file} if file is not None else {}
    assert told(owners.reasons(case(pull_request, config=ASKS, files=files, changes=changes))) == expected


def test_where_no_gate_asks_nothing_is_said() -> None:
    files = {FILE: "!wrong @bob\n"}
    assert list(owners.reasons(case(pull(), files=files))) == []
    assert list(owners.reasons(case(pull(), files=files, changes={FILE: None}))) == []
    assert list(owners.reasons(case(config=ASKS, files=files))) == []


@pytest.mark.parametrize("changes", [None, {FILE: None}])
def test_where_it_only_warns_it_is_told(changes: Changes) -> None:
    found = list(owners.reasons(case(pull(), config=WARNS, files={FILE: OWNED}, changes=changes)))
    assert {reason.decision for reason in found} == {"pass"}


def test_a_reason_names_the_file_the_owners_and_the_lines() -> None:
    approved = (review(ALICE), review(BOB, commit=OLDER))
    (reason,) = owners.reasons(case(pull(*approved), config=ASKS, files={FILE: OWNED}))
    said = f"an owner of {NETWORK_FILE}: 1 approval is missing; bob approved eeeeeee, an older commit"
    assert reason.message == said, "nobody cares who else approved"
    assert (reason.who, reason.stack) == ("bob", NETWORK)
    first, *_ = owners.reasons(case(pull(), config=ASKS, files={FILE: "a b\n[x] @bob\n* @bob\n"}))
    assert "line 1: expected owners" in first.message
    assert "line 2: [ ] is no range here" in first.message


def test_a_module_asks_for_the_owners_of_what_it_reaches() -> None:
    change = case(pull(), config=ASKS, files={FILE: OWNED}, changes=MODULE)
    found = owners.needs(change, codeowners.read(change.base.snapshot))
    assert {(need.path, need.stacks) for need in found} == {(NETWORK_FILE, (NETWORK,)), (MODULE_FILE, (NETWORK,))}


def test_who_agreed_is_there_for_the_record() -> None:
    found = list(owners.lifted(case(pull(review(BOB)), config=ASKS, files={FILE: OWNED}, changes=MODULE)))
    assert [(each.by, each.what, each.commit) for each in found] == [(("bob",), f"{NETWORK}: {NETWORK_FILE}", HEAD)]
