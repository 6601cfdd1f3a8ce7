"""The rule family *waivers*: what a change asks for needs an owner, and what ended does not count."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from gitops_ci.gate import checks, waivers
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.verdict import Decision, VerdictReason
from tests.unit.gate.scene import (
    ALICE,
    BOB,
    CAROL,
    FILES,
    HEAD,
    NETWORK,
    NETWORK_FILE,
    OLDER,
    STAGING_FILE,
    case,
    decision,
    pull,
    review,
    told,
)

RULE = "terraform/module-unpinned"
COMMENT = f"# gitops-ci: allow {RULE} because we release from main\n"
OWNERS = {".github/CODEOWNERS": "/environments/ @bob\n/gitops-ci-waivers.yml @carol\n"}
FILE = "gitops-ci-waivers.yml"


def entry(rule: str = RULE, until: str = "2026-12-31", path: str = "environments/production/**") -> str:
    quoted = f'{{rule: "{rule}", path: "{path}", reason: it is our own module, owner: "@acme/web", until: {until}}}'
    return f"version: 1\nwaivers:\n  - {quoted}\n"


MODULE = 'module "m" {\n  source = "git::https://git.example/x.git"\n}\n'
NEW_CODE = FILES[NETWORK_FILE] + MODULE
WITH_COMMENT = FILES[NETWORK_FILE] + COMMENT + MODULE
LINE = WITH_COMMENT[: WITH_COMMENT.index('module "m"')].count("\n") + 1
FOUND = finding.make(RULE, "error", "it is not pinned", help="pin it", path=NETWORK_FILE, line=LINE, stack=NETWORK)
UNAPPROVED = ("gate/waiver-unapproved", "blocked")

SCENARIOS: dict[str, tuple[Mapping[str, str | None], PullRequest, list[tuple[str, str]]]] = {
    "no waiver is asked for": ({NETWORK_FILE: NEW_CODE}, pull(), []),
    "a comment, and nobody approved": ({NETWORK_FILE: WITH_COMMENT}, pull(), [UNAPPROVED]),
    "a comment, and its author approved": ({NETWORK_FILE: WITH_COMMENT}, pull(review(ALICE)), [UNAPPROVED]),
    "a comment, and no owner approved": ({NETWORK_FILE: WITH_COMMENT}, pull(review(CAROL)), [UNAPPROVED]),
    "a comment, and its owner approved": ({NETWORK_FILE: WITH_COMMENT}, pull(review(BOB)), []),
    "a comment, and its owner approved an older head": (
        {NETWORK_FILE: WITH_COMMENT},
        pull(review(BOB, commit=OLDER)),
        [UNAPPROVED],
    ),
    "an entry, and nobody approved": ({FILE: entry()}, pull(), [UNAPPROVED]),
    "an entry, and its owner approved": ({FILE: entry()}, pull(review(CAROL)), []),
    "an entry and a comment have two owners": (
        {FILE: entry(), NETWORK_FILE: WITH_COMMENT},
        pull(review(BOB)),
        [UNAPPROVED],
    ),
    "the owners are changed as well: the old ones are asked": (
        {NETWORK_FILE: WITH_COMMENT, ".github/CODEOWNERS": "* @carol\n"},
        pull(review(CAROL)),
        [UNAPPROVED],
    ),
    "a comment that is none": ({NETWORK_FILE: NEW_CODE + "# gitops-ci: allow everything\n"}, pull(), []),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    changes, pull_request, expected = SCENARIOS[name]
    assert told(waivers.reasons(case(pull_request, files=OWNERS, changes=changes))) == expected


def test_where_nobody_owns_the_file_anybody_else_has_to_agree() -> None:
    changes = {NETWORK_FILE: WITH_COMMENT}
    assert told(waivers.reasons(case(pull(review(ALICE)), changes=changes))) == [UNAPPROVED]
    assert told(waivers.reasons(case(pull(review(CAROL)), changes=changes))) == []
    broken = {".github/CODEOWNERS": "!x @bob\n"}
    assert told(waivers.reasons(case(pull(), files=broken, changes=changes))) == [UNAPPROVED]


def test_what_base_has_already_is_no_request() -> None:
    files = {NETWORK_FILE: WITH_COMMENT, FILE: entry(), "x.tf": ""}
    assert told(waivers.reasons(case(pull(), files=files, changes={"x.tf": "# other\n"}))) == []
    again = entry() + entry().partition("waivers:\n")[2]
    assert told(waivers.reasons(case(pull(), files=files, changes={FILE: again}))) == [UNAPPROVED]


def test_a_skip_of_checkov_is_a_request_where_checkov_is_asked() -> None:
    skipped = ROOT_WITH_SKIP
    asked = "policy: {checkov: {}}\n"
    assert told(waivers.reasons(case(pull(), changes={NETWORK_FILE: skipped}))) == []
    assert told(waivers.reasons(case(pull(), config=asked, changes={NETWORK_FILE: skipped}))) == [UNAPPROVED]
    assert told(waivers.reasons(case(pull(review(BOB)), config=asked, changes={NETWORK_FILE: skipped}))) == []
    known = case(pull(), config=asked, files={NETWORK_FILE: skipped}, changes={NETWORK_FILE: skipped + "\n# more\n"})
    assert told(waivers.reasons(known)) == []


ROOT_WITH_SKIP = FILES[NETWORK_FILE] + 'resource "aws_s3_bucket" "a" {\n  # checkov:skip=CKV_AWS_20:public\n}\n'


def test_the_reason_names_what_is_asked_for() -> None:
    changes = {NETWORK_FILE: WITH_COMMENT, STAGING_FILE: FILES[STAGING_FILE] + COMMENT + MODULE}
    first, second = waivers.reasons(case(pull(), files=OWNERS, changes=changes))
    assert first.message == f"a waiver is asked for ({RULE} in {NETWORK_FILE}:{LINE - 1}): 1 approval is missing"
    assert STAGING_FILE in second.message
    assert first.who == "bob"


def left(pull_request: PullRequest, *found: Finding, changes: Mapping[str, str | None]) -> tuple[VerdictReason, ...]:
    judged = case(pull_request, files=OWNERS, changes=changes, findings=found)
    return waivers.applied(map(checks.of_finding, found), judged).reasons


OTHER = finding.make("terraform/state-shared", "error", "two", help="", path=NETWORK_FILE, line=LINE, stack=NETWORK)


@pytest.mark.parametrize(
    ("pull_request", "changes", "expected"),
    [
        (pull(), {NETWORK_FILE: WITH_COMMENT}, "blocked"),
        (pull(review(BOB)), {NETWORK_FILE: WITH_COMMENT}, "pass"),
        (pull(review(CAROL)), {NETWORK_FILE: WITH_COMMENT}, "blocked"),
        (pull(review(CAROL)), {NETWORK_FILE: NEW_CODE, FILE: entry()}, "pass"),
        (pull(review(BOB)), {NETWORK_FILE: NEW_CODE, FILE: entry()}, "blocked"),
        (pull(review(CAROL)), {NETWORK_FILE: NEW_CODE, FILE: entry(until="2026-11-24")}, "blocked"),
        (pull(review(CAROL)), {NETWORK_FILE: NEW_CODE, FILE: entry(path="environments/staging/**")}, "blocked"),
        (pull(review(CAROL)), {NETWORK_FILE: NEW_CODE, FILE: "version: 2\n"}, "blocked"),
        (pull(review(BOB)), {NETWORK_FILE: NEW_CODE}, "blocked"),
    ],
)
def test_an_approved_request_counts_at_once(
    pull_request: PullRequest, changes: Mapping[str, str | None], expected: Decision
) -> None:
    assert decision(left(pull_request, FOUND, changes=changes)) == expected


def test_it_accepts_nothing_else() -> None:
    kept = left(pull(review(BOB)), FOUND, OTHER, changes={NETWORK_FILE: WITH_COMMENT})
    assert kept == (checks.of_finding(OTHER),)
    secret = finding.make("secrets/x", "error", "a secret", help="", path=NETWORK_FILE, line=LINE)
    wide = {FILE: entry(rule="terraform/*")}
    assert left(pull(review(CAROL)), secret, changes=wide) == (checks.of_finding(secret),)


WIDE = """version: 1
waivers:
  - {rule: "*/*", stack: "**", wide: true, reason: because it is needed, owner: "@acme/web", until: 2026-12-31}
  - {rule: "*/*", path: "**", wide: true, reason: because it is needed, owner: "@acme/web", until: 2026-12-31}
