from __future__ import annotations

import json

import pytest

from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, config, found, refused

FOLDER = ROOT.rpartition("/")[0]
RULE = "terraform/external-program"
EXTERNAL = 'data "external" "x" {\n  program = ["sh", "${path.module}/x.sh"]\n  query = {\n    a = "1"\n  }\n}\n'
HTTP = 'data "http" "x" {\n  url = "https://example.com"\n}\n'


def exec_block(inside: str, type: str = "exec") -> str:
    return f'provider "kubernetes" {{\n  {type} {{\n{inside}\n  }}\n}}\n'


TOKEN = '    api_version = "v1"\n    command = "aws"\n    args = ["eks", "get-token", "--cluster-name", var.name]'


@pytest.mark.parametrize(
    "content",
    [
        EXTERNAL,
        HTTP,
        'check "c" {\n  data "external" "x" {\n    program = ["id"]\n  }\n  assert {\n    condition = true\n    error_message = ""\n  }\n}\n',
        'data "shell_script" "x" {}\n',
        'resource "shell_script" "x" {}\n',
        'ephemeral "http" "x" {}\n',
        'data "local_command" "x" {\n  command = "id"\n}\n',
        'ephemeral "local_command" "x" {\n  command = "id"\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "http"\n  config = { address = "https://evil.example" }\n}\n',
        exec_block('    command = "sh"\n    args = ["-c", "id"]'),
        exec_block(TOKEN.replace('"aws"', '"./aws"')),
        exec_block(TOKEN.replace('"eks", ', "")),
        exec_block(TOKEN + "\n    env = { AWS_CONFIG_FILE = \"./x\" }"),
        exec_block(TOKEN.replace("var.name]", 'var.name, "--endpoint-url", "https://evil.example"]')),
        exec_block("    for_each = [1]\n    content {\n      command = \"sh\"\n    }", 'dynamic "exec"'),
        'provider "helm" {\n  kubernetes {\n    exec {\n      command = "sh"\n    }\n  }\n}\n',
        'provider "helm" {\n  kubernetes = {\n    exec = {\n      command = "sh"\n    }\n  }\n}\n',
        'provider "kubernetes" {\n  config_path = "${path.module}/kubeconfig"\n}\n',
        'provider "aws" {\n  shared_config_files = ["${path.module}/config"]\n}\n',
        'provider "aws" {\n  shared_config_files = ["~/../x"]\n}\n',
        'terraform {\n  backend "s3" {\n    shared_config_files = ["./config"]\n  }\n}\n',
        'terraform {\n  backend "kubernetes" {\n    exec {\n      command = "sh"\n    }\n  }\n}\n',
        'terraform {\n  encryption {\n    key_provider "external" "x" {\n      command = ["sh"]\n    }\n  }\n}\n',
        'resource "helm_release" "x" {\n  postrender {\n    binary_path = "./x"\n  }\n}\n',
    ],
)  # fmt: skip
def test_a_new_program_is_not_planned(content: str) -> None:
    base, head = {ROOT: HARMLESS}, {ROOT: content, f"{FOLDER}/x.sh": "id\n"}
    problem = refused(base, head)
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", ROOT)
    assert RULE in found(base, head)


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"external": {"x": {"program": ["id"]}}}},
        {"data": [{"external": [{"x": [{"program": ["id"]}]}]}]},
        {"provider": {"kubernetes": {"exec": {"command": "sh"}}}},
        {"provider": {"kubernetes": [{"exec": [{"command": "sh"}]}]}},
        {"terraform": {"encryption": {"method": {"external": {"x": {"command": ["sh"]}}}}}},
        {"resource": {"helm_release": {"x": {"postrender": [{"binary_path": "./x"}]}}}},
    ],
)  # fmt: skip
def test_json_syntax_is_no_way_around(document: object) -> None:
    base = {ROOT: HARMLESS}
    assert refused(base, {**base, f"{FOLDER}/x.tf.json": json.dumps(document)}) is not None


