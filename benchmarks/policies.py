"""How long the policy step takes where one stack of a large monorepo changes, beside `checkov -d .`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.generate import Monorepo
from benchmarks.measure import Impossible, Program, Row, Skipped

_CHECKOV = Path(f"{sys.prefix}-checkov") / "bin" / "checkov"
_FRAMEWORKS = ("terraform", "kubernetes", "dockerfile", "github_actions", "cloudformation")
_LONGEST = 600.0
"""Seconds that the peer gets; where it needs more a tenth of the repository is measured, and that is said."""
_ANSWERED = frozenset({0, 1, 3})
_ASKS = "version: 1\npolicy: {checkov: {}}\n"
_ASKS_NOT = "version: 1\n"


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`policy run` with checkov and without, and checkov alone over the whole of the same repository."""
    if not _CHECKOV.is_file():
        raise Skipped("no checkov beside this Python: `make checkov`")
    monorepo = Monorepo.of(100) if quick else Monorepo(roots=1000, modules=200, others=9967)
    asking, not_asking = place / "with", place / "without"
    files = _written(asking, monorepo, _ASKS)
    _written(not_asking, monorepo, _ASKS_NOT)
    programs = {"with": (_step(asking),), "without": (_step(not_asking),)}
    best = measure.alternating(programs, rounds=2 if quick else 5)
    peer, said = _peer(asking, monorepo, place)
    ours = best["with"].seconds
    return [
        Row(f"policy run, 1 stack of {monorepo.roots}, {files:,} files / checkov -d .{said}", ours, peer,
            target="≤ 10% and 6 s", limit=min(0.1 * peer, 6.0)),
        Row("  the same without checkov", best["without"].seconds, target="≤ 1.5 s", limit=1.5),
        Row("  peak memory of any process", best["with"].peak_bytes, unit="B"),
    ]  # fmt: skip


def _written(repository: Path, monorepo: Monorepo, configuration: str) -> int:
    """Writes the repository with a commit that changes one root; gives the number of its files."""
    with ProcessPoolExecutor(max_workers=1) as pool:  # its memory would count as that of what is measured after it
        return pool.submit(_write, repository, monorepo, configuration).result()


def _write(repository: Path, monorepo: Monorepo, configuration: str) -> int:
    files = {**monorepo.files(), "gitops-ci.yml": configuration}
    generate.write(repository, files, generate.change(monorepo, files, module=None, root=monorepo.roots // 2))
    return len(files)


def _step(repository: Path) -> Program:
    return Program(
        measure.gitops_ci("policy", "run", "--base", "HEAD~1", "--format", "json"), repository, codes=_ANSWERED
    )


def _peer(repository: Path, monorepo: Monorepo, place: Path) -> tuple[float, str]:
    """Seconds of `checkov -d .`, and what has to be said about them."""
    seconds = _checkov(repository, _LONGEST)
    if seconds is not None:
        return seconds, ""
    part = place / "tenth"
    tenth = Monorepo(monorepo.roots // 10, monorepo.modules // 10, monorepo.others // 10)
    _written(part, tenth, _ASKS)
    seconds = _checkov(part, _LONGEST)
    if seconds is None:
        raise Impossible("checkov -d . takes more than ten minutes for a tenth of the repository")
    return seconds * 10, f" (more than {_LONGEST:g} s: ten times the time of a tenth)"


def _checkov(repository: Path, longest: float) -> float | None:
    argv = [str(_CHECKOV), "-d", ".", "--framework", *_FRAMEWORKS, "--skip-download", "--quiet", "--output", "json"]
    begun = time.monotonic()
    with (
        Path(os.devnull).open("wb") as nothing,
        subprocess.Popen(
            argv, cwd=repository, env=measure.environment(), stdout=nothing, stderr=nothing, start_new_session=True
        ) as process,
    ):
        try:
            code = process.wait(longest)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # it has workers of its own
            return None
    if code not in (0, 1):
        raise Impossible(f"checkov ended with {code}")
    return time.monotonic() - begun
