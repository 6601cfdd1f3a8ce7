"""What is told of an engine's words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes.rendering.words import Said, said

_HEAD = """E1126 01:50:01.218919   {} run.go:72] "command failed" err="""
_WAY = (
    "accumulating resources: accumulation err='accumulating resources from '../mid': 'mid' must resolve to a file': "
    "recursed accumulation of path 'mid': "
)


def kubectl(inner: str, pid: int = 7, head: str = "") -> str:
    escaped = (_WAY + inner).replace("\\", "\\\\").replace('"', '\\"')
    return f'{head}{_HEAD.format(pid)}"{escaped}"\n'


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("nothing selected by Service/zz", Said("nothing selected by Service/zz", "mid")),
        (
            'no resource matches strategic merge patch "Deployment.v1.apps/nope.[noNs]": no matches for Id x; failed to find',
            Said('no resource matches strategic merge patch "Deployment.v1.apps/nope.[noNs]"', "mid"),
        ),
        (
            (
                "accumulating resources: accumulating resources from 'x.yaml': MalformedYAMLError: yaml: line 5: no key"
                " in File: x.yaml"
            ),
            Said("MalformedYAMLError: yaml: line 5: no key", "mid/x.yaml", 5),
        ),
        (
            (
                "accumulating resources: accumulation err='accumulating resources from 'no.yaml': evalsymlink failure on"
                " 'mid/no.yaml' : lstat mid/no.yaml: no such file or directory': must build at directory: not a valid"
                " directory: evalsymlink failure on 'mid/no.yaml' : lstat mid/no.yaml: no such file or directory"
            ),
            Said("mid/no.yaml: no such file or directory", "mid"),
        ),
        ("merging from generator &{0xc000a3e680 <nil>}: id gone does not exist", Said("id gone does not exist", "mid")),
    ],
)
def test_the_innermost_error_of_kustomize(inner: str, expected: Said) -> None:
    assert said("kustomize", kubectl(inner)) == expected
    again = kubectl(inner.replace("0xc000a3e680", "0xc000a83450"), 11, "# Warning: 'vars' is deprecated.\n")
    assert said("kustomize", again) == expected  # another process, another place in memory, and a warning


def test_several_lines_of_klog() -> None:
    text = _HEAD.format(3) + "<\n\t" + _WAY + "trouble: `\n\tpath: p.yaml\n\t`: no\n >\n"
    assert said("kustomize", text) == Said("trouble: `\npath: p.yaml\n`: no", "mid")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Error: execution error at (web/templates/a.yaml:2:6): must be",
            Said("must be", "web/templates/a.yaml", 2, lacks_values=True),
        ),
        ("parse error at (web/templates/a.yaml:3): missing value", Said("missing value", "web/templates/a.yaml", 3)),
        (
            (
                '2026/11/26 01:50:01 warning: skipped value\nError: template: web/templates/a.yaml:1:3: executing "web" at'
                ' <include "x" .>: error calling include: template: web/templates/_h.tpl:3:4: executing "x" at <.a.b>: nil'
                "\n\nUse --debug flag to render out invalid YAML"
            ),
            Said('executing "x" at <.a.b>: nil', "web/templates/_h.tpl", 3),
        ),
        (
            (
                'Error: template: web/templates/i.yaml:12:8: executing "web/templates/i.yaml" at <tpl .Values.a $>: error'
                ' calling tpl: error during tpl function execution for "password: \\"hunter2\\"\\n{{ .Values.b.c }}": template:'
                ' gotpl:3:33: executing "gotpl" at <.Values.b>: wrong type for value; expected string; got interface {}'
            ),
            Said(
                "line 3 of what tpl is given: at <.Values.b>: wrong type for value; expected string, and there is none",
                "web/templates/i.yaml",
                12,
            ),
        ),
        (
            (
                'Error: template: web/templates/i.yaml:1:3: executing "x" at <tpl .Values.a $>: error calling tpl: cannot'
                ' parse template "password: hunter2 {{": template: gotpl:1: unclosed action'
            ),
            Said("line 1 of what tpl is given: unclosed action", "web/templates/i.yaml", 1),
        ),
        ("validation: version is invalid", Said("validation: version is invalid")),
        ("WARNING: only this", Said("WARNING: only this")),
    ],
)
def test_the_innermost_error_of_helm(text: str, expected: Said) -> None:
    assert said("helm", text) == expected


@pytest.mark.parametrize("by", ["kustomize", "helm"])
def test_of_a_panic_the_reason_is_told(by: str) -> None:
    text = "panic: invalid memory address\n[signal SIGSEGV: code=0x1]\n\ngoroutine 1 [running]:\nx.go:7 +0x4b\n"
    assert said(by, text) == Said("panic: invalid memory address")
    assert said(by, text.replace("[signal SIGSEGV: code=0x1]\n", "")) == Said("panic: invalid memory address")


@pytest.mark.parametrize(
    "text",
    [
        "a/" * 500_000,
        "lstat " * 200_000,
        "accumulation err='" * 100_000,
        "err=<\n\t" * 100_000,
        'cannot parse template "\\\\' * 50_000,
    ],
)
@pytest.mark.parametrize("by", ["kustomize", "helm"])
def test_long_words_take_no_time(by: str, text: str) -> None:
    started = time.process_time()
    said(by, text)
    said(by, "evalsymlink failure on '' : " + text)
    assert time.process_time() - started < 2


@given(st.text())
def test_any_words_are_told(text: str) -> None:
    for by in ("kustomize", "helm"):
        assert said(by, text) == said(by, text)
