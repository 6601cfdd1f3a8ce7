"""Names and environments of stacks, by path alone and by `layout.stacks`."""

from __future__ import annotations

import time

import pytest

from gitops_ci.config import DEFAULT, Config, Environment, Layout, StackPattern
from gitops_ci.discover import naming


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("environments/production/terraform", "production/terraform/main"),
        ("environments/production/terraform/network", "production/terraform/network"),
        ("environments/production/tf/network", "production/terraform/network"),
        ("environments/prod/vpc", "production/terraform/vpc"),
        ("environments/prod", "production/terraform/main"),
        ("environments/dev/eu-west-1/vpc", "development/terraform/eu-west-1/vpc"),
        ("terraform/environments/prod", "production/terraform/main"),
        ("terraform/environments/prod/vpc", "production/terraform/vpc"),
        ("terraform/prod/vpc", "production/terraform/vpc"),
        ("accounts/prod/vpc", "production/terraform/accounts/vpc"),
        ("prod/terraform/vpc", "production/terraform/vpc"),
        ("live/staging/vpc", "staging/terraform/vpc"),
        ("live/prod/eu/vpc", "production/terraform/eu/vpc"),
        ("environments/live/vpc", "production/terraform/vpc"),
        ("live/vpc", "production/terraform/vpc"),
        ("env/stg/vpc", "staging/terraform/vpc"),
        ("shared/terraform", "shared/terraform/main"),
        ("shared/terraform/dns", "shared/terraform/dns"),
        ("bootstrap", "shared/terraform/bootstrap"),
        ("", "shared/terraform/main"),
        ("terraform", "shared/terraform/main"),
        ("production", "production/terraform/main"),
        ("products/vpc", "shared/terraform/products/vpc"),
    ],
)
def test_a_stack_by_its_path(directory: str, expected: str) -> None:
    stack = naming.place(directory, "terraform", DEFAULT)
    assert (stack.id, stack.path) == (expected, directory)


def test_environments_and_aliases_are_the_configurations() -> None:
    config = Config(environments=(Environment(name="qa", aliases=("quality",)),))
    assert naming.place("environments/quality/terraform/x", "terraform", config).id == "qa/terraform/x"
    assert naming.place("environments/production/terraform/x", "terraform", config).environment == "shared"


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("environments/dev/terraform/main.tf", "development"),
        ("dev/main.tf", "development"),
        ("terraform/environments/prod/vpc/main.tf", "production"),
        ("shared/modules/dev/main.tf", "shared"),
        ("main.tf", "shared"),
        ("", "shared"),
    ],
)
def test_the_environment_of_a_path(path: str, environment: str) -> None:
    assert naming.environment_of_path(path, DEFAULT) == environment


def ids(directory: str, *patterns: StackPattern) -> list[str]:
    config = Config(layout=Layout(stacks=patterns))
    return [stack.id for stack, _ in naming.declared(directory, "terraform", config)]


def pattern(path: str, **more: object) -> StackPattern:
    return StackPattern(kind="terraform", path=path, **more)  # type: ignore[arg-type]  # the tests' short form


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        (
            "environments/{environment}/terraform/{name}",
            "environments/prod/terraform/vpc",
            ["production/terraform/vpc"],
        ),
        ("environments/{environment}/terraform/{name}", "environments/prod/terraform/a/b", []),
        ("environments/{environment}/{name}", "environments/sandbox/vpc", ["sandbox/terraform/vpc"]),
        ("{name}/{environment}", "vpc/dev", ["development/terraform/vpc"]),
        ("live/**/{name}", "live/prod/eu/vpc", ["production/terraform/vpc"]),
        ("live/**/{name}", "live/vpc", ["production/terraform/vpc"]),
        ("**", "prod/vpc", ["production/terraform/vpc"]),
        ("accounts/*/{name}", "accounts/x/vpc", ["shared/terraform/vpc"]),
        ("a.b/{name}", "axb/vpc", []),
        ("a/{name}/", "a/vpc", ["shared/terraform/vpc"]),
        ("{environment}/{environment}/{name}", "dev/dev/vpc", ["development/terraform/vpc"]),
        ("{environment}/{environment}/{name}", "dev/prod/vpc", []),
        (".", "", ["shared/terraform/main"]),
        (".", "a", []),
    ],
)
def test_declared_stacks(path: str, directory: str, expected: list[str]) -> None:
    assert ids(directory, pattern(path)) == expected


