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


HELD = {
    "map": {f"k{number}": number for number in range(1_000)},
    "list": [f"k{number}" for number in range(1_000)],
    "text": "a-b_c " * 10_000,
    "copies": ["x" * 100_000] * 1_000,
}


@pytest.mark.parametrize(
    "call",
    [
        *(f"{name} .map" for name in ("toString", "print", "quote", "squote", "cat", "toStrings", "html", "urlquery")),
        *('printf "%v" .map', 'join "," .list', "sortAlpha .list", "keys .map", "uniq .list", 'has "z" .list'),
        *('without .list "a" "b"', 'set .map "k" .list', "omit .map .text", "values .map"),
        *("title .text", "camelcase .text", "snakecase .text", "initials .text", "nospace .text", 'split " " .text'),
        *("slugify .text", "untitle .text", "printf .text"),
        *("print " + '"a" ' * 400, "toString .copies", 'has "z" .copies', "toJson .copies", "toYaml .copies"),
    ],
)
def test_a_function_takes_steps_for_all_that_it_looks_at(call: str) -> None:
    template = "{{ range until 1000 }}{{ with $ }}{{ $_ := " + call + " }}{{ end }}{{ end }}"
    with pytest.raises(TemplateProblem, match="steps"):
        gotemplate.render(template, HELD)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ range until 5000 }}{{ range $.map }}{{ break }}{{ end }}{{ end }}", "steps"),
        ("{{ .copies }}", "steps"),
        ("{{ get .copies 1 }}", "expected a map; found a list"),
        ("{{ dict .map 1 }}", "as a key"),
        ('{{ join (index .copies 0) .list }}', "more than a megabyte"),
        ('{{ trimAll "' + "".join(map(chr, range(200, 400))) + '" .text }}', "trimAll"),
    ],
)  # fmt: skip
def test_nothing_that_is_large_is_written_only_to_be_refused(template: str, said: str) -> None:
    with pytest.raises(TemplateProblem, match=said):
        gotemplate.render(template, HELD)


def test_what_is_not_looked_into_takes_few_steps() -> None:
    """As alphagov/govuk-helm-charts writes all values but the list of its applications into each of them."""
    values = {"applications": ["x" * 5_000] * 3_000, "domain": "example.org"}
    template = '{{ range until 100 }}{{ toYaml (omit $ "applications") }}{{ dict "all" $ | len }}{{ end }}'
    assert gotemplate.render(template, values).count("domain: example.org") == 100


def test_what_is_refused_for_its_steps_leaves_steps_for_others() -> None:
    budget = gotemplate.Budget(steps=300_000)
    with pytest.raises(TemplateProblem, match="100,000 steps"):
        gotemplate.render("{{ toString .copies }}", {"copies": ["x" * 1_000_000] * 1_000}, budget=budget)
    assert gotemplate.render("{{ 1 }}", {}, budget=budget) == "1"


@given(st.text(alphabet='{}-. |()"`$:=,a1\n/*', max_size=60))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    with suppress(TemplateProblem):
        assert isinstance(gotemplate.render(text, {"a": {"a": ["1"]}}), str)


@given(st.text(alphabet="{}ab .", max_size=40))
def test_what_has_no_action_stays_as_it_is(text: str) -> None:
    if "{{" not in text:
        assert gotemplate.render(text, {}) == text