"""


@pytest.mark.parametrize(
    "rule", ["gate/approvals-missing", "gate/destroy", "checks/plan-failed", "checks/report-contradictory", "config/x"]
)
def test_no_waiver_means_what_the_verdict_needs_whatever_findings_a_report_makes_up(rule: str) -> None:
    """A report can have a finding with the gate's own words; a wide waiver that an owner approved is not for those."""
    for stack, path in ((NETWORK, None), (None, NETWORK_FILE)):
        forged = finding.make(rule, "error", "1 approval is missing", help="", path=path, stack=stack)
        reason = checks.of_finding(forged)
        judged = case(pull(review(CAROL)), files=OWNERS, changes={FILE: WIDE}, findings=[forged])
        assert waivers.applied([reason], judged).reasons == (reason,)
    assert left(pull(review(CAROL)), FOUND, changes={NETWORK_FILE: NEW_CODE, FILE: WIDE}) == ()


def test_a_reason_that_a_report_words_otherwise_is_the_same() -> None:
    judged = case(pull(review(BOB)), files=OWNERS, changes={NETWORK_FILE: WITH_COMMENT}, findings=[FOUND])
    reason = checks.of_finding(FOUND)
    outcome = waivers.applied([reason, msgspec.structs.replace(reason, remedy="as it was")], judged)
    assert outcome.reasons == ()
    assert len(outcome.lifted) == 1
    warned = msgspec.structs.replace(reason, decision="pass")
    assert waivers.applied([warned], judged).reasons == (warned,)


