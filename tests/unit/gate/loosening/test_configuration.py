"""What a configuration asks less for than another: a table of keys, before and after."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci import config_file
from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.config_gate import Approvers, Gate
from gitops_ci.gate.loosening import configuration, facts
from gitops_ci.model.plan import Change


def loaded(text: str) -> Config:
    return config_file.load(f"version: 1\n{text}".encode())


def gate(text: str) -> str:
    return f"environments: [{{name: staging}}, {{name: production, promotes_from: staging, gate: {{{text}}}}}]"


def changes(before: str, after: str) -> list[Change]:
    return list(configuration.changes(loaded(before), loaded(after), "gitops-ci.yml"))


GATES = [
    # numbers
    ("approvals: 2", "approvals: 1", "approvals 2 → 1"),
    ("approvals: 1", "approvals: 2", None),
    ("approvals: 2", "", "approvals 2 → 0"),
    # who
    ("approvers: {users: [ann]}", "approvers: {users: [ann, eve]}", "approvers: eve added"),
    ("approvers: {users: [ann, eve]}", "approvers: {users: [ann]}", None),
    ("approvers: {users: [ann]}", "", "approvers: ann removed"),  # nobody named is everybody
    ("approvers: {users: [ann], teams: [a/b]}", "approvers: {users: [ann]}", None),
    ("", "approvers: {users: [ann]}", None),
    ("approvers: {users: [ann]}", "approvers: {teams: [a/b]}", "approvers: a/b added, ann removed"),
    ("override: {approvers: {users: [ann]}}", "override: {approvers: {users: [ann, eve]}}", "override.approvers: eve added"),
    # kinds: never less than the environment's
    ("by_kind: {database: {approvals: 2}}", "by_kind: {}", "by_kind.database.approvals 2 → 0"),
    ("approvals: 2, by_kind: {database: {approvals: 1}}", "approvals: 2", None),
    ("by_kind: {database: {approvers: {users: [ann]}}}", "", "by_kind.database.approvers: ann removed"),
    ("approvers: {users: [ann]}, by_kind: {database: {approvers: {users: [ann]}}}", "approvers: {users: [ann]}", None),
    # steps
    ("destroy: all", "destroy: protected", "destroy all → protected"),
    ("destroy: protected", "destroy: off", "destroy protected → off"),
    ("destroy: off", "destroy: all", None),
    ("promotion: block", "promotion: warn", "promotion block → warn"),
    ("promotion: warn", "promotion: block", None),
    ("owners: true", "owners: false", "owners on → off"),
    ("owners: false", "owners: true", None),
    # lists of what is guarded
    ("protected_types: [a, b]", "protected_types: [a]", "protected_types: b removed"),
    ("protected_types: [a]", "protected_types: [a, b]", None),
    # time
    ("promotion: warn, soak: 24h", "promotion: warn, soak: 1h", "soak 24h → 1h"),
    ("promotion: warn, soak: 60m", "promotion: warn, soak: 1h", None),
    ("promotion: warn, soak: 1h", "promotion: warn", "soak 1h → not said"),
    ("promotion: warn, soak: 1d", "promotion: warn, soak: 25h", None),
    ("freeze: [{from: '17:00', to: '08:00'}]", "", "freeze: from 17:00 to 08:00 timezone UTC removed"),
    ("", "freeze: [{from: '17:00', to: '08:00'}]", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), GATES)
def test_a_gate(before: str, after: str, said: str | None) -> None:
    found = [each.reason for each in changes(gate(before), gate(after)) if each.destructive]
    assert found == ([] if said is None else [said])
    assert configuration.loosened(loaded(gate(before)), loaded(gate(after))) == (
        () if said is None else (f"the gate of production: {said}",)
    )


ENVIRONMENT = "environments: [{name: staging}, {name: production%s}]"

SECTIONS = [
    # an environment
    (ENVIRONMENT % "", ENVIRONMENT % ", enforcement: warn", "enforcement block → warn"),
    (ENVIRONMENT % ", enforcement: warn", ENVIRONMENT % "", None),
    (ENVIRONMENT % ", aliases: [live]", ENVIRONMENT % "", "aliases: live removed"),
    (ENVIRONMENT % "", ENVIRONMENT % ", bind: {accounts: ['1']}", None),
    (ENVIRONMENT % ", bind: {accounts: ['1']}", ENVIRONMENT % ", bind: {accounts: ['1', '2']}", "bind.accounts: 2 added"),
    (ENVIRONMENT % ", bind: {backend: 's3://a/*'}", ENVIRONMENT % "", "bind.backend: s3://a/* removed"),
    # what may be used, and what is checked
    ("", "kinds: {terraform: {providers: {allow: ['*']}}}", "providers.allow: * added"),
    ("kinds: {terraform: {providers: {allow: ['*']}}}", "", None),
    ("policy: {severity: {'checkov/*': error}}", "policy: {severity: {'checkov/*': off}}", "severity.checkov/* error → off"),
    ("policy: {severity: {'checkov/*': off}}", "policy: {severity: {'checkov/*': error}}", None),
    ("policy: {severity: {'checkov/*': off}}", "", None),
    ("policy: {checkov: {}}", "", "checkov on → off"),
    ("", "policy: {checkov: {}}", None),
    ("policy: {checkov: {}}", "policy: {checkov: {checks: [CKV_AWS_20]}}", "checkov.checks: CKV_AWS_20 added"),
    ("policy: {checkov: {}}", "policy: {checkov: {skip: [CKV_AWS_20]}}", "checkov.skip: CKV_AWS_20 added"),
    ("policy: {builtin: {}}", "policy: {builtin: {rules: ['terraform-*']}}", "builtin.rules: terraform-* added, * removed"),
    ("", "policy: {secrets: {enabled: false}}", "secrets.enabled on → off"),
    ("", "policy: {secrets: {ignore: ['tests/**']}}", "secrets.ignore: tests/** added"),
    ("layout: {require: [README.md]}", "", "require: README.md removed"),
    ("", "layout: {require: [README.md]}", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), SECTIONS)
def test_a_section(before: str, after: str, said: str | None) -> None:
    found = [each.reason for each in changes(before, after) if each.destructive]
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (ENVIRONMENT % ", branch: main", ENVIRONMENT % ", branch: other", "branch main → other"),
        (ENVIRONMENT % ", runner: a", ENVIRONMENT % ", runner: self-hosted", "runner a → self-hosted"),
        ("", "kinds: {terraform: {binary: tofu}}", "binary not said → tofu"),
        ("", "policy: {waivers: mine.yml}", "waivers gitops-ci-waivers.yml → mine.yml"),
        ("policy: {rego: [{path: a}]}", "policy: {rego: [{path: b}]}", "rego: path b added, path a removed"),
        ("", "policy: {severity: {'checkov/*': warning}}", "severity.checkov/* not said → warning"),
        ("", "layout: {stacks: [{kind: terraform, path: a}]}", "stacks: kind terraform path a added"),
    ],
)
def test_what_values_do_not_tell_is_for_people(before: str, after: str, said: str) -> None:
    (change,) = changes(before, after)
    assert change.reason == f"whether it asks for less than before is for people to judge: {said}"
    assert not change.destructive


def test_an_environment_that_is_gone_takes_its_gate_with_it() -> None:
    found = changes(gate("approvals: 2"), "environments: [{name: staging}]")
    assert [(each.address, each.action, each.destructive) for each in found] == [
        ("environment.production", "delete", True),
        ("gate.production", "delete", True),
    ]


def test_a_deleted_file_leaves_the_defaults() -> None:
    (looser,) = configuration.loosened(loaded(gate("approvals: 3, destroy: all")), DEFAULT)
    assert looser == "the gate of production: approvals 3 → 1; destroy all → protected"


def test_a_file_that_says_what_holds_without_it_changes_nothing() -> None:
    same = "environments: [{name: development, aliases: [dev, develop]}, {name: staging, aliases: [stage, stg], promotes_from: development}, {name: production, aliases: [prod, prd, live], promotes_from: staging}]"
    assert list(configuration.changes(DEFAULT, loaded(same), "")) == []


def test_arguments_that_may_hold_a_secret_are_not_shown() -> None:
    secret = "kinds: {terraform: {init_args: ['-backend-config=access_key=AKIA" + "IOSFODNN7EXAMPLE']}}"
    (change,) = changes("", secret)
    assert change.attributes[0].sensitive
    assert "AKIA" not in repr(change)


def test_many_are_counted_and_all_are_attributes() -> None:
    (change,) = changes(gate("approvals: 2, owners: true, destroy: all, promotion: block, soak: 1d"), gate(""))
    assert change.reason == "approvals 2 → 0; owners on → off; destroy all → off and 2 more"
    assert {each.path for each in change.attributes} == {"approvals", "owners", "destroy", "promotion", "soak"}
    assert [(each.before, each.after) for each in change.attributes if each.path == "approvals"] == [(2, 0)]


def test_every_key_of_the_file_is_compared() -> None:
    """One that is added some day, too: what nobody thought of is for people to judge, and not left out."""
    told = facts.of(loaded(gate("")), ["database"])
    assert {key.partition(".")[0] for key in told["gate.production"]} == set(Gate.__struct_fields__)
    assert {key.partition(".")[0] for key in told["environment.production"]} == {*Environment.__struct_fields__} - {
        "name",
        "gate",
    }
    assert {section.partition(".")[0] for section in told} == {*Config.__struct_fields__, "gate", "environment"} - {
        "version", "report", "environments",
    }  # fmt: skip


# Properties

USERS = st.sets(st.sampled_from(["ann", "ben", "eve"])).map(lambda users: tuple(sorted(users)))
GATE = st.builds(
    Gate,
    approvals=st.integers(0, 3),
    approvers=st.builds(Approvers, users=USERS),
    owners=st.booleans(),
    destroy=st.sampled_from(["all", "protected", "off"]),
    promotion=st.sampled_from(["block", "warn", "off"]),
    soak=st.sampled_from([None, "30m", "24h"]),
)


def of(gate: Gate) -> Config:
    return Config(environments=(Environment(name="production", gate=gate),))


@given(one=GATE, other=GATE)
def test_what_is_loosened_one_way_is_another_configuration_the_other_way(one: Gate, other: Gate) -> None:
    there = configuration.loosened(of(one), of(other))
    back = configuration.loosened(of(other), of(one))
    assert bool(list(configuration.changes(of(one), of(other), ""))) == (one != other)
    assert bool(there or back) == (one != other)


@given(gate=GATE)
def test_nothing_differs_from_itself(gate: Gate) -> None:
    assert list(configuration.changes(of(gate), of(gate), "")) == []
