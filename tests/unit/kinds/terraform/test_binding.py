from __future__ import annotations

import time

import pytest

from tests.unit.kinds.terraform.safety.changes import ROOT, bound, config, found, refused

SETTINGS = config(
    """
environments:
  - {name: development}
  - name: staging
    bind: {backend: ["s3://acme-state/staging/*", "s3+https://minio.example/states/staging/*"], accounts: ["111111111111", staging-project]}
  - name: production
    bind: {backend: "s3://acme-state/production/*", accounts: ["222222222222", production-project, 00000000-0000-0000-0000-00000000000a]}
"""
)
DEVELOPMENT = "environments/development/terraform/main.tf"


def s3(key: str, bucket: str = "acme-state", more: str = "") -> str:
    return f'terraform {{\n  backend "s3" {{\n    bucket = "{bucket}"\n    key    = "{key}"\n{more}  }}\n}}\n'


def code(content: str, path: str = ROOT) -> str | None:
    problem = bound({path: content}, SETTINGS, f"{path.split('/')[1]}/terraform/main")
    return problem.code if problem is not None else None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (s3("staging/network.tfstate"), None),
        (s3("staging/a", "states", '    endpoints = { s3 = "https://minio.example" }\n'), None),
        (s3("production/network.tfstate"), "binding"),
        (s3("other/network.tfstate"), "binding"),
        (s3("staging/../production/network.tfstate"), "binding"),
        (s3("staging//../production/x"), "binding"),
        (s3("./production/x"), "binding"),
        (s3("/production/x"), "binding"),
        (s3("staging/x", "acme-state-2"), "binding"),
        (s3("staging/x", more='    endpoints = { s3 = "https://evil.example" }\n'), "binding"),
        (s3("${var.x}"), "binding-unknown"),
        (s3("staging/x", "arn:aws:s3:eu-west-1:1:accesspoint/production"), "binding-unknown"),
        ('terraform {\n  backend "s3" {}\n}\n', "binding-unknown"),
        ('terraform {\n  backend "pg" {}\n}\n', "binding-unknown"),
        ('terraform {\n  state_store "x_y" {}\n}\n', "binding-unknown"),
        ("locals {}\n", "binding"),
    ],
)  # fmt: skip
def test_a_bound_environment_keeps_its_state_where_it_is_bound_to(content: str, expected: str | None) -> None:
    assert code(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("locals {}\n", None),
        (s3("development/x"), None),
        (s3("production/x"), "binding"),
        (s3("PRODUCTION/x", "Acme-State"), "binding"),
        (s3("a/../production/x"), "binding"),
        (s3("//production//x"), "binding"),
        (s3("${var.x}"), "binding-unknown"),
        ('terraform {\n  backend "gcs" {}\n}\n', None),
        ('terraform {\n  backend "s3" {}\n}\nterraform {\n  cloud {}\n}\n', "binding-unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["environments/development", "shared"])
def test_nobody_else_uses_what_is_bound(content: str, expected: str | None, folder: str) -> None:
    path = f"{folder}/terraform/main.tf"
    problem = bound({path: content}, SETTINGS, f"{folder.rpartition('/')[2]}/terraform/main")
    assert (problem.code if problem is not None else None) == expected


def test_an_override_file_and_a_workspace_are_respected() -> None:
    files = {ROOT: s3("staging/x"), ROOT.replace("main", "x_override"): s3("production/x")}
    problem = bound(files, SETTINGS)
    assert problem is not None
    assert problem.path == ROOT.replace("main", "x_override")
    layout = "layout: {stacks: [{kind: terraform, path: infra, environments: [staging, production], workspace: '{environment}'}]}\n"
    binds = "environments: [{name: staging}, {name: production, bind: {backend: 's3://b/env:/production/*'}}]\n"
    content = {"infra/main.tf": s3("x", "b")}
    assert bound(content, config(layout + binds), "production/terraform/infra") is None
    assert bound(content, config(layout + binds), "staging/terraform/infra") is None


def test_settings_that_init_gets_by_arguments_count() -> None:
    settings = config(
        "environments: [{name: staging, bind: {backend: 's3://b/staging/*'}}]\nkinds: {terraform: {init_args: ['-backend-config=key=x']}}\n"
    )
    problem = bound({ROOT: s3("staging/x", "b")}, settings)
    assert problem is not None
    assert (problem.code, "s3://b/x" in problem.message) == ("binding", True)


def test_where_two_patterns_fit_the_longer_one_decides() -> None:
    settings = config(
        "environments: [{name: staging, bind: {backend: 's3://b/staging/*'}}, {name: production, bind: {backend: 's3://b/*'}}]\n"
    )
    assert bound({ROOT: s3("staging/x", "b")}, settings) is None
    production = "environments/production/terraform/main.tf"
    problem = bound({production: s3("staging/x", "b")}, settings, "production/terraform/main")
    assert problem is not None
    assert problem.code == "binding"


OWN = s3("staging/x")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('provider "aws" {\n  assume_role {\n    role_arn = "arn:aws:iam::111111111111:role/x"\n  }\n}\n', None),
        ('provider "aws" {\n  assume_role {\n    role_arn = "arn:aws:iam::222222222222:role/x"\n  }\n}\n', "binding"),
        ('provider "aws" {\n  assume_role {\n    role_arn = "arn:aws:iam::333333333333:role/x"\n  }\n}\n', "binding"),
        ('provider "aws" {\n  allowed_account_ids = ["222222222222"]\n}\n', "binding"),
        ('provider "aws" {\n  forbidden_account_ids = ["222222222222"]\n}\n', None),
        ('variable "a" {\n  default = "222222222222"\n}\nprovider "aws" {\n  assume_role {\n    role_arn = "arn:aws:iam::${var.a}:role/x"\n  }\n}\n', "binding"),
        ('variable "a" {}\nprovider "aws" {\n  assume_role {\n    role_arn = "arn:aws:iam::${var.a}:role/x"\n  }\n}\n', None),
        ('provider "google" {\n  project = "production-project"\n}\n', "binding"),
        ('provider "google" {\n  project = "staging-project"\n}\n', None),
        ('provider "google" {\n  impersonate_service_account = "x@production-project.iam.gserviceaccount.com"\n}\n', "binding"),
        ('provider "azurerm" {\n  subscription_id = "00000000-0000-0000-0000-00000000000a"\n  features {}\n}\n', "binding"),
        ("locals {}\n", None),
    ],
)  # fmt: skip
def test_accounts_of_others_are_not_used(content: str, expected: str | None) -> None:
    assert code(OWN + content) == expected


