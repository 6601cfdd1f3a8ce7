"""Stacks that read the states of others: which, and where that is said."""

from __future__ import annotations

import time

import pytest

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover.inventory import Dependency
from tests.unit.kinds.terraform.changes import Tree, declared, taken


def backend(key: str, *, bucket: str = 'bucket = "acme"\n') -> str:
    return f'terraform {{\n  backend "s3" {{\n    {bucket}    key = "{key}"\n  }}\n}}\n'


def remote(config: str, *, more: str = "") -> str:
    return f'data "terraform_remote_state" "x" {{\n  backend = "s3"\n{more}  config = {config}\n}}\n'


def config(key: str, bucket: str = "acme") -> str:
    return f'{{\n    bucket = "{bucket}"\n    key = "{key}"\n  }}'


def edges(tree: Tree, config: Config = DEFAULT) -> set[tuple[str, str]]:
    return {(each.stack, each.on) for each in taken(tree, config=config).dependencies}


NET: Tree = {"production/net/main.tf": backend("production/net.tfstate")}
EDGE = {("production/terraform/app", "production/terraform/net")}


def test_a_reader_depends_on_the_keeper_and_the_place_is_told() -> None:
    tree = {**NET, "production/app/main.tf": "\n" + remote(config("production/net.tfstate"))}
    (found,) = taken(tree).dependencies
    assert found == Dependency("production/terraform/app", "production/terraform/net", "production/app/main.tf", 2)


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        (config("${var.env}/net.tfstate"), 'variable "env" {\n  default = "production"\n}\n'),
        (config("${local.env}/${lower(var.part)}.tfstate"), 'locals {\n  env = "production"\n}\nvariable "part" {\n  default = "NET"\n}\n'),
        (config("${local.all.env}/net.tfstate"), 'locals {\n  all = { env = local.e }\n  e = var.envs[0]\n}\nvariable "envs" {\n  default = ["production"]\n}\n'),
        ("merge(local.state, { key = format(\"%s/net.tfstate\", local.env) })", 'locals {\n  env = "production"\n  state = { bucket = "acme" }\n}\n'),
        ("local.state", f'locals {{\n  state = {config("production/net.tfstate")}\n}}\n'),
    ],
)  # fmt: skip
def test_variables_and_locals_are_followed(expression: str, more: str) -> None:
    assert edges({**NET, "production/app/main.tf": remote(expression) + more}) == EDGE


def test_values_come_from_the_files_that_a_root_is_given() -> None:
    text = remote(config("${var.env}/net.tfstate")) + 'variable "env" {\n  default = "staging"\n}\n'
    for name, content in {
        "terraform.tfvars": 'env = "production"\n',
        "x.auto.tfvars": 'env = "production"\n',
        "x.auto.tfvars.json": '{"env": "production"}',
    }.items():
        assert edges({**NET, "production/app/main.tf": text, f"production/app/{name}": content}) == EDGE
    assert (
        edges({**NET, "production/app/main.tf": text, "production/app/other.tfvars": 'env = "production"\n'}) == set()
    )


SEVERAL = declared(
    path="infra/{name}",
    environments=("staging", "production"),
    var_files=("{environment}.tfvars",),
    backend_config=("{environment}.hcl",),
)


def test_each_environment_reads_its_own() -> None:
    tree: Tree = {
        "infra/net/main.tf": 'terraform {\n  backend "s3" {\n    key = "net"\n  }\n}\n',
        "infra/app/main.tf": remote('{\n    bucket = "acme-${var.env}"\n    key = "net"\n  }') + 'variable "env" {}\n',
    }
    for env in ("staging", "production"):
        tree[f"infra/net/{env}.hcl"] = f'bucket = "acme-{env}"\n'
        tree[f"infra/app/{env}.hcl"] = 'bucket = "b"\nkey = "app"\n'
        tree[f"infra/app/{env}.tfvars"] = f'env = "{env}"\n'
    own = {(f"{env}/terraform/app", f"{env}/terraform/net") for env in ("staging", "production")}
    assert edges(tree, SEVERAL) == own
    tree["infra/app/main.tf"] = remote('{\n    bucket = var.unknown\n    key = "net"\n  }')
    assert edges(tree, SEVERAL) == own, "only the key is known: the one of the same environment is meant"


def test_each_workspace_reads_its_own() -> None:
    workspaces = declared(path="infra/{name}", environments=("staging", "production"), workspace="{environment}")
    tree: Tree = {
        "infra/net/main.tf": backend("net"),
        "infra/app/main.tf": backend("app") + remote(config("net"), more="  workspace = terraform.workspace\n"),
        "infra/dns/main.tf": backend("dns") + remote(config("net"), more='  workspace = "production"\n'),
    }
    assert edges(tree, workspaces) == {
        ("staging/terraform/app", "staging/terraform/net"),
        ("production/terraform/app", "production/terraform/net"),
        ("staging/terraform/dns", "production/terraform/net"),
        ("production/terraform/dns", "production/terraform/net"),
    }


