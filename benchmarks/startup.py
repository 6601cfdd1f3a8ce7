"""How long the command line takes to start, beside a Python that does nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Program, Row

_EXAMPLE = measure.ROOT / "examples" / "infrastructure-gitops"
_IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.com")


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`--version`, and `layout` on the example repository."""
    repository = place / "example"
    shutil.copytree(_EXAMPLE, repository)
    measure.git(repository, "init", "--quiet")
    measure.git(repository, "add", "--all")
    measure.git(repository, *_IDENTITY, "commit", "--quiet", "--message=All")
    programs = {
        "python": Program((sys.executable, "-c", "pass")),
        "version": Program(measure.gitops_ci("--version")),
        "layout": Program(measure.gitops_ci("layout"), cwd=repository),
    }
    best = measure.alternating({name: (each,) for name, each in programs.items()}, rounds=5 if quick else 20)
    seconds = {name: sample.seconds for name, sample in best.items()}
    return [
        measure.compared("--version / python -c pass", seconds["version"], seconds["python"], times=3),
        measure.compared("layout, example / python -c pass", seconds["layout"], seconds["python"], times=12),
    ]
