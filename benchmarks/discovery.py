"""How long discovery takes on a monorepo, beside git handing over the same files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.generate import Monorepo
from benchmarks.measure import MB, Impossible, Program, Row

_PEAK = 200 * MB


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`layout` and `affected --base HEAD~1` after a commit that changed one shared module and one root.

    Once with every object in a file of its own, as `git commit` leaves them, once packed, as `git clone` does: git
    reads packed objects some seven times as fast, so the same work of ours is another ratio.
    """
    monorepo = Monorepo(roots=200, modules=40) if quick else Monorepo()
    packed = place / "monorepo"
    expected = written(packed, monorepo, module=0, root=monorepo.roots - 1)
    loose = place / "monorepo-loose"
    shutil.copytree(packed, loose)
    generate.unpack(loose)
    rounds = 3 if quick else 7
    return [
        *_state(loose, "loose objects", place, expected, rounds),
        *_state(packed, "packed", place, expected, rounds),
    ]


def _state(repository: Path, state: str, place: Path, expected: frozenset[str], rounds: int) -> list[Row]:
    layout = Program(measure.gitops_ci("layout", "--format", "json"), repository)
    affected = affected_program(repository)
    verify(affected, place, expected)
    contestants = {"layout": (layout,), "affected": (affected,), "git": git_alone(repository, place)}
    best = measure.alternating(contestants, rounds)
    git, ours = best["git"].seconds, best["layout"].seconds + best["affected"].seconds
    peak = max(best["layout"].peak_bytes, best["affected"].peak_bytes)
    return [
        measure.compared(f"layout + affected, {state} / git alone", ours, git, times=6),
        Row(f"  layout, {state}", best["layout"].seconds, git),
        Row(f"  affected, {state}", best["affected"].seconds, git),
        Row(f"peak memory, {state}", peak, unit="B", target=f"< {_PEAK // MB} MB", limit=_PEAK),
    ]


def written(repository: Path, monorepo: Monorepo, *, module: int | None, root: int | None) -> frozenset[str]:
    """Writes the repository with a second commit; gives the directories of the roots that this one affects."""
    files = monorepo.files()
    generate.write(repository, files, generate.change(monorepo, files, module=module, root=root))
    reached = frozenset() if module is None else monorepo.reached_from(module)
    return reached if root is None else reached | {monorepo.directories[root]}


def affected_program(repository: Path) -> Program:
    """`affected --base HEAD~1` as a job calls it."""
    return Program(measure.gitops_ci("affected", "--base", "HEAD~1", "--format", "json"), repository)


def git_alone(repository: Path, place: Path) -> tuple[Program, ...]:
    """The peer: `git ls-tree -r HEAD`, then `git cat-file --batch` of every .tf file."""
    git = measure.tool("git")
    listed = measure.git(repository, "ls-tree", "-r", "HEAD").splitlines()
    oids = place / f"{repository.name}.oids"
    oids.write_bytes(b"".join(line.split()[2] + b"\n" for line in listed if line.endswith(b".tf")))
    listing = Program((git, "ls-tree", "-r", "HEAD"), repository)
    return listing, Program((git, "cat-file", "--batch"), repository).reading(oids)


def verify(program: Program, place: Path, expected: frozenset[str]) -> None:
    """Raises Impossible where the answer is wrong: the time of a wrong answer says nothing."""
    answer = place / "affected.json"
    Program(program.argv, program.cwd, stdout=answer).run()
    found = frozenset(stack["path"] for stack in json.loads(answer.read_bytes())["stacks"])
    if found != expected:
        odd = sorted(found ^ expected)[:3]
        raise Impossible(f"affected names {len(found)} roots, {len(expected)} were expected; for instance {odd}")