def test_what_the_gate_itself_found_is_accepted_as_well() -> None:
    judged = case(pull(review(BOB)), files=OWNERS, changes={NETWORK_FILE: WITH_COMMENT})
    judged = msgspec.structs.replace(judged, findings=(FOUND,))
    outcome = waivers.applied([checks.of_finding(FOUND)], judged)
    assert outcome.reasons == ()
    (given,) = outcome.lifted
    assert (given.rule, given.how, given.by, given.commit) == (RULE, "review", ("bob",), HEAD)
    assert (given.why, given.until, given.where) == ("we release from main", None, NETWORK)
    assert given.what == f"{NETWORK_FILE}:{LINE}: it is not pinned ({NETWORK_FILE}:{LINE - 1})"


def waived(until: str | None) -> Finding:
    waiver = Waiver(what=f"{FILE}:3", owner="@acme/web", reason="it is our own", until=until)
    return msgspec.structs.replace(FOUND, waived_by=waiver)


def test_waivers_that_are_used_are_there_for_the_record() -> None:
    judged = case(
        pull(), findings=[waived("2026-11-25"), waived(None), msgspec.structs.replace(waived(None), severity="notice")]
    )
    first, second = waivers.applied((), judged).lifted
    assert (first.how, first.by, first.why, first.until) == ("waiver", ("@acme/web",), "it is our own", "2026-11-25")
    assert first.what == f"{NETWORK_FILE}:{LINE}: it is not pinned ({FILE}:3)"
    assert second.until is None


@pytest.mark.parametrize(
    ("until", "blocks"), [("2026-11-24", True), ("soon", True), ("2026-11-25", False), (None, False)]
)
def test_a_finding_whose_waiver_ended_since_blocks(until: str | None, blocks: bool) -> None:
    for pull_requests in ((), (pull(review(BOB)),)):
        found = list(waivers.reasons(case(*pull_requests, findings=[waived(until)])))
        assert told(found) == ([(RULE, "blocked")] if blocks else [])
        assert all(reason.remedy.startswith(f"its waiver ended on {until}") for reason in found)


def test_a_waiver_that_ended_since_blocks_and_is_told_once() -> None:
    files, changes = {FILE: entry(until="2026-11-24")}, {"x.tf": "#\n"}
    found = list(waivers.reasons(case(pull(), files=files, changes=changes)))
    assert told(found) == [("policy/waiver-expired", "blocked")]
    known = finding.make("policy/waiver-expired", "error", "as the report has it", help="", path=FILE, line=3)
    assert list(waivers.reasons(case(pull(), files=files, changes=changes, findings=[known]))) == []
    silent = "policy: {severity: {policy/waiver-expired: warning}}\n"
    assert list(waivers.reasons(case(pull(), config=silent, files=files, changes=changes))) == []


def test_a_waiver_that_is_taken_out_or_renewed_is_not_held_up() -> None:
    files = {FILE: entry(until="2026-11-24")}
    assert told(waivers.reasons(case(pull(), files=files, changes={FILE: None}))) == []
    renewed = case(pull(review(CAROL)), files={**files, **OWNERS}, changes={FILE: entry()})
    assert told(waivers.reasons(renewed)) == []


def test_a_base_that_cannot_be_read_has_nothing() -> None:
    judged = case(pull(), files={FILE: "version: 2\n"}, changes={FILE: entry()})
    assert told(waivers.reasons(judged)) == [UNAPPROVED]
