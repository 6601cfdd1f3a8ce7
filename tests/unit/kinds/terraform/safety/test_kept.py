from __future__ import annotations

import pytest

from gitops_ci.kinds.terraform import safety
from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, STACK, config, end, found, refused

FOLDER = ROOT.rpartition("/")[0]
OTHER = "environments/production/terraform/main.tf"
RULE = "terraform/state-not-allowed"
STATE = '{"version": 4, "resources": [{"provider": "provider[\\"registry.terraform.io/evil/x\\"]"}]}'


def backend(type: str, **settings: str) -> str:
    lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
    return f'terraform {{\n  backend "{type}" {{\n{lines}  }}\n}}\n'


S3 = backend("s3", bucket='"acme"', key='"a"')
HTTP = backend("http", address='"https://gitlab.example/api/v4/projects/1/terraform/state/a"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HARMLESS, backend("http", address='"https://evil.example/state"')),
        (HARMLESS, backend("s3", bucket='"evil"', key='"a"')),
        (S3, S3.replace('"acme"', '"evil"')),
        (S3, backend("s3", bucket='"acme"', key='"a"', endpoints='{ s3 = "https://evil.example" }')),
        (S3, backend("s3", bucket='"acme"', key='"a"', endpoint='"https://evil.example"')),
        (HTTP, HTTP.replace("projects/1/", "projects/666/")),
        (HTTP, HTTP.replace("/a\"", "/../../../../666/terraform/state/a\"")),
        (HTTP, HTTP.replace("  }\n}", '    lock_address = "https://evil.example/lock"\n  }\n}')),
        (HARMLESS, 'terraform {\n  cloud {\n    hostname = "evil.example"\n    organization = "x"\n  }\n}\n'),
        (backend("gcs", bucket='"acme"'), backend("gcs", bucket='"acme"', storage_custom_endpoint='"https://evil.example"')),
        (backend("s3", bucket='"x-${var.b}"') + 'variable "b" {\n  default = "acme"\n}\n', backend("s3", bucket='"x-${var.b}"') + 'variable "b" {\n  default = "evil"\n}\n'),
        (backend("s3", bucket="var.b") + 'variable "b" {\n  default = "acme"\n}\n', backend("s3", bucket="var.b") + 'variable "b" {\n  default = "evil"\n}\n'),
    ],
)  # fmt: skip
def test_a_state_at_a_new_place_is_not_planned(before: str, after: str) -> None:
    problem = refused({ROOT: before}, {ROOT: after})
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", ROOT)
    assert RULE in found({ROOT: before}, {ROOT: after})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S3, S3.replace('"a"', '"b"')),
        (S3, S3.replace("  }\n}", "    encrypt = true\n    use_lockfile = true\n  }\n}")),
        (HTTP, HTTP.replace("/a\"", "/b\"")),
        (HTTP, HTTP.replace("  }\n}", '    lock_address = "https://gitlab.example/api/v4/projects/1/terraform/state/a/lock"\n  }\n}').replace("/a\"", "/a\"")),
        (HARMLESS, backend("s3")),
        (HARMLESS, backend("local")),
        (S3, HARMLESS),
    ],
)  # fmt: skip
def test_another_state_at_the_same_place_is_planned(before: str, after: str) -> None:
    if "lock_address" in after:
        before = after.replace("/a/lock", "/b/lock").replace('state/a"', 'state/b"')
    assert refused({ROOT: before}, {ROOT: after}) is None


def test_a_place_of_another_root_or_of_the_binding_is_planned() -> None:
    assert refused({OTHER: S3}, {OTHER: S3, ROOT: S3.replace('"a"', '"b"')}) is None
    bound = config('environments: [{name: staging, bind: {backend: "s3://new/*"}}]\n')
    assert refused({ROOT: HARMLESS}, {ROOT: S3.replace("acme", "new")}, bound) is None


