"""How real roots are planned: which engine, with what arguments, in what order, against which state, compared with what."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitops_ci.model.plan import Plan
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch
from tests.integration.test_terraform import apply_with

ROOT = 'resource "terraform_data" "a" {\n  input = "%s"\n}\n'
NETWORK = "environments/staging/terraform/network"
APP = "environments/staging/terraform/app"

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH here")


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"README.md": "# here\n"})
    return scratch


def run(repository: Scratch, *arguments: str, **env: str) -> tuple[Outcome, dict[str, Plan]]:
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", *arguments, env=env)
    return outcome, {plan.stack: plan for plan in outcome.report.plans}


def only(plans: dict[str, Plan]) -> Plan:
    [plan] = plans.values()
    return plan


def code(plan: Plan) -> str | None:
    return plan.reason.code if plan.reason is not None else None


def installed(folder: Path, name: str, version: str, *, works: bool = True) -> Path:
    """The real Terraform under another version: `version` is answered here, all else by the real one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    answer = f'{{"terraform_version": "{version}"}}'
    real = shutil.which("terraform") if works else "false"
    path.write_text(
        f"#!/bin/sh\necho started >>{folder}/{name}.log\n"
        f'if [ "$1" = version ]; then echo \'{answer}\'; exit 0; fi\nexec {real} "$@"\n'
    )
    path.chmod(0o755)
    return path


OF_ACME = "environments: [{name: staging, bind: {backend: 'remote://*/acme/*'}}]\n"


def configured(*lines: str) -> str:
    return "version: 1\nkinds:\n  terraform:\n" + "".join(f"    {line}\n" for line in lines)


# Engines


def test_each_root_gets_the_engine_that_it_asks_for(repository: Scratch, tmp_path: Path) -> None:
    old, new = (installed(tmp_path / "engines", f"terraform-{each}", each) for each in ("1.5.7", "1.9.8"))
    repository.commit({"gitops-ci.yml": configured(f"versions: ['{old}', '{new}']")})
    constraint = 'terraform {\n  required_version = ">= 1.9, < 2.0"\n}\n'
    repository.commit(
        {
            f"{NETWORK}/main.tf": ROOT % 1,
            f"{APP}/main.tf": constraint + ROOT % 1,
            "environments/staging/terraform/dns/main.tf": ROOT % 1,
            "environments/staging/terraform/dns/.terraform-version": "1.9.2\n",
        }
    )
    outcome, plans = run(repository, "--jobs", "3")
    assert outcome.code == 0, outcome.stdout
    versions = {stack.rpartition("/")[2]: plan.engine.version for stack, plan in plans.items() if plan.engine}
    assert versions == {"network": "1.5.7", "app": "1.9.8", "dns": "1.9.8"}
    [told] = [finding for finding in outcome.report.findings if finding.rule == "terraform/engine-version"]
    assert "1.9.2" in told.message
    assert "1.9.8" in told.message
    for binary in (old, new):
        log = Path(f"{binary}.log").read_text().splitlines()
        assert len(log) == 1 + 3 * list(versions.values()).count(binary.name.removeprefix("terraform-"))


def test_a_linked_root_is_planned_with_the_engine_that_its_files_ask_for(repository: Scratch) -> None:
    (repository.path / "environments/staging").mkdir(parents=True)
    (repository.path / "environments/staging/net").symlink_to("../../real")
    asked = 'terraform {\n  required_version = ">= 1.0"\n}\n'
    repository.commit({"real/versions.tf": asked, "real/main.tf": ROOT % "a"})
    outcome, plans = run(repository)
    assert outcome.code == 0, outcome.stdout
    assert (only(plans).stack, only(plans).status) == ("staging/terraform/net", "changed")


def test_a_version_that_is_not_there_is_undecided_and_names_both(repository: Scratch) -> None:
    repository.commit({f"{NETWORK}/main.tf": 'terraform {\n  required_version = ">= 9.0"\n}\n' + ROOT % 1})
    outcome, plans = run(repository)
    assert outcome.code == 3
    reason = only(plans).reason
    assert reason is not None
    assert (reason.code, reason.path, reason.line) == ("engine-version", f"{NETWORK}/main.tf", 2)
    assert ">= 9.0" in reason.message
    assert "Terraform 1." in reason.message