def test_a_module_reads_for_each_root_what_that_hands_over() -> None:
    reader = remote(config("${var.env}/${each.key}.tfstate"), more="  for_each = toset(var.parts)\n")
    call = 'module "m" {{\n  source = "../../modules/outer"\n  env = "{env}"\n}}\n'
    tree: Tree = {
        **NET,
        "production/dns/main.tf": backend("production/dns.tfstate"),
        "staging/net/main.tf": backend("staging/net.tfstate"),
        "production/app/main.tf": call.format(env="production"),
        "staging/app/main.tf": call.format(env="staging"),
        "modules/outer/main.tf": 'module "m" {\n  source = "../reader"\n  env = var.env\n  parts = ["net", "dns"]\n}\n',
        "modules/reader/main.tf": reader,
    }
    assert edges(tree) == {
        ("production/terraform/app", "production/terraform/net"),
        ("production/terraform/app", "production/terraform/dns"),
        ("staging/terraform/app", "staging/terraform/net"),
    }


@pytest.mark.parametrize("anchor", ["${path.module}/", "${path.root}/", ""])
def test_a_local_state(anchor: str) -> None:
    text = f'data "terraform_remote_state" "x" {{\n  backend = "local"\n  config = {{ path = "{anchor}../net/terraform.tfstate" }}\n}}\n'
    assert edges({"production/net/main.tf": "locals {}", "production/app/main.tf": text}) == EDGE


@pytest.mark.parametrize("keeper", ["cloud", 'backend "remote"'])
def test_outputs_of_a_workspace(keeper: str) -> None:
    cloud = f'terraform {{\n  {keeper} {{\n    organization = "acme"\n    workspaces {{\n      name = "net"\n    }}\n  }}\n}}\n'
    reader = 'data "tfe_outputs" "x" {\n  organization = "acme"\n  workspace = "net"\n}\n'
    remote = 'data "terraform_remote_state" "x" {\n  backend = "remote"\n  config = { organization = "acme", workspaces = { name = "net" } }\n}\n'
    for text in (reader, remote):
        assert edges({"production/net/main.tf": cloud, "production/app/main.tf": text}) == EDGE


def test_json_syntax() -> None:
    tree = {**NET, "production/app/main.tf.json": '{"data": {"terraform_remote_state": {"x": {"backend": "s3", "config": {"bucket": "acme", "key": "${local.e}/net.tfstate"}}}}, "locals": {"e": "production"}}'}  # fmt: skip
    assert edges(tree) == EDGE


@pytest.mark.parametrize(
    "text",
    [
        remote(config("production/other.tfstate")),
        remote(config("production/net.tfstate", "other")),
        remote("var.unknown"),
        remote(config("${var.unknown}/net.tfstate")),
        remote("[]"),
        'data "terraform_remote_state" "x" {}\n',
        'data "terraform_remote_state" {\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = {\n}\n',
        remote(config("${local.a}/net.tfstate")) + 'locals {\n  a = local.b\n  b = local.a\n}\n',
        remote(config("${local.a0}/net")) + "locals {\n" + "".join(f"  a{n} = local.a{n + 1}\n" for n in range(3_000)) + "}\n",
    ],
)  # fmt: skip
def test_what_is_unknown_depends_on_nobody(text: str) -> None:
    assert edges({**NET, "production/app/main.tf": text}) == set()


def test_stacks_that_read_each_other_and_themselves() -> None:
    tree: Tree = {
        f"production/{name}/main.tf": backend(name) + remote(config(other)) + remote(config(name))
        for name, other in (("a", "b"), ("b", "a"))
    }
    assert edges(tree) == {("production/terraform/a", "production/terraform/b"), ("production/terraform/b", "production/terraform/a")}  # fmt: skip


def test_modules_in_a_circle_and_calls_that_multiply() -> None:
    twice = "".join(f'module "m{n}" {{\n  source = "../m{{next}}"\n}}\n' for n in range(2))
    tree: Tree = {f"modules/m{n}/main.tf": twice.replace("{next}", str(n + 1)) for n in range(30)}
    tree["modules/m30/main.tf"] = remote(config("production/net.tfstate")) + 'module "m" {\n  source = "../m0"\n}\n'
    tree["production/app/main.tf"] = 'module "m" {\n  source = "../../modules/m0"\n}\n'
    assert edges({**NET, **tree}) == EDGE


def test_two_thousand_readers_take_a_moment() -> None:
    tree: Tree = {
        f"production/r{n}/main.tf": backend(f"r{n}") + remote(config("production/net.tfstate")) for n in range(2_000)
    }
    started = time.process_time()
    assert len(edges({**NET, **tree})) == 2_000
    assert time.process_time() - started < 10