def test_an_account_of_another_environment_is_not_used_by_one_without_any() -> None:
    provider = 'provider "google" {\n  project = "production-project"\n}\n'
    assert code(provider, DEVELOPMENT) == "binding"
    assert code(provider.replace("production", "my"), DEVELOPMENT) is None


def test_the_values_of_the_stack_count_and_not_the_default() -> None:
    content = (
        'variable "project" {\n  default = "production-project"\n}\nprovider "google" {\n  project = var.project\n}\n'
    )
    files = {ROOT: OWN + content, ROOT.replace("main.tf", "terraform.tfvars"): 'project = "staging-project"\n'}
    assert bound(files, SETTINGS) is None
    files[ROOT.replace("main.tf", "x.auto.tfvars")] = 'project = "production-project"\n'
    assert bound(files, SETTINGS) is not None


def test_a_role_of_the_backend_counts() -> None:
    assert code(s3("staging/x", more='    role_arn = "arn:aws:iam::222222222222:role/x"\n')) == "binding"


READS = 'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = {\n    bucket = "acme-state"\n    key = "production/x"\n  }\n}\n'


def test_a_state_of_another_environment_is_not_read_anew() -> None:
    problem = refused({ROOT: OWN}, {ROOT: OWN + READS}, SETTINGS)
    assert problem is not None
    assert problem.code == "not-allowed"
    assert "terraform/foreign-state" in found({ROOT: OWN}, {ROOT: OWN + READS}, SETTINGS)
    assert refused({ROOT: OWN + READS}, {ROOT: OWN + READS + "locals {}\n"}, SETTINGS) is None
    production = {"environments/production/terraform/main.tf": s3("production/y")}
    more = {path: content + READS for path, content in production.items()}
    assert refused(production, more, SETTINGS, "production/terraform/main") is None


