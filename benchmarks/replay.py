"""Replays a repository's first-parent commits: whether every root that a commit affects is found, and no other.

    python benchmarks/replay.py [--commits N] [--out FILE] REPOSITORY …

For each commit `gitops-ci affected --base C^ --head C` is compared with what Terraform itself reads: docs/accuracy.md.
Prints a table; exit code 1 where a root was missed, 2 where a repository could not be replayed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import measure
from benchmarks.measure import Impossible, Skipped
from benchmarks.replaying import answers
from benchmarks.replaying.answers import Answer, Score
from benchmarks.replaying.history import History, Pair
from benchmarks.replaying.truth import Truth, truths

_HEAD = ("repository", "roots", "commits", "pairs", "affected", "recall", "sure", "precision", "conserv.", "downstr.")

_NEIGHBOURS = 10


@dataclass(frozen=True)
class Replayed:
    """One repository's result, over the roots whose modules resolve offline and over all."""

    name: str
    tip: str
    pairs: Sequence[Pair]
    offline: Score
    every: Score
    failed: Sequence[Answer]
    unknown: Sequence[tuple[str, str]]


def main() -> int:
    """Replays each repository that is given."""
    arguments = argparse.ArgumentParser(prog="benchmarks/replay.py", description="Compares `affected` with Terraform.")
    arguments.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY", help="a clone, bare or not")
    arguments.add_argument("--commits", type=int, metavar="N", help="so many of the commits that change something")
    arguments.add_argument("--tip", default="HEAD", metavar="REV", help="the newest commit (default: HEAD)")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at a time")
    arguments.add_argument("--out", type=Path, default=measure.ROOT / "benchmarks" / "results" / "replay.json")
    given = arguments.parse_args()
    done: list[Replayed] = []
    failed = False
    for repository in given.repositories:
        print(f"replaying {repository.name} …", file=sys.stderr, flush=True)
        try:
            done.append(replay(repository, given.tip, given.commits, given.jobs))
        except (Impossible, Skipped) as reason:
            print(f"{repository.name} could not be replayed: {reason}", file=sys.stderr)
            failed = True
    print("\n".join((*table(done), "", *told(done))))
    write(done, given.out)
    return 2 if failed else int(any(each.every.missed for each in done))


def replay(repository: Path, tip: str, commits: int | None, jobs: int) -> Replayed:
    """Both sides of one repository. Raises Impossible or Skipped."""
    history = History(repository)
    try:
        pairs = sampled(history.pairs(tip), commits)
        commit = history.git("rev-parse", f"{tip}^{{commit}}").strip()
    finally:
        history.close()
    begun = time.monotonic()
    said = answers.answers(repository, pairs, jobs)
    known: list[Truth] = truths(repository, pairs, jobs)
    print(f"  {len(pairs)} commits in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return Replayed(
        name=name(repository),
        tip=commit,
        pairs=pairs,
        offline=answers.compared(known, said, offline=True),
        every=answers.compared(known, said, offline=False),
        failed=[each for each in said if each.error is not None],
        unknown=answers.unknown(known, said),
    )


def name(repository: Path) -> str:
    """What a clone is called: `owner/name` where the folders say so."""
    folder = repository.resolve()
    while folder.name in ("repo", ".git", "repo.git"):
        folder = folder.parent
    return folder.name.removesuffix(".git").replace("+", "/")


def sampled(pairs: list[Pair], commits: int | None) -> list[Pair]:
    """`commits` of them in evenly spread runs of neighbours, the last among them: the same ones each time.

    What neighbours have in common is looked at once.
    """
    if commits is None or commits >= len(pairs):
        return pairs
    runs = -(-commits // _NEIGHBOURS)
    chosen: set[int] = set()
    for run in range(runs):
        end = len(pairs) * (run + 1) // runs
        chosen.update(range(end - commits // runs - (run < commits % runs), end))
    return [pairs[number] for number in sorted(chosen) if number >= 0]


def table(done: Iterable[Replayed]) -> list[str]:
    """A line for each repository, and one for all of its roots where that is more."""
    lines: list[tuple[str, ...]] = [_HEAD]
    for each in done:
        lines.append((each.name, *_cells(each, each.offline)))
        if len(each.every.roots) > len(each.offline.roots) or each.every.pairs > each.offline.pairs:
            lines.append(("  with cut modules", *_cells(each, each.every)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) if not index else cell.rjust(width) for index, (cell, width) in enumerate(row))
        for row in (list(zip(line, widths, strict=True)) for line in lines)
    ]


def _cells(each: Replayed, score: Score) -> tuple[str, ...]:
    return (
        str(len(score.roots)),
        str(len(each.pairs) - len(each.failed)),
        str(score.pairs),
        str(score.affected),
        f"{score.recall:.2%}",
        str(score.surely),
        f"{score.precision:.2%}",
        f"{score.conservative} ({score.conservative_right})",
        str(score.downstream),
    )


def told(done: Iterable[Replayed]) -> list[str]:
    """Every miss, every false alarm, and what could not be compared."""
    lines: list[str] = []
    for each in done:
        lines += [_case("missed", each, case) for case in each.every.missed]
        lines += [_case("false alarm", each, case) for case in each.every.false]
        lines += [f"no root: {each.name} {commit[:10]} {root}" for commit, root in each.unknown]
        lines += [f"no answer: {each.name} {answer.commit[:10]} {answer.error}" for answer in each.failed[:5]]
        if len(each.failed) > 5:
            lines.append(f"no answer: {each.name}, {len(each.failed) - 5} more commits")
        if each.every.undecided:
            lines.append(f"{each.name}: {each.every.undecided} pairs are not counted: neither side can load the root")
        if each.every.turned:
            lines.append(f"{each.name}: {each.every.turned} times a directory became a root or ceased to be one")
    return lines


def _case(what: str, each: Replayed, case: answers.Case) -> str:
    paths = " ".join(case.paths) or "no path"
    blind = f" [not evaluated: {len(case.blind)} places]" if case.blind else ""
    return f"{what}: {each.name} {case.commit[:10]} {case.root or '.'} ({case.certainty}): {paths}{blind}"


def write(done: Iterable[Replayed], path: Path) -> None:
    """The same as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = [
        {
            "repository": each.name,
            "tip": each.tip,
            "commits": len(each.pairs),
            "oldest": each.pairs[0].date if each.pairs else None,
            "failed": [dataclasses.asdict(answer) for answer in each.failed],
            "unknown": each.unknown,
            "offline": _score(each.offline),
            "all": _score(each.every),
        }
        for each in done
    ]
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _score(score: Score) -> dict[str, object]:
    counts = dataclasses.asdict(score)
    return counts | {"roots": sorted(score.roots), "recall": score.recall, "precision": score.precision}


if __name__ == "__main__":
    sys.exit(main())
