"""Variables that Flux puts in after the build."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.kubernetes.flux import substitution
from gitops_ci.kinds.kubernetes.flux.substitution import UnknownForm

GIVEN = {"a": "1", "empty": ""}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x: ${a}", "x: 1"),
        ("x: ${a}${a}-${b}", "x: 11-"),
        ("x: ${b:=d}${b:-d}${b=d}${b-d}${b:=}", "x: dddd"),
        ("x: ${a:=d}${empty:=d}${empty=d}", "x: 1d"),
        ("x: $a $${a} $(a)", "x: $a ${a} $(a)"),
    ],
)
def test_forms(text: str, answer: str) -> None:
    assert substitution.applied(text, GIVEN, complete=True) == answer


def test_what_the_cluster_may_know_stays() -> None:
    assert substitution.applied("x: ${b}${a}${b:=d}", GIVEN, complete=False) == "x: ${b}1d"


def test_an_object_may_be_left_alone() -> None:
    disabled = "metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nx: ${a}\n"
    assert substitution.applied(f"x: ${{a}}\n---\n{disabled}", GIVEN, complete=True) == f"x: 1\n---\n{disabled}"


@pytest.mark.parametrize("text", ["${a:0:1}", "${a/b/c}", "${#a}", "${1}", "${a", "${a:=${b}}"])
def test_other_forms_are_not_guessed(text: str) -> None:
    with pytest.raises(UnknownForm, match="in line 2 of its object") as raised:
        substitution.applied(f"y: 1\nx: {text}", GIVEN, complete=True)
    assert text not in str(raised.value)  # it may be the value of a Secret


def test_empty_lines_take_no_time() -> None:
    text = "x: |\n" + "\n" * 300_000 + " ${a}"
    assert substitution.applied(text, GIVEN, complete=True).endswith(" 1")
