"""What the embedded engine of Rego is given instead of a module, and what it is not given at all."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy.rego import rewriting, rewriting_arithmetic, rewriting_bodies, rewriting_patterns
from gitops_ci.policy.rego.rewriting_numbers import Numbers
from gitops_ci.policy.rego.rewriting_sprintf import SetOf, Untrusted, sprintf

regorus = pytest.importorskip("regorus", reason="gordon-to-regorus is not installed")
V1 = "package a\n\nimport rego.v1\n\n"


def read(text: str) -> rewriting.Rewritten:
    return rewriting.module(regorus.Engine, "a.rego", text)


def body(text: str) -> str:
    found = read(V1 + text)
    assert found.problems == ()
    return found.text.removeprefix("package a\n\n\n\n")


def codes(text: str) -> list[tuple[str, int]]:
    found = read(V1 + text)
    whole, _ = rewriting.bundle((found,))
    return [(each["code"], each["line"]) for each in (*found.problems, *whole)]


def test_what_is_negated_is_taken_out() -> None:
    assert body('r if { not startswith(input.x, "a") }') == (
        'r if { gitops_ci_1 := input.x; not startswith(gitops_ci_1, "a") }'
    )
    assert body("r if not input.x > 1") == "r if { gitops_ci_1 := input.x; not gitops_ci_1 > 1 }"
    assert body("r if not input.x == 1") == "r if not input.x == 1"
    assert (
        body('r if not "a" == input.s with input as {"s": "a"}') == 'r if not "a" == input.s with input as {"s": "a"}'
    )


def test_lines_stay_where_they_were() -> None:
    text = 'r if {\n\tnot count(\n\t\tinput.x) > 0\n\tinput.y\n}\n\np if not lower(input["é"]) == "é"\n'
    assert body(text).count("\n") == text.count("\n")


def test_walk_gives_many_values() -> None:
    assert body("r := {v | [p, v] := walk(input)}") == ("r := {v | walk(input, gitops_ci_1); [p, v] := gitops_ci_1}")
    assert codes("r := [v | walk(input, [_, v])]") == [("needs-opa", 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y := nothing(1)", "compile"),
        ("y := count(1, 2, 3)", "compile"),
        ("f(x) := f(x)", "compile"),
        ("p := q\n\nq := p", "compile"),
        ("default y := 1\n\ndefault y := 2", "compile"),
        ("y := 1\n\ny contains 2", "compile"),
        ("y := http.send({})", "compile"),
        ('y := crypto.md5("a")', "needs-opa"),
        ("y := 0.12345678901234567891", "needs-opa"),
        ('y := {"a": input.x, "a": 1}', "needs-opa"),
        ("y if input.x < {1}", "needs-opa"),
        ('y := data.list["0"]', "needs-opa"),
        ("y := 12345678901234567890123", "needs-opa"),
        ("sprintf(x, y) := x", "needs-opa"),
    ],
)
def test_refused_with_its_line(text: str, expected: str) -> None:
    assert expected in {code for code, _ in codes(text)}


def test_common_policies_are_not_refused() -> None:
    text = """deny contains msg if {
    some name, container in input.containers
    not container.limits
    msg := sprintf("%s: %v", [name, regex.match(`^a\\d+$`, container.image)])
}

name := input.name

used if { name := input.other; name == "x" }
"""
    assert codes(text) == []


def test_a_value_that_may_be_undefined_is_asked_for_before_else() -> None:
    """OPA goes on with `else` where the value of a body is undefined."""
    assert body("r := input.x if input.y else := 1") == (
        "r := gitops_ci_1 if { input.y; gitops_ci_1 := input.x } else := 1"
    )
    assert body('f(x) := ["a", x] if { x > 1 } else := input.y') == 'f(x) := ["a", x] if { x > 1 } else := input.y'


IMPORTS = """import data.lib["x-y"].s
import data.lib.t as if_t
import input.request as r