def test_a_fixed_environment() -> None:
    fixed = pattern("terraform/accounts/**", environment="production")
    assert ids("terraform/accounts/a/b", fixed) == ["production/terraform/accounts/a/b"]
    assert ids("terraform/accounts", fixed) == ["production/terraform/accounts"]
    assert ids("terraform/accountsx", fixed) == []


def test_one_directory_with_several_environments() -> None:
    several = pattern("infra/{name}", environments=("staging", "production"), workspace="{environment}")
    assert ids("infra/vpc", several) == ["staging/terraform/vpc", "production/terraform/vpc"]
    named = pattern("infra/{name}", environments=("staging",), workspace="eu-{environment}")
    assert ids("infra/vpc", named) == ["staging/terraform/vpc@eu-staging"]


def test_every_environment_has_every_instance() -> None:
    regional = pattern(
        "infra/{name}",
        environments=("staging", "production"),
        instances=("eu", "us"),
        workspace="{environment}-{instance}",
        var_files=("{name}/{environment}.tfvars", "{instance}.tfvars", "{other}.tfvars"),
        backend_config=("{instance}.hcl",),
    )
    config = Config(layout=Layout(stacks=(regional,)))
    found = {stack.id: (stack, given) for stack, given in naming.declared("infra/vpc", "terraform", config)}
    assert list(found) == [
        f"{each}/terraform/vpc@{region}" for each in ("staging", "production") for region in ("eu", "us")
    ]
    stack, given = found["production/terraform/vpc@us"]
    assert (stack.instance, given.workspace) == ("us", "production-us")
    assert given.var_files == ("vpc/production.tfvars", "us.tfvars", "{other}.tfvars")
    assert given.backend_config == ("us.hcl",)


def test_instances_of_one_environment() -> None:
    fixed = pattern("accounts/{environment}/{name}", instances=("a", "b"), workspace="{instance}")
    assert ids("accounts/prod/vpc", fixed) == ["production/terraform/vpc@a", "production/terraform/vpc@b"]


def test_the_first_pattern_that_fits_decides_and_other_kinds_are_not_asked() -> None:
    first, second = pattern("infra/vpc", environment="staging"), pattern("infra/*", environment="production")
    assert ids("infra/vpc", first, second) == ["staging/terraform/infra/vpc"]
    config = Config(layout=Layout(stacks=(StackPattern(kind="database", path="**"),)))
    assert not list(naming.declared("infra/vpc", "terraform", config))
    assert not naming.is_declared("terraform", config)
    assert naming.is_declared("database", config)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a*a*b", "a" * 20_000),
        ("?*?*?*b", "a" * 20_000),
        ("**a**a**b", "a" * 20_000),
        ("**/a/**/a/**/a/**/b", "/".join(["a"] * 3_000)),
        ("**/*/**/*/**/x*y*z/**/b", "/".join(["a"] * 3_000)),
    ],
)
def test_a_long_path_is_matched_in_no_time(pattern: str, path: str) -> None:
    begin = time.process_time()
    assert naming.compiled(pattern).fullmatch(path) is None
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/**", "a"),
        ("a/**", "a/b\nc/d"),
        ("**/a/**", "ab/a/x"),
        ("**/x/**/x/y", "x/x/x/y"),
        ("*ab*ab*b", "abcababb"),
        ("**a*b**b", "-b/x/a/abb"),
        ("**/*-{name}", "x/a-b-c"),
    ],
)
def test_no_match_is_lost_to_that(pattern: str, path: str) -> None:
    assert naming.compiled(pattern).fullmatch(path)
