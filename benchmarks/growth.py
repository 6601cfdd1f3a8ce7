"""How the time and the memory of `affected` grow with the repository, as rows and as a plot."""

from __future__ import annotations

from pathlib import Path

from benchmarks import discovery, measure, plot
from benchmarks.generate import Monorepo
from benchmarks.measure import Row, Sample

PLOT = measure.ROOT / "docs" / "images" / "growth.svg"
_SIZES = (10, 100, 1000, 3000)
_MARKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # milliseconds


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`affected --base HEAD~1` after a commit that changed one file of one root, for growing repositories."""
    best = {roots: _of(place, roots) for roots in (_SIZES[:2] if quick else _SIZES)}
    if not quick:
        PLOT.parent.mkdir(parents=True, exist_ok=True)
        PLOT.write_text(drawn(best), encoding="utf-8")
    return [row for roots, samples in best.items() for row in _rows(roots, samples)]


def _of(place: Path, roots: int) -> dict[str, Sample]:
    repository = place / f"growth-{roots}"
    expected = discovery.written(repository, Monorepo.of(roots), module=None, root=roots // 2)
    affected = discovery.affected_program(repository)
    discovery.verify(affected, place, expected)
    contestants = {
        "affected": (affected,),
        "affected --head HEAD": (discovery.affected_program(repository, "--head", "HEAD"),),
        "git grep": (discovery.git_grep(repository),),
    }
    return measure.alternating(contestants, rounds=7)


def _rows(roots: int, best: dict[str, Sample]) -> list[Row]:
    peer = best["git grep"].seconds
    return [
        Row(f"affected, {roots:,} roots / git grep", best["affected"].seconds, peer),
        Row("  of two commits", best["affected --head HEAD"].seconds, peer),
        Row("  peak memory", best["affected"].peak_bytes, unit="B"),
    ]


def drawn(best: dict[int, dict[str, Sample]]) -> str:
    """The plot as SVG: milliseconds over roots."""
    names = next(iter(best.values()))
    series = {name: [(roots, best[roots][name].seconds * 1000) for roots in best] for name in names}
    low = min(milliseconds for points in series.values() for _, milliseconds in points)
    high = max(milliseconds for points in series.values() for _, milliseconds in points)
    first = max((index for index, mark in enumerate(_MARKS) if mark <= low), default=0)
    last = next((index for index, mark in enumerate(_MARKS) if mark >= high), len(_MARKS) - 1)
    return plot.drawn(series, across="roots in the repository", up="milliseconds", ticks=_MARKS[first : last + 1])