d(s, {"a": if_t}) := s.k + if_t
e := [x | some s in r.list; x := s.k; if_t[s].k] if s.k
f contains s if { every s, if_t in s { s == if_t }; not s.p with s.k as r.k with input as {r.k: 1} }
g[s.k] := x if x := s.f(1)
h := s if { s := 1 } else := s.k
"""


def test_imports_are_told_in_full_where_no_variable_has_the_name() -> None:
    """A variable that a body declares anywhere has its name in all of that body, and nowhere else."""
    lines = body(IMPORTS).splitlines()
    f = (
        'f contains data.lib["x-y"].s if { every s, if_t in data.lib["x-y"].s { s == if_t }; not data.lib["x-y"].s.p '
        'with data.lib["x-y"].s.k as input.request.k with input as {input.request.k: 1} }'
    )
    assert lines[4:] == [
        'd(s, {"a": if_t}) := s.k + if_t',
        'e := [x | some s in input.request.list; x := s.k; data.lib.t[s].k] if data.lib["x-y"].s.k',
        f,
        'g[data.lib["x-y"].s.k] := x if x := data.lib["x-y"].s.f(1)',
        'h := s if { s := 1 } else := data.lib["x-y"].s.k',
    ]


def test_v0_is_read_where_v1_is_not() -> None:
    assert read("package a\n\ndeny[msg] { msg := input.x }\n").version == 0
    assert read(V1 + "deny contains msg if msg := input.x\n").version == 1
    assert read("package a\n\nx {\n").problems[0]["code"] == "syntax"


def test_further_bodies_get_the_head() -> None:
    text = 'f(x) = y {\n  y := "} {"\n} {\n  y := 2 # } {\n}\n\np = {"a": 1} { true }\n'
    assert rewriting_bodies.repeated(text) == text.replace("\n} {\n", "\n} f(x) = y  {\n")


def test_sprintf_is_go() -> None:
    form = "%s|%d|%5s|%-3s|%05d|%x|%q|%.2f|%v|%t|%%"
    assert sprintf(form, ["a", 1, "b", "c", -42, "hi", 'd"', 1.239, 1e6, True]) == (
        'a|1|    b|c  |-0042|6869|"d\\""|1.24|1e+06|%!t(string=true)|%'
    )
    assert sprintf("%v %v %v", [[None, True, 1.5], {"b": {1}, "a": set()}, SetOf([{"x": 1}])]) == (
        '[null, true, 1.5] {"a": set(), "b": {1}} {{"x": 1}}'
    )
    assert sprintf("%s %s", ["a"]) == "a %!s(MISSING)"
    assert sprintf("", ["a", 1]) == "%!(EXTRA string=a, int64=1)"
    for form in ("%", "%[1]s", "%#v"):
        with pytest.raises(Untrusted):
            sprintf(form, [1])


@given(
    st.text(),
    st.lists(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()),
)
def test_sprintf_answers_or_says_that_it_cannot(form: str, arguments: list[object]) -> None:
    with contextlib.suppress(Untrusted):
        assert isinstance(sprintf(form, arguments), str)


def test_patterns_mean_what_they_mean_to_go() -> None:
    assert rewriting_patterns.translated(r"^\d+[\w.]$") == "^[0-9]+[0-9A-Za-z_.]$"
    assert rewriting_patterns.translated("[[a&&b]+?") == r"[\[a\&\&b]+?"
    for pattern in ("a**", r"\<", "(?x)a", "[", "a{1,2000}", r"\Qa\E", "a{", "[a--b]", "a+??"):
        with pytest.raises(Untrusted):
            rewriting_patterns.translated(pattern)


@given(st.text(alphabet="ab.*+?()[]{}^$|\\dws-&1,:", max_size=12), st.text(alphabet="ab1 é-&[", max_size=6))
def test_what_is_translated_still_matches_as_pythons_ascii_patterns_do(pattern: str, text: str) -> None:
    try:
        ours, theirs = rewriting_patterns.translated(pattern), re.compile(pattern, re.ASCII)
    except (Untrusted, re.error, FutureWarning):
        return
    engine = regorus.Engine()
    engine.set_input([ours, text])
    try:
        found = engine.eval_query("regex.match(input[0], input[1])")["result"][0]["expressions"][0]["value"]
    except RuntimeError:
        return  # it is refused then
    if (
        "$" not in pattern
        and "{" not in pattern
        and "++" not in pattern
        and "*+" not in pattern
        and "?+" not in pattern
    ):
        assert found is (theirs.search(text) is not None)


def test_numbers_that_are_not_held_alike() -> None:
    numbers = Numbers()
    assert not numbers.read('{"a": [1, "1.0", "1e3"], "b": -7}')
    assert numbers.read('{"a": 1.0, "b": 0.5, "c": 1e3}')
    assert numbers.texts == {1.0: "1.0", 1000.0: "1e3"}
    for document in ("12345678901234567890123", "[-0]", "0.12345678901234567891", "1e-400"):
        with pytest.raises(Untrusted):
            Numbers().read(document)


def calculated(name: str, one: object, other: object, numbers: Numbers | None = None) -> object:
    (found,) = rewriting_arithmetic.operation(numbers or Numbers(), name, one, other)
    return found


def test_arithmetic_has_the_digits_of_opa() -> None:
    """0.1 + 0.2 is 0.3 with 64 bits; a third is told as a double, and is a third again when it is calculated with."""
    assert calculated("add", 0.1, 0.2) == 0.3
    assert calculated("mul", 100, calculated("div", 29, 100)) == 29
    numbers = Numbers()
    third = calculated("div", 1, 3, numbers)
    assert (third, numbers.texts[0.3333333333333333]) == (1 / 3, "0.33333333333333333334")
    assert calculated("mul", third, 3, numbers) == 1
    with pytest.raises(Untrusted):
        rewriting_arithmetic.marshalled("[0.3333333333333333]", numbers)
    with pytest.raises(Untrusted):
        calculated("sub", 3, 2.9)
    assert rewriting_arithmetic.operation(numbers, "div", 1, 0) == []
    assert rewriting_arithmetic.operation(numbers, "mod", 1.5, 1) == []
    assert rewriting_arithmetic.operation(numbers, "mul", "a", True) == []
    assert (calculated("mod", -5, 3), calculated("sub", {1, 2}, {2})) == (-2, {1})


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_a_quotient_of_integers_is_that_of_a_double(one: int, other: int) -> None:
    with contextlib.suppress(Untrusted):
        assert calculated("div", one, other) == one / other


def test_a_number_that_opa_prints_otherwise_is_not_printed() -> None:
    assert sprintf("%v %s", [1, "a"], {1.0: "1.0"}) == "1 a"
    for form, value in (("%d", 1), ("%v", [1])):
        with pytest.raises(Untrusted):
            sprintf(form, [value], {1.0: "1.0"})