def test_what_init_is_given_counts() -> None:
    layout = config(
        "layout: {stacks: [{kind: terraform, path: infra, environments: [staging], backend_config: ['s.hcl']}]}\n"
    )
    base = {"infra/main.tf": backend("s3"), "infra/s.hcl": 'bucket = "acme"\n'}
    head = {**base, "infra/s.hcl": 'bucket = "evil"\n'}
    assert refused(base, head, layout, "staging/terraform/infra") is not None


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (HARMLESS, f"{FOLDER}/terraform.tfstate"),
        (backend("local"), f"{FOLDER}/terraform.tfstate"),
        (backend("local", path='"x/y.json"'), f"{FOLDER}/x/y.json"),
        (backend("local", path='"../../../y"'), "y"),
    ],
)
def test_a_committed_state_is_not_planned(content: str, path: str) -> None:
    problem = refused({ROOT: content}, {ROOT: content, path: STATE})
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", path)
    assert refused({ROOT: content, path: STATE}, {ROOT: content + "locals {}\n", path: STATE}) is None
    assert refused({ROOT: content, path: "{}"}, {ROOT: content, path: STATE}) is not None


def test_a_committed_state_of_a_workspace_is_not_planned() -> None:
    layout = config("layout: {stacks: [{kind: terraform, path: infra, environments: [staging], workspace: w}]}\n")
    base = {"infra/main.tf": HARMLESS}
    head = {**base, "infra/terraform.tfstate.d/w/terraform.tfstate": STATE}
    assert refused(base, head, layout, "staging/terraform/infra@w") is not None


def test_a_local_state_whose_place_is_computed_is_not_planned() -> None:
    content = 'variable "p" {\n  default = "x"\n}\n' + backend("local", path="var.p")
    assert refused({ROOT: HARMLESS}, {ROOT: content, f"{FOLDER}/x": STATE}) is not None


REMOTE = 'module "m" {\n  source  = "acme/net/aws"\n  version = "1.0.0"\n}\n'
EVIL = "registry.terraform.io/evil/x"


def installed(base: dict[str, str], head: dict[str, str], *sources: str, allow: str = "[]") -> str | None:
    settings = config(f"kinds: {{terraform: {{providers: {{allow: {allow}}}}}}}\n")
    judged = end(head, settings)
    problem = safety.installed(judged.stacks[STACK], judged, end(base, settings), frozenset(sources))
    assert problem is None or problem.code == "not-allowed"
    return problem.message if problem is not None else None


def test_a_provider_that_no_file_names_is_not_run() -> None:
    base = {ROOT: S3}
    for head in ({ROOT: S3.replace('"a"', '"b"')}, {ROOT: S3 + REMOTE}, {ROOT: S3, OTHER: S3}):
        told = installed({OTHER: S3} if OTHER in head else base, head, EVIL, "registry.terraform.io/hashicorp/aws")
        assert told is not None
        assert EVIL in told
        assert "kinds.terraform.providers.allow" in told


def test_a_provider_that_is_known_is_run() -> None:
    base, head = {ROOT: S3}, {ROOT: S3 + REMOTE}
    required = 'terraform {\n  required_providers {\n    x = {\n      source = "evil/x"\n    }\n  }\n}\n'
    assert installed(base, head, "registry.opentofu.org/hashicorp/aws", "terraform.io/builtin/terraform") is None
    assert installed(base, head, EVIL, allow="[evil/x]") is None
    assert installed(base, {ROOT: S3 + REMOTE + required}, EVIL) is None
    assert installed({**base, OTHER: required}, {**head, OTHER: required}, EVIL) is None
    lock = f'provider "{EVIL}" {{\n  version = "1.0.0"\n}}\n'
    assert installed({**base, f"{FOLDER}/.terraform.lock.hcl": lock}, head, EVIL) is None
    assert installed(base, {**head, f"{FOLDER}/.terraform.lock.hcl": lock}, EVIL) is not None
    assert installed({ROOT: S3 + REMOTE}, {ROOT: S3 + REMOTE + HARMLESS}, EVIL) is None, "as in base"
