"""The command line, run as users run it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_ci.model.report import Report
from gitops_ci.render import report_json
from tests.integration.repositories import IDENTITY

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Outcome:
    """What a call gave; `out` is the directory that it was told to write to."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def report(self) -> Report:
        return report_json.decode((self.out / "report.json").read_bytes())

    @property
    def comment(self) -> str:
        return (self.out / "comment.md").read_text(encoding="utf-8")

    def json(self) -> Any:
        return json.loads(self.stdout)

    def rules(self) -> set[str]:
        return {finding.rule for finding in self.report.findings}


def gitops_ci(
    cwd: Path, *arguments: str, env: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
) -> Outcome:
    """Runs one command in `cwd`; `run` and `plan` write beside it. A traceback fails the test."""
    out = cwd.parent / "out"
    if {"run", "plan"} & set(arguments) and "--out" not in arguments:
        arguments = (*arguments, "--out", str(out))
    done = subprocess.run(
        [*before, sys.executable, "-I", "-m", "gitops_ci", *arguments],
        cwd=cwd,
        env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **IDENTITY, **(env or {})},
        capture_output=True,
        timeout=300,
        check=False,
    )
    outcome = Outcome(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), out
    )
    assert "Traceback" not in outcome.stderr + outcome.stdout, outcome.stderr
    assert outcome.code != 4, outcome.stderr
    return outcome
