"""What a file of Rego says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy.rego import source
from gitops_ci.policy.rego.source import BARE

V1 = """\
# METADATA
# title: Pods
package kubernetes.admission

import data.lib.pods
import input.request as req

default allow := false

# METADATA
# title: No root
deny contains msg if {
	some container in pods.containers
	not container.securityContext
	req.operation == "CREATE"
	msg := sprintf("%s runs as root # really", [container.name])
}

is_pod(object) if object.kind == "Pod"
"""

V0 = """\
package main
import data.kubernetes as k8s
deny[msg] {
  k8s.is_deployment
  input.spec.replicas == 1; msg = "one" } {
  input.spec.replicas == 2
  msg = "two"
}
warn_labels["no labels"] { not input["metadata"].labels }
else = false { true }
"""


def test_rules_of_v1() -> None:
    read = source.read("a.rego", V1)
    assert read.package == ("kubernetes", "admission")
    assert read.line == 3
    assert [(rule.name, rule.line, rule.is_set) for rule in read.rules] == [
        ("allow", 8, False),
        ("deny", 12, True),
        ("is_pod", 19, False),
    ]
    assert read.rules[1].metadata is not None
    assert read.rules[1].metadata.title == "No root"
    assert read.rules[1].texts == ("CREATE", "%s runs as root # really")


def test_rules_of_v0() -> None:
    read = source.read("a.rego", V0)
    assert [(rule.name, rule.line, rule.is_set) for rule in read.rules] == [("deny", 3, True), ("warn_labels", 9, True)]
    assert read.reads == {"spec", "metadata"}
    assert read.uses == {("kubernetes",), ("kubernetes", "is_deployment")}


def test_what_is_read_through_imports() -> None:
    read = source.read("a.rego", V1)
    assert read.reads == {"request"}
    assert ("lib", "pods") in read.uses


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("import input as tfplan\ndeny contains 1 if tfplan.resource_changes", {"resource_changes"}),
        ("deny contains 1 if walk(input)", {BARE}),
        ("deny contains 1 if x with input as {}", set()),
        ("deny contains 1 if x with input.kind as 1", set()),
        ('deny contains 1 if "input.kind"', set()),
        ("deny contains 1 if true # input.kind", set()),
        ("deny contains 1 if a.input.kind", set()),
        ('deny contains 1 if input["auth.basic"].on', {"auth.basic"}),
        ("deny contains 1 if input[x].kind", {BARE}),
        ("deny contains `input.a` if input.b", {"b"}),
    ],
)
def test_reads(body: str, reads: set[str]) -> None:
    assert source.read("a.rego", f"package a\n{body}\n").reads == reads


@pytest.mark.parametrize(
    ("head", "is_set"),
    [
        ("deny contains msg if {", True),
        ("deny[msg] {", True),
        ('deny[{"msg": msg}] {', True),
        ("deny[msg] if {", False),
        ("deny if {", False),
        ("deny := 3 if {", False),
        ("deny = true {", False),
        ("deny {", False),
    ],
)
def test_the_shape_of_a_rule(head: str, is_set: bool) -> None:
    (rule,) = source.read("a.rego", f"package a\n{head}\n\ttrue\n}}\n").rules
    assert (rule.name, rule.is_set) == ("deny", is_set)


def test_a_body_on_the_next_line_is_no_rule_of_its_own() -> None:
    read = source.read("a.rego", "package a\nallow if\n  ready\n\nx :=\n  input.y\n")
    assert [rule.name for rule in read.rules] == ["allow", "x"]


def test_a_package_with_a_name_that_is_no_word() -> None:
    assert source.read("a.rego", 'package kubernetes["admission-x"].sub\n').package == (
        "kubernetes",
        "admission-x",
        "sub",
    )


@given(st.text(alphabet='package deny{}[]()"`#\n\\.:=if containsinput METADATA', max_size=200))
def test_nothing_that_is_read_raises(text: str) -> None:
    source.read("a.rego", text)


def test_time_is_linear() -> None:
    assert source.read("a.rego", "package a\n" + "deny[" * 50_000).package == ("a",)
