from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.language import expressions, nodes
from gitops_ci.kinds.terraform.language.blocks import Unreadable


def called(expression: str) -> list[str]:
    return [call.name for call in nodes.calls(expressions.parse(expression))]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('f(g(1), "${h(2)}")', ["f", "g", "h"]),
        ("core :: f /* x */ (1)", ["core::f"]),
        ("provider::a::b(1)", ["provider::a::b"]),
        ('"%{ if f(1) }${g(2)}%{ else }%{ for x in h(3) }%{ endfor }%{ endif }"', ["f", "g", "h"]),
        ("<<-EOT\n  ${f(<<A\n${g(1)}\nA\n)}\n  EOT\n", ["f", "g"]),
        ("[for k, v in f(1) : g(v) if h(k)]", ["f", "g", "h"]),
        ("{for k, v in f(1) : g(k) => h(v)...}", ["f", "g", "h"]),
        ("{(f(1)) = g(2), a = h(3)\n b : i(4)\n}", ["f", "g", "h", "i"]),
        ("a[f(1)].b[*].c.0.d[g(2)]", ["f", "g"]),
        ("f(1) ? g(2) : !h(3) || -i(4) == 1", ["f", "g", "h", "i"]),
        ("(\n  f\n  (1)\n)", ["f"]),
        ("f([x]...)", ["f"]),
        ('"f(1)"', []),
        ('"$${f(1)}"', []),
    ],
)
def test_every_call_is_found(expression: str, names: list[str]) -> None:
    assert called(expression) == names


@pytest.mark.parametrize(
    "expression",
    ["", "f(", "a.", "a b", "[1 2]", "{a}", "a ? b", "f(1", '"${"', '"%{ x }"', "a::b", '"\\x"', "[for x : y]", "1..2",
     "[" * 60 + "]" * 60, '"${' * 60 + '}"' * 60, "a" + ".b" * 100],
)  # fmt: skip
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(Unreadable):
        expressions.parse(expression)


@pytest.mark.parametrize(
    ("expression", "value"),
    [('"a\\u002fb"', "a/b"), ('"\\U0001F600"', "😀"), ('"\\ud800"', "\ufffd"), ('"\u212a"', "K"), ('"$${x}"', "${x}"),
     ('"%%{x}"', "%{x}"), ("<<EOT\na\\n\nEOT\n", "a\\n\n"), ("1", 1), ("true", True), ("null", None)],
)  # fmt: skip
def test_a_literal_is_what_terraform_makes_of_it(expression: str, value: object) -> None:
    node = expressions.parse(expression)
    assert isinstance(node, nodes.Literal)
    assert node.value == value


@pytest.mark.parametrize(("text", "is_expanded"), [("f(a, b...)", True), ("f(a, b)", False), ("f(g(a...))", False)])
def test_a_collection_of_arguments_is_told(text: str, is_expanded: bool) -> None:
    call = next(nodes.calls(expressions.parse(text)))
    assert call.is_expanded is is_expanded


def test_a_file_that_is_a_template() -> None:
    node = expressions.template('a "quoted" \\n ${f("x")}\n%{ if g(1) ~}\n%{ endif }')
    assert [call.name for call in nodes.calls(node)] == ["f", "g"]


@given(st.text(alphabet='ab ="{}[]()\n$%\\<-E#/*,.:1?!', max_size=60))
def test_any_text_is_an_expression_or_is_refused(text: str) -> None:
    for read in (expressions.parse, expressions.template):
        with contextlib.suppress(Unreadable):
            assert all(0 <= each.start <= each.end <= len(text) for each in nodes.walk(read(text)))
