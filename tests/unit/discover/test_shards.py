"""Shards: one environment each, never too many, always the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.discover import affected as discovered
from gitops_ci.discover import inventory, shards, snapshot
from gitops_ci.errors import UsageError
from gitops_ci.kinds import catalog
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


def matrix(stacks: tuple[AffectedStack, ...], config: Config = DEFAULT, work: int = 25) -> shards.Matrix:
    """The matrix of stacks that are the same work each."""
    return shards.matrix(stacks, config, work={stack.id: work for stack in stacks})


def pick(stacks: tuple[AffectedStack, ...], shard: str) -> frozenset[str]:
    return shards.pick(stacks, DEFAULT, shard, work={stack.id: 25 for stack in stacks})


def test_few_stacks_are_one_shard_an_environment_production_first() -> None:
    found = matrix(affected({"development": 3, "production": 25, "shared": 1})).include
    assert [(shard.shard, shard.environment, len(shard.stacks)) for shard in found] == [
        ("1/3", "production", 25),
        ("2/3", "development", 3),
        ("3/3", "shared", 1),
    ]


def test_nothing_affected_is_no_shard() -> None:
    assert matrix(()).include == ()


def test_a_shard_has_its_environments_runner_and_github_environment() -> None:
    config = Config(environments=(Environment(name="qa", runner="self-hosted", github_environment="qa-plan"),))
    (one, other) = matrix(affected({"qa": 1, "shared": 1}), config).include
    assert (one.runner, one.github_environment) == ("self-hosted", "qa-plan")
    assert (other.runner, other.github_environment) == ("ubuntu-24.04", "")


@given(
    st.dictionaries(st.sampled_from(["production", "staging", "development", "shared", "x", "y"]), st.integers(1, 4000))
)
def test_every_stack_is_in_one_shard_and_there_are_never_too_many(sizes: dict[str, int]) -> None:
    stacks = affected(sizes)
    found = matrix(stacks).include
    assert len(found) <= shards.MAX_JOBS
    assert sorted(name for shard in found for name in shard.stacks) == sorted(stack.id for stack in stacks)
    assert all(name.startswith(f"{shard.environment}/") for shard in found for name in shard.stacks)
    assert [shard.shard for shard in found] == [f"{number}/{len(found)}" for number in range(1, len(found) + 1)]


@pytest.mark.parametrize("environments", [255, 256])
def test_as_many_environments_as_jobs(environments: int) -> None:
    stacks = affected({f"e{number}": 30 for number in range(environments)})
    found = matrix(stacks).include
    assert len(found) <= 256
    assert sum(len(shard.stacks) for shard in found) == len(stacks)


def test_more_environments_than_jobs_are_refused() -> None:
    with pytest.raises(UsageError, match="257 environments"):
        matrix(affected({f"e{number}": 1 for number in range(257)}))


def test_the_order_of_the_stacks_does_not_matter() -> None:
    stacks = list(affected({"production": 100, "staging": 60}))
    expected = matrix(tuple(stacks))
    random.Random(1).shuffle(stacks)
    assert matrix(tuple(stacks)) == expected


def test_a_shard_is_picked_by_its_name() -> None:
    stacks = affected({"production": 60, "staging": 1})
    found = matrix(stacks).include
    assert [pick(stacks, shard.shard) for shard in found] == [frozenset(shard.stacks) for shard in found]


@pytest.mark.parametrize(("shard", "known"), [("1/2", "1/1 to 1/1"), ("0/1", "1/1"), ("1", "1/1"), ("", "1/1")])
def test_a_shard_that_is_not_there_is_refused(shard: str, known: str) -> None:
    with pytest.raises(UsageError, match=known):
        pick(affected({"production": 1}), shard)


def test_no_shard_can_be_picked_of_nothing() -> None:
    with pytest.raises(UsageError, match="nothing is affected"):
        pick((), "1/1")


def test_shards_are_of_equal_work_and_not_of_equal_number() -> None:
    stacks = affected({"production": 40})
    work = {stack.id: 600 if number < 4 else 20 for number, stack in enumerate(stacks)}
    found = shards.matrix(stacks, DEFAULT, work=work).include
    loads = [sum(work[name] for name in shard.stacks) for shard in found]
    assert len(found) == 5
    assert max(loads) <= min(loads) + 600
    assert sorted(len(shard.stacks) for shard in found)[:4] == [1, 1, 1, 1] or max(loads) - min(loads) <= 120


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=400), st.randoms(use_true_random=False))
def test_no_shard_has_more_than_its_share_and_one_stack(sizes: list[int], chance: random.Random) -> None:
    stacks = list(affected({"production": len(sizes)}))
    work = {stack.id: size for stack, size in zip(stacks, sizes, strict=True)}
    found = shards.matrix(tuple(stacks), DEFAULT, work=work)
    share = sum(sizes) / len(found.include)
    assert all(sum(work[name] for name in shard.stacks) <= share + max(sizes) for shard in found.include)
    chance.shuffle(stacks)
    assert shards.matrix(tuple(stacks), DEFAULT, work=work) == found


def test_work_counts_the_files_of_a_root_and_of_its_modules_and_of_the_end_that_has_it() -> None:
    root = 'module "vpc" {\n  source = "../../modules/vpc"\n}\n'
    small = {"roots/a/main.tf": ""}
    large = {"roots/b/main.tf": root, "roots/b/other.tf": "", **{f"modules/vpc/{n}.tf": "" for n in range(7)}}
    head, base = (inventory.take(snapshot.of(files), DEFAULT, catalog.ALL) for files in (large, small | large))
    stacks = tuple(each for each in discovered.everything(base, head))
    work = shards.work(stacks, [head, base])
    by_path = {stack.path: work[stack.id] for stack in stacks}
    assert by_path == {"roots/a": 21, "roots/b": 29}
