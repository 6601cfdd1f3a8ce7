"""Terragrunt's units: what is one, and what reaches it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.discover import affected
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Dependency
from gitops_ci.kinds.terraform import terragrunt
from gitops_ci.kinds.terraform.terragrunt import facts
from tests.unit.kinds.terraform.changes import Tree, certainties, declared, edited, taken

ROOT = """locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region  = yamldecode(file(find_in_parent_folders("region.yaml")))
  base    = "${get_repo_root()}/modules"
}
remote_state {
  backend = "s3"
  config = { bucket = "b", key = "${path_relative_to_include()}/terraform.tfstate" }
}
"""
INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n  expose = true\n}\n'


def source(text: str) -> str:
    return f"terraform {{\n  source = {text}\n}}\n"


LIVE: Tree = {
    "live/root.hcl": ROOT,
    "live/prod/account.hcl": 'locals {\n  name = "p"\n}\n',
    "live/dev/account.hcl": 'locals {\n  name = "d"\n}\n',
    "live/prod/eu/region.yaml": "name: eu",
    "live/dev/eu/region.yaml": "name: eu",
    "live/prod/eu/net/terragrunt.hcl": INCLUDE + source('"${include.root.locals.base}//net"'),
    "live/dev/eu/net/terragrunt.hcl": INCLUDE + source('"../../../../modules//net?ref=x"'),
    "live/prod/eu/app/terragrunt.hcl": INCLUDE
    + source('"tfr:///acme/app/aws?version=1.0.0"')
    + 'dependency "net" {\n  config_path = "../net"\n}\n',
    "modules/net/main.tf": 'terraform {\n  backend "s3" {}\n}\nmodule "s" {\n  source = "../subnet"\n}\n',
    "modules/subnet/main.tf": "locals {}\n",
}
PROD, DEV, APP = "production/terraform/eu/net", "development/terraform/eu/net", "production/terraform/eu/app"


def test_the_units_are_the_stacks_and_what_they_deploy_is_none() -> None:
    end = taken(LIVE)
    assert set(end.stacks) == {PROD, DEV, APP}
    assert end.stacks[PROD].path == "live/prod/eu/net"
    assert [each.rule for each in end.findings if each.rule.startswith("terraform/")] == []


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("live/root.hcl", {PROD: "file", DEV: "file", APP: "file"}),
        ("live/prod/account.hcl", {PROD: "file", APP: "file"}),
        ("live/prod/eu/region.yaml", {PROD: "file", APP: "file"}),
        ("live/prod/eu/account.hcl", {PROD: "file", APP: "file"}),
        ("live/prod/eu/net/terragrunt.hcl", {PROD: "direct"}),
        ("live/prod/eu/net/x.auto.tfvars", {PROD: "direct"}),
        ("live/prod/eu/net/.terraform.lock.hcl", {PROD: "direct"}),
        ("live/prod/eu/net/README.md", {}),
        ("live/prod/.terragrunt-version", {PROD: "file", APP: "file"}),
        ("modules/net/main.tf", {PROD: "module", DEV: "module"}),
        ("modules/net/more.tf", {PROD: "module", DEV: "module"}),
        ("modules/subnet/main.tf", {PROD: "module", DEV: "module"}),
        ("live/dev/account.hcl", {DEV: "file"}),
        ("live/other.hcl", {}),
    ],
)
def test_what_reaches_a_unit(path: str, reached: dict[str, str]) -> None:
    assert certainties(LIVE, path) == reached


def test_the_ways_are_told() -> None:
    (reason,) = edited(LIVE, "modules/subnet/main.tf")[PROD].reasons
    assert reason.via == ("modules/subnet", "modules/net")


def test_dependencies_are_edges_with_their_place() -> None:
    assert taken(LIVE).dependencies == (Dependency(APP, PROD, "live/prod/eu/app/terragrunt.hcl", 9),)
    ends = (taken(LIVE), taken({**LIVE, "modules/net/main.tf": "locals {}\n"}))
    later = affected.downstream(affected.between(*ends), *ends)
    assert [(stack.id, stack.certainty) for stack in later] == [(APP, "downstream")]


def unit(text: str, more: Tree | None = None) -> Tree:
    return {"live/root.hcl": "", "live/prod/u/terragrunt.hcl": text, **(more or {})}


U = "production/terraform/u"


@pytest.mark.parametrize(
    ("text", "path", "certainty"),
    [
        ('include {\n  path = find_in_parent_folders()\n}\n' + source('"git::x"'), "live/terragrunt.hcl", "file"),
        ('include "e" {\n  path = "${dirname(find_in_parent_folders("root.hcl"))}/_env/x.hcl"\n}\n' + source('"git::x"'), "live/_env/x.hcl", "file"),
        ('include "e" {\n  path = "${get_terragrunt_dir()}/../x.hcl"\n}\n' + source('"git::x"'), "live/prod/x.hcl", "file"),
        (source('"${get_repo_root()}/mods//a"'), "mods/a/main.tf", "module"),
        (source('"${get_path_to_repo_root()}/mods/a"'), "mods/a/main.tf", "module"),
        (source('"${get_path_to_repo_root()}//mods/a"'), "mods/a/main.tf", "module"),
        (source('"../../../mods/a"'), "mods/a/main.tf", "module"),
        (source('"${local.a}/a"') + 'locals {\n  a = local.b\n  b = format("%s/%s", get_repo_root(), "mods")\n}\n', "mods/a/main.tf", "module"),
        (source('"git::x"') + 'inputs = { p = file("${get_terragrunt_dir()}/p.json") }\n', "live/prod/u/p.json", "file"),
        (source('"git::x"') + 'inputs = { p = file("p.json") }\n', "live/prod/u/p.json", "file"),
        (source('"git::x"') + 'inputs = { p = "${get_repo_root()}/policies/p.json" }\n', "policies/p.json", "file"),
        (source('"git::x"') + 'locals {\n  d = "${get_repo_root()}/policies"\n}\ninputs = { p = "${local.d}/p.json" }\n', "policies/p.json", "file"),
        (source('"git::x"') + 'generate "p" {\n  path = "p.tf"\n  if_exists = "overwrite"\n  contents = templatefile("${get_repo_root()}/p.tftpl", {})\n}\n', "p.tftpl", "file"),
        (source('"git::x"') + 'inputs = yamldecode(sops_decrypt_file(find_in_parent_folders("s.enc.yaml")))\n', "live/s.enc.yaml", "file"),
        (source('"git::x"') + 'inputs = read_tfvars_file("../c.tfvars")\n', "live/prod/c.tfvars", "file"),
        (source('"git::x"') + 'inputs = { k = fileset("${get_terragrunt_dir()}/k", "*") }\n', "live/prod/u/k/x", "file"),
        (source('"git::x"') + 'inputs = { v = run_cmd("${get_repo_root()}/bin/v.sh", "x") }\n', "bin/v.sh", "file"),
        ('terraform {\n  source = "git::x"\n  extra_arguments "v" {\n    commands = ["plan"]\n    required_var_files = ["${get_parent_terragrunt_dir()}/c.tfvars"]\n    optional_var_files = ["${find_in_parent_folders("o.tfvars", "none")}"]\n    arguments = ["-lock=true", "-var-file=../a.tfvars"]\n  }\n}\n', "live/prod/a.tfvars", "file"),
        ('terraform {\n  source = "git::x"\n  extra_arguments "v" {\n    commands = ["plan"]\n    optional_var_files = ["${find_in_parent_folders("o.tfvars", "none")}"]\n  }\n}\n', "live/o.tfvars", "file"),
        (source('"git::x"') + 'locals {\n  v = try(read_terragrunt_config(find_in_parent_folders("v.hcl")), {})\n}\n', "live/v.hcl", "file"),
        (source('"${get_env("X")}/a"'), "mods/a/main.tf", "conservative"),
        (source('"${get_env("X")}/a"'), "live/prod/u/x.txt", "conservative"),
        (source('"${get_env("X")}/a"'), "live/common.yaml", "conservative"),
        (source('"git::x"') + 'inputs = { p = file("${get_env("X")}.json") }\n', "live/prod/u/x.txt", "conservative"),
        (source('"git::x"') + 'inputs = { p = file("${get_env("X")}.json") }\n', "mods/a/main.tf", None),
        (source('"git::https://x//a?ref=${local.v}"') + 'locals {\n  v = get_env("V")\n}\n', "live/prod/u/x.txt", None),
        (source('"${get_env("X")}?ref=v1"'), "live/prod/u/x.txt", None),
        (source('"git::../../..//m?ref=${trimspace(file("../ref"))}"'), "live/prod/ref", "file"),
        (source('"git::x"') + 'inputs = { p = file("/etc/hostname") }\n', "etc/hostname", None),
        ("terraform {\n", "live/prod/u/x.txt", "conservative"),
    ],
)  # fmt: skip
def test_how_paths_are_named(text: str, path: str, certainty: str | None) -> None:
    tree = unit(text, {"mods/a/main.tf": "locals {}\n", path: ""})
    if path == "mods/a/main.tf":
        tree[path] = "locals {}\n"
    assert certainties(tree, path).get(U) == certainty


def test_included_files_are_worked_out_for_each_unit() -> None:
    tree: Tree = {
        "terragrunt.hcl": source('"${get_parent_terragrunt_dir()}/mods//${basename(path_relative_to_include())}"')
        + 'locals {\n  e = read_terragrunt_config(find_in_parent_folders("env.hcl"))\n}\n',
        "prod/env.hcl": "",
        "prod/a/terragrunt.hcl": "include {\n  path = find_in_parent_folders()\n}\n",
        "prod/b/terragrunt.hcl": 'include "root" {\n  path = "../../terragrunt.hcl"\n}\n',
        "mods/a/main.tf": "locals {}\n",
        "mods/b/main.tf": "locals {}\n",
    }
    both = {"production/terraform/a", "production/terraform/b"}
    assert set(taken(tree).stacks) == both
    assert set(edited(tree, "mods/a/main.tf")) == {"production/terraform/a"}
    assert set(edited(tree, "prod/env.hcl")) == both


def test_a_unit_with_its_own_terraform_files() -> None:
    tree = unit(INCLUDE, {"live/prod/u/main.tf": 'locals {\n  x = file("x.json")\n}\n', "live/prod/u/x.json": ""})
    assert certainties(tree, "live/prod/u/main.tf") == {U: "direct"}
    assert certainties(tree, "live/prod/u/x.json") == {U: "file"}
    assert certainties(tree, "live/root.hcl") == {U: "file"}


def test_a_module_that_reads_beside_its_root_may_read_beside_its_unit() -> None:
    module = 'locals {\n  x = file("${path.root}/x.json")\n}\n'
    tree = unit(source('"../../../mods/a"'), {"mods/a/main.tf": module, "live/prod/u/x.json": ""})
    assert certainties(tree, "live/prod/u/x.json") == {U: "conservative"}


def test_configurations_that_deploy_nothing_are_no_units() -> None:
    assert set(taken({"terragrunt.hcl": "inputs = {}\n", "_common/a.hcl": source('"git::x"')}).stacks) == set()
    assert set(taken({".terragrunt-cache/x/terragrunt.hcl": source('"git::x"')}).stacks) == set()


def test_units_are_declared_like_any_stack() -> None:
    config = declared(path="live/{environment}/**/{name}")
    found = taken(LIVE, config=config).stacks
    assert set(found) == {"production/terraform/net", "development/terraform/net", "production/terraform/app"}


def rules(tree: Tree) -> list[tuple[str, str | None, int | None]]:
    return [(each.rule, each.path, each.line) for each in taken(tree).findings if each.rule.startswith("terraform/")]


U_FILE = "live/prod/u/terragrunt.hcl"


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ('include "r" {\n  path = find_in_parent_folders("none.hcl")\n}\n' + source('"git::x"'), "terraform/terragrunt-missing", 2),
        ('include "r" {\n  path = "../none.hcl"\n}\n' + source('"git::x"'), "terraform/terragrunt-missing", 2),
        ('include "r" {\n}\n' + source('"git::x"'), None, None),
        (source('"../none"'), "terraform/terragrunt-missing", 2),
        (source('"../../../../none"'), "terraform/terragrunt-missing", 2),
        (source('"git::x"') + 'dependency "d" {\n  config_path = "../none"\n}\n', "terraform/terragrunt-missing", 5),
        (source('"git::x"') + 'dependencies {\n  paths = ["../none", "/x"]\n}\n', "terraform/terragrunt-missing", 5),
        ('terraform {\n  source = "a\n}\n', "terraform/unreadable", 2),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_told_with_its_line(text: str, rule: str | None, line: int | None) -> None:
    assert rules(unit(text)) == ([(rule, U_FILE, line)] if rule else [])


def test_stacks_of_terragrunt_are_said() -> None:
    tree: Tree = {"live/terragrunt.stack.hcl": 'unit "a" {\n  source = "x"\n  path = "a"\n}\n', "x/main.tf": ""}
    assert rules(tree) == [("terraform/terragrunt-stack", "live/terragrunt.stack.hcl", None)]
    ends = taken(tree), taken({**tree, "live/terragrunt.stack.hcl": ""})
    assert affected.unclaimed(*ends) == ("live/terragrunt.stack.hcl",)


def test_json_is_said_to_be_unread() -> None:
    tree: Tree = {"prod/u/terragrunt.hcl.json": '{"terraform": {"source": "git::x"}}', "prod/u/x.md": ""}
    assert rules(tree) == [("terraform/unreadable", "prod/u/terragrunt.hcl.json", 1)]
    assert certainties(tree, "prod/u/x.md") == {U: "conservative"}


def test_a_unit_is_told_apart_cheaply() -> None:
    tree = snapshots.of(unit("", {"terragrunt.hcl": "", "x/main.tf": ""}))
    assert [terragrunt.is_unit(path, tree) for path in ("live/prod/u", "", "x", "live")] == [True, True, False, False]


def test_what_a_unit_needs_itself_and_through_others() -> None:
    files = {
        f"live/{name}/terragrunt.hcl": f'dependency "d" {{\n  config_path = "../{on}"\n}}\n'
        + source('"../../modules/net"')
        for name, on in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    end = taken({**LIVE, **files})
    at = {stack.path: stack for stack in end.stacks.values()}
    assert {each.path for each in terragrunt.needed(at["live/a"], end)} == {"live/b", "live/c"}
    assert terragrunt.needed(end.stacks[PROD], end) == ()


def test_unclaimed_configurations() -> None:
    base = taken(
        {**LIVE, "lost/terragrunt.hcl": "", "unused/main.tf": 'module "x" {\n  source = "../modules/net"\n}\n'}
    )
    head = taken({**LIVE, "lost/terragrunt.hcl": "inputs = {}\n", "modules/net/main.tf": "locals {}\n"})
    assert affected.unclaimed(base, head) == ("lost/terragrunt.hcl",)


@pytest.mark.parametrize(
    "text",
    [
        'include "r" {\n  path = "terragrunt.hcl"\n}\n',
        'locals {\n  a = read_terragrunt_config("terragrunt.hcl")\n  b = local.a.locals.b\n}\n',
        'locals {\n  a = local.b\n  b = local.a\n}\n' + source('"${local.a}"'),
        'dependency "d" {\n  config_path = "."\n}\n' + source('"git::x"'),
        source('"${get_repo_root()}/../../x"'),
        source('get_repo_root("x", 1)'),
        source("find_in_parent_folders(1, 2, 3)"),
        source("[]"),
        "include {\n  path = []\n}\n",
        'inputs = { x = file() }\n' + source('"git::x"'),
        'inputs = { x = file("a\\u0000b") }\n' + source('"git::x"'),
        'inputs = { x = "${get_repo_root()}/' + "../" * 500 + 'x" }\n' + source('"git::x"'),
    ],
)  # fmt: skip
def test_circles_and_nonsense_come_to_an_end(text: str) -> None:
    taken(unit(text, {"live/prod/terragrunt.hcl": 'locals {\n  x = read_terragrunt_config("u/terragrunt.hcl")\n}\n'}))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_makes_the_reader_raise(content: bytes) -> None:
    facts.read(content)


_PARTS = [
    "include", '"r"', "{", "}", "path", "=", "find_in_parent_folders(", ")", '"root.hcl"', "terraform", "source", "locals", "a",
    "local.a", "${", '"', "read_terragrunt_config(", "get_repo_root()", "\n", "dependency", "config_path", "inputs", "[", "]", ",", "<<E\n",
]  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.sampled_from(_PARTS), max_size=30))
def test_no_arrangement_makes_discovery_raise(fragments: list[str]) -> None:
    taken(unit(" ".join(fragments)))


def test_two_thousand_units_take_a_moment() -> None:
    text = INCLUDE + source('"../../modules//net"') + 'dependency "d" {\n  config_path = "../u0"\n}\n'
    tree = {f"prod/u{n}/terragrunt.hcl": text + f"# {n}\n" for n in range(2_000)}
    tree |= {"root.hcl": ROOT, "prod/account.hcl": "", "prod/region.yaml": "", "modules/net/main.tf": ""}
    started = time.process_time()
    found = edited(tree, "root.hcl")
    assert len(found) == 2_000
    assert time.process_time() - started < 15
