"""`init_args` and `plan_args`: what tunes a call is taken, what changes what a plan is of is refused with the reason."""

from __future__ import annotations

import json

import pytest

from gitops_ci import config_file
from gitops_ci.errors import ConfigError


def load(key: str, *arguments: str) -> tuple[str, ...]:
    text = f"version: 1\nkinds:\n  terraform:\n    {key}:\n" + "".join(
        f"      - {json.dumps(each)}\n" for each in arguments
    )
    found: tuple[str, ...] = getattr(config_file.load(text.encode()).kinds.terraform, key)
    return found


@pytest.mark.parametrize(
    ("key", "argument"),
    [
        ("plan_args", "-refresh=false"),
        ("plan_args", "-parallelism=20"),
        ("plan_args", "-lock=true"),
        ("plan_args", "-lock-timeout=30s"),
        ("plan_args", "-generate-config-out=generated.tf"),
        ("init_args", "-backend-config=bucket=acme-state"),
        ("init_args", "-backend-config=address=https://x/?a=b"),
        ("init_args", "-lockfile=readonly"),
    ],
)
def test_what_tunes_a_call_is_taken(key: str, argument: str) -> None:
    assert load(key, argument) == (argument,)


@pytest.mark.parametrize(
    ("key", "argument", "says"),
    [
        ("plan_args", "-target=aws_x.y", "a plan of a part"),
        ("plan_args", "--target=aws_x.y", "a plan of a part"),
        ("plan_args", "-out=x", "sets it itself"),
        ("plan_args", "-chdir=/", "sets it itself"),
        ("plan_args", "-destroy", "a plan to destroy"),
        ("plan_args", "-refresh-only", "drift alone"),
        ("plan_args", "-var=password=x", "TF_VAR_name"),
        ("plan_args", "-var-file=x.tfvars", "var_files"),
        ("plan_args", "-state=x", "the backend says"),
        ("plan_args", "-show-sensitive", "secrets"),
        ("plan_args", "-refresh", "expected -refresh=, followed by true or false"),
        ("plan_args", "-refresh=no", "expected -refresh="),
        ("plan_args", "-parallelism 4", "no argument that is taken; did you mean -parallelism"),
        ("plan_args", "-parallelism=0", "expected -parallelism="),
        ("plan_args", "-generate-config-out=/etc/x.tf", "expected -generate-config-out="),
        ("plan_args", "-generate-config-out=../x.tf", "expected -generate-config-out="),
        ("plan_args", "-lockfile=readonly", "no argument that is taken"),
        ("plan_args", "plan", "no argument that is taken"),
        ("plan_args", "", "no argument that is taken"),
        ("plan_args", "-", "no argument that is taken"),
        ("init_args", "-backend-config=prod.hcl", "backend_config"),
        ("init_args", "-backend-config", "expected -backend-config="),
        ("init_args", "-backend=false", "no state"),
        ("init_args", "-plugin-dir=/x", "TF_CLI_CONFIG_FILE"),
        ("init_args", "-upgrade", "lock file"),
        ("init_args", "-migrate-state", "write state"),
        ("init_args", "-from-module=x", "the commit's files"),
        ("init_args", "-refresh=false", "no argument that is taken"),
    ],
)
def test_what_changes_what_a_plan_is_of_is_refused_with_its_line(key: str, argument: str, says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(key, argument)
    assert f"gitops-ci.yml:5: kinds.terraform.{key}[0]: " in raised.value.message
    assert says in raised.value.message


def test_a_value_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as raised:
        load("plan_args", "-var=password=correct-horse")
    assert "correct-horse" not in str(raised.value)


@pytest.mark.parametrize("binary", ["bin/terraform", "./terraform", "..", ""])
def test_an_engine_of_the_list_is_never_a_path_inside_the_repository(binary: str) -> None:
    with pytest.raises(ConfigError, match=r"kinds\.terraform\.versions\[0\]: expected an absolute path"):
        load("versions", binary)
