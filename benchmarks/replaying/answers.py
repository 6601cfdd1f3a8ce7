"""Asks `gitops-ci affected` about commits, and compares what it says with the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import measure
from benchmarks.replaying.history import Pair
from benchmarks.replaying.truth import Truth

CERTAIN = ("direct", "module", "file")
CERTAINTIES = (*CERTAIN, "conservative", "downstream")


@dataclass(frozen=True)
class Answer:
    """One commit: the root's directory → the surest certainty it is reported with; `error` where there is no answer."""

    commit: str
    roots: Mapping[str, str]
    error: str | None = None


@dataclass(frozen=True)
class Case:
    """A pair that is told: which commit, root and paths, and why the oracle may not know better."""

    commit: str
    root: str
    certainty: str
    paths: tuple[str, ...]
    blind: tuple[str, ...]


@dataclass
class Score:
    """Counts over pairs of a commit and a root."""

    roots: set[str] = field(default_factory=set)
    pairs: int = 0
    affected: int = 0  # in truth
    found: int = 0  # of those, with whatever certainty
    surely: int = 0  # reported as direct, module or file
    right: int = 0  # of those, in truth
    conservative: int = 0
    conservative_right: int = 0
    downstream: int = 0
    undecided: int = 0  # neither Terraform nor the parser takes the root, and nothing that is known of it changed
    turned: int = 0  # a root at one end only, reported although no file of it changed
    missed: list[Case] = field(default_factory=list)
    false: list[Case] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Found of what is truly affected; 1 where there is nothing to find."""
        return self.found / self.affected if self.affected else 1.0

    @property
    def precision(self) -> float:
        """Truly affected of what is reported as direct, module or file."""
        return self.right / self.surely if self.surely else 1.0


def answers(history: Path, pairs: Sequence[Pair], jobs: int) -> list[Answer]:
    """What `gitops-ci affected` says about each pair."""

    def one(numbered: tuple[int, Pair]) -> Answer:
        number, pair = numbered
        if number % 100 == 0:
            print(f"  gitops-ci: {number} of {len(pairs)} commits", file=sys.stderr, flush=True)
        return _answer(history, pair)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, enumerate(pairs)))


def _answer(history: Path, pair: Pair) -> Answer:
    arguments = ("affected", "--base", pair.base, "--head", pair.head, "--format", "json")
    done = subprocess.run(
        [*measure.gitops_ci("--repo", str(history), *arguments)],
        env=measure.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Answer(pair.head, {}, f"exit code {done.returncode}: {words[0] if words else ''}")
    roots: dict[str, str] = {}
    for stack in json.loads(done.stdout)["stacks"]:
        if stack["kind"] == "terraform":
            sure = [stack["certainty"], *filter(None, [roots.get(stack["path"])])]
            roots[stack["path"]] = min(sure, key=CERTAINTIES.index)
    return Answer(pair.head, roots)


def compared(truths: Iterable[Truth], said: Iterable[Answer], *, offline: bool) -> Score:
    """The score over the roots whose modules resolve offline, or over all of them."""
    score = Score()
    answers = {answer.commit: answer for answer in said if answer.error is None}
    for truth in truths:
        if truth.commit in answers and (truth.offline or not offline):
            _count(score, truth, answers[truth.commit].roots.get(truth.root))
    return score


def _count(score: Score, truth: Truth, certainty: str | None) -> None:
    is_affected = bool(truth.touched)
    if not is_affected and not truth.is_known:
        score.undecided += 1
        return
    score.roots.add(truth.root)
    score.pairs += 1
    case = Case(truth.commit, truth.root, certainty or "not reported", truth.touched[:5], truth.blind)
    score.affected += is_affected
    if is_affected and certainty is None:
        score.missed.append(case)
    score.found += is_affected and certainty is not None
    match certainty:
        case "conservative":
            score.conservative += 1
            score.conservative_right += is_affected
        case "downstream":
            score.downstream += 1
        case None:
            pass
        case _ if not is_affected and truth.ends == 1:
            score.turned += 1
        case _:
            score.surely += 1
            score.right += is_affected
            if not is_affected:
                score.false.append(case)


def unknown(truths: Iterable[Truth], said: Iterable[Answer]) -> list[tuple[str, str]]:
    """Commit and directory of what is reported and is a root at neither end."""
    roots = {(truth.commit, truth.root) for truth in truths}
    return sorted(
        (answer.commit, root) for answer in said for root in answer.roots if (answer.commit, root) not in roots
    )