@pytest.mark.parametrize(
    "content",
    [
        exec_block(TOKEN),
        exec_block('    command = "gke-gcloud-auth-plugin"'),
        'provider "kubernetes" {\n  config_path = "~/.kube/config"\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = { bucket = "b" }\n}\n',
        'data "aws_region" "http" {}\n',
    ],
)  # fmt: skip
def test_what_only_fetches_a_token_is_planned(content: str) -> None:
    assert refused({ROOT: HARMLESS}, {ROOT: content}) is None


def test_what_base_runs_may_go_on() -> None:
    base = {ROOT: EXTERNAL, f"{FOLDER}/x.sh": "id\n"}
    assert refused(base, {**base, ROOT: EXTERNAL + HARMLESS}) is None
    assert refused(base, {**base, ROOT: EXTERNAL.replace('"1"', '"2"')}) is None, "the query is data"
    assert refused(base, {**base, f"{FOLDER}/README.md": ""}) is None


@pytest.mark.parametrize(
    "head",
    [
        {ROOT: EXTERNAL.replace("x.sh", "y.sh")},
        {f"{FOLDER}/x.sh": "env\n"},
        {f"{FOLDER}/lib/y.sh": ""},
        {ROOT: EXTERNAL + EXTERNAL.replace('"x" {', '"y" {')},
    ],
)  # fmt: skip
def test_what_base_runs_may_not_become_something_else(head: dict[str, str]) -> None:
    base = {ROOT: EXTERNAL, f"{FOLDER}/x.sh": "id\n"}
    assert refused(base, {**base, **head}) is not None


REST = 'locals {\n  any = file("../../../${var.x}")\n}\nvariable "x" {}\n'  # so that the root may read the whole repository


@pytest.mark.parametrize(
    ("script", "changed", "is_refused"),
    [
        ("id\n", "other/x.sh", False),
        ("id\n", "scripts/x.sh", True),
        ("id\n", "scripts/lib.sh", True),
        ('. "$(dirname "$0")/../tools/a.sh"\n', "tools/a.sh", True),
        ('. "$(dirname "$0")/../tools/a.sh"\n', "tools/b.sh", True),
        ('cd "$(dirname "$0")/../other"\n', "other/x.sh", True),
        ("cd ..\nmake\n", "other/x.sh", True),
    ],
)  # fmt: skip
def test_a_program_goes_on_where_what_it_names_is_as_it_was(script: str, changed: str, is_refused: bool) -> None:
    program = 'data "external" "x" {\n  program = ["sh", "${path.module}/../../../scripts/x.sh"]\n}\n'
    base = {ROOT: program + REST, "scripts/x.sh": script, "scripts/lib.sh": "", "tools/a.sh": "", "other/x.sh": ""}
    problem = refused(base, {**base, changed: "env\n"})
    assert (problem is not None) is is_refused


@pytest.mark.parametrize(
    "inside",
    [
        'program = ["sh"]\n  working_dir = "${path.module}/../../../other"',
        'program = ["sh", "x"]\n  query = {\n    dir = "../../../other"\n  }',
        'program = ["sh", join("/", ["..", "..", "..", "other", "x.sh"])]',
        'program = ["sh", "-c", "cd ../../../other && sh x.sh"]',
        'program = ["sh", "${local.up}/x.sh"]',
    ],
)
def test_what_a_block_names_is_what_it_may_run(inside: str) -> None:
    content = f'data "external" "x" {{\n  {inside}\n}}\nlocals {{\n  up = "../../../other"\n}}\n' + REST
    base = {ROOT: content, "other/x.sh": "id\n", "else/x.sh": ""}
    assert refused(base, {**base, "other/x.sh": "env\n"}) is not None
    if "join" not in inside:
        assert refused(base, {**base, "else/x.sh": "env\n"}) is None


