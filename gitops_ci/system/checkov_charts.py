"""What Helm makes of a chart, template by template, so that checkov reads manifests."""

from __future__ import annotations

import re

from gitops_ci.system import process

LONGEST = 60.0
"""Seconds for one chart."""

_SOURCE = re.compile(rb"^---\r?\n# Source: ([^\r\n]+)\r?\n", re.MULTILINE)


def rendered(done: process.Completed) -> dict[str, bytes] | None:
    """The documents of `helm template` by the template that gave them (`chart/templates/x.yaml`); None: it failed."""
    if done.ending != "exited" or done.returncode != 0:
        return None
    pieces = _SOURCE.split(done.stdout)
    told: dict[str, bytes] = {}
    for source, text in zip(pieces[1::2], pieces[2::2], strict=True):
        name = source.decode("utf-8", "replace")
        told[name] = told.get(name, b"") + b"---\n" + text
    return told
