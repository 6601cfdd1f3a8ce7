"""Variables that Flux puts in after the build."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes.flux import substitution
from gitops_ci.kinds.kubernetes.flux.substitution import UnknownForm

GIVEN = {"a": "1", "empty": "", "word": "word"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x: ${a}", "x: 1"),
        ("x: ${a}${a}-${b}", "x: 11-"),
        ("x: ${b:=d}${b:-d}${b=d}${b:=}", "x: ddd"),
        ("x: ${a:=d}${empty:=d}${empty=d}", "x: 1dd"),
        ("x: $a $${a} $(a) $$b", "x: $a ${a} $(a) $b"),
        ('x: "${b:-${a}}" ${a:-${b}}', 'x: "1" 1'),
        ("x: ${b:=${c:-${a}}-z}/${b=p-${a}-s}", "x: 1-z/p-1-s"),
        ("x: ${b:={n}}", "x: {n}"),
        ("x: ${1}${#word}${word^}${word^^}${word,,}${word,}", "x: 4WordWORDwordword"),
        ("some ${a}$${var$${a}$a${a}", "some 1${var${a}$a1"),
        ("x: $${b=${a}}", "x: ${b=1}"),
    ],
)
def test_forms(text: str, answer: str) -> None:
    assert substitution.applied(text, GIVEN, complete=True) == answer


def test_what_the_cluster_may_know_stays() -> None:
    assert substitution.applied("x: ${b}${a}${b:=d}", GIVEN, complete=False) == "x: ${b}1d"
    assert substitution.applied("x: ${b:-${c}}", GIVEN, complete=False) == "x: ${c}"


def test_variables_that_need_a_value() -> None:
    """Those of a default are none: nobody knows here whether it is needed."""
    assert substitution.used(b"x: ${a}\ny: ${b:=${c}} $${d} ${a} ${e/f}\nz: ${g^^}") == (("a", 1), ("g", 3))


def test_an_object_may_be_left_alone() -> None:
    disabled = "metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nx: ${a}\n"
    assert substitution.applied(f"x: ${{a}}\n---\n{disabled}", GIVEN, complete=True) == f"x: 1\n---\n{disabled}"


@pytest.mark.parametrize(
    "text", ["${a:0:1}", "${a/b/c}", "${a%b}", "${b-d}", "${}", "${a", "${a:=", "${a:=${b}", "${b:=" * 20 + "}" * 20]
)
def test_other_forms_are_not_guessed(text: str) -> None:
    with pytest.raises(UnknownForm, match="in line 2 of its object") as raised:
        substitution.applied(f"y: 1\nx: {text}", GIVEN, complete=True)
    assert text not in str(raised.value)  # it may be the value of a Secret


def test_the_object_is_named() -> None:
    text = "a: 1\n---\nkind: Service\nmetadata:\n  labels: {}\n  name: web\nx: ${a/b}\n"
    with pytest.raises(UnknownForm, match="of its Service web"):
        substitution.applied(text, GIVEN, complete=True)


def test_empty_lines_take_no_time() -> None:
    text = "x: |\n" + "\n" * 300_000 + " ${a}"
    assert substitution.applied(text, GIVEN, complete=True).endswith(" 1")
