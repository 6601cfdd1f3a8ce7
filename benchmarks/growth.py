"""How the time and the memory of `affected` grow with the repository."""

from __future__ import annotations

from pathlib import Path

from benchmarks import discovery, measure
from benchmarks.generate import Monorepo
from benchmarks.measure import Row


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`affected --base HEAD~1` after a commit that changed one file of one root, for growing repositories."""
    return [row for roots in ((10, 100) if quick else (10, 100, 1000, 3000)) for row in _of(place, roots)]


def _of(place: Path, roots: int) -> list[Row]:
    repository = place / f"growth-{roots}"
    monorepo = Monorepo(roots=roots, modules=max(4, roots // 5))
    expected = discovery.written(repository, monorepo, module=None, root=roots // 2)
    affected = discovery.affected_program(repository)
    discovery.verify(affected, place, expected)
    best = measure.alternating({"ours": (affected,), "git": discovery.git_alone(repository, place)}, rounds=5)
    return [
        Row(f"affected, {roots} roots / git alone", best["ours"].seconds, best["git"].seconds),
        Row(f"  peak memory, {roots} roots", best["ours"].peak_bytes, unit="B"),
    ]
