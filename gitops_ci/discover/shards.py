"""Affected stacks cut into jobs of equal work: a shard never mixes environments, and there are never too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heapreplace
from math import ceil

from msgspec import Struct

from gitops_ci.config import RUNNER, Config, Runner
from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import UsageError
from gitops_ci.model.stack import AffectedStack, Kind

MAX_JOBS = 256
"""A GitHub matrix holds no more jobs (https://docs.github.com/en/actions/reference/limits)."""
_START: Mapping[Kind, int] = {"terraform": 20, "kubernetes": 4, "database": 4, "security": 4}
"""What a plan costs before its first file: an engine that starts and installs providers is worth twenty files."""
_COMFORTABLE = 625  # work that one job does before a second is worth its start-up: 25 roots of 5 files


class Shard(Struct, frozen=True, kw_only=True):
    """One job of the matrix."""

    shard: str
    environment: str
    runner: Runner
    github_environment: str
    stacks: tuple[str, ...]


class Matrix(Struct, frozen=True):
    """What `strategy.matrix` takes."""

    include: tuple[Shard, ...]


def work(affected: Iterable[AffectedStack], ends: Sequence[Inventory]) -> dict[str, int]:
    """By id the work that a plan is likely to be: a constant of the kind, and one for each file of its modules.

    Read from the first of `ends` that has the stack. How many objects lie behind a file only a plan could tell.
    """
    return {stack.id: _START[stack.kind] + _files(stack, ends) for stack in affected}


def _files(stack: AffectedStack, ends: Sequence[Inventory]) -> int:
    end = next((each for each in ends if stack.id in each.stacks), None)
    if end is None:
        return 0
    modules = {each.path for each in end.graph.read_by(stack.id) if each.certainty == "module"}
    return sum(len(end.snapshot.children.get(directory, ())) for directory in {stack.path, *modules})


def matrix(affected: tuple[AffectedStack, ...], config: Config, *, work: Mapping[str, int]) -> Matrix:
    """One shard an environment while it is little work, more past that; the same stacks give the same shards.

    `work` is what `work` gives. Raises UsageError where more environments are affected than a matrix holds jobs.
    """
    groups: dict[str, list[str]] = {}
    for stack in affected:
        groups.setdefault(stack.environment, []).append(stack.id)
    if len(groups) > MAX_JOBS:
        raise UsageError(
            f"{len(groups)} environments are affected, and a matrix holds {MAX_JOBS} jobs, each for one environment",
            hint="make one matrix of some of them at a time, with --environment",
        )
    total = sum(work[stack.id] for stack in affected)
    size = max(_COMFORTABLE, ceil(total / max(1, MAX_JOBS - len(groups))))
    cut: list[tuple[str, tuple[str, ...]]] = []
    for environment in sorted(groups, key=lambda name: (config.order(name), name)):
        ids = groups[environment]
        count = min(len(ids), ceil(sum(work[id] for id in ids) / size)) if len(groups) < MAX_JOBS else 1
        cut += [(environment, each) for each in _even(ids, work, count)]
    return Matrix(
        tuple(
            _shard(f"{index}/{len(cut)}", environment, ids, config) for index, (environment, ids) in enumerate(cut, 1)
        )
    )


def _even(ids: Iterable[str], work: Mapping[str, int], count: int) -> list[tuple[str, ...]]:
    """`count` parts of about equal work: the largest first, each to the part that has the least so far."""
    parts: list[list[str]] = [[] for _ in range(count)]
    loads = [(0, index) for index in range(count)]
    heapify(loads)
    for id in sorted(ids, key=lambda id: (-work[id], id)):
        load, index = loads[0]
        parts[index].append(id)
        heapreplace(loads, (load + work[id], index))
    return [tuple(sorted(part)) for part in parts]


def _shard(name: str, environment: str, ids: tuple[str, ...], config: Config) -> Shard:
    settings = config.environment(environment)
    return Shard(
        shard=name,
        environment=environment,
        runner=settings.runner if settings is not None else RUNNER,
        github_environment=(settings.github_environment if settings is not None else None) or "",
        stacks=ids,
    )


def pick(affected: tuple[AffectedStack, ...], config: Config, shard: str, *, work: Mapping[str, int]) -> frozenset[str]:
    """The ids of shard `I/N`; raises UsageError where the change does not cut into N shards (it has moved)."""
    shards = {each.shard: each for each in matrix(affected, config, work=work).include}
    if shard not in shards:
        known = f"1/{len(shards)} to {len(shards)}/{len(shards)}" if shards else "none: nothing is affected"
        raise UsageError(
            f"--shard {shard!r} does not exist; the shards are {known}", hint="base or head moved: run `affected` again"
        )
    return frozenset(shards[shard].stacks)
