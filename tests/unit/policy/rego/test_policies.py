"""Which policies there are, and which of their rules are asked."""

from __future__ import annotations

import json

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.policy.rego import policies
from gitops_ci.policy.rego.policies import Policies
from tests.unit.policy.rego.rego_bed import Files, read, scope

DENY = "package main\ndeny contains 1 if input.kind\n"


def at(files: Files, *places: RegoPolicies, links: dict[str, str] | None = None) -> Policies:
    named = [(f"policy.rego[{index}]", each) for index, each in enumerate(places)]
    return policies.read(named, snapshot.of(files, links=links))


def test_the_default_place() -> None:
    found = read(scope({"shared/security/policies/a/b.rego": DENY, "policy/x.rego": DENY}))
    assert [each.path for each in found.bundle.modules] == ["shared/security/policies/a/b.rego"]
    assert read(scope({"policy/x.rego": DENY})).entries == ()
    assert read(scope({"shared/security/policies/a.rego": DENY}, rego=())).entries == ()


def test_rules_of_conftests_names_in_every_package() -> None:
    text = """\
package lib.x
deny contains 1 if true
deny_a_b contains 1 if true
deny_a_ contains 1 if true
denyx contains 1 if true
violation_2 contains 1 if true
warn contains 1 if true
exception contains 1 if true
allow if true
"""
    (asked,) = at({"p/a.rego": text, "p/lib.rego": "package other\nf(x) if x"}, RegoPolicies(path="p")).asked
    assert asked.package == ("lib", "x")
    assert asked.rules == ("deny", "deny_a_b", "violation_2", "warn")
    assert asked.has_exceptions


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("main", [("main", ("deny",))]),
        ("data.main", [("main", ("deny",))]),
        ("main.sub", [("main.sub", ("deny",))]),
        ("main*", [("main", ("deny",)), ("main.sub", ("deny",))]),
        ("main.errors", [("main", ("errors",))]),
        ("mian", []),
        (None, [("main", ("deny",)), ("main.sub", ("deny",))]),
    ],
)
def test_a_query_narrows(query: str | None, asked: list[tuple[str, tuple[str, ...]]]) -> None:
    files = {"p/a.rego": f"{DENY}errors contains 1 if input.kind\n", "p/b.rego": DENY.replace("main", "main.sub")}
    found = at(files, RegoPolicies(path="p", query=query)).asked
    assert [(".".join(each.package), each.rules) for each in found] == asked


def test_what_a_package_reads_through_others_counts() -> None:
    files = {
        "p/a.rego": "package main\nimport data.lib.k8s\ndeny contains 1 if k8s.is_pod\n",
        "p/b.rego": "package lib.k8s\nis_pod if input.kind\n",
        "p/c.rego": "package elsewhere\nx if input.resource_changes\n",
    }
    assert at(files, RegoPolicies(path="p")).asked[0].forms == {"object"}
    assert at(files, RegoPolicies(path="p", on="plan")).asked[0].forms == {"plan"}


def test_a_package_may_say_what_it_is_asked_about() -> None:
    text = f"# METADATA\n# custom: {{on: file}}\n{DENY}"
    assert at({"p/a.rego": text}, RegoPolicies(path="p")).asked[0].forms == {"file"}
    assert at({"p/a.rego": text}, RegoPolicies(path="p", on="plan")).asked[0].forms == {"plan"}


def test_tests_are_kept_apart_and_data_is_put_together() -> None:
    files = {
        "p/a.rego": DENY,
        "p/a_test.rego": "package main_test\ntest_x if true\n",
        "p/limits/data.yaml": "max: 3",
        "more/a/x.json": "{}",
        "more/teams.json": '{"teams": []}',
    }
    found = at(files, RegoPolicies(path="p/", data=("more",)))
    assert [each.path for each in found.bundle.modules] == ["p/a.rego"]
    assert [each.path for each in found.tests] == ["p/a_test.rego"]
    assert json.loads(found.bundle.data) == {"limits": {"max": 3}, "teams": [], "a": {}}
    assert found.problems == ()
    assert set(found.data) == {"p/limits/data.yaml", "more/a/x.json", "more/teams.json"}


def test_one_file() -> None:
    found = at({"p/a.rego": DENY, "p/b.rego": DENY, "p/d.json": '{"a": 1}'}, RegoPolicies(path="p/b.rego"))
    assert [each.path for each in found.bundle.modules] == ["p/b.rego"]
    assert found.bundle.data == b"{}"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"p/a.rego": b"package a\0"}, "is no text"),
        ({"p/a.rego": b"package \xff"}, "is not UTF-8"),
        ({"p/a.rego": b"#" * (policies.MAX_POLICY + 1)}, "larger than 1 MiB"),
        ({"p/a.rego": DENY, "p/x.json": b" " * (11 << 20)}, "larger than 10 MiB"),
    ],
)
def test_what_cannot_be_read_is_a_problem(files: Files, said: str) -> None:
    (problem,) = at(files, RegoPolicies(path="p")).problems
    assert said in problem.message
    assert problem.path in files


def test_links_and_places_outside_are_not_followed() -> None:
    (problem,) = at({"x.rego": DENY}, RegoPolicies(path="p"), links={"p/a.rego": "../x.rego"}).problems
    assert "a symbolic link" in problem.message
    found = at({"x/a.rego": DENY}, RegoPolicies(path="p"), links={"p": "x"})
    assert (len(found.problems), found.bundle.modules) == (1, ())
    (problem,) = at({}, RegoPolicies(path="../p")).problems
    assert "leads out of the repository" in problem.message


def test_data_that_is_not_there() -> None:
    (problem,) = at({"p/a.rego": DENY}, RegoPolicies(path="p", data=("nowhere",))).problems
    assert "nowhere holds no YAML and no JSON" in problem.message


def test_policies_of_no_repository() -> None:
    texts = {
        "x/a.rego": "# METADATA\n# custom: {id: kubernetes-root}\npackage builtin.a\ndeny contains 1 if input.kind",
        "x/b.rego": "# METADATA\n# custom: {id: terraform-tags}\npackage builtin.b\ndeny contains 1 if input.kind",
    }
    found = policies.of_modules("builtin", texts, b'{"x": 1}', ids=("kubernetes-*",))
    assert [each.package for each in found.asked] == [("builtin", "a")]
    assert (found.family, len(found.bundle.modules), found.bundle.data) == ("builtin", 2, b'{"x": 1}')
