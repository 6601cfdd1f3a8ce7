from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.security import casbin
from tests.unit.kinds.security.sides import changes, found, only

MODEL = """# who may what
[request_definition]
r = subject, environment, action

[policy_definition]
p = role, environment, action, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = g(r.subject, p.role) && \\
    keyMatch(r.environment, p.environment) && r.action == p.action # here
"""
POLICY = """# rows
p, platform, *, apply, allow
p, developer, development, apply, allow
p, guest, production, apply, deny
g, platform-engineers, platform
"""
BASE = {"rbac/model.conf": MODEL, "rbac/policy.csv": POLICY}


def with_policy(text: str) -> dict[str, str]:
    return {**BASE, "rbac/policy.csv": text}


def test_a_model_is_read_as_casbin_reads_it() -> None:
    model = casbin.model(MODEL)
    [matcher] = model.of("matchers")
    assert matcher.value.endswith("r.action == p.action")
    assert "\\" not in matcher.value
    assert matcher.line == 15
    definition = model.named("p")
    assert definition is not None
    assert definition.fields == ("role", "environment", "action", "eft")
    assert model.named("p2") is None


def test_the_order_of_rows_means_nothing() -> None:
    lines = POLICY.splitlines()
    assert changes(BASE, with_policy("\n".join([*lines[::-1], "", "# more"]))) == ()


def test_a_rename_alone_changes_nothing() -> None:
    renamed = {"rbac/m.conf": MODEL, "rbac/people.csv": POLICY}
    assert changes(BASE, renamed) == ()


def test_the_same_row_in_another_set_is_another_permission() -> None:
    two = {**BASE, "production/policy.csv": "p, guest, staging, apply, allow\n"}
    swapped = {
        **with_policy(POLICY + "p, guest, staging, apply, allow\n"),
        "production/policy.csv": "p, x, y, z, allow\n",
    }
    assert len(changes(two, swapped)) == 3
    crowded = {**BASE, "rbac/a_policy.csv": "p, a, b, c, allow\n", "rbac/b_policy.csv": "p, d, e, f, allow\n"}
    moved = {**BASE, "rbac/a_policy.csv": "p, d, e, f, allow\n", "rbac/b_policy.csv": "p, a, b, c, allow\n"}
    assert len(changes(crowded, moved)) == 4


def test_a_permission_is_told_by_its_fields() -> None:
    change = only(BASE, with_policy(POLICY + "p, auditor, staging, plan, allow\n"))
    assert change.address == "casbin.permission p, auditor, staging, plan, allow"
    assert (change.type, change.action, change.line) == ("casbin.permission", "create", 6)
    assert {each.path: each.after for each in change.attributes} == {
        "role": "auditor", "environment": "staging", "action": "plan", "eft": "allow",
    }  # fmt: skip
    assert not change.destructive


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("p, auditor, *, apply, allow", "holds for every environment"),
        ("p, *, *, apply, allow", "holds for everyone and every environment"),
        ("g, intern, platform", "gives what platform may for every environment"),
        ("g, intern, platform-engineers", "gives what platform-engineers may for every environment"),
    ],
)
def test_what_is_granted_without_a_limit_is_destructive(row: str, reason: str) -> None:
    change = only(BASE, with_policy(f"{POLICY}{row}\n"))
    assert change.destructive
    assert change.reason == reason


@pytest.mark.parametrize("row", ["p, auditor, *, apply, deny", "g, intern, developer"])
def test_what_denies_or_is_limited_is_not(row: str) -> None:
    assert not only(BASE, with_policy(f"{POLICY}{row}\n")).destructive


def test_a_denial_that_goes_away_is_destructive_and_a_permission_that_does_is_not() -> None:
    denial = only(BASE, with_policy(POLICY.replace("p, guest, production, apply, deny\n", "")))
    assert (denial.action, denial.destructive, denial.reason) == ("delete", True, "no longer denied")
    permission = only(BASE, with_policy(POLICY.replace("p, developer, development, apply, allow\n", "")))
    assert (permission.action, permission.destructive) == ("delete", False)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" && r.action == p.action", "", "matches without `r.action == p.action`"),
        ("r.action == p.action", 'r.action == p.action || r.subject == "root"', "matches in a further way (`||`)"),
        (" && !some(where (p.eft == deny))", "", "a row that denies no longer counts"),
        ("some(where (p.eft == allow)) && !some", "!some", "allows whatever no row denies"),
    ],
)
def test_a_model_that_asks_less_is_destructive(old: str, new: str, reason: str) -> None:
    change = only(BASE, {**BASE, "rbac/model.conf": MODEL.replace(old, new)})
    assert (change.type, change.action, change.destructive, change.reason) == ("casbin.model", "update", True, reason)


def test_a_comment_in_a_model_changes_nothing() -> None:
    assert changes(BASE, {**BASE, "rbac/model.conf": MODEL.replace("# here", "# there")}) == ()


def test_an_emptied_policy_of_a_model_that_allows_by_default() -> None:
    model = MODEL.replace("some(where (p.eft == allow)) && !some", "!some")
    files = {f"shared/security/{path}": text for path, text in {**BASE, "rbac/model.conf": model}.items()}
    [told] = [each for each in found(files) if each.rule == "security/casbin-allows-by-default"]
    assert told.severity == "warning"
    [told] = [
        each
        for each in found({**files, "shared/security/rbac/policy.csv": "# nothing\n"})
        if each.rule == "security/casbin-allows-by-default"
    ]
    assert told.severity == "error"


def test_the_example_has_no_finding() -> None:
    assert found({f"shared/security/{path}": text for path, text in BASE.items()}) == ()


def test_models_go_with_policies_of_their_name() -> None:
    files = {
        "shared/security/a_model.conf": MODEL,
        "shared/security/a_policy.csv": "p, x, y, z, allow\n",
        "shared/security/b_model.conf": MODEL.replace(", eft", ""),
        "shared/security/b_policy.csv": "p, x, y, z\n",
    }
    assert found(files) == ()


def test_a_document_that_shows_a_model_is_none() -> None:
    change = only({}, {"README.md": f"# Casbin\n\n{MODEL}"})
    assert change.type == "file"


def test_a_circle_is_told_once() -> None:
    rows = "p, a, b, c, allow\ng, a, b\ng, b, c\ng, c, a\n" + "".join(f"g, u{n}, u{n + 1}\n" for n in range(5000))
    told = found({f"shared/security/{path}": text for path, text in with_policy(rows).items()})
    circles = [each.message for each in told if each.rule == "security/casbin-role-cycle"]
    assert circles == ["the roles go in a circle: a → b → c → a"]


@given(st.text(max_size=80))
def test_any_text_is_rows(text: str) -> None:
    for row in casbin.rows(text):
        assert 1 <= row.line <= len(text.splitlines())
