"""What several tools say of one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding, Severity, State, Waiver
from gitops_ci.policy import duplicates

TAG, CKV = "builtin/kubernetes-image-tag", "checkov/CKV_K8S_14"


def found(
    rule: str, severity: Severity = "error", line: int | None = 3, state: State = "new", address: str | None = None
) -> Finding:
    made = findings.make(rule, severity, f"{rule} says", help="", path="a.yaml", line=line)
    return msgspec.structs.replace(made, state=state, address=address)


def of_stack(rule: str, stack: str | None, address: str | None = None, **changes: Any) -> Finding:
    made = findings.make(rule, "error", "is open", help="", path="modules/app/main.tf", line=3, stack=stack)
    return msgspec.structs.replace(made, address=address, **changes)


def told(*found: Finding) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((each.rule, each.also) for each in duplicates.merged(found))


def test_the_same_of_two_tools_is_told_once() -> None:
    assert told(found(CKV), found(TAG)) == [(TAG, (CKV,))]
    assert told(found("secrets/token"), found("checkov/CKV_SECRET_6")) == [("secrets/token", ("checkov/CKV_SECRET_6",))]


PRODUCTION, DEVELOPMENT = "production/terraform/app", "development/terraform/app"
BUILTIN, OPEN = "builtin/terraform-public-ingress", "checkov/CKV_AWS_24"
ACCEPTED = Waiver(what="waivers", owner="acme", reason="known")


def test_what_is_accepted_in_one_stack_says_nothing_of_another() -> None:
    """A module that two stacks share: the same line, and not the same place."""
    several = (
        of_stack(BUILTIN, DEVELOPMENT),
        of_stack(OPEN, DEVELOPMENT),
        of_stack(BUILTIN, PRODUCTION, waived_by=ACCEPTED),
        of_stack(OPEN, PRODUCTION),
    )
    kept = {(each.rule, each.stack): each for each in duplicates.merged(several)}
    assert kept.keys() == {(BUILTIN, DEVELOPMENT), (OPEN, PRODUCTION)}
    assert kept[OPEN, PRODUCTION].blocks


def test_another_address_is_another_place() -> None:
    one, other = of_stack(BUILTIN, PRODUCTION, "module.a.x"), of_stack(OPEN, PRODUCTION, "module.b.x")
    assert len(told(one, other)) == 2
    assert len(told(one, of_stack(OPEN, PRODUCTION, "module.a.x"))) == 1


def test_one_that_names_no_stack_or_address_joins_the_only_one_there() -> None:
    named = of_stack(BUILTIN, PRODUCTION, "module.a.x")
    assert told(named, of_stack(OPEN, None)) == [(BUILTIN, (OPEN,))]
    assert len(told(named, of_stack(BUILTIN, DEVELOPMENT, "module.a.x"), of_stack(OPEN, None))) == 3


def test_the_worst_stays() -> None:
    assert told(found(CKV), found(TAG, "warning")) == [(CKV, (TAG,))]


@pytest.mark.parametrize(
    "other",
    [found(CKV, line=4), found("checkov/CKV_K8S_20"), found(CKV, state="fixed"), found(CKV, line=None)],
    ids=["line", "meaning", "fixed", "no line"],
)
def test_what_differs_stays(other: Finding) -> None:
    assert len(told(found(TAG), other)) == 2


def test_the_address_joins_what_has_other_lines() -> None:
    assert told(found(TAG, line=9, address="a.b"), found(CKV, address="a.b")) == [(TAG, (CKV,))]


def test_several_of_one_rule_all_stay() -> None:
    assert told(found(TAG), found(CKV), found(TAG)) == [(TAG, (CKV,)), (TAG, (CKV,))]


def test_what_blocks_is_not_hidden_behind_what_does_not() -> None:
    waived = msgspec.structs.replace(found(TAG), waived_by=Waiver(what="x", owner="me", reason="because"))
    assert told(waived, found(CKV)) == [(CKV, (TAG,))]
    assert told(waived, found(CKV, "warning")) == [(CKV, (TAG,))]
    assert told(found(TAG, state="existing"), found(CKV)) == [(CKV, (TAG,))]


def test_a_rule_has_one_meaning() -> None:
    rules = [rule for patterns in duplicates.MEANINGS.values() for rule in patterns]
    assert len(rules) == len(set(rules))


def test_the_table_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "waivers.md").read_text(encoding="utf-8")
    rows = [f"| {name} | {', '.join(f'`{rule}`' for rule in rules)} |" for name, rules in duplicates.MEANINGS.items()]
    assert [row for row in page.splitlines() if row in rows] == rows
