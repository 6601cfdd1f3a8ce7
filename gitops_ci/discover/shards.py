"""Affected stacks cut into jobs: a shard never mixes environments, and there are never more than GitHub allows."""

from __future__ import annotations

from math import ceil

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.errors import UsageError
from gitops_ci.model.stack import AffectedStack

MAX_JOBS = 256
"""A GitHub matrix holds no more jobs (https://docs.github.com/en/actions/reference/limits)."""
_COMFORTABLE = 25  # stacks that one job plans before a second is worth its start-up


class Shard(Struct, frozen=True, kw_only=True):
    """One job of the matrix."""

    shard: str
    environment: str
    runner: str
    github_environment: str
    stacks: tuple[str, ...]


class Matrix(Struct, frozen=True):
    """What `strategy.matrix` takes."""

    include: tuple[Shard, ...]


def matrix(affected: tuple[AffectedStack, ...], config: Config) -> Matrix:
    """One shard an environment while it has few stacks, more past that; the same stacks give the same shards.

    Raises UsageError where more environments are affected than a matrix holds jobs.
    """
    groups: dict[str, list[str]] = {}
    for stack in sorted(affected, key=lambda stack: stack.id):
        groups.setdefault(stack.environment, []).append(stack.id)
    if len(groups) > MAX_JOBS:
        raise UsageError(
            f"{len(groups)} environments are affected, and a matrix holds {MAX_JOBS} jobs, each for one environment",
            hint="make one matrix of some of them at a time, with --environment",
        )
    size = max(_COMFORTABLE, ceil(len(affected) / max(1, MAX_JOBS - len(groups))))
    cut: list[tuple[str, tuple[str, ...]]] = []
    for environment in sorted(groups, key=lambda name: (config.order(name), name)):
        ids = groups[environment]
        count = 1 if len(groups) == MAX_JOBS else ceil(len(ids) / size)
        cut += [(environment, tuple(ids[index::count])) for index in range(count)]
    return Matrix(
        tuple(
            _shard(f"{index}/{len(cut)}", environment, ids, config) for index, (environment, ids) in enumerate(cut, 1)
        )
    )


def _shard(name: str, environment: str, ids: tuple[str, ...], config: Config) -> Shard:
    settings = config.environment(environment)
    return Shard(
        shard=name,
        environment=environment,
        runner=settings.runner if settings is not None else "ubuntu-latest",
        github_environment=(settings.github_environment if settings is not None else None) or "",
        stacks=ids,
    )


def pick(affected: tuple[AffectedStack, ...], config: Config, shard: str) -> frozenset[str]:
    """The ids of shard `I/N`; raises UsageError where the change does not cut into N shards (it has moved)."""
    shards = {each.shard: each for each in matrix(affected, config).include}
    if shard not in shards:
        known = f"1/{len(shards)} to {len(shards)}/{len(shards)}" if shards else "none: nothing is affected"
        raise UsageError(
            f"--shard {shard!r} does not exist; the shards are {known}", hint="base or head moved: run `affected` again"
        )
    return frozenset(shards[shard].stacks)
