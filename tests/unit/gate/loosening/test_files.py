"""What becomes of waivers, baseline, owners, policies and workflows; how it is shown, and who has to agree."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate import loosening
from gitops_ci.gate.case import Case
from gitops_ci.model.plan import Change
from gitops_ci.model.pull_request import Review, Unreadable
from gitops_ci.model.report import Report
from gitops_ci.render import markdown
from tests.unit.gate.scenes import ANN, BEN, EVE, HEAD, Scene, approved, pull

WAIVERS, BASELINE, OWNERS = "gitops-ci-waivers.yml", "gitops-ci-baseline.json", ".github/CODEOWNERS"
WORKFLOW = ".github/workflows/ci.yml"
PRODUCTION = "environments: [{name: staging}, {name: production, gate: {approvals: 1}}]"
NOBODY = "environments: [{name: staging}, {name: production, gate: {}}]"
UNREAD = Unreadable(what="reviews", permission="pull-requests: read")


def waiver(rule: str = "checkov/CKV_AWS_20", until: str = "2027-01-31", reason: str = "it is behind a proxy") -> str:
    return f"  - {{rule: {rule}, path: 'a/**', reason: {reason}, owner: '@ann', until: '{until}'}}\n"


def waivers(*entries: str) -> str:
    return "version: 1\nwaivers:\n" + "".join(entries) if entries else "version: 1\n"


def baseline(*counts: tuple[str, int]) -> str:
    entries = [{"rule": "terraform/x", "path": "a.tf", "fingerprint": name, "count": count} for name, count in counts]
    return msgspec.json.encode({"schema": "gitops-ci/baseline/1", "findings": entries}).decode()


def case(base: Mapping[str, str | None], changed: Mapping[str, str | None], **given: object) -> Case:
    return Scene(base=base, changed=changed, **given).case()  # type: ignore[arg-type]  # what a Scene takes


def changes(path: str, before: str | None, after: str | None) -> list[Change]:
    return list(loosening.changes(loosening.sides(case({path: before}, {path: after}))))


# What is told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, waivers(waiver()), [("create", True, "lets checkov/CKV_AWS_20 in a/** pass until 2027-01-31: it is behind a proxy (@ann)")]),
        (waivers(), waivers(waiver()), [("create", True, "lets checkov/CKV_AWS_20 in a/** pass until 2027-01-31: it is behind a proxy (@ann)")]),
        (waivers(waiver()), waivers(), [("delete", False, None)]),
        (waivers(waiver()), None, [("delete", False, None)]),
        (waivers(waiver()), waivers(waiver(until="2027-02-28")), [("update", True, "lets checkov/CKV_AWS_20 in a/** pass until 2027-02-28: it is behind a proxy (@ann)")]),
        (waivers(waiver()), waivers(waiver(until="2026-12-31")), [("update", False, None)]),
        (waivers(waiver()), waivers(waiver()) + "# a comment\n", []),
        (waivers(waiver()), "version: 2\n", [("update", True, "what it lets pass now cannot be told: it cannot be read")]),
        (waivers(), waivers(waiver(reason="AKIA" + "IOSFODNN7EXAMPLE")), [("create", True, "masked")]),
    ],
)  # fmt: skip
def test_waivers(before: str | None, after: str | None, told: list[tuple[str, bool, str | None]]) -> None:
    found = changes(WAIVERS, before, after)
    assert [(each.action, each.destructive) for each in found] == [each[:2] for each in told]
    if told[:1] and told[0][2] == "masked":
        assert "AKIA" not in repr(found)
    else:
        assert [each.reason for each in found] == [each[2] for each in told]


def test_a_waiver_is_told_with_its_line() -> None:
    (change,) = changes(WAIVERS, waivers(waiver()), waivers(waiver(), waiver("checkov/CKV_AWS_21")))
    assert (change.address, change.path, change.line) == ("waiver.checkov/CKV_AWS_21 in a/**", WAIVERS, 4)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, baseline(("f", 1)), "lets one more finding pass: terraform/x in a.tf"),
        (baseline(("f", 1)), baseline(("f", 3)), "lets 2 more findings pass: terraform/x in a.tf"),
        (baseline(("f", 1)), baseline(("g", 1)), "lets one more finding pass: terraform/x in a.tf"),
        (baseline(("f", 3)), baseline(("f", 1)), None),
        (baseline(("f", 3)), None, None),
        (baseline(), "no JSON", "what it lets pass now cannot be told: it cannot be read"),
    ],
)
def test_baseline(before: str | None, after: str | None, reason: str | None) -> None:
    (change,) = changes(BASELINE, before, after)
    assert (change.reason, change.destructive) == (reason, reason is not None)


@pytest.mark.parametrize(
    ("base", "changed", "reason"),
    [
        ({OWNERS: "* @ann\n/a/ @acme/sre\n"}, {OWNERS: "* @ann\n"}, "who has to approve: no longer /a/ @acme/sre"),
        ({OWNERS: "/a/ @acme/sre\n"}, {OWNERS: "/a/ @acme/sre\n* @eve\n"}, "who has to approve: now * @eve"),  # the last counts
        ({OWNERS: "/a/ @acme/sre\n"}, {OWNERS: None}, "who has to approve: no longer /a/ @acme/sre"),
        ({OWNERS: "/a/ @x\n/b/ @y\n"}, {OWNERS: "/b/ @y\n/a/ @x\n"}, "who has to approve: in another order, and the last line that fits counts"),
        # a file that is read before the old one, which nobody has touched
        ({"CODEOWNERS": "* @ann\n"}, {OWNERS: "* @eve\n"}, "who has to approve: no longer * @ann; now * @eve"),
    ],
)  # fmt: skip
def test_owners(base: Mapping[str, str | None], changed: Mapping[str, str | None], reason: str) -> None:
    (change,) = loosening.changes(loosening.sides(case(base, changed)))
    assert (change.type, change.reason, change.destructive) == ("owners", reason, True)


@pytest.mark.parametrize(
    ("base", "changed"),
    [
        ({OWNERS: "* @ann\n"}, {OWNERS: "# all of it\n\n*  @ann\n"}),  # says the same
        ({OWNERS: "* @ann\n"}, {"docs/CODEOWNERS": "* @eve\n"}),  # is not read
        ({}, {"environments/production/terraform/network/more.tf": ""}),  # decides nothing
    ],
)
def test_nothing_to_tell(base: Mapping[str, str | None], changed: Mapping[str, str | None]) -> None:
    assert loosening.changes(loosening.sides(case(base, changed))) == ()


@pytest.mark.parametrize("path", [WORKFLOW, ".github/actions/x/run.sh", "action.yml", "tools/x/action.yaml"])
@pytest.mark.parametrize(
    ("before", "after", "action"), [("a", "b", "update"), (None, "b", "create"), ("a", None, "delete")]
)
def test_workflows(path: str, before: str | None, after: str | None, action: str) -> None:
    (change,) = changes(path, before, after)
    assert (change.type, change.address, change.action, change.destructive) == ("workflow", path, action, True)
    assert change.reason == "a workflow says what is run, with which token, and whether this gate is asked at all"


def test_policies_that_are_no_stack() -> None:
    config = "policy: {rego: [{path: rules}], checkov: {custom_checks: checks}}"
    found = loosening.changes(
        loosening.sides(
            Scene(
                config=config,
                base={"rules/a.rego": "package a", "rules/b.rego": "package b", "checks/a.py": ""},
                changed={"rules/a.rego": None, "rules/b.rego": "package b\n", "checks/a.py": "pass"},
            ).case()
        )
    )
    assert [(each.address, each.action, each.destructive) for each in found] == [
        ("rules/a.rego", "delete", True),
        ("checks/a.py", "update", False),
        ("rules/b.rego", "update", False),
    ]


def test_policies_that_are_a_stack_are_told_by_its_plan() -> None:
    path = "shared/security/policies/a.rego"
    assert changes(path, "package a", "package b") == []


def test_a_file_that_the_new_configuration_names_is_told_as_well() -> None:
    config = "policy: {waivers: mine.yml}"
    found = loosening.changes(
        loosening.sides(case({}, {"gitops-ci.yml": f"version: 1\n{config}", "mine.yml": waivers(waiver())}))
    )
    assert [each.type for each in found] == ["waiver", "policy"]


# How it is shown

LOOSE = "environments: [{name: staging}, {name: production, gate: {approvals: 0}}]"


def shown(at: Case) -> Report:
    return loosening.shown(at.report, loosening.sides(at))


def test_the_comment_shows_it_where_no_stack_is_affected() -> None:
    at = Scene(config=PRODUCTION, changed={"gitops-ci.yml": f"version: 1\n{LOOSE}"}).case()
    report = shown(at)
    assert [stack.id for stack in report.stacks] == ["shared/security/gitops-ci"]
    assert report.plans[0].summary.update == 1
    text = markdown.comment(report)
    assert "1 stack changes, 1 that loosens rules" in text
    assert "**shared/security/gitops-ci** loosens `gate.production` (`gitops-ci.yml`): approvals 1 → 0" in text


def test_nothing_is_added_where_nothing_decides() -> None:
    at = Scene().case()
    assert shown(at) is at.report


def test_no_folder_hides_it() -> None:
    path = "shared/security/gitops-ci/a.rego"
    config = 'layout: {stacks: [{kind: security, path: "shared/security/{name}"}]}'
    at = Scene(config=config, changed={path: "package a", WORKFLOW: "on: push"}).case()
    assert "shared/security/gitops-ci" in at.head.stacks
    assert [plan.stack for plan in shown(at).plans if plan.changes] == ["shared/security/gitops-ci'"]


def test_words_of_a_stranger_are_harmless() -> None:
    at = case({OWNERS: "* @ann\n"}, {OWNERS: "* @ann\n<img src=x> @eve\n", ".github/workflows/@eve`<b>.yml": "x"})
    text = re.sub(r"```diff\n.*?\n```", "", markdown.comment(shown(at)), flags=re.DOTALL)
    assert "img src" in text
    assert re.findall(r"<img|@eve\s|<b>\.yml", text) == []


# Who has to agree


def decisions(at: Scene) -> list[str]:
    return [reason.decision for reason in loosening.reasons(at.case())]


def scene(config: str, owners: str | None = None, *, path: str = WORKFLOW, **pulled: object) -> Scene:
    return Scene(config=config, base={OWNERS: owners, path: "a"}, changed={path: "b"}, pull_requests=(pull(**pulled),))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # the owners that base names
        (scene(PRODUCTION, "/.github/ @ben\n"), ["blocked"]),
        (scene(PRODUCTION, "/.github/ @ben\n", reviews=(approved(BEN),)), []),
        (scene(PRODUCTION, "/.github/ @ben\n", reviews=(approved(ANN),)), ["blocked"]),
        (scene(PRODUCTION, "/.github/ @eve\n", reviews=(approved(EVE),)), ["blocked"]),  # its author owns it
        (scene(PRODUCTION, "/.github/ @ben\n", reviews=(approved(BEN, "c" * 40),)), ["blocked"]),  # an older commit
        (scene(NOBODY, "/.github/ @ben\n"), ["blocked"]),
        # without owners: as many as the strictest gate asks for
        (scene(PRODUCTION), ["blocked"]),
        (scene(PRODUCTION, reviews=(approved(ANN),)), []),
        (scene(PRODUCTION.replace("1", "2"), reviews=(approved(ANN),)), ["blocked"]),
        (scene(PRODUCTION, "/other/ @ben\n", reviews=(approved(ANN),)), []),
        # nobody asks for anybody
        (scene(NOBODY), []),
        # every file that decides
        (scene(PRODUCTION, path=WAIVERS), ["blocked"]),
        (scene(PRODUCTION, path=BASELINE), ["blocked"]),
        (scene(PRODUCTION, path="shared/security/policies/a.rego"), ["blocked"]),
        (scene(PRODUCTION, path="docs/CODEOWNERS"), ["blocked"]),
        (scene(PRODUCTION, path="README.md"), []),
        # what cannot be read
        (scene(PRODUCTION, reviews=UNREAD), ["undecided"]),
        # a push, and a merge queue
        (Scene(config=PRODUCTION, changed={WORKFLOW: "b"}, pull_requests=()), []),
        (
            Scene(
                config=PRODUCTION,
                changed={WORKFLOW: "b"},
                pull_requests=(pull(reviews=(approved(ANN),)), pull(number=8)),
            ),
            ["blocked"],
        ),
    ],
)
def test_who_has_to_agree(at: Scene, expected: list[str]) -> None:
    assert decisions(at) == expected


def test_the_configuration_is_judged_by_the_old_one() -> None:
    """A pull request that asks for nobody any more still needs somebody; so does one that deletes the file."""
    for after in (f"version: 1\n{NOBODY}", None):
        assert decisions(Scene(config=PRODUCTION, changed={"gitops-ci.yml": after})) == ["blocked"]


def test_new_owners_do_not_own_yet() -> None:
    at = Scene(
        config=PRODUCTION,
        base={OWNERS: "/.github/ @ben\n"},
        changed={OWNERS: "/.github/ @ann\n", WORKFLOW: "b"},
        pull_requests=(pull(reviews=(approved(ANN),)),),
    )
    (reason,) = loosening.reasons(at.case())
    assert (reason.rule, reason.decision, reason.who) == ("gate/deciding-files", "blocked", "ben")
    assert reason.message.startswith(f"{OWNERS}, {WORKFLOW}: ")


def test_who_agreed_is_recorded() -> None:
    at = scene(PRODUCTION, reviews=(approved(ANN),)).case()
    (lifted,) = loosening.lifted(at)
    assert (lifted.rule, lifted.what, lifted.by, lifted.commit) == ("gate/deciding-files", WORKFLOW, ("ann",), HEAD)


@given(
    reviews=st.lists(
        st.builds(approved, st.sampled_from([ANN, BEN, EVE]), st.sampled_from([HEAD, "c" * 40])), max_size=3
    ),
    drop=st.integers(0, 2),
    owners=st.sampled_from([None, "/.github/ @ben\n", "* @ann @ben\n", "/.github/\n"]),
    config=st.sampled_from([PRODUCTION, PRODUCTION.replace("1", "2"), NOBODY]),
)
def test_an_approval_less_never_helps(reviews: list[Review], drop: int, owners: str | None, config: str) -> None:
    def passes(given: list[Review]) -> bool:
        return not decisions(scene(config, owners, reviews=tuple(given)))

    assert passes(reviews) or not passes(reviews[:drop] + reviews[drop + 1 :])
