"""Shards: one environment each, never too many, always the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.discover import shards
from gitops_ci.errors import UsageError
from gitops_ci.model.stack import AffectedStack, stack_id


def affected(sizes: dict[str, int]) -> tuple[AffectedStack, ...]:
    return tuple(
        AffectedStack(
            id=stack_id(environment, "terraform", f"s{number:04}"),
            environment=environment,
            kind="terraform",
            name=f"s{number:04}",
            path=f"{environment}/s{number:04}",
            change="modified",
            certainty="direct",
        )
        for environment, size in sizes.items()
        for number in range(size)
    )


def test_few_stacks_are_one_shard_an_environment_production_first() -> None:
    found = shards.matrix(affected({"development": 3, "production": 25, "shared": 1}), DEFAULT).include
    assert [(shard.shard, shard.environment, len(shard.stacks)) for shard in found] == [
        ("1/3", "production", 25),
        ("2/3", "development", 3),
        ("3/3", "shared", 1),
    ]


def test_nothing_affected_is_no_shard() -> None:
    assert shards.matrix((), DEFAULT).include == ()


def test_a_shard_has_its_environments_runner_and_github_environment() -> None:
    config = Config(environments=(Environment(name="qa", runner="self-hosted", github_environment="qa-plan"),))
    (one, other) = shards.matrix(affected({"qa": 1, "shared": 1}), config).include
    assert (one.runner, one.github_environment) == ("self-hosted", "qa-plan")
    assert (other.runner, other.github_environment) == ("ubuntu-latest", "")


@given(
    st.dictionaries(st.sampled_from(["production", "staging", "development", "shared", "x", "y"]), st.integers(1, 4000))
)
def test_every_stack_is_in_one_shard_and_there_are_never_too_many(sizes: dict[str, int]) -> None:
    stacks = affected(sizes)
    found = shards.matrix(stacks, DEFAULT).include
    assert len(found) <= shards.MAX_JOBS
    assert sorted(name for shard in found for name in shard.stacks) == sorted(stack.id for stack in stacks)
    assert all(name.startswith(f"{shard.environment}/") for shard in found for name in shard.stacks)
    assert [shard.shard for shard in found] == [f"{number}/{len(found)}" for number in range(1, len(found) + 1)]


@pytest.mark.parametrize("environments", [255, 256])
def test_as_many_environments_as_jobs(environments: int) -> None:
    stacks = affected({f"e{number}": 30 for number in range(environments)})
    found = shards.matrix(stacks, DEFAULT).include
    assert len(found) <= 256
    assert sum(len(shard.stacks) for shard in found) == len(stacks)


def test_more_environments_than_jobs_are_refused() -> None:
    with pytest.raises(UsageError, match="257 environments"):
        shards.matrix(affected({f"e{number}": 1 for number in range(257)}), DEFAULT)


def test_the_order_of_the_stacks_does_not_matter() -> None:
    stacks = list(affected({"production": 100, "staging": 60}))
    expected = shards.matrix(tuple(stacks), DEFAULT)
    random.Random(1).shuffle(stacks)
    assert shards.matrix(tuple(stacks), DEFAULT) == expected


def test_a_shard_is_picked_by_its_name() -> None:
    stacks = affected({"production": 60, "staging": 1})
    found = shards.matrix(stacks, DEFAULT).include
    assert [shards.pick(stacks, DEFAULT, shard.shard) for shard in found] == [
        frozenset(shard.stacks) for shard in found
    ]


@pytest.mark.parametrize(("shard", "known"), [("1/2", "1/1 to 1/1"), ("0/1", "1/1"), ("1", "1/1"), ("", "1/1")])
def test_a_shard_that_is_not_there_is_refused(shard: str, known: str) -> None:
    with pytest.raises(UsageError, match=known):
        shards.pick(affected({"production": 1}), DEFAULT, shard)


def test_no_shard_can_be_picked_of_nothing() -> None:
    with pytest.raises(UsageError, match="nothing is affected"):
        shards.pick((), DEFAULT, "1/1")
