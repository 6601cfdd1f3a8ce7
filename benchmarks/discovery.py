"""How long discovery takes on a monorepo, beside git handing over the same files."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.generate import Monorepo
from benchmarks.measure import MB, Impossible, Program, Row

_PEAK = 200 * MB


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`layout` and `affected --base HEAD~1` after a commit that changed one shared module and one root."""
    monorepo = Monorepo(roots=200, modules=40) if quick else Monorepo()
    repository = place / "monorepo"
    expected = written(repository, monorepo, module=0, root=monorepo.roots - 1)
    layout = Program(measure.gitops_ci("layout", "--format", "json"), repository)
    affected = affected_program(repository)
    verify(affected, place, expected)
    best = measure.alternating(
        {"layout": (layout,), "affected": (affected,), "git": git_alone(repository, place)}, rounds=3 if quick else 7
    )
    git, ours = best["git"].seconds, best["layout"].seconds + best["affected"].seconds
    what = f"{monorepo.roots} roots"
    peak = max(best["layout"].peak_bytes, best["affected"].peak_bytes)
    return [
        measure.compared(f"layout + affected, {what} / git alone", ours, git, times=6),
        Row(f"  layout, {what}", best["layout"].seconds, git),
        Row(f"  affected, {what}", best["affected"].seconds, git),
        Row(f"peak memory, {what}", peak, unit="B", target=f"< {_PEAK // MB} MB", limit=_PEAK),
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