def test_without_bindings_nothing_is_said() -> None:
    assert bound({ROOT: s3("production/x")}, config("")) is None


@pytest.mark.parametrize("doubled", ["[local.l{0}, local.l{0}]", "{{ a = local.l{0}, role_arn = local.l{0} }}"])
def test_a_value_that_is_doubled_again_and_again_is_looked_at_once(doubled: str) -> None:
    names = "".join(f"  l{n} = {doubled.format(n - 1)}\n" for n in range(1, 25))
    content = s3("staging/a") + f'locals {{\n  l0 = "222222222222"\n{names}}}\n'
    started = time.process_time()
    assert code(content + 'provider "aws" {\n  allowed_account_ids = local.l24\n}\n') == "binding"
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "provider",
    [
        'provider "aws" {\n  assume_role {\n    role_arn = base64decode("YXJuOmF3czppYW06OjIyMjIyMjIyMjIyMjpyb2xlL3g=")\n  }\n}\n',
        'provider "aws" {\n  assume_role = local.x\n}\nlocals {\n  x = jsondecode(base64decode("e30="))\n}\n',
        'provider "google" {\n  project = base64decode("cHJvZHVjdGlvbi1wcm9qZWN0")\n}\n',
    ],
)  # fmt: skip
def test_an_account_that_only_an_evaluation_could_tell_is_unknown(provider: str) -> None:
    assert code(s3("staging/a") + provider) == "binding-unknown"


@pytest.mark.parametrize(
    ("config_of", "is_found"),
    [
        ('{ bucket = "acme-state", key = local.k }\n}\nlocals {\n  k = "production/x"\n', True),
        ('{ bucket = "acme-state", key = base64decode("cHJvZHVjdGlvbi94") }\n', True),
        ('local.c\n}\nlocals {\n  c = { bucket = "acme-state", key = "production/x" }\n', True),
        ('{ bucket = "acme-state", key = local.k }\n}\nlocals {\n  k = "staging/x"\n', False),
    ],
)
def test_a_computed_place_of_a_state_is_evaluated_or_refused(config_of: str, is_found: bool) -> None:
    content = f'data "terraform_remote_state" "x" {{\n  backend = "s3"\n  config = {config_of}}}\n'
    assert ("terraform/foreign-state" in found({ROOT: "locals {}\n"}, {ROOT: content}, SETTINGS)) is is_found
    assert found({ROOT: content}, {ROOT: content + "locals {}\n"}, SETTINGS) == {}


def test_a_state_that_cannot_be_one_of_another_environment_is_read() -> None:
    content = 'data "terraform_remote_state" "x" {\n  backend = "gcs"\n  config = { bucket = local.x.y }\n}\n'
    assert found({ROOT: "locals {}\n"}, {ROOT: content}, SETTINGS) == {}


def test_a_project_that_the_workspace_completes_is_not_told() -> None:
    settings = config("environments: [{name: staging, bind: {accounts: [acme-staging]}}]\n")
    problem = bound({ROOT: 'provider "google" {\n  project = "acme-${terraform.workspace}"\n}\n'}, settings)
    assert problem is not None
    assert problem.code == "binding-unknown"


def test_a_project_with_a_default_that_the_job_may_replace_is_its_default() -> None:
    settings = config("environments: [{name: staging, bind: {accounts: [acme-staging]}}]\n")
    root = 'variable "p" {\n  default = "acme-staging"\n}\nprovider "google" {\n  project = var.p\n}\n'
    assert bound({ROOT: root}, settings) is None
    problem = bound({ROOT: root.replace("acme-staging", "acme-production")}, settings)
    assert problem is not None
    assert problem.code == "binding"