def test_an_engine_of_the_list_that_is_not_there_is_passed_over(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": configured("versions: [/nowhere/terraform, terraform-9.9.9]")})
    repository.commit({f"{NETWORK}/main.tf": ROOT % 1})
    outcome, plans = run(repository)
    assert outcome.code == 0
    assert only(plans).engine is not None


def test_a_binary_that_is_not_there_is_not_replaced(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": configured("binary: /nowhere/terraform")})
    repository.commit({f"{NETWORK}/main.tf": ROOT % 1})
    outcome, plans = run(repository)
    assert outcome.code == 3
    assert code(only(plans)) == "engine-missing"


def test_the_real_opentofu(repository: Scratch) -> None:
    tofu = shutil.which("tofu") or os.environ.get("GITOPS_CI_TOFU")
    if not tofu:
        pytest.skip("no tofu here: put it on PATH, or name it in GITOPS_CI_TOFU")
    repository.commit({"gitops-ci.yml": configured(f"versions: ['{tofu}']")})
    repository.commit(
        {f"{NETWORK}/main.tofu": ROOT % 1, f"{APP}/main.tf": ROOT % 1, f"{APP}/.terraform-version": "latest"}
    )
    outcome, plans = run(repository)
    engines = {stack.rpartition("/")[2]: plan.engine.name for stack, plan in plans.items() if plan.engine}
    assert engines == {"network": "tofu", "app": "terraform"}
    assert outcome.code == 0, outcome.stdout


# Arguments


def test_arguments_of_the_configuration_take_effect(repository: Scratch, tmp_path: Path) -> None:
    arguments = tmp_path / "arguments"
    engine = tmp_path / "engines" / "terraform"
    engine.parent.mkdir()
    engine.write_text(f'#!/bin/sh\necho "$@" >>{arguments}\nexec {shutil.which("terraform")} "$@"\n')
    engine.chmod(0o755)
    given = ["init_args: ['-backend-config=path=other.tfstate']", "plan_args: ['-refresh=false', '-parallelism=3']"]
    repository.commit({"gitops-ci.yml": configured(f"binary: '{engine}'", *given)})
    repository.commit({f"{NETWORK}/main.tf": 'terraform {\n  backend "local" {}\n}\n' + ROOT % 1})
    outcome, plans = run(repository)
    assert outcome.code == 0, outcome.stdout
    assert only(plans).summary.create == 1
    calls = arguments.read_text()
    assert " -backend-config=path=other.tfstate" in calls
    assert "-lock=false -refresh=false -parallelism=3" in calls


def test_an_argument_that_is_not_taken_is_a_mistake_with_its_line(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": configured("plan_args:", "  - -refresh=false", "  - -target=a.b")})
    outcome = gitops_ci(repository.path, "run", "--all")
    assert outcome.code == 2
    assert "gitops-ci.yml:6: kinds.terraform.plan_args[1]: -target is not taken" in outcome.stderr


# Workspaces and the files of an environment


LAYOUT = """version: 1
layout:
  stacks:
    - kind: terraform
      path: "infra/{name}"
      environments: [staging, production]
      workspace: "{environment}"
      var_files: ["{environment}.tfvars"]
"""
INFRA = 'variable "size" {}\nresource "terraform_data" "a" {\n  input = "${terraform.workspace} ${var.size}"\n}\n'


def values(plan: Plan) -> set[object]:
    return {each.after for change in plan.changes for each in change.attributes if each.path == "input"}


@pytest.mark.parametrize("backend", ["", 'terraform {\n  backend "local" {}\n}\n'])
@pytest.mark.parametrize("there", [(), ("production",), ("other", "another")])
def test_a_new_workspace_is_planned_without_being_made(
    repository: Scratch, backend: str, there: tuple[str, ...]
) -> None:
    states = {f"infra/net/terraform.tfstate.d/{name}/terraform.tfstate": STATE for name in there}
    repository.commit({"gitops-ci.yml": LAYOUT, **states})
    sizes = {f"infra/net/{each}.tfvars": f'size = "{each}"\n' for each in ("staging", "production")}
    repository.commit({"infra/net/main.tf": backend + INFRA, **sizes})
    outcome, plans = run(repository)
    assert outcome.code == 0, outcome.stdout
    assert values(plans["staging/terraform/net"]) == {"staging staging"}
    assert plans["staging/terraform/net"].summary.create == 1
    assert repository.git("status", "--porcelain") == ""
    if "other" in there and backend:
        assert code(plans["staging/terraform/net"]) == "workspace-new"
        assert "terraform/workspace-new" in outcome.rules()


STATE = '{"version": 4, "terraform_version": "1.5.7", "serial": 1, "lineage": "x", "outputs": {}, "resources": []}\n'


def test_the_default_workspace_is_there(repository: Scratch) -> None:
    layout = LAYOUT.replace('workspace: "{environment}"', "workspace: default")
    one_state = "policy: {severity: {terraform/state-shared: off}}\n"  # which both would keep there
    repository.commit({"gitops-ci.yml": layout + one_state})
    sizes = {f"infra/net/{each}.tfvars": f'size = "{each}"\n' for each in ("staging", "production")}
    repository.commit({"infra/net/main.tf": INFRA, **sizes})
    outcome, plans = run(repository)
    assert outcome.code == 0, outcome.stdout
    assert {value for plan in plans.values() for value in values(plan)} == {"default staging", "default production"}


def test_a_file_that_is_not_there_is_named(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": LAYOUT})
    repository.commit({"infra/net/main.tf": INFRA, "infra/net/staging.tfvars": 'size = "1"\n'})
    outcome, plans = run(repository)
    reason = plans["production/terraform/net"].reason
    assert outcome.code == 3
    assert reason is not None
    assert (reason.code, reason.path) == ("settings", "infra/net/production.tfvars")
    assert "var_files" in reason.message
    assert plans["staging/terraform/net"].status == "changed"


# Plans of base


def test_what_base_would_change_as_well_is_told_apart(repository: Scratch) -> None:
    state = ROOT % "applied" + 'resource "terraform_data" "dropped" {\n  input = "1"\n}\n'
    repository.write({f"{NETWORK}/main.tf": state})
    apply_with(repository.path / NETWORK)
    output = 'output "o" {\n  value = "new"\n}\n'
    repository.commit(
        {"gitops-ci.yml": configured("plan_base: true"), f"{NETWORK}/main.tf": ROOT % "never applied" + output}
    )
    ours = 'resource "terraform_data" "ours" {\n  input = "1"\n}\n'
    repository.commit({f"{NETWORK}/main.tf": ROOT % "never applied" + output + ours})
    outcome, plans = run(repository)
    plan = only(plans)
    assert outcome.code == 0
    assert [change.address for change in plan.changes] == ["terraform_data.ours"]
    assert {change.address: change.action for change in plan.pending} == {
        "terraform_data.a": "update",
        "terraform_data.dropped": "delete",
        "output.o": "create",
    }
    assert (plan.summary.create, plan.summary.delete, plan.outputs) == (1, 0, ())


def test_what_differs_from_base_stays(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": configured("plan_base: true"), f"{NETWORK}/main.tf": ROOT % 1})
    repository.commit({f"{NETWORK}/main.tf": ROOT % 2})
    _, plans = run(repository)
    assert [change.address for change in only(plans).changes] == ["terraform_data.a"]
    assert only(plans).pending == ()


def test_a_secret_and_what_is_known_after_apply_are_never_called_the_same(repository: Scratch) -> None:
    other = 'resource "terraform_data" "x" {\n}\nresource "terraform_data" "y" {\n}\n'
    secret = 'resource "terraform_data" "s" {\n  input = sensitive("%s")\n}\n'
    linked = 'resource "terraform_data" "l" {\n  input = terraform_data.%s.id\n}\n'
    repository.commit(
        {"gitops-ci.yml": configured("plan_base: true"), f"{NETWORK}/main.tf": other + secret % 1 + linked % "x"}
    )
    repository.commit({f"{NETWORK}/main.tf": other + secret % 2 + linked % "y"})
    _, plans = run(repository)
    assert {change.address for change in only(plans).changes} == {"terraform_data.s", "terraform_data.l"}
    assert {change.address for change in only(plans).pending} == {"terraform_data.x", "terraform_data.y"}


def test_a_base_that_cannot_be_planned_hides_nothing_and_is_said(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": configured("plan_base: true"), f"{NETWORK}/main.tf": "resource {}\n"})
    repository.commit({f"{NETWORK}/main.tf": ROOT % 1})
    outcome, plans = run(repository)
    assert code(only(plans)) == "base-unplanned"
    assert only(plans).summary.create == 1
    assert "terraform/base-unplanned" in outcome.rules()
    assert outcome.code == 0


# Private modules


def test_credentials_for_a_private_module_reach_git_and_nothing_else(repository: Scratch, tmp_path: Path) -> None:
    from tests.integration.git_server import serving

    module = Scratch(tmp_path / "module")
    module.commit({"main.tf": 'output "o" {\n  value = "from the private module"\n}\n'})
    token = "s3cr3t-of-the-module-server"
    with serving(module.path / ".git", user="ci", password=token) as address:
        source = f"git::{address}/module.git?ref=main"
        allowed = "env: {allow: ['GIT_CONFIG_*']}"
        repository.commit({"gitops-ci.yml": configured(allowed, "modules: {allow: ['*']}")})
        repository.commit(
            {
                f"{NETWORK}/main.tf": f'module "m" {{\n  source = "{source}"\n}}\noutput "o" {{\n  value = module.m.o\n}}\n'
            }
        )
        with_credentials = address.replace("://", f"://ci:{token}@")
        git = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{with_credentials}/.insteadOf",
            "GIT_CONFIG_VALUE_0": f"{address}/",
        }
        outcome, plans = run(repository, **git)
        assert outcome.code == 0, outcome.stdout
        assert [each.after for change in only(plans).outputs for each in change.attributes] == [
            "from the private module"
        ]

        wrong = git | {
            "GIT_CONFIG_KEY_0": f"url.{address.replace('://', '://ci:wrong-password-of-somebody@')}/.insteadOf"
        }
        outcome, plans = run(repository, **wrong)
        assert (outcome.code, code(only(plans))) == (3, "unreachable")
        texts = outcome.stdout + outcome.stderr + (outcome.out / "report.json").read_text()
        assert "wrong-password" not in texts

        outcome, plans = run(repository)
        assert (outcome.code, code(only(plans))) == (3, "unreachable")


def test_a_password_in_an_address_is_not_printed(repository: Scratch) -> None:
    password = "pass-of-the-module-server"
    repository.commit({"gitops-ci.yml": configured("env: {allow: ['GIT_CONFIG_*']}", "modules: {allow: ['*']}")})
    repository.commit({f"{NETWORK}/main.tf": 'module "m" {\n  source = "git::http://127.0.0.1:1/module.git"\n}\n'})
    git = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.http://ci:{password}@127.0.0.1:1/.insteadOf",
        "GIT_CONFIG_VALUE_0": "http://127.0.0.1:1/",
    }
    outcome, plans = run(repository, **git)
    assert (outcome.code, code(only(plans))) == (3, "unreachable")
    reason = only(plans).reason
    assert reason is not None
    assert "127.0.0.1" in reason.message
    texts = outcome.stdout + outcome.stderr + (outcome.out / "report.json").read_text()
    assert password not in texts


def test_the_jobs_own_token_reaches_no_engine_under_any_name(repository: Scratch) -> None:
    permitted = f"paths: {{allow: ['{NETWORK}/main.tf']}}"
    repository.commit({"gitops-ci.yml": configured("env: {allow: ['*']}", permitted)})
    environ = 'base64encode(filebase64("/proc/self/environ"))'  # twice: what is found in it once is masked
    repository.commit({f"{NETWORK}/main.tf": f'output "o" {{\n  value = {environ}\n}}\n'})
    token = "ghs_0123456789abcdefghij"
    _, plans = run(repository, GITHUB_TOKEN=token, MY_OWN=f"https://x:{token}@example.com/", OTHER="kept-as-it-is")
    import base64

    [seen] = [str(each.after) for change in only(plans).outputs for each in change.attributes]
    environment = base64.b64decode(base64.b64decode(seen))
    assert b"kept-as-it-is" in environment
    assert token.encode() not in environment
    assert b"MY_OWN" not in environment


# HCP Terraform


def test_a_cloud_root_with_an_old_engine_cannot_be_planned_here(repository: Scratch, tmp_path: Path) -> None:
    engine = installed(tmp_path / "engines", "terraform", "1.5.7")
    repository.commit({"gitops-ci.yml": configured(f"binary: '{engine}'") + OF_ACME})
    cloud = 'terraform {\n  cloud {\n    organization = "acme"\n    workspaces {\n      name = "x"\n    }\n  }\n}\n'
    repository.commit({f"{NETWORK}/main.tf": cloud})
    outcome, plans = run(repository)
    assert (outcome.code, code(only(plans))) == (3, "remote-execution")
    assert "1.6" in outcome.stdout


def test_without_credentials_hcp_is_unreachable_and_not_wrong(repository: Scratch) -> None:
    remote = 'terraform {\n  backend "remote" {\n    hostname = "127.0.0.1:1"\n    organization = "acme"\n    workspaces {\n      name = "x"\n    }\n  }\n}\n'
    repository.commit({"gitops-ci.yml": "version: 1\n" + OF_ACME})
    repository.commit({f"{NETWORK}/main.tf": remote})
    outcome, plans = run(repository)
    assert (outcome.code, code(only(plans))) == (3, "unreachable"), only(plans).reason


# The time limit of a run


def test_a_total_time_limit_keeps_what_was_planned(repository: Scratch, tmp_path: Path) -> None:
    slow = tmp_path / "engines" / "terraform"
    slow.parent.mkdir()
    real = shutil.which("terraform")
    slow.write_text(f'#!/bin/sh\ncase "$*" in *slow*) [ "$1" = version ] || sleep 60;; esac\nexec {real} "$@"\n')
    slow.chmod(0o755)
    repository.commit({"gitops-ci.yml": configured(f"binary: '{slow}'")})
    repository.commit(
        {f"environments/staging/terraform/{name}/main.tf": ROOT % 1 for name in ("fast", "slow", "slower")}
    )
    outcome, plans = run(repository, "--jobs", "2", "--total-timeout", "6")
    assert outcome.code == 3, outcome.stderr
    assert plans["staging/terraform/fast"].status == "changed"
    assert {code(plans[f"staging/terraform/{name}"]) for name in ("slow", "slower")} == {"timeout"}
    assert "time limit" in outcome.stderr
    assert subprocess.run(["pgrep", "-f", str(slow)], capture_output=True, check=False).stdout == b""
