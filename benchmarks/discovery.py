"""How long discovery takes on a monorepo, beside git handing over the same files."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.generate import Monorepo
from benchmarks.measure import MB, Impossible, Program, Row

_PEAK = 200 * MB


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`layout`, and `affected --base HEAD~1` after a commit that changed one file, or one popular shared module.

    Packed, as `git clone` leaves a repository, and for information with every object in a file of its own, as `git
    commit` does: git reads packed objects some seven times as fast, so the same work of ours is another ratio.
    """
    monorepo = Monorepo.of(200) if quick else Monorepo()
    changed = place / "one-file"
    expected = written(changed, monorepo, module=None, root=monorepo.roots // 2)
    module = place / "one-module"
    reached = written(module, monorepo, module=0, root=None)
    loose = place / "one-file-loose"
    shutil.copytree(changed, loose, symlinks=True)
    generate.unpack(loose)
    rounds = 3 if quick else 7
    return [
        *_state(changed, "one changed file", place, expected, rounds),
        *_state(module, "one changed module", place, reached, rounds),
        *(replace(row, target="", limit=None) for row in _state(loose, "loose objects", place, expected, rounds)),
    ]


def _state(repository: Path, state: str, place: Path, expected: frozenset[str], rounds: int) -> list[Row]:
    affected = affected_program(repository)
    commits = affected_program(repository, "--head", "HEAD")
    verify(affected, place, expected)
    verify(commits, place, expected)
    contestants = {
        "affected": (affected,),
        "commits": (commits,),
        "grep": (git_grep(repository),),
        "layout": (Program(measure.gitops_ci("layout", "--format", "json"), repository),),
        "git": git_alone(repository, place),
    }
    best = measure.alternating(contestants, rounds)
    seconds = {name: sample.seconds for name, sample in best.items()}
    peak = max(best["layout"].peak_bytes, best["affected"].peak_bytes)
    return [
        measure.compared(f"affected, {state} / git grep", seconds["affected"], seconds["grep"], times=3),
        Row("  of two commits / git grep", seconds["commits"], seconds["grep"]),
        Row("  layout / git alone", seconds["layout"], seconds["git"]),
        Row("  peak memory", peak, unit="B", target=f"< {_PEAK // MB} MB", limit=_PEAK),
    ]


def written(repository: Path, monorepo: Monorepo, *, module: int | None, root: int | None) -> frozenset[str]:
    """Writes the repository with a second commit; gives the directories of the roots that this one affects.

    In a process of its own: the memory that it takes would count as that of every program measured after it, since a
    process begins as large as the one that starts it.
    """
    with ProcessPoolExecutor(max_workers=1) as pool:
        return pool.submit(_written, repository, monorepo, module, root).result()


def _written(repository: Path, monorepo: Monorepo, module: int | None, root: int | None) -> frozenset[str]:
    files = monorepo.files()
    generate.write(repository, files, generate.change(monorepo, files, module=module, root=root))
    reached = frozenset() if module is None else monorepo.reached_from(module)
    return reached if root is None else reached | {monorepo.directories[root]}


def affected_program(repository: Path, *options: str) -> Program:
    """`affected --base HEAD~1` as a job calls it: head is the work tree, as it was checked out."""
    return Program(measure.gitops_ci("affected", "--base", "HEAD~1", *options, "--format", "json"), repository)


def git_grep(repository: Path) -> Program:
    """A peer: git looks for a word in every .tf file of the commit, which is the least that a tool has to read."""
    return Program((measure.tool("git"), "grep", "-l", "source", "HEAD", "--", "*.tf"), repository)


def git_alone(repository: Path, place: Path) -> tuple[Program, ...]:
    """Another: `git ls-tree -r HEAD`, then `git cat-file --batch` of every .tf file."""
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
