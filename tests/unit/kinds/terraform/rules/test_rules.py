from __future__ import annotations

import msgspec
import pytest

from gitops_ci import config_file
from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import inventory, snapshot
from gitops_ci.kinds import catalog
from gitops_ci.kinds.terraform import rules
from gitops_ci.model.finding import Finding

NETWORK = "environments/staging/terraform/network"


def judge(files: dict[str, str], config: Config = DEFAULT, links: dict[str, str] | None = None) -> list[Finding]:
    seen = inventory.take(snapshot.of(files, links=links), config, catalog.ALL)
    return [found for stack in seen.stacks.values() for found in rules.findings(stack, seen)]


def said(rule: str, files: dict[str, str], config: Config = DEFAULT) -> list[tuple[str | None, int | None, str]]:
    found = [each for each in judge(files, config) if each.rule == f"terraform/{rule}"]
    return [(each.path, each.line, each.message) for each in found]


def s3(settings: str) -> str:
    return f'terraform {{\n  backend "s3" {{\n{settings}\n  }}\n}}\n'


def test_one_root_that_is_deployed_twice_to_one_state() -> None:
    config = config_file.load(
        b"version: 1\nlayout: {stacks: [{kind: terraform, path: infra, environments: [staging, production]}]}\n"
    )
    files = {"infra/main.tf": s3('bucket = "b"\nkey = "k"')}
    assert [path for path, _, _ in said("state-shared", files, config)] == ["infra/main.tf", "infra/main.tf"]
    pattern = msgspec.structs.replace(config.layout.stacks[0], workspace="{environment}")
    layout = msgspec.structs.replace(config.layout, stacks=(pattern,))
    assert said("state-shared", files, msgspec.structs.replace(config, layout=layout)) == []


def test_a_local_state_lies_where_a_linked_root_leads() -> None:
    files = {"real/main.tf": 'terraform {\n  backend "local" {\n    path = "../s.tfstate"\n  }\n}\n'}
    links = {f"environments/{each}/net": "../../real" for each in ("production", "staging")}
    found = [each.message for each in judge(files, links=links) if each.rule == "terraform/state-shared"]
    assert len(found) == 2
    assert all(each.startswith("its state is local:s.tfstate, ") for each in found)


def test_three_of_many_that_share_a_state_are_named() -> None:
    files = {f"roots/{name}/main.tf": s3('bucket = "b"\nkey = "k"') for name in "abcdef"}
    message = said("state-shared", files)[0][2]
    assert message.startswith("its state is s3://b/k, which is also that of shared/terraform/roots/b, ")
    assert "and 2 more" in message


@pytest.mark.parametrize("rule", ["backend-unencrypted", "backend-unlocked", "state-environment", "state-shared"])
def test_a_backend_of_which_a_part_is_given_elsewhere_is_not_judged(rule: str) -> None:
    assert said(rule, {f"{NETWORK}/main.tf": s3(""), f"{NETWORK}2/main.tf": s3('key = "k"')}) == []


def test_a_computed_setting_is_not_called_missing() -> None:
    files = {f"{NETWORK}/main.tf": s3('bucket = "b"\nkey = "k"\nencrypt = var.e\nuse_lockfile = var.l')}
    assert said("backend-unencrypted", files) + said("backend-unlocked", files) == []


@pytest.mark.parametrize(
    ("backend", "rule"),
    [
        ('backend "http" { address = "http://state.acme.example/x" }', "backend-unencrypted"),
        ('backend "pg" { conn_str = "postgres://u:hunter2@db/x?sslmode=disable" }', "backend-unencrypted"),
        ('backend "http" { address = "https://state.acme.example/x" }', "backend-unlocked"),
        ('backend "consul" { lock = false }', "backend-unlocked"),
    ],
)
def test_other_backends_are_judged_and_no_setting_is_repeated(backend: str, rule: str) -> None:
    ((path, line, message),) = said(rule, {f"{NETWORK}/main.tf": f"terraform {{\n  {backend}\n}}\n"})
    assert (path, line) == (f"{NETWORK}/main.tf", 2)
    assert "hunter2" not in message


def test_a_state_is_not_expected_to_name_its_environment_where_none_does() -> None:
    files = {f"environments/{name}/main.tf": s3(f'bucket = "b"\nkey = "{number}"') for number, name in enumerate(("staging", "production"))}  # fmt: skip
    assert said("state-environment", files) == []
    files["environments/development/main.tf"] = s3('bucket = "b"\nkey = "development"')
    assert len(said("state-environment", files)) == 2


def test_a_binding_is_exact_so_that_nothing_is_guessed() -> None:
    config = config_file.load(
        b"version: 1\nenvironments: [{name: staging, bind: {backend: 's3://b/*'}}, {name: production}]\n"
    )
    files = {f"{NETWORK}/main.tf": s3('bucket = "b"\nkey = "production"')}
    assert said("state-environment", files, config) == []
    assert len(said("state-environment", files)) == 1