def test_a_program_that_comes_by_a_variable_is_followed() -> None:
    content = 'variable "c" {\n  default = "id"\n}\ndata "external" "x" {\n  program = ["sh", "-c", var.c]\n}\n'
    assert refused({ROOT: content}, {ROOT: content.replace('"id"', '"env"')}) is not None


@pytest.mark.parametrize(
    ("pattern", "content", "allowed"),
    [
        ("hashicorp/external", EXTERNAL, True),
        ("hashicorp/http", HTTP, True),
        ("registry.terraform.io/hashicorp/http", HTTP, True),
        ("hashicorp/*", EXTERNAL, False),
        ("hashicorp/http", EXTERNAL, False),
        ("*/*", HTTP, False),
    ],
)  # fmt: skip
def test_only_its_own_name_permits_it(pattern: str, content: str, allowed: bool) -> None:
    settings = config(f'kinds: {{terraform: {{providers: {{allow: ["{pattern}"]}}}}}}\n')
    assert (refused({ROOT: HARMLESS}, {ROOT: content}, settings) is None) is allowed


def test_a_provisioner_is_told_and_planned() -> None:
    old = 'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n'
    assert refused({ROOT: HARMLESS}, {ROOT: old}) is None
    assert found({ROOT: HARMLESS}, {ROOT: old})["terraform/provisioner"].severity == "error"
    assert found({ROOT: old}, {ROOT: old + "locals {}\n"}) == {}
    assert "terraform/provisioner" in found({ROOT: old}, {ROOT: old.replace('"id"', '"env"')})


def test_an_action_that_runs_a_program_is_told_like_a_provisioner() -> None:
    action = 'action "local_command" "x" {\n  config {\n    command = "id"\n  }\n}\n'
    assert refused({ROOT: HARMLESS}, {ROOT: action}) is None
    assert found({ROOT: HARMLESS}, {ROOT: action})["terraform/provisioner"].severity == "error"
    assert found({ROOT: action}, {ROOT: action + HARMLESS}) == {}
    assert "terraform/provisioner" in found({ROOT: action}, {ROOT: action.replace('"id"', '"env"')})
    assert found({ROOT: HARMLESS}, {ROOT: 'action "aws_lambda_invoke" "x" {}\n'}) == {}, "a plan shows it"


LOCK = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{}"\n  hashes = [{}]\n}}\n'


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        (("5.0.0", '"h1:a", "zh:b"'), ("5.0.0", '"h1:a", "zh:b", "zh:c"'), None),
        (("5.0.0", '"h1:a"'), ("5.1.0", '"h1:z"'), None),
        (("5.0.0", '"h1:a", "zh:b"'), ("5.0.0", '"h1:a"'), "warning"),
        (("5.0.0", '"h1:a", "zh:b"'), ("5.0.0", '"h1:evil"'), "error"),
    ],
)  # fmt: skip
def test_a_lock_file_may_gain_hashes_and_lose_none(
    before: tuple[str, str], after: tuple[str, str], severity: str | None
) -> None:
    lock = f"{FOLDER}/.terraform.lock.hcl"
    told = found({ROOT: HARMLESS, lock: LOCK.format(*before)}, {ROOT: HARMLESS, lock: LOCK.format(*after)})
    assert {rule: each.severity for rule, each in told.items()} == (
        {} if severity is None else {"terraform/lock-file-altered": severity}
    )


def test_what_init_is_given_for_the_backend_counts() -> None:
    layout = "layout: {stacks: [{kind: terraform, path: infra, environments: [staging], backend_config: ['{environment}.hcl']}]}\n"
    base = {"infra/main.tf": 'terraform {\n  backend "s3" {}\n}\n', "infra/staging.hcl": 'bucket = "b"\n'}
    head = {**base, "infra/staging.hcl": 'bucket = "b"\nshared_config_files = ["./x"]\n'}
    problem = refused(base, head, config(layout), "staging/terraform/infra")
    assert problem is not None
    assert problem.path == "infra/staging.hcl"
