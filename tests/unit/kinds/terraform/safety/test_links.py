"""A root that is a link: what lies beside it is looked for where the engine runs."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.terraform import safety
from gitops_ci.kinds.terraform.engine import needs, requirements
from tests.unit.kinds.terraform.safety.changes import HARMLESS, config, end, refused

STACK = "production/terraform/main"
LINKED = "environments/production/terraform"
REAL = "real/deep/tf"
LINKS = {LINKED: f"../../{REAL}"}
READS = 'variable "path" {}\noutput "x" {\n  value = file(var.path)\n}\n'


@pytest.mark.parametrize("name", ["terraform.tfvars", "x.auto.tfvars", "../named.tfvars"])
def test_var_files_are_read(name: str) -> None:
    settings = config(
        'layout: {stacks: [{path: "environments/{environment}/terraform", kind: terraform, var_files: ["../named.tfvars"]}]}\n'
    )
    path = f"{REAL}/{name}".replace("tf/../", "")
    base = {f"{REAL}/main.tf": READS, path: 'path = "a.txt"\n'}
    [stack] = end(base, settings, LINKS).stacks
    judged, before = (
        end({**base, path: f'path = "{value}"\n'}, settings, LINKS) for value in ("/proc/self/environ", "a.txt")
    )
    problem = safety.refused(judged.stacks[stack], judged, before)
    assert problem is not None
    assert problem.code == "not-allowed"
    assert "environ" in problem.message


def lock(digest: str) -> str:
    return f'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "5.0.0"\n  hashes = ["h1:{digest}"]\n}}\n'


def test_the_lock_file_is_found() -> None:
    files = {f"{REAL}/main.tf": HARMLESS, f"{REAL}/.terraform.lock.hcl": lock("a")}
    base, head = end(files, links=LINKS), end({**files, f"{REAL}/.terraform.lock.hcl": lock("b")}, links=LINKS)
    stack = head.stacks[STACK]
    assert needs.of(stack, head) == frozenset()
    assert list(requirements.locked(stack.path, head.snapshot) or {}) == ["hashicorp/aws"]
    [told] = safety.findings(stack, base, head)
    assert (told.rule, told.path) == (
        "terraform/lock-file-altered", f"{REAL}/.terraform.lock.hcl",
    )  # fmt: skip


def test_a_root_behind_a_link_is_judged_as_any_other() -> None:
    files = {f"{REAL}/main.tf": HARMLESS}
    bad = {f"{REAL}/main.tf": 'locals {\n  x = file("../../../etc/passwd")\n}\n'}
    judged, base = end({**files, **bad}, links=LINKS), end(files, links=LINKS)
    assert safety.refused(judged.stacks[STACK], judged, base) is None, "it leads to the top of the repository"
    assert refused(files, {f"{REAL}/main.tf": READS}, stack=STACK, links=LINKS) is not None
