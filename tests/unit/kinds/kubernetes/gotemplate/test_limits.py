"""What a pull request may write takes neither the memory nor the time of the machine, and tells nothing of it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes import gotemplate
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem

HOSTILE = (
    '{{ repeat 2000000000 "x" }}',
    '{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}',
    '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}',
    "{{ until 1000000000 }}",
    '{{ $x := "x" }}{{ range until 1000 }}{{ $x = printf "%s%s" $x $x }}{{ end }}{{ $x }}',
    '{{ regexMatch "(a+)+$" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" }}',
    '{{ regexMatch "a*a*a*a*a*a*a*b" (repeat 400 "a") }}',
    '{{ regexMatch "[a-z]*[a-z]*[a-z]*b" (repeat 490 "a") }}',
    '{{ $x := repeat 200 "a" }}{{ range until 3000 }}{{ regexMatch "a*a*b" $x }}{{ end }}',
    '{{ regexMatch "' + "x?" * 40 + "x" * 40 + 'y" (repeat 60 "x") }}',
    '{{ regexMatch "' + "(a|a)" * 30 + 'b" (repeat 60 "a") }}',
    '{{ $x := repeat 1000000 "a" }}{{ range until 9000 }}{{ $_ := upper $x }}{{ end }}',
    '{{ printf "%999999999d" 1 }}',
    '{{ indent 2000000 "a" }}',
    '{{ env "HOME" }}',
    '{{ expandenv "$HOME" }}',
    '{{ getHostByName "example.org" }}',
    "{{ now }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ if .a }}" * 2000 + "{{ end }}" * 2000,
    '{{ $d := dict }}{{ range until 100 }}{{ $_ := set $d "d" $d }}{{ $_ := set $d "e" $d }}{{ end }}{{ $d }}',
    '{{ $l := list 1 }}{{ range until 100 }}{{ $l = list $l $l }}{{ end }}{{ $l }}',
    "{{ range 1000000000 }}x{{ end }}",
    '{{ $l := list 1 }}{{ range until 100 }}{{ $l = concat $l $l }}{{ end }}',
)  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE)
def test_it_is_refused_soon(template: str) -> None:
    begun = time.process_time()
    with pytest.raises(TemplateProblem):
        gotemplate.render(template, {"a": "x"})
    assert time.process_time() - begun < 5


@given(st.text(alphabet='{}-. |()"`$:=,a1\n/*', max_size=60))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    with suppress(TemplateProblem):
        assert isinstance(gotemplate.render(text, {"a": {"a": ["1"]}}), str)


@given(st.text(alphabet="{}ab .", max_size=40))
def test_what_has_no_action_stays_as_it_is(text: str) -> None:
    if "{{" not in text:
        assert gotemplate.render(text, {}) == text


@pytest.mark.parametrize(
    "call",
    [
        "toString $.held", "quote $.held", 'join "," $.held', 'printf "%v" $.held', "cat $.held", "sortAlpha $.held", 'has "a" $.held',
        "title $.text", "snakecase $.text", 'split "-" $.text', "nindent 2 $.text", "html $.text",
    ],
)  # fmt: skip
def test_what_a_function_goes_through_is_paid_for(call: str) -> None:
    """Else a chart with a large value that is shown ten thousand times takes hours."""
    template = f"{{{{ range until 1000 }}}}{{{{ $_ := {call} }}}}{{{{ end }}}}"
    with pytest.raises(TemplateProblem, match="steps"):
        gotemplate.render(template, {"held": [f"a{n}" for n in range(2000)], "text": "a-b " * 5000})


@pytest.mark.parametrize(
    "call", ["index $.held 1", "dict 1 $.held", "list $.held", "default 1 $.held", "len $.held", "first $.held"]
)
def test_what_a_function_only_hands_on_costs_nothing(call: str) -> None:
    template = f"{{{{ range until 1000 }}}}{{{{ $_ := {call} }}}}{{{{ end }}}}"
    assert gotemplate.render(template, {"held": [f"a{n}" for n in range(100)]}) == ""
