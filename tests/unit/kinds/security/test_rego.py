from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.security import rego
from gitops_ci.kinds.security.rego_words import RegoError
from tests.unit.kinds.security.sides import changes, only

V0 = """package kubernetes.admission

import data.lib.a as b

default allow = false

deny[msg] {
    input.request.kind.kind == "Pod"
    not input.request.object.spec.securityContext.runAsNonRoot
    msg := "Pods must not run as root"
}

deny[msg] {
    container := input.containers[_]; contains(container.image, ":latest")
    msg := sprintf("%v", [container.name])
} {
    msg := "another body"
}

is_pod { input.kind == "Pod" } else = false { true }
"""
V1 = """# METADATA
# title: Everything
package kubernetes.admission

import rego.v1
import future.keywords.in

# METADATA
# title: No root
# custom:
#   severity: error
deny contains msg if {
\tinput.kind == "Pod"
\tsome container in input.containers
\tmsg := $"container {container["name"]} runs as root"
}

deny contains "always" if input.bad
labels.team := "a"
names := {name | some name in input.names}
f(x) := y if y := x + 1
"""


def names(text: str) -> list[str]:
    return [each.name for each in rego.parse(text).definitions]


def test_v0() -> None:
    parsed = rego.parse(V0)
    assert (parsed.package, parsed.imports) == ("kubernetes.admission", ("data.lib.a as b",))
    assert names(V0) == ["allow", "deny", "deny", "deny", "is_pod"]
    assert [each.line for each in parsed.definitions] == [5, 7, 13, 16, 20]
    second = parsed.definitions[2]
    assert second.conditions is not None
    assert [words[0] for words in second.conditions] == ["container", "contains", "msg"]
    assert parsed.definitions[-1].conditions is None


def test_v1() -> None:
    parsed = rego.parse(V1)
    assert parsed.metadata == "title: Everything"
    assert parsed.imports == ("future.keywords.in", "rego.v1")
    assert names(V1) == ["deny", "deny", "labels.team", "names", "f"]
    assert parsed.definitions[0].metadata == "title: No root\ncustom:\n  severity: error"
    assert parsed.definitions[1].metadata == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("deny { true }", 1),
        ("package a\n\ndeny {\n  true\n", 3),
        ("package a\ndeny { x := [1) }", 2),
        ('package a\n\nx := "abc\n', 3),
        ("package a\nx := `abc", 2),
        ("package a\n}", 2),
        ('package a\nx := $"{' + '$"{' * 50, 2),
    ],
)
def test_what_is_no_rego_has_a_line(text: str, line: int) -> None:
    with pytest.raises(RegoError) as error:
        rego.parse(text)
    assert error.value.line == line


@given(st.text(alphabet=st.sampled_from(list('ab \n{}[]()"`#:=.,;$\\|')), max_size=60))
def test_any_text_is_rego_or_refused(text: str) -> None:
    with contextlib.suppress(RegoError):
        parsed = rego.parse("package a\n" + text)
        assert all(each.text in text for each in parsed.definitions)


DENY = 'package k\n\ndeny contains msg if {\n\tinput.kind == "Pod"\n\tmsg := "no"\n}\n'
MORE = DENY + '\ndeny contains msg if {\n\tinput.kind == "Service"\n\tmsg := "never"\n}\n'


def test_a_rule_is_one_change_with_its_text() -> None:
    change = only({}, {"a.rego": DENY})
    assert (change.address, change.type, change.action) == ("rego.rule data.k.deny", "rego.rule", "create")
    assert (change.path, change.line, change.destructive) == ("shared/security/a.rego", 3, False)
    assert [each.path for each in change.attributes] == ["text"]


def test_comments_and_layout_are_cosmetic() -> None:
    spaced = DENY.replace("\t", "    ").replace("deny", "# why\ndeny", 1).replace("if {", "if {  # here")
    change = only({"a.rego": DENY}, {"a.rego": spaced})
    assert change.action == "update"
    assert all(each.cosmetic for each in change.attributes)
    assert not change.destructive


def test_files_may_be_renamed_and_split() -> None:
    second = MORE[len(DENY) :]
    assert changes({"a.rego": MORE}, {"b/c.rego": MORE}) == ()
    split = changes({"a.rego": MORE}, {"a.rego": DENY, "b.rego": "package k\n" + second})
    assert all(each.cosmetic for change in split for each in change.attributes)


@pytest.mark.parametrize(
    ("base", "head", "reason"),
    [
        (MORE, DENY, "1 of 2 definitions no longer refuse anything"),
        (DENY, DENY.replace("\tmsg :=", '\tinput.name != "x"\n\tmsg :='), 'refuses only where also `input.name != "x"`'),
        (DENY, "package k\n\nother := 1\n", "no longer refuses anything"),
        ("package k\ndefault allow := false", "package k\ndefault allow := true", "allows by default (`default allow := true`)"),
        ("package k\nallow if input.a", "package k\nallow if input.a\nallow if input.b", "1 more definition allows"),
        ("package k\nallow if {\n  input.a\n  input.b\n}", "package k\nallow if {\n  input.a\n}", "allows without `input.b`"),
        (
            "package k\n# METADATA\n# custom:\n#   severity: error\ndeny contains 1 if input.a",
            "package k\n# METADATA\n# custom:\n#   severity: warning\ndeny contains 1 if input.a",
            "its severity is lowered",
        ),
    ],
)  # fmt: skip
def test_what_loosens_is_destructive(base: str, head: str, reason: str) -> None:
    [loosened] = [each for each in changes({"a.rego": base}, {"a.rego": head}) if each.destructive]
    assert loosened.reason == reason


def test_what_tightens_is_not() -> None:
    assert not only({"a.rego": DENY}, {"a.rego": MORE}).destructive
    fewer = DENY.replace('\tinput.kind == "Pod"\n', "")
    assert not only({"a.rego": DENY}, {"a.rego": fewer}).destructive


def test_what_cannot_be_told_is_said() -> None:
    change = only({"a.rego": DENY}, {"a.rego": DENY.replace('"Pod"', '"Nothing"')})
    assert not change.destructive
    assert change.reason == "rewritten: whether it refuses less than before, its text alone does not tell"


def test_tests_are_counted_apart() -> None:
    tests = "package k_test\n\npod := {}\n\ntest_a if true\n\ntest_b if true\n"
    change = only({"a_test.rego": tests}, {"a_test.rego": tests.replace("test_b if true", "test_b if 1 == 1")})
    assert (change.address, change.type) == ("rego.tests data.k_test", "rego.tests")
    assert [each.path for each in change.attributes] == ["test_b"]


def test_rego_that_is_not_closed_fails_the_plan() -> None:
    from tests.unit.kinds.security.sides import here, planned

    plan = planned(
        here({"a.rego": DENY, "b.rego": "package b\nx := 1"}),
        here({"a.rego": DENY[:-3], "b.rego": "package b\nx := 2"}),
    )
    assert plan.status == "failed"
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == ("invalid", "shared/security/a.rego", 3)
    assert [change.address for change in plan.changes] == ["rego.rule data.b.x"]
