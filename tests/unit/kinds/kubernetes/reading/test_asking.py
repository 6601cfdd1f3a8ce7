"""By what templates decide beside their values."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes.reading import asking


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("{{ if gt (now | unixEpoch | int64) 1896000000 }}x{{ end }}", ["time"]),
        ("{{- if .x }}{{- else if lt (ago .t) 1 }}{{ end }}", ["time"]),
        ('{{ $t := now | date "2006" }}{{ if hasPrefix "2027" $t }}x{{ end }}', ["time"]),
        ('{{ define "t" }}{{ now | unixEpoch }}{{ end }}{{ now }}', ["time"]),
        ("{{ ternary 1 2 (eq (randInt 0 9) 1) }}", ["time"]),
        ('{{ if "}}" | eq (now | toString) }}', ["time"]),
        ('{{ tpl "{{ if lookup 1 }}" . }}', ["history"]),
        ('{{ if lookup "v1" "ConfigMap" "web" "c" }}x{{ end }}', ["history"]),
        ("{{ if not .Release.IsInstall }}{{ end }}{{ if gt (int $r.Revision) 1 }}{{ end }}", ["history", "history"]),
        ('{{ if .Capabilities.APIVersions.Has "argoproj.io/v1alpha1" }}', ["apis"]),
        ('{{ if has $x (index .Capabilities "APIVersions") }}', ["apis"]),
        ('{{ if /* it */ .Capabilities.APIVersions.Has "policy/v1" }}{{ .Capabilities.APIVersions.Has $x }}', ["apis"]),
        ("a: {{ now | date `2006` }}\n# now if lookup\n{{/* if lookup now */}}{{ .Values.now }}{{ $now }}", []),
        ("{{ $p := randAlphaNum 9 }}{{ .p | default $p | quote }}{{ if .p }}{{ else }}{{ $p }}{{ end }}", []),
        ("rollme: {{ .Release.Revision }}{{ if .Values.targetRevision }}{{ end }}", []),
        ('{{ if .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}{{ end }}', []),
    ],
)
def test_a_template_asks(text: str, sorts: list[str]) -> None:
    assert [each.sort for each in asking.of(text.encode())] == sorts


def test_the_line_and_the_words_are_told() -> None:
    [found] = asking.of(b"a: 1\n{{ .x }}\n{{- if\n lookup 1 }}")
    assert (found.line, found.text) == (3, "if lookup 1")


@given(st.text(alphabet="{}\"'`/*\\ \nif$x:=now", max_size=60))
def test_any_text_is_read(text: str) -> None:
    assert all(each.line >= 1 for each in asking.of(text.encode()))


def test_it_is_read_in_time_that_grows_with_it() -> None:
    begun = time.process_time()
    for text in ("{{ ", "{{ /*", '{{ "\\"', "{{ '\\'", "{{ `", "{{ $x := now }}{{ if $x }}"):
        asking.of((text * (1_000_000 // len(text))).encode())
        asking.of(("{{ " + text[2:] * (1_000_000 // len(text))).encode())
    assert time.process_time() - begun < 30
