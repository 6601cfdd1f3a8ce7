"""What expressions come to as far as names are known, and that none takes more than a moment."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.language import evaluation
from gitops_ci.kinds.terraform.language.evaluation import Names
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value


class Scope:
    def __init__(self, **written: str) -> None:
        self.locals = Names(written, self, set())

    def name(self, name: str) -> Value:
        return self.locals if name == "local" else COMPUTED

    def call(self, function: str, arguments: Sequence[Value]) -> Value:
        return evaluation.call(function, arguments)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a"', "a"),
        ('"a-${local.x}-${1}"', "a-x-1"),
        ("local.m.k[0]", "v"),
        ('local.m["k"]', ["v"]),
        ('split("/", "a/b")[1]', "b"),
        ('true ? "a" : var.b', "a"),
        ('format("%s-%d", local.x, 2)', "x-2"),
        ('join("/", ["a"], [local.x])', "a/x"),
        ('join("/", [])', ""),
        ("merge({ a = 1 }, { a = 2, b = local.x })", {"a": 2, "b": "x"}),
        ('lookup({ a = 1 }, "b", 3)', 3),
        ('element(["a", "b"], 3)', "b"),
        ('replace("a-b", "-", "/")', "a/b"),
        ('try(local.none, "d")', "d"),
        ('lower(trimsuffix(basename("x/Y.TF"), ".TF"))', "y"),
        ('dirname("x")', "."),
        ("[var.a, 1]", [COMPUTED, 1]),
        ("var.a", COMPUTED),
        ("local.loop", COMPUTED),
        ("local.none", COMPUTED),
        ("local.m.none", COMPUTED),
        ('"${var.a}"', COMPUTED),
        ("element([], 0)", COMPUTED),
        ('format("%v", 1)', COMPUTED),
        ("upper(1)", COMPUTED),
        ('replace("ab", "/a/", "x")', COMPUTED),
        ("unknown(1)", COMPUTED),
        ("[for x in [1] : x]", COMPUTED),
        ("1 + 1", COMPUTED),
        ("(", COMPUTED),
    ],
)
def test_what_an_expression_comes_to(expression: str, value: object) -> None:
    scope = Scope(x='"x"', m='{ k = ["v"] }', loop="local.other", other="local.loop")
    assert evaluation.text(expression, scope) == value


def chain(step: str, count: int) -> dict[str, str]:
    return {f"a{n}": step.replace("NEXT", f"local.a{n + 1}") for n in range(count)} | {f"a{count}": '"x"'}


@pytest.mark.parametrize(
    "step",
    [
        "NEXT",
        '"${NEXT}${NEXT}"',
        "[NEXT, NEXT]",
        "concat([NEXT], [NEXT])",
        "merge({ a = NEXT }, { b = NEXT })",
        'replace(join("", ["x", NEXT]), "x", NEXT)',
        "(" * 45 + "NEXT" + ")" * 45,
        "[" * 45 + "NEXT" + "]" * 45,
        "concat(NEXT, NEXT)",
    ],
)
def test_names_that_nest_and_multiply_come_to_an_end(step: str) -> None:
    written = chain(step, 38) | {"b": "[1]"}
    if step.startswith("concat(NEXT"):
        written["a38"] = "[1]"
    started = time.process_time()
    evaluation.text('"${local.a0}"', Scope(**written))
    assert time.process_time() - started < 5


@given(st.text(max_size=100))
def test_no_text_makes_it_raise(text: str) -> None:
    evaluation.text(text, Scope(x=text))