def test_what_is_wrong_in_a_shared_module_is_no_single_stacks() -> None:
    call = 'module "m" {\n  source = "../../../modules/m"\n}\n'
    files = {f"environments/{name}/app/main.tf": call for name in ("staging", "production")}
    files["modules/m/main.tf"] = 'provider "aws" {\n  region = "x"\n}\nprovider "google" {\n  alias = "a"\n}\n'
    found = [each for each in judge(files) if each.rule == "terraform/provider-in-module"]
    assert {(each.stack, each.path, each.line) for each in found} == {(None, "modules/m/main.tf", 1)}
    assert len({each.fingerprint for each in found}) == 1


def test_the_lock_file_counts_for_the_providers_of_modules_and_for_other_hosts() -> None:
    lock = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "6.0.0"\n}\nprovider "registry.acme.example/team/x" {\n  version = "1.0.0"\n}\n'
    files = {
        "a/main.tf": 'module "m" {\n  source = "../m"\n}\nterraform {\n  required_providers {\n    x = { source = "registry.acme.example/team/x" }\n  }\n}\n',
        "m/main.tf": 'resource "aws_vpc" "v" {}\ndata "terraform_remote_state" "s" {}\n',
        "a/.terraform.lock.hcl": lock,
    }
    assert said("lock-file-stale", files) + said("provider-unpinned", files) + said("lock-file-missing", files) == []


@pytest.mark.parametrize(
    ("source", "unpinned"),
    [
        ("terraform-aws-modules/vpc/aws", True),
        ("registry.acme.example/team/vpc/aws//sub", True),
        ("git@github.com:acme/vpc.git", True),
        ("github.com/acme/vpc?ref=HEAD", True),
        ("github.com/acme/vpc?ref=0a1b2c3", False),
        ("git::ssh://git@x/y.git//sub?depth=1&ref=refs/heads/x", True),
        ("../vpc", False),
        ("https://acme.example/vpc-1.2.zip", False),
        ("s3::https://s3.acme.example/vpc.zip", False),
    ],
)
def test_sources_whose_content_can_change(source: str, unpinned: bool) -> None:
    files = {f"{NETWORK}/main.tf": f'module "vpc" {{\n  source = "{source}"\n}}\n'}
    assert bool(said("module-unpinned", files)) is unpinned


def test_a_module_with_a_version_that_cannot_be_compared_is_left_alone() -> None:
    def call(version: str) -> str:
        return f'module "vpc" {{\n  source = "git::https://x/y.git?ref={version}"\n}}\n'

    def files(staging: str, production: str) -> dict[str, str]:
        return {"environments/staging/net/main.tf": call(staging), "environments/prod/net/main.tf": call(production)}

    assert said("module-ahead", files("abc", "v2.0.0")) == []
    assert said("module-ahead", files("v2.0.0", "v1.9.0")) == []
    assert len(said("module-ahead", files("v1.9.0", "v1.10.0"))) == 1
    assert said("module-ahead", files("v1.9", "v1.9.0")) == []


def test_a_range_is_no_version_that_can_be_ahead() -> None:
    def call(version: str) -> str:
        return f'module "vpc" {{\n  source = "acme/vpc/aws"\n  version = "{version}"\n}}\n'

    files = {"environments/staging/net/main.tf": call("~> 5.1"), "environments/prod/net/main.tf": call("5.1.0")}
    assert said("module-ahead", files) == []


def test_workspaces_that_nobody_names_may_keep_states_apart() -> None:
    given = 'bucket = "b"\nkey = "terraform.tfstate"\nworkspace_key_prefix = "{}"'
    files = {f"accounts/{name}/main.tf": s3(given.format(name)) for name in "ab"}
    assert said("state-shared", files) == []


def test_the_provider_of_a_resource_in_json_is_read_like_that_in_native_syntax() -> None:
    resource = '{"resource": {"null_resource": {"a": {"provider": "null.west"}}}}'
    assert [message.split()[1] for _, _, message in said("provider-unpinned", {f"{NETWORK}/main.tf.json": resource})] == ["hashicorp/null"]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "held", "stale"),
    [("~> 6.0", "6.4.1", False), ("~> 6.0", "7.0.0", True), (">= 6, < 6.4", "6.4.1", True), ("~> 6.0-beta1", "5.0.0", False)],
)  # fmt: skip
def test_a_lock_file_holds_what_is_asked_for(asked: str, held: str, stale: bool) -> None:
    required = f'terraform {{\n  required_providers {{\n    aws = {{ source = "hashicorp/aws", version = "{asked}" }}\n  }}\n}}\n'
    lock = f'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{held}"\n}}\n'
    files = {f"{NETWORK}/main.tf": required, f"{NETWORK}/.terraform.lock.hcl": lock}
    found = said("lock-file-stale", files)
    assert [f"holds hashicorp/aws {held}" in message for _, _, message in found] == [True] * stale


def test_a_provider_that_several_modules_use_is_missing_once() -> None:
    files = {
        f"{NETWORK}/main.tf": 'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  source = "./b"\n}\n',
        f"{NETWORK}/a/main.tf": 'resource "aws_vpc" "a" {}\n',
        f"{NETWORK}/b/main.tf": 'resource "aws_vpc" "b" {}\n',
        f"{NETWORK}/.terraform.lock.hcl": "",
    }
    assert len(said("lock-file-stale", files)) == 1
