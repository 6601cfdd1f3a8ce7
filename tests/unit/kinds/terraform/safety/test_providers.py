from __future__ import annotations

import json

import pytest

from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, config, found, refused

RULE = "terraform/provider-not-allowed"
OTHER = "environments/production/terraform/main.tf"


def required(source: str, name: str = "x") -> str:
    return f'terraform {{\n  required_providers {{\n    {name} = {{\n      source = "{source}"\n    }}\n  }}\n}}\n'


@pytest.mark.parametrize(
    "source",
    ["hashicorp/aws", "HashiCorp/AWS", "registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws",
     "aws", "terraform.io/builtin/terraform"],
)  # fmt: skip
def test_hashicorps_are_allowed(source: str) -> None:
    assert refused({ROOT: HARMLESS}, {ROOT: required(source)}) is None


@pytest.mark.parametrize(
    "source",
    ["evil/aws", "registry.evil.example/hashicorp/aws", "registry.terraform.io:443/evil/aws", "hashicorp.evil/aws",
     "hashicorp/aws/evil", "registry.terraform.io.evil/hashicorp/aws", "evil/hashicorp/aws", "r\u0435gistry.terraform.io/hashicorp/aws"],
)  # fmt: skip
def test_others_are_not(source: str) -> None:
    problem = refused({ROOT: HARMLESS}, {ROOT: required(source)})
    assert problem is not None
    assert (problem.code, problem.path, problem.line) == ("not-allowed", ROOT, 3)
    assert "kinds.terraform.providers.allow" in problem.message
    assert RULE in found({ROOT: HARMLESS}, {ROOT: required(source)})


@pytest.mark.parametrize(
    "files",
    [
        {ROOT: required("hashicorp/aws"), ROOT.replace("main.tf", "x_override.tf"): required("evil/aws")},
        {ROOT: required("hashicorp/aws") + required("evil/aws", "y")},
        {ROOT: required("evil/terraform", "terraform")},
        {ROOT: required("${local.x}")},
        {ROOT: 'terraform {\n  required_providers {\n    x = local.x\n  }\n}\n'},
        {ROOT: 'terraform {\n  required_providers {\n    x = {"sour${""}ce" = "evil/x"}\n  }\n}\n'},
        {ROOT: HARMLESS, ROOT.replace("main.tf", "x.tf.json"): json.dumps({"terraform": [[{"required_providers": [{"x": {"source": "evil/x"}}]}]]}).replace("[[", "[").replace("]]", "]")},
        {ROOT: 'module "m" {\n  source = "../../../modules/m"\n}\n', "modules/m/main.tf": required("evil/x")},
    ],
)  # fmt: skip
def test_none_is_hidden(files: dict[str, str]) -> None:
    assert refused({ROOT: HARMLESS}, files) is not None


def test_what_this_or_another_root_of_base_uses_is_allowed() -> None:
    assert refused({ROOT: required("acme/x")}, {ROOT: required("acme/x") + HARMLESS}) is None
    base = {ROOT: HARMLESS, OTHER: required("acme/x")}
    assert refused(base, {**base, ROOT: required("Acme/X")}) is None
    assert refused(base, {**base, ROOT: required("registry.opentofu.org/acme/x")}) is not None, "another registry"


def test_what_no_root_uses_or_only_one_that_nobody_judges_was_never_reviewed() -> None:
    base = {ROOT: HARMLESS, "modules/unused/main.tf": required("acme/x")}
    assert refused(base, {**base, ROOT: required("acme/x")}) is not None
    lenient = config("environments: [{name: sandbox, enforcement: warn}, {name: staging}]\n")
    base = {ROOT: HARMLESS, "environments/sandbox/terraform/main.tf": required("acme/x")}
    assert refused(base, {**base, ROOT: required("acme/x")}, lenient) is not None


@pytest.mark.parametrize(
    ("pattern", "source", "allowed"),
    [
        ("acme/*", "acme/x", True),
        ("acme/x", "acme/x", True),
        ("acme/*", "acme.evil/x/y", False),
        ("*/x", "acme/x", True),
        ("*", "acme/x", False),
        ("registry.acme.example/team/*", "registry.acme.example/team/x", True),
        ("registry.acme.example/team/*", "registry.acme.example/other/x", False),
        ("*.acme.example/*/*", "evil.com/x.acme.example/y", False),
        ("acme/*", "registry.terraform.io/acme/x", True),
        ("acme/*", "registry.evil.example/acme/x", False),
    ],
)  # fmt: skip
def test_patterns_of_the_configuration(pattern: str, source: str, allowed: bool) -> None:
    settings = config(f'kinds: {{terraform: {{providers: {{allow: ["{pattern}"]}}}}}}\n')
    assert (refused({ROOT: HARMLESS}, {ROOT: required(source)}, settings) is None) is allowed
