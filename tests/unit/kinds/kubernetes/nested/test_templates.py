"""What templates of charts say of themselves."""

from __future__ import annotations

import time

import pytest

from gitops_ci.kinds.kubernetes.nested import templates


@pytest.mark.parametrize(
    ("text", "takes_any"),
    [
        ('{{ include "web.labels" . }}', False),
        ("{{- include (print .Chart.Name) . }}", True),
        ('{{ $x := "' + "x" * 600 + '" }}{{ with ' + ".x" * 400 + " }}{{ template $x . }}", True),
        ("{{ " + ".x" * 400 + " | include $x }}", True),
        ("{{ .x }} include (it) {{ .y }}", False),
    ],
)
def test_a_template_takes_another_by_a_name_that_is_made(text: str, takes_any: bool) -> None:
    assert templates.read(text.encode()).takes_any is takes_any


def test_it_is_read_in_time_that_grows_with_it() -> None:
    begun = time.process_time()
    for text in (b"{{" * (2 << 20), b"{{ " * 400_000 + b"include" + b" " * (2 << 20)):
        assert not templates.read(b"include " + text).takes_any
    assert time.process_time() - begun < 6
