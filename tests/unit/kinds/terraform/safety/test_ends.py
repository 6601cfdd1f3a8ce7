"""What planning a Terragrunt unit runs is judged where it lies: in its module, and in those of the units it reads."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.terraform import safety
from tests.unit.kinds.terraform.safety.changes import end, found, refused

STACK = "production/terraform/net"
UNIT = "live/production/net/terragrunt.hcl"
OTHER = "live/production/dns/terragrunt.hcl"
MODULE = "modules/net/main.tf"
SOURCE = 'terraform {\n  source = "../../../modules/net"\n}\n'
INPUTS = 'inputs = {\n  file = "a.txt"\n  name = local.name\n}\nlocals {\n  name = "x"\n}\n'
BASE = {
    UNIT: SOURCE + INPUTS + 'dependency "dns" {\n  config_path = "../dns"\n}\n',
    OTHER: SOURCE.replace("net", "dns"),
    MODULE: 'variable "file" {}\nvariable "name" {}\nlocals {\n  a = file(var.file)\n}\n',
    "modules/net/a.txt": "",
    "modules/dns/main.tf": "locals {}\n",
    "modules/dns/b.tf": "",
}
EXTERNAL = 'data "external" "x" {\n  program = ["id"]\n}\n'
PROVIDER = 'terraform {\n  required_providers {\n    x = {\n      source = "evil/x"\n    }\n  }\n}\n'


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (MODULE, BASE[MODULE] + EXTERNAL),
        (MODULE, BASE[MODULE] + PROVIDER),
        (MODULE, BASE[MODULE] + 'output "x" {\n  value = file("/proc/self/environ")\n}\n'),
        (MODULE, "{"),
        ("modules/dns/main.tf", EXTERNAL),
        (UNIT, BASE[UNIT].replace("a.txt", "/proc/self/environ")),
        (UNIT, BASE[UNIT].replace('"a.txt"', "local.name").replace('"x"', '"/proc/self/environ"')),
        ("live/production/net/x.tf", EXTERNAL),
        ("live/production/net/x.auto.tfvars", 'file = "/proc/self/environ"\n'),
    ],
)  # fmt: skip
def test_a_unit_runs_nothing_new_of_its_module(path: str, content: str) -> None:
    assert refused(BASE, {**BASE, path: content}, stack=STACK) is not None
    if content != "{":
        assert found(BASE, {**BASE, path: content}, stack=STACK)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (MODULE, BASE[MODULE] + 'resource "terraform_data" "a" {}\n'),
        (UNIT, BASE[UNIT].replace('"x"', '"y"')),
        (UNIT, BASE[UNIT].replace("a.txt", "./a.txt")),
        ("modules/dns/main.tf", 'locals {\n  a = 1\n}\n'),
    ],
)  # fmt: skip
def test_a_unit_may_change(path: str, content: str) -> None:
    assert refused(BASE, {**BASE, path: content}, stack=STACK) is None


def test_what_the_module_of_base_runs_may_go_on() -> None:
    base = {**BASE, MODULE: BASE[MODULE] + EXTERNAL + PROVIDER}
    head = {**base, MODULE: base[MODULE] + "locals {}\n", UNIT: BASE[UNIT].replace('"x"', '"y"')}
    assert refused(base, head, stack=STACK) is None


def test_providers_of_a_local_module_are_named_by_it() -> None:
    base, head = {**BASE, MODULE: BASE[MODULE] + PROVIDER}, {**BASE, MODULE: BASE[MODULE] + PROVIDER}
    head[UNIT] = BASE[UNIT].replace('"x"', '"y"')
    judged = end(head)
    for source, is_known in (("evil/x", True), ("evil/y", False)):
        installed = frozenset({f"registry.terraform.io/{source}"})
        assert (safety.installed(judged.stacks[STACK], judged, end(base), installed) is None) is is_known
